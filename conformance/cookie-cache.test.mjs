// A session cached in a cookie by one server is read by the other, in each strategy: the row is
// gone, so only the cookie can say who it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newDatabase } from "./lib/database.mjs";
import { Run } from "./lib/run.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
after(stopServers);

async function start(kind, database, strategy) {
  const settings = { session: { cookieCache: { enabled: true, maxAge: 300, strategy } } };
  const server = await startServer(kind, { database, baseUrl, settings });
  return new Run(server);
}

for (const strategy of ["compact", "jwt", "jwe"]) {
  test(`${strategy}: either server reads the other's cookie`, async () => {
    const database = await newDatabase();
    const real = await start("reference", database, strategy);
    const ours = await start(subjectKind, database, strategy);
    for (const [name, from, to] of [["ädä 😀", real, ours], ["brian", ours, real]]) {
      const user = await from.user(name.replace(/[^a-z]/g, "x"));
      await from.post("/update-user", { name }, { cookies: user.jar }).then((answer) => user.jar.store(answer.setCookies()));
      assert.ok(user.jar.get("better-auth.session_data"), "the session is cached");
      await from.database((db) => db.exec('delete from "session"'));
      const seen = (await to.raw("GET", "/get-session", { cookies: user.jar })).json();
      assert.equal(seen?.user.name, name);
      const past = (await to.raw("GET", "/get-session?disableCookieCache=1", { cookies: user.jar })).json();
      assert.equal(past, null, "the database is asked where the cookie is not to be believed");
    }
  });
}
