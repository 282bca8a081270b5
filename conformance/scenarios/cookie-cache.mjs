import { createHmac } from "node:crypto";
import { CookieJar } from "../lib/jar.mjs";
import { DONT_REMEMBER, SESSION, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";
import { SECRET } from "../lib/servers.mjs";

const DATA = "better-auth.session_data";
const DAY = 86_400;
const get = (run, jar, query = "") => run.raw("GET", `/get-session${query}`, { cookies: jar });
/** The same, and the jar keeps what it is given, as a browser does. */
const keep = async (run, jar, query) => {
  const answer = await get(run, jar, query);
  jar.store(answer.setCookies());
  return answer;
};
const without = (jar) => {
  const copy = jar.copy();
  copy.store([`${DATA}=; Max-Age=0`]);
  return copy;
};
const withData = (jar, text) => jar.copy().set(DATA, text);
const endSessions = (run) => run.database((db) => db.prepare('delete from "session"').run());

/** A compact cookie that was changed, and signed again as its server signs. */
function forged(text, change) {
  const { session, expiresAt } = JSON.parse(Buffer.from(text, "base64url").toString());
  const envelope = { session, expiresAt };
  change(envelope);
  const said = JSON.stringify({ ...envelope.session, expiresAt: envelope.expiresAt });
  const signature = createHmac("sha256", SECRET).update(said).digest("base64url");
  return Buffer.from(JSON.stringify({ ...envelope, signature })).toString("base64url");
}

const cached = (cookieCache, session = {}, more = {}) => ({ servers: { settings: { session: { ...session, cookieCache: { enabled: true, maxAge: 300, ...cookieCache } }, ...more } } });

const strategies = ["compact", "jwt", "jwe"].flatMap((strategy) => [
  scenario(`cookie cache: ${strategy}`, async (run) => {
    const { step, client } = run;
    const ada = client();
    const password = "correct horse";
    await step("sign-up", () => ada.signUp.email({ name: "Ädä", email: "ada@example.com", password }));
    await step("the real client reads it", () => ada.getSession());
    await step("sign-in", () => ada.signIn.email({ email: "ada@example.com", password }));
    await step("read again", () => ada.getSession());
    await step("the database is asked", () => keep(run, ada.jar, "?disableCookieCache=true"));
    await step("any text disables it", () => keep(run, ada.jar, "?disableCookieCache=false"));
    await step("an empty one does not", () => get(run, ada.jar, "?disableCookieCache="));
    await step("without the cookie it is written anew", () => get(run, without(ada.jar)));
    await step("a refresh is not wanted", () => get(run, without(ada.jar), "?disableRefresh=true"));
    await step("by bearer", () => run.raw("GET", "/get-session", { bearer: ada.jar.get(SESSION).split(".")[0] }));
    await endSessions(run);
    await step("ended, and read from the cookie", () => get(run, ada.jar));
    await step("ended, and a token from it", () => run.raw("GET", "/token", { cookies: ada.jar }));
    await step("ended, and its accounts", () => run.raw("GET", "/list-accounts", { cookies: ada.jar }));
    await step("ended, and the others are not listed", () => run.raw("GET", "/list-sessions", { cookies: ada.jar }));
    await step("ended, and nothing is changed: password", () => run.post("/change-password", { currentPassword: password, newPassword: "another horse" }, { cookies: ada.jar }));
    await step("ended, and nothing is changed: address", () => run.post("/change-email", { newEmail: "b@example.com" }, { cookies: ada.jar }));
    await step("ended, and nothing is deleted", () => run.post("/delete-user", { password }, { cookies: ada.jar }));
    await step("ended, and the database is asked", () => get(run, ada.jar, "?disableCookieCache=true"));
    await step("sign-out", () => ada.signOut());
  }, { servers: { ...cached({ strategy }).servers, deleteUser: true } }),

  scenario(`cookie cache not to be remembered: ${strategy}`, async (run) => {
    const { step, client, user } = run;
    await user("ada");
    const ada = client();
    await step("sign-in", () => ada.signIn.email({ email: "ada@example.com", password: "password of ada", rememberMe: false }));
    await step("read", () => get(run, ada.jar));
    await step("the database is asked", () => get(run, ada.jar, "?disableCookieCache=1"));
    await step("without the cookie", () => get(run, without(ada.jar)));
    await step("a name changes", () => run.post("/update-user", { name: "Ada" }, { cookies: ada.jar }));
    await step("signed in to be remembered", () => ada.signIn.email({ email: "ada@example.com", password: "password of ada" }));
    await step("sign-out", () => ada.signOut());
  }, cached({ strategy })),
]);

export default [
  ...strategies,

  scenario("cookie cache and what changes", async (run) => {
    const { step, user, setSession, raw, post } = run;
    const ada = await user("ada");
    const ask = async (name, action) => {
      const answer = await step(name, action);
      ada.jar.store(answer.setCookies());
    };
    await ask("a new name", () => post("/update-user", { name: "Ada L." }, { cookies: ada.jar }));
    await ask("which is read", () => get(run, ada.jar));
    await ask("no field at all", () => post("/update-user", {}, { cookies: ada.jar }));
    await ask("an additional field", () => post("/update-user", { nickname: "A" }, { cookies: ada.jar }));
    await ask("one of the session", () => post("/update-session", { theme: "dark" }, { cookies: ada.jar }));
    await ask("both are read", () => get(run, ada.jar));
    await ask("a new password", () => post("/change-password", { currentPassword: ada.password, newPassword: "another horse", revokeOtherSessions: true }, { cookies: ada.jar }));
    await ask("the new session is read", () => get(run, ada.jar));
    await ask("a new address", () => post("/change-email", { newEmail: "ada@other.example" }, { cookies: ada.jar }));
    await ask("it is read", () => get(run, ada.jar));
    const token = decodeURIComponent(ada.jar.get(SESSION)).split(".")[0];
    await setSession(token, { expiresAt: inSeconds(DAY) });
    await step("a refresh waits while the cookie is good", () => get(run, ada.jar));
    await ask("and is made when it is not", () => get(run, ada.jar, "?disableCookieCache=1"));
    await step("list-sessions", () => raw("GET", "/list-sessions", { cookies: ada.jar }));
    await step("revoke-other-sessions", () => post("/revoke-other-sessions", {}, { cookies: ada.jar }));
    await step("verify-password", () => post("/verify-password", { password: "another horse" }, { cookies: ada.jar }));
    await step("revoke-session", () => post("/revoke-session", { token }, { cookies: ada.jar }));
    await step("the cookie outlives its session", () => get(run, ada.jar));
    await step("revoke-sessions", () => post("/revoke-sessions", {}, { cookies: ada.jar }));
  }, cached({}, { additionalFields: { theme: { type: "string", defaultValue: "light" }, device: { type: "string", defaultValue: "secret", returned: false } } }, {
    user: { additionalFields: { nickname: { type: "string", required: false }, notes: { type: "string", defaultValue: "secret", returned: false } }, changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
  })),

  scenario("cookie cache that is not to be believed", async (run) => {
    const { step, user, client } = run;
    const ada = await user("ada");
    const brian = await user("brian");
    const text = decodeURIComponent(ada.jar.get(DATA));
    const ask = (name, jar) => step(name, () => get(run, jar));
    await ask("another's", withData(ada.jar, brian.jar.get(DATA)));
    await ask("no cookie at all", withData(ada.jar, "x"));
    await ask("an empty one", withData(ada.jar, ""));
    await ask("cut short", withData(ada.jar, text.slice(0, -4)));
    await ask("changed", withData(ada.jar, Buffer.from(Buffer.from(text, "base64url").toString().replace("ada@", "eve@")).toString("base64url")));
    await ask("alone", new CookieJar().set(DATA, text));
    await ask("with a session that is not signed", new CookieJar().set(SESSION, "a".repeat(32)).set(DATA, text));
    await ask("in a chunk", without(ada.jar).set(`${DATA}.0`, text));
    const at = (name, change) => ask(name, withData(ada.jar, forged(text, change)));
    await at("signed again", () => {});
    await at("that ends now", (envelope) => (envelope.expiresAt = Date.now() - 1));
    await at("of a session that ends now", ({ session }) => (session.session.expiresAt = inSeconds(-1)));
    await at("of another version", ({ session }) => (session.version = "2"));
    await at("of no version", ({ session }) => delete session.version);
    await at("of a session with another token", ({ session }) => (session.session.token = "b".repeat(32)));
    const eve = client();
    await step("and by a stranger", () => eve.getSession());
  }, cached()),

  scenario("cookie cache of another version", async (run) => {
    const { step, user } = run;
    const ada = await user("ada");
    await step("its own", () => get(run, ada.jar));
    const old = forged(ada.jar.get(DATA), ({ session }) => (session.version = "1"));
    await step("an older one", () => get(run, withData(ada.jar, old)));
  }, cached({ version: "2" })),

  scenario("cookie cache in chunks", async (run) => {
    const { step, user, post } = run;
    const ada = await user("ada");
    const picture = "p".repeat(3200);
    const changed = await step("a large picture", () => post("/update-user", { image: picture }, { cookies: ada.jar }));
    ada.jar.store(changed.setCookies());
    await step("it is read", () => get(run, ada.jar));
    const smaller = await step("a small one", () => post("/update-user", { image: "p" }, { cookies: ada.jar }));
    ada.jar.store(smaller.setCookies());
    await step("and read", () => get(run, ada.jar));
  }, cached()),

  scenario("cookie cache that is too large", async (run) => {
    const { step, user, post } = run;
    const ada = await user("ada");
    const changed = await step("a picture", () => post("/update-user", { image: "p".repeat(5000) }, { cookies: ada.jar }));
    ada.jar.store(changed.setCookies());
    await step("read", () => get(run, ada.jar, "?disableCookieCache=1"));
  }, cached()),

  scenario("cookie cache that was believed once too often", async (run) => {
    const { step, user, post } = run;
    const ada = await user("ada");
    await endSessions(run);
    await step("list-sessions", () => run.raw("GET", "/list-sessions", { cookies: ada.jar }));
    await step("unlink-account", () => post("/unlink-account", { accountId: "x" }, { cookies: ada.jar }));
    await step("update-user", () => post("/update-user", { name: "Eve" }, { cookies: ada.jar }));
    await step("update-session", () => post("/update-session", { theme: "dark" }, { cookies: ada.jar }));
  }, cached({ maxAge: 240 }, { additionalFields: { theme: { type: "string", defaultValue: "light" } } })),

  scenario("cookie cache and links of mails", async (run) => {
    const { step, user, mail, raw, post } = run;
    const ada = await user("ada");
    await post("/send-verification-email", { email: ada.email }, { cookies: ada.jar });
    const verification = await mail();
    const verified = await step("a verification", () => raw("GET", `/verify-email?token=${verification.token}`, { cookies: ada.jar }));
    ada.jar.store(verified.setCookies());
    await step("which is read", () => get(run, ada.jar));
    await post("/change-email", { newEmail: "ada@other.example" }, { cookies: ada.jar });
    const change = await mail();
    const changed = await step("a change of address", () => raw("GET", `/verify-email?token=${change.token}`, { cookies: ada.jar }));
    ada.jar.store(changed.setCookies());
    await step("it is read", () => get(run, ada.jar));
    const brian = await user("brian");
    await post("/delete-user", {}, { cookies: brian.jar });
    const deletion = await mail();
    const aside = brian.jar.copy();
    await step("a deletion", () => raw("GET", `/delete-user/callback?token=${deletion.token}`, { cookies: brian.jar }));
    await step("the deleted is read from the cookie", () => get(run, aside));
    const carl = await user("carl");
    await post("/delete-user", {}, { cookies: carl.jar });
    const late = await mail();
    await endSessions(run);
    await step("a deletion by a session that has ended", () => raw("GET", `/delete-user/callback?token=${late.token}`, { cookies: carl.jar }));
  }, cached({}, {}, {
    emailVerification: { autoSignInAfterVerification: true },
    user: { changeEmail: { enabled: true }, deleteUser: { enabled: true, sendDeleteAccountVerification: true } },
  })),

  scenario("cookie cache of less than a minute, not to be remembered", async (run) => {
    const { step, client, user } = run;
    await user("ada");
    const ada = client();
    await step("sign-in", () => ada.signIn.email({ email: "ada@example.com", password: "password of ada", rememberMe: false }));
    await step("get-session", () => get(run, ada.jar, "?disableCookieCache=1"));
  }, cached({ maxAge: 20 })),

  scenario("refresh that is deferred", async (run) => {
    const { step, user, setSession, raw } = run;
    const ada = await user("ada");
    const post = (options = { cookies: ada.jar }) => raw("POST", "/get-session", { headers: { origin: run.base }, ...options });
    await step("a read", () => get(run, ada.jar));
    await step("nothing to refresh", () => post());
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    await step("a read that finds it due", () => get(run, ada.jar));
    await step("and again", () => get(run, ada.jar));
    await step("not wanted", () => get(run, ada.jar, "?disableRefresh=1"));
    await step("another endpoint", () => raw("GET", "/token", { cookies: ada.jar }));
    await step("the refresh", () => post());
    await step("a read after it", () => get(run, ada.jar));
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    await step("the refresh is not wanted", () => raw("POST", "/get-session?disableRefresh=1", { cookies: ada.jar, headers: { origin: run.base } }));
    await step("the refresh by bearer", () => post({ bearer: ada.token }));
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    await step("the real client", () => ada.client.getSession());
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    const brief = ada.jar.copy().set(DONT_REMEMBER, encodeURIComponent(signed("true")));
    await step("a read of one not to be remembered", () => get(run, brief));
    await step("its refresh", () => post({ cookies: brief }));
    await step("from elsewhere", () => raw("POST", "/get-session", { cookies: ada.jar, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => post({}));
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await step("a read of one that has ended", () => get(run, ada.jar));
    await step("its row", () => run.database((db) => db.prepare('select count(*) from "session"').pluck().get()));
    await step("a refresh of one that has ended", () => post());
  }, { servers: { settings: { session: { deferSessionRefresh: true } } } }),

  scenario("refresh that is deferred, and a cookie cache", async (run) => {
    const { step, user, setSession, raw } = run;
    const ada = await user("ada");
    const post = () => raw("POST", "/get-session", { cookies: ada.jar, headers: { origin: run.base } });
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    await step("a read from the cookie", () => get(run, ada.jar));
    await step("a read that finds it due", () => keep(run, ada.jar, "?disableCookieCache=1"));
    await step("POST with the cookie", post);
    await setSession(ada.token, { expiresAt: inSeconds(DAY) });
    await step("POST without it", () => raw("POST", "/get-session", { cookies: without(ada.jar), headers: { origin: run.base } }));
  }, cached({}, { deferSessionRefresh: true })),

  scenario("refresh that is disabled", async (run) => {
    const { step, user, setSession, raw } = run;
    const ada = await user("ada");
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("get-session", () => get(run, ada.jar));
    await step("the real client", () => ada.client.getSession());
    await step("another endpoint", () => raw("GET", "/list-sessions", { cookies: ada.jar }));
    await step("POST", () => raw("POST", "/get-session", { cookies: ada.jar, headers: { origin: run.base } }));
  }, { servers: { settings: { session: { disableSessionRefresh: true } } } }),

  scenario("refresh that is disabled and deferred", async (run) => {
    const { step, user, setSession, raw } = run;
    const ada = await user("ada");
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("get-session", () => get(run, ada.jar));
    await step("POST", () => raw("POST", "/get-session", { cookies: ada.jar, headers: { origin: run.base } }));
  }, { servers: { settings: { session: { disableSessionRefresh: true, deferSessionRefresh: true } } } }),
];
