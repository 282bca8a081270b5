// One database, both servers: what one wrote the other must be able to use, one after the other and at once.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { newDatabase } from "./lib/database.mjs";
import { Run, inSeconds } from "./lib/run.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

// Both answer for the same public address, as two servers behind one proxy would.
const baseUrl = "http://auth.example:4999";
// Additional fields of each type, and links that are on their way when the database changes hands.
const settings = {
  user: {
    additionalFields: {
      active: { type: "boolean", defaultValue: true },
      joinedAt: { type: "date", defaultValue: "now" },
      nickname: { type: "string", required: false },
      score: { type: "number", required: false, defaultValue: 7 },
      tags: { type: "string[]", defaultValue: ["a", "b"] },
    },
    changeEmail: { enabled: true },
    deleteUser: { enabled: true, sendDeleteAccountVerification: true },
  },
  session: { additionalFields: { theme: { type: "string", defaultValue: "light" }, width: { type: "number", required: false } } },
};
after(stopServers);

async function start(kind, database) {
  const server = await startServer(kind, { database, baseUrl, settings });
  return { server, run: new Run(server) };
}

const keysOf = async (run) => (await run.raw("GET", "/jwks")).json();
const sessionOf = async (run, cookies) => (await run.raw("GET", "/get-session", { cookies })).json();
const tokenOf = async (run, cookies) => (await run.raw("GET", "/token", { cookies })).json().token;
const expected = { issuer: baseUrl, audience: baseUrl };

