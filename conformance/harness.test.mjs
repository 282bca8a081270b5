// The harness itself: what it must call equal, and what it must not let through.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { compareSteps, report } from "./lib/compare.mjs";
import { RawResponse } from "./lib/http.mjs";
import { CookieJar } from "./lib/jar.mjs";
import { Normaliser } from "./lib/normalise.mjs";
import { withoutDeliberate } from "./lib/scenario.mjs";

const secret = "a secret of this test only, long enough";
const start = Date.parse("2026-01-01T00:00:00.000Z");
const b64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A step as a server with its own random values and port would be recorded. */
function recorded({ token, id, port = 4000, at = start, change = (parts) => parts }) {
  const normaliser = new Normaliser({ base: `http://localhost:${port}`, port }, secret, () => at);
  normaliser.place = "sign-in";
  const iso = (offset) => new Date(at + offset).toISOString();
  const signature = createHmac("sha256", secret).update(token).digest("base64");
  const seconds = Math.floor(at / 1000);
  const jwt = `${b64({ alg: "EdDSA", kid: id })}.${b64({ iat: seconds, sub: id, exp: seconds + 900, iss: `http://localhost:${port}` })}.${"A".repeat(86)}`;
  const parts = change({
    status: 200,
    headers: [["content-type", "application/json"], ["set-auth-jwt", jwt], ["date", iso(0)]],
    cookie: `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`,
    body: { token, user: { id, createdAt: iso(-20), image: null, emailVerified: false }, expiresAt: iso(604_800_000) },
  });
  const headers = [...parts.headers, ...(parts.cookie ? [["set-cookie", parts.cookie]] : [])];
  const body = typeof parts.body === "string" ? parts.body : JSON.stringify(parts.body);
  const response = new RawResponse(parts.status, "OK", headers, body);
  return { name: "sign-in", exchanges: [normaliser.exchange({ method: "POST", path: "/api/auth/sign-in/email", headers: [], body: null }, response)] };
}

const real = (change) => recorded({ token: "a1".repeat(16), id: "b2".repeat(16), change });
const ours = (change) => recorded({ token: "C3".repeat(16), id: "D4".repeat(16), port: 4100, at: start + 3_600_000, change });
const fieldsOf = (change) => compareSteps(real(), ours(change)).map(({ field }) => field);

describe("two servers that behave alike", () => {
  test("differ in random values, clock and port only", () => assert.deepEqual(fieldsOf(), []));
  test("may write members in another order", () => {
    assert.deepEqual(fieldsOf((parts) => ({ ...parts, body: Object.fromEntries(Object.entries(parts.body).reverse()) })), []);
  });
  test("may send headers in another order", () => {
    assert.deepEqual(fieldsOf((parts) => ({ ...parts, headers: parts.headers.toReversed?.() ?? [...parts.headers].reverse() })), []);
  });
});

describe("a deviation is found", () => {
  const cookie = (from, to) => (parts) => ({ ...parts, cookie: parts.cookie.replace(from, to) });
  const body = (members) => (parts) => ({ ...parts, body: { ...parts.body, ...members } });
  const user = (members) => (parts) => ({ ...parts, body: { ...parts.body, user: { ...parts.body.user, ...members } } });
  const deviations = {
    "another status": (parts) => ({ ...parts, status: 201 }),
    "another content type": (parts) => ({ ...parts, headers: [["content-type", "application/json; charset=utf-8"], ...parts.headers.slice(1)] }),
    "an extra header": (parts) => ({ ...parts, headers: [...parts.headers, ["x-powered-by", "x"]] }),
    "a header sent twice": (parts) => ({ ...parts, headers: [...parts.headers, parts.headers[0]] }),
    "a missing header": (parts) => ({ ...parts, headers: parts.headers.slice(1) }),
    "no cookie": (parts) => ({ ...parts, cookie: undefined }),
    "cookie without HttpOnly": cookie("; HttpOnly", ""),
    "cookie of another age": cookie("604800", "604799"),
    "cookie attributes in another order": cookie("Path=/; HttpOnly", "HttpOnly; Path=/"),
    "cookie of another name": cookie("better-auth.", "better_auth."),
    "cookie with a bad signature": cookie(/\.[^;]*;/, `.${"A".repeat(43)}%3D;`),
    "cookie that is not percent-encoded": (parts) => ({ ...parts, cookie: parts.cookie.replace(/=[^;]*/, (value) => decodeURIComponent(value)) }),
    "token that is not the cookie's": body({ token: "E5".repeat(16) }),
    "shorter token": body({ token: "E5".repeat(15) }),
    "null for absent": body({ url: null }),
    "absent for null": user({ image: undefined }),
    "number for boolean": user({ emailVerified: 0 }),
    "date without milliseconds": user({ createdAt: "2026-01-01T01:00:00Z" }),
    "date as a number": user({ createdAt: start }),
    "date an hour off": user({ createdAt: "2026-01-01T02:00:00.000Z" }),
    "expiry a day off": body({ expiresAt: new Date(start + 3_600_000 + 518_400_000).toISOString() }),
    "another user id than the token's": user({ id: "F6".repeat(16) }),
    "body that is not JSON": (parts) => ({ ...parts, body: "ok" }),
    "no body": (parts) => ({ ...parts, body: "" }),
  };
  for (const [name, change] of Object.entries(deviations)) {
    test(name, () => assert.notDeepEqual(fieldsOf(change), [], "the comparison let it through"));
  }
  const jwtWith = (header, claims) => (parts) => {
    const [h, c, s] = parts.headers[1][1].split(".");
    const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
    const token = `${b64({ ...decode(h), ...header })}.${b64({ ...decode(c), ...claims })}.${s}`;
    return { ...parts, headers: [parts.headers[0], ["set-auth-jwt", token], parts.headers[2]] };
  };
  test("typ in the JWT header", () => assert.deepEqual(fieldsOf(jwtWith({ typ: "JWT" }, {})), ["exchanges[0].headers.set-auth-jwt[0].jwt.typ"]));
  test("another audience", () => assert.deepEqual(fieldsOf(jwtWith({}, { aud: "x" })), ["exchanges[0].headers.set-auth-jwt[0].claims.aud"]));
  test("another lifetime", () => assert.deepEqual(fieldsOf(jwtWith({}, { exp: start / 1000 + 3600 + 901 })), ["exchanges[0].headers.set-auth-jwt[0].lifetime"]));
});

