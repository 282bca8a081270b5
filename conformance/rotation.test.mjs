// Signing keys that expire: on one database either server makes the next one, and both publish the same.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { newDatabase } from "./lib/database.mjs";
import { Run, inSeconds } from "./lib/run.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
const expected = { issuer: baseUrl, audience: baseUrl };
const HOUR = 3600;
after(stopServers);

/** `jwks` are options of the jwt plugin, in Better Auth's names. */
async function start(kind, database, jwks) {
  const constant = (name) => name.replace(/([A-Z])/g, "_$1").toUpperCase();
  const ours = Object.fromEntries(Object.entries(jwks).map(([name, value]) => [`GATEWRIGHT__JWT__JWKS__${constant(name)}`, String(value)]));
  const env = kind === "reference" ? { JWKS: JSON.stringify(jwks) } : ours;
  return new Run(await startServer(kind, { database, baseUrl, env }));
}

const keysOf = async (run) => (await run.raw("GET", "/jwks")).json();
const tokenOf = async (run, cookies) => (await run.raw("GET", "/token", { cookies })).json().token;
const kidOf = (token) => decodeProtectedHeader(token).kid;
/** The keys in any order: the database gives none. */
const sorted = ({ keys }) => keys.toSorted((a, b) => (a.kid < b.kid ? -1 : 1));

for (const [first, second] of [["reference", subjectKind], [subjectKind, "reference"]]) {
  describe(`a key of ${first}, rotated by ${second}`, async () => {
    const database = await newDatabase();
    const jwks = { rotationInterval: HOUR, gracePeriod: HOUR };
    const before = await start(first, database, jwks);
    const ada = await before.user("ada");
    const oldToken = await tokenOf(before, ada.jar);
    const [created, expires] = await database.prepare('select "createdAt", "expiresAt" from "jwks"').all().then(([row]) => [row.createdAt, row.expiresAt]);
    const expire = (seconds) => database.prepare('update "jwks" set "expiresAt" = ? where "id" = ?').run(inSeconds(-seconds), kidOf(oldToken));
    await expire(1);
    const run = await start(second, database, jwks);
    const published = await keysOf(run);
    const newToken = await tokenOf(run, ada.jar);
    const both = { theirs: await keysOf(before), ours: await keysOf(run) };

    test("it was made to expire after the interval", () => {
      assert.ok(Math.abs(new Date(expires) - new Date(created) - HOUR * 1000) < 1000, `${created} ${expires}`);
    });
    test("publishing an expired key makes no other", () => assert.deepEqual(published.keys.map(({ kid }) => kid), [kidOf(oldToken)]));
    test("the first signing after that makes one", () => assert.notEqual(kidOf(newToken), kidOf(oldToken)));
    test("the server that made the old one signs with the new one", async () => {
      assert.equal(kidOf(await tokenOf(before, ada.jar)), kidOf(newToken));
    });
    test("both publish both, in the same words, and tokens of both verify", async () => {
      assert.equal(both.ours.keys.length, 2);
      assert.deepEqual(sorted(both.ours), sorted(both.theirs));
      for (const token of [oldToken, newToken]) {
        const { payload } = await jwtVerify(token, createLocalJWKSet(both.ours), expected);
        assert.equal(payload.sub, ada.user.id);
      }
    });
    test("after the grace period both publish the new one alone", async () => {
      await expire(HOUR + 1);
      for (const server of [before, run]) assert.deepEqual((await keysOf(server)).keys.map(({ kid }) => kid), [kidOf(newToken)]);
    });
  });

  test(`a private key that ${first} did not encrypt signs for ${second}`, async () => {
    const database = await newDatabase();
    const jwks = { disablePrivateKeyEncryption: true };
    const before = await start(first, database, jwks);
    const ada = await before.user("ada");
    const oldToken = await tokenOf(before, ada.jar);
    const stored = await database.prepare('select "privateKey" from "jwks"').pluck().get();
    assert.deepEqual(Object.keys(JSON.parse(stored)).sort(), ["crv", "d", "kty", "x"]);
    const run = await start(second, database, jwks);
    assert.equal(kidOf(await tokenOf(run, ada.jar)), kidOf(oldToken));
  });
}
