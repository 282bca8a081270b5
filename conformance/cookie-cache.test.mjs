// A session cached in a cookie by one server is read by the other, in each strategy: the row is
// gone, so only the cookie can say who it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newDatabase } from "./lib/database.mjs";
import { Run } from "./lib/run.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
after(stopServers);

// Fields of each type, for a signature depends on how each value is printed; one that clients do not see.
const fields = {
  user: { additionalFields: { born: { type: "date", defaultValue: "now" }, height: { type: "number", required: false }, nickname: { type: "string", required: false }, tags: { type: "string[]", defaultValue: ["ä", "b"] }, notes: { type: "string", defaultValue: "not for clients", returned: false } } },
  session: { additionalFields: { theme: { type: "string", defaultValue: "light" }, wide: { type: "boolean", defaultValue: false } } },
};

async function start(kind, database, strategy) {
  const settings = { ...fields, session: { ...fields.session, cookieCache: { enabled: true, maxAge: 300, strategy } } };
  return new Run(await startServer(kind, { database, baseUrl, settings }));
}

for (const strategy of ["compact", "jwt", "jwe"]) {
  test(`${strategy}: either server reads the other's cookie`, async () => {
    const database = await newDatabase();
    const real = await start("reference", database, strategy);
    const ours = await start(subjectKind, database, strategy);
    for (const [name, from, to] of [["ädä 😀", real, ours], ["brian", ours, real]]) {
      const user = await from.user(name.replace(/[^a-z]/g, "x"));
      const update = { name, nickname: "N\u2028", height: 178 };
      const answer = await from.post("/update-user", update, { cookies: user.jar });
      assert.equal(answer.status, 200);
      user.jar.store(answer.setCookies());
      assert.ok(user.jar.get("better-auth.session_data"), "the session is cached");
      const before = (await from.raw("GET", "/get-session?disableCookieCache=1", { cookies: user.jar })).json();
      await from.database((db) => db.prepare('delete from "session"').run());
      const seen = (await to.raw("GET", "/get-session", { cookies: user.jar })).json();
      assert.deepEqual(seen, before);
      assert.deepEqual([seen.user.name, seen.user.nickname, seen.user.height, seen.user.tags, seen.session.theme, seen.session.wide], [name, "N\u2028", 178, ["ä", "b"], "light", false]);
      assert.ok(!("notes" in seen.user), "a field that clients do not see is in no cookie either");
      const past = (await to.raw("GET", "/get-session?disableCookieCache=1", { cookies: user.jar })).json();
      assert.equal(past, null, "the database is asked where the cookie is not to be believed");
    }
  });
}