/** Everything that must go on when `second` takes over the database of `first`. */
function handOver(title, first, second) {
  describe(title, async () => {
    const database = await newDatabase();
    const before = await start(first, database);
    const ada = await before.run.user("ada");
    const brian = await before.run.user("brian");
    const brief = before.run.client();
    await brief.signIn.email({ email: ada.email, password: ada.password, rememberMe: false });
    const letters = [];
    for (const path of ["/request-password-reset", "/send-verification-email"]) {
      await before.run.post(path, { email: brian.email });
      letters.push(await before.run.mail());
    }
    const carl = await before.run.user("carl");
    await carl.client.updateUser({ nickname: "C", tags: [], score: null });
    await carl.client.updateSession({ width: 80 });
    await carl.client.changeEmail({ newEmail: "charles@example.com" });
    letters.push(await before.run.mail());
    await carl.client.deleteUser();
    letters.push(await before.run.mail());
    const { user: carlThen, session: sessionThen } = await sessionOf(before.run, carl.jar);
    const published = await keysOf(before.run);
    const oldToken = await tokenOf(before.run, ada.jar);
    await before.server.stop();
    const { run } = await start(second, database);

    test("the old password signs in", async () => {
      const response = await run.post("/sign-in/email", { email: ada.email, password: ada.password });
      assert.equal(response.status, 200);
      assert.equal(response.json().user.id, ada.user.id);
    });
    test("a wrong password does not", async () => {
      assert.equal((await run.post("/sign-in/email", { email: ada.email, password: brian.password })).status, 401);
    });
    test("the address is taken", async () => {
      assert.equal((await run.post("/sign-up/email", { name: "x", email: ada.email, password: "correct horse" })).status, 422);
    });
    test("the old cookie is a session", async () => {
      const { session, user } = await sessionOf(run, ada.jar);
      assert.equal(session.token, ada.token);
      assert.deepEqual(user, JSON.parse(JSON.stringify(ada.user)));
    });
    test("additional fields are as they were", async () => {
      const { user, session } = await sessionOf(run, carl.jar);
      assert.deepEqual([user, session], [carlThen, sessionThen]);
      assert.deepEqual([user.nickname, user.tags, user.score, user.active, session.theme, session.width], ["C", [], null, true, "light", 80]);
    });
    test("a change of address that was begun goes on, and a deletion", async () => {
      const [, , change, deletion] = letters;
      const changed = await run.raw("GET", `/verify-email?token=${change.token}`, { cookies: carl.jar });
      assert.equal(changed.json().user.email, "charles@example.com");
      const deleted = await run.raw("GET", `/delete-user/callback?token=${deletion.token}`, { cookies: carl.jar });
      assert.deepEqual(deleted.json(), { success: true, message: "User deleted" });
      assert.equal(await sessionOf(run, carl.jar), null);
    });
    test("a cookie not to be remembered is not refreshed", async () => {
      const { session } = await sessionOf(run, brief.jar);
      await run.setSession(session.token, { expiresAt: inSeconds(3600) });
      const response = await run.raw("GET", "/get-session", { cookies: brief.jar });
      assert.deepEqual(response.setCookies(), []);
      assert.equal(response.json().session.token, session.token);
    });
    test("the old raw token is a bearer", async () => {
      assert.equal((await run.raw("GET", "/get-session", { bearer: brian.token })).json().user.id, brian.user.id);
    });
    test("the published keys are the same", async () => {
      assert.equal(published.keys.length, 1);
      assert.deepEqual(await keysOf(run), published);
    });
    test("a new token carries the old key's id and verifies with the keys published before", async () => {
      const token = await tokenOf(run, ada.jar);
      assert.equal(decodeProtectedHeader(token).kid, published.keys[0].kid);
      const { payload } = await jwtVerify(token, createLocalJWKSet(published), expected);
      assert.equal(payload.sub, ada.user.id);
    });
    test("an old token verifies with the keys published now", async () => {
      const { payload } = await jwtVerify(oldToken, createLocalJWKSet(await keysOf(run)), expected);
      assert.equal(payload.sub, ada.user.id);
    });
    test("no key was added", async () => assert.equal(await run.database((db) => db.prepare("select count(*) from jwks").pluck().get()), 1));
    test("a due session is refreshed", async () => {
      await run.setSession(ada.token, { expiresAt: inSeconds(3600) });
      const response = await run.raw("GET", "/get-session", { cookies: ada.jar });
      assert.equal(response.setCookies().length, 1);
      assert.ok(Date.parse(response.json().session.expiresAt) > Date.now() + 6 * 86_400_000);
    });
    test("sessions are listed and revoked", async () => {
      const listed = (await run.raw("GET", "/list-sessions", { cookies: ada.jar })).json();
      assert.ok(listed.some(({ token }) => token === ada.token));
      assert.deepEqual((await run.post("/revoke-other-sessions", {}, { cookies: ada.jar })).json(), { status: true });
      assert.equal((await run.raw("GET", "/list-sessions", { cookies: ada.jar })).json().length, 1);
      assert.equal(await sessionOf(run, brief.jar), null);
    });
    test("a password is changed, and the profile with it", async () => {
      const json = { currentPassword: ada.password, newPassword: "another password", revokeOtherSessions: false };
      assert.equal((await run.post("/change-password", json, { cookies: ada.jar })).status, 200);
      assert.equal((await run.post("/sign-in/email", { email: ada.email, password: ada.password })).status, 401);
      assert.equal((await run.post("/sign-in/email", { email: ada.email, password: "another password" })).status, 200);
      assert.equal((await run.post("/update-user", { name: "Ada Lovelace", image: "i" }, { cookies: ada.jar })).status, 200);
      const { user } = await sessionOf(run, ada.jar);
      assert.deepEqual([user.name, user.image], ["Ada Lovelace", "i"]);
    });
    test("accounts are listed", async () => {
      const accounts = (await run.raw("GET", "/list-accounts", { cookies: ada.jar })).json();
      assert.deepEqual(accounts.map(({ providerId, userId }) => [providerId, userId]), [["credential", ada.user.id]]);
    });
    test("an old link of a password reset is good, once", async () => {
      const reset = () => run.post("/reset-password", { newPassword: "another password", token: letters[0].token });
      assert.equal((await reset()).status, 200);
      assert.equal((await reset()).json().code, "INVALID_TOKEN");
      assert.equal((await run.post("/sign-in/email", { email: brian.email, password: "another password" })).status, 200);
    });
    test("an old link of a verification is good", async () => {
      assert.equal((await run.raw("GET", `/verify-email?token=${letters[1].token}`)).status, 200);
      assert.equal((await sessionOf(run, brian.jar)).user.emailVerified, true);
    });
    test("an expired session ends", async () => {
      await run.setSession(brian.token, { expiresAt: inSeconds(-1) });
      assert.equal(await sessionOf(run, brian.jar), null);
    });
    test("sign-out ends the old session", async () => {
      assert.deepEqual((await run.post("/sign-out", {}, { cookies: ada.jar })).json(), { success: true });
      assert.equal(await sessionOf(run, ada.jar), null);
    });
  });
}

