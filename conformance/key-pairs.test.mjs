// Signing keys of every kind that Better Auth makes: what one server wrote the other signs with.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { newDatabase } from "./lib/database.mjs";
import { Run } from "./lib/run.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
const expected = { issuer: baseUrl, audience: baseUrl };
after(stopServers);

async function start(kind, database, alg) {
  const name = kind === "reference" ? "JWT_ALG" : "GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG";
  const server = await startServer(kind, { database, baseUrl, env: { [name]: alg } });
  return { server, run: new Run(server) };
}

const keysOf = async (run) => (await run.raw("GET", "/jwks")).json();
const tokenOf = async (run, cookies) => (await run.raw("GET", "/token", { cookies })).json().token;

function handOver(alg, first, second) {
  describe(`${alg}, from ${first} to ${second}`, async () => {
    const database = await newDatabase();
    const before = await start(first, database, alg);
    const ada = await before.run.user("ada");
    const oldToken = await tokenOf(before.run, ada.jar);
    const published = await keysOf(before.run);
    await before.server.stop();
    const { run } = await start(second, database, alg);
    const newToken = await tokenOf(run, ada.jar);
    const keys = await keysOf(run);

    test("the same key is published, in the same words", () => {
      assert.deepEqual(keys, published);
      assert.equal(keys.keys.length, 1);
      assert.equal(keys.keys[0].alg, alg);
    });
    test("the same key signs", () => {
      assert.deepEqual(decodeProtectedHeader(newToken), decodeProtectedHeader(oldToken));
    });
    test("tokens of both verify", async () => {
      for (const token of [oldToken, newToken]) {
        const { payload } = await jwtVerify(token, createLocalJWKSet(keys), expected);
        assert.equal(payload.sub, ada.user.id);
      }
    });
  });
}

for (const alg of ["ES256", "ES512", "RS256", "PS256"]) {
  handOver(alg, "reference", subjectKind);
  handOver(alg, subjectKind, "reference");
}
