// Where Gatewright deliberately answers other than Better Auth 1.7.25. `scenario`, `step` and `field`
// say which differences are meant (field: see `npm test` output, e.g. exchanges[0].status); `assert`
// gets our recorded step and says what ours must answer instead. See README.md.
import assert from "node:assert/strict";

const answer = (step) => step.exchanges[0].response;
const header = (step, name) => answer(step).headers[name]?.join(", ");

const requestHeader = (exchange, name) => exchange.request.headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);

/** What a page on a trusted origin needs to read an answer. */
function mayBeRead(step) {
  for (const exchange of step.exchanges) {
    const { headers, body } = exchange.response;
    const allowed = headers["access-control-allow-origin"];
    if (!allowed) continue;
    assert.deepEqual(allowed, [requestHeader(exchange, "origin")], "the request's own origin is allowed, no other");
    assert.notEqual(body.json?.code, "INVALID_ORIGIN", "an origin that is refused is not allowed to read the answer");
    assert.deepEqual(headers["access-control-allow-credentials"], ["true"]);
    const exposed = (headers["access-control-expose-headers"] ?? []).join(", ").toLowerCase();
    for (const name of ["set-auth-token", "set-auth-jwt", "x-retry-after"]) assert.ok(exposed.includes(name), `${name} is exposed`);
  }
}

export const differences = [
  {
    id: "preflight-is-answered",
    reason: "Better Auth leaves CORS preflight to the host around it and answers 404; ours is the host, and a page on a trusted origin could not call it otherwise.",
    scenario: /^preflight$/,
    step: /^from a trusted origin$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 204);
      assert.equal(header(step, "access-control-allow-origin"), "https://app.example");
      assert.equal(header(step, "access-control-allow-credentials"), "true");
      for (const method of ["GET", "POST"]) assert.ok(header(step, "access-control-allow-methods").includes(method), method);
      for (const name of ["content-type", "authorization"]) assert.ok(header(step, "access-control-allow-headers").toLowerCase().includes(name), name);
      assert.equal(answer(step).cookies.length, 0);
      assert.equal(answer(step).body.kind, "empty");
    },
  },
  {
    id: "trusted-origin-may-read-answers",
    reason: "The same for the answers themselves: a page on a trusted origin may read them, with credentials, and the headers that carry tokens.",
    scenario: /^preflight$/,
    step: /^(GET from|POST from|an error to|of) (a trusted|an) origin/,
    field: /\.headers\.access-control-(allow-origin|allow-credentials|expose-headers)/,
    assert(step) {
      assert.equal(header(step, "access-control-allow-origin"), "https://app.example");
      mayBeRead(step);
    },
  },
  {
    id: "every-trusted-pattern-may-read-answers",
    reason: "As above, for each kind of pattern of a trusted origin.",
    scenario: /^trusted origins$/,
    step: /^origin /,
    field: /\.headers\.access-control-(allow-origin|allow-credentials|expose-headers)/,
    assert: mayBeRead,
  },
  {
    id: "answers-vary-by-origin",
    reason: "Because answers to trusted origins carry other headers, a cache in between must know that they depend on Origin.",
    scenario: /^/,
    step: /^/,
    field: /\.headers\.vary$/,
    assert(step) {
      for (const { response } of step.exchanges) assert.deepEqual(response.headers.vary, ["origin"]);
    },
  },
  {
    id: "malformed-password-hash-is-a-wrong-password",
    reason: "Better Auth throws on a stored hash it cannot read and answers 500 without a body; ours answers as to a wrong password, so that nothing is learnt about the row.",
    scenario: /^sign-in: accounts that cannot$/,
    step: /^hash (that is not one|without a key)$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 401);
      assert.deepEqual(answer(step).body, { kind: "json", json: { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" } });
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "bodies-are-limited",
    reason: "Better Auth reads a body of any size into memory; ours stops at 1 MiB, so that a stranger cannot fill it.",
    scenario: /^large bodies$/,
    step: /^2 000 000 bytes$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 413);
      assert.equal(answer(step).body.json?.code, "PAYLOAD_TOO_LARGE");
    },
  },
];