describe("a session that is cached in a cookie", () => {
  const cached = (change = (said) => said, sign = secret) => (parts) => {
    const at = Date.parse(parts.body.expiresAt) - 604_800_000;
    const said = change({ session: { token: parts.body.token }, user: { name: "Ada" }, updatedAt: at, version: "1", expiresAt: at + 300_000 });
    const signature = createHmac("sha256", sign).update(JSON.stringify(said)).digest("base64url");
    const { expiresAt, ...session } = said;
    return { ...parts, cookie: `better-auth.session_data=${b64({ session, expiresAt, signature })}; Max-Age=300; Path=/` };
  };
  const differ = (change) => compareSteps(real(cached()), ours(change)).map(({ field }) => field.replace("exchanges[0].cookies[0].value.", ""));
  test("differs in random values and clock only", () => assert.deepEqual(differ(cached()), []));
  test("of another age", () => assert.deepEqual(differ(cached((said) => ({ ...said, expiresAt: said.expiresAt + 60_000 }))), ["expiresAt", "lasts"]));
  test("of another user", () => assert.deepEqual(differ(cached((said) => ({ ...said, user: { name: "Eve" } }))), ["payload.user.name"]));
  test("with a field more", () => assert.deepEqual(differ(cached(({ expiresAt, ...said }) => ({ ...said, more: 1, expiresAt }))), ["payload.more"]));
  test("signed by somebody else", () => assert.notDeepEqual(differ(cached(undefined, "another secret")), []));
});

test("a report shows no secret, token or signature", () => {
  const left = real();
  const right = ours((parts) => ({ ...parts, status: 500 }));
  const text = report("a scenario", left, right, compareSteps(left, right));
  assert.match(text, /expected \(real\): 200/);
  for (const value of [secret, "a1a1", "C3C3", "b2b2", "D4D4"]) assert.ok(!text.includes(value), "found a secret in the report");
  assert.doesNotMatch(text, /[A-Za-z0-9+/]{43}=/);
});

test("a cookie jar follows Max-Age=0 and keeps the rest", () => {
  const jar = new CookieJar().store(["a=1; Path=/", "b=2; Max-Age=10", "a=; Max-Age=0; Path=/"]);
  assert.equal(jar.header(), "b=2");
});

describe("a deliberate difference", () => {
  const entry = (assertion) => [{ id: "x", scenario: /^s$/, step: /^sign-in$/, field: /\.status$/, assert: assertion }];
  const step = { name: "sign-in" };
  const found = [{ field: "exchanges[0].status" }, { field: "exchanges[0].body" }];
  test("covers only its own fields", () => assert.deepEqual(withoutDeliberate("s", step, found, entry(() => {})), [found[1]]));
  test("covers only its own scenario", () => assert.deepEqual(withoutDeliberate("t", step, found, entry(() => {})), found));
  test("must hold", () => assert.throws(() => withoutDeliberate("s", step, found, entry(() => assert.fail("no"))), /no/));
});
