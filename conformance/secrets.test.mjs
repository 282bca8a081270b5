// Secrets that take turns: what one server encrypted with an older or the current one, the other reads.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newDatabase } from "./lib/database.mjs";
import { Run } from "./lib/run.mjs";
import { SECRET, startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
after(stopServers);
const other = "another secret that is long enough 0123456789";

async function start(kind, database, secrets) {
  const server = await startServer(kind, { database, baseUrl, env: secrets ? { BETTER_AUTH_SECRETS: secrets } : {} });
  return { server, run: new Run(server) };
}
const token = async (run, name) => (await run.raw("GET", "/token", { cookies: (await run.user(name)).jar })).json().token;
const kid = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[0], "base64url").toString()).kid;

for (const [first, second] of [["reference", subjectKind], [subjectKind, "reference"]]) {
  for (const [title, before, then, start_] of [
    ["the same list", `2:${SECRET},1:${other}`, `2:${SECRET},1:${other}`, '"$ba$2$'],
    ["an older version", `2:${SECRET}`, `3:${SECRET},2:${SECRET}`, '"$ba$2$'],
    ["one from before there was a list", undefined, `1:${SECRET}`, '"'],
  ]) {
    test(`${title}, from ${first} to ${second}`, async () => {
      const database = await newDatabase();
      const a = await start(first, database, before);
      const one = await token(a.run, "ada");
      const stored = await a.run.database((db) => db.prepare('select "privateKey" from "jwks"').pluck().get());
      assert.ok(stored.startsWith(start_));
      await a.server.stop();
      const b = await start(second, database, then);
      assert.equal(kid(await token(b.run, "brian")), kid(one));
    });
  }
}