handOver("a database of the real server, opened by ours", "reference", subjectKind);
handOver("a database of ours, opened by the real server", subjectKind, "reference");

describe("both at once on one database", async () => {
  const database = await newDatabase();
  const real = await start("reference", database);
  const ours = await start(subjectKind, database);
  // One after the other: two Better Auth processes cannot sign up at once on SQLite, their
  // transactions read first and then cannot become writers (SQLITE_BUSY).
  const users = [];
  for (let i = 0; i < 4; i++) users.push(await (i % 2 ? real : ours).run.user(`user${i}`));
  const sides = { "real to ours": [real.run, ours.run], "ours to real": [ours.run, real.run] };

  for (const [title, [from, to]] of Object.entries(sides)) {
    const user = await from.user(title);
    describe(title, () => {
      test("a new cookie is accepted", async () => assert.equal((await sessionOf(to, user.jar)).user.id, user.user.id));
      test("the password signs in", async () => {
        assert.equal((await to.post("/sign-in/email", { email: user.email, password: user.password })).status, 200);
      });
      test("a token verifies with the other's keys", async () => {
        const token = await tokenOf(from, user.jar);
        await jwtVerify(token, createLocalJWKSet(await keysOf(to)), expected);
      });
      test("a refresh is seen", async () => {
        await from.setSession(user.token, { expiresAt: inSeconds(3600) });
        const refreshed = (await sessionOf(from, user.jar)).session.expiresAt;
        assert.equal((await sessionOf(to, user.jar)).session.expiresAt, refreshed);
      });
      test("a revoked session is revoked", async () => {
        const { data } = await from.client().signIn.email({ email: user.email, password: user.password });
        assert.ok((await to.raw("GET", "/get-session", { bearer: data.token })).json());
        assert.equal((await from.post("/revoke-session", { token: data.token }, { cookies: user.jar })).status, 200);
        assert.equal((await to.raw("GET", "/get-session", { bearer: data.token })).json(), null);
      });
      test("a changed password signs in, the old one does not, and the sessions have ended", async () => {
        const signIn = async (password) => (await to.post("/sign-in/email", { email: user.email, password })).status;
        const json = { currentPassword: user.password, newPassword: "another password", revokeOtherSessions: true };
        const changed = await from.post("/change-password", json, { cookies: user.jar });
        assert.equal(await sessionOf(to, user.jar), null);
        user.jar.store(changed.setCookies());
        assert.equal((await sessionOf(to, user.jar)).user.id, user.user.id);
        assert.deepEqual([await signIn("another password"), await signIn(user.password)], [200, 401]);
      });
      test("sign-out is seen", async () => {
        await from.post("/sign-out", {}, { cookies: user.jar });
        assert.equal(await sessionOf(to, user.jar), null);
      });
    });
  }

  test("both publish one and the same key", async () => {
    const keys = await keysOf(real.run);
    assert.equal(keys.keys.length, 1);
    assert.deepEqual(await keysOf(ours.run), keys);
  });
  test("sign-ins at once on both lose nothing", async () => {
    const attempts = users.flatMap(({ email, password }) => [real, ours].map(({ run }) => run.post("/sign-in/email", { email, password })));
    for (const response of await Promise.all(attempts)) {
      assert.equal(response.status, 200);
      for (const { run } of [real, ours]) assert.equal((await run.raw("GET", "/get-session", { bearer: response.json().token })).json().session.token, response.json().token);
    }
  });
});
