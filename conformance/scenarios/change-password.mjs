import { DONT_REMEMBER, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;
const JSON_TYPE = { "content-type": "application/json" };
const NEW = "another password";

/** A user who signs in by a provider alone has no password. */
const forgetPassword = (database, user) => database((db) => db.prepare('update account set "providerId" = \'github\', "password" = null where "userId" = ?').run(user.id));

const bodies = {
  "empty": {}, "no new one": { currentPassword: "x" }, "no current one": { newPassword: NEW }, "new one is null": { newPassword: null, currentPassword: "x" },
  "new one is a number": { newPassword: 12345678, currentPassword: "x" }, "current one is an array": { newPassword: NEW, currentPassword: [] },
  "flag is null": { newPassword: NEW, currentPassword: "x", revokeOtherSessions: null }, "flag is a text": { newPassword: NEW, currentPassword: "x", revokeOtherSessions: "true" },
  "all are wrong": { newPassword: 1, currentPassword: 2, revokeOtherSessions: 3 }, "null": null, "array": [], "string": "x",
};

export default [
  scenario("change-password", async ({ step, client, raw, post, user, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const cookies = ada.jar;
    const second = client();
    await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    await step("wrong password", () => ada.client.changePassword({ currentPassword: "wrong password", newPassword: NEW }));
    await step("wrong password, the others to be revoked", () => ada.client.changePassword({ currentPassword: "wrong password", newPassword: NEW, revokeOtherSessions: true }));
    await step("another user's password", () => ada.client.changePassword({ currentPassword: brian.password, newPassword: NEW }));
    await step("an empty password", () => ada.client.changePassword({ currentPassword: "", newPassword: NEW }));
    const change = (name, newPassword, currentPassword = ada.password) => step(name, () => post("/change-password", { newPassword, currentPassword }, { cookies }));
    await change("new one of 7", "x".repeat(7));
    await change("new one of 129", "x".repeat(129));
    await change("new one of 65 emoji", "😀".repeat(65));
    await change("new one is empty", "");
    await change("new one too short, current too long", "x", "x".repeat(129));
    await change("current one of 129", NEW, "x".repeat(129));
    for (const [name, json] of Object.entries(bodies)) await step(`body: ${name}`, () => post("/change-password", json, { cookies }));
    await step("no body", () => post("/change-password", undefined, { cookies }));
    await step("malformed JSON", () => post("/change-password", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("a form", () => post("/change-password", undefined, { cookies, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "newPassword=x" }));
    const good = { currentPassword: ada.password, newPassword: NEW };
    await step("from an evil origin", () => post("/change-password", good, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => client().changePassword(good));
    await step("without a session and a body", () => raw("POST", "/change-password"));
    await step("GET", () => raw("GET", "/change-password", { cookies }));
    await step("right", () => ada.client.changePassword(good));
    await step("again", () => ada.client.changePassword(good));
    await step("the other session is still there", () => second.getSession());
    await step("sign-in by the old one", () => client().signIn.email({ email: ada.email, password: ada.password }));
    await step("sign-in by the new one", () => client().signIn.email({ email: ada.email, password: NEW }));
    await change("new one of 8", "x".repeat(8), NEW);
    await change("new one of 128", "x".repeat(128), "x".repeat(8));
    await change("the same once more", "x".repeat(128), "x".repeat(128));
    await change("new one in Unicode", "ﬁve ① ﬁve", "x".repeat(128));
    await change("current one as NFKC has it", NEW, "five 1 five");
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await change("stale", "and one more", NEW);
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await change("refresh due", NEW, "and one more");
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await change("refresh due, wrong password", NEW, "wrong password");
    await step("by bearer", () => raw("POST", "/change-password", { bearer: ada.token, json: { currentPassword: NEW, newPassword: "by bearer" } }));
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await change("expired", NEW, "by bearer");
    await step("another user signs in as before", () => post("/sign-in/email", { email: brian.email, password: brian.password }));
  }),

  scenario("change-password and revoke the other sessions", async ({ step, client, raw, post, user, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const second = client();
    const { data } = await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    await setSession(data.token, { expiresAt: inSeconds(-5) });
    const old = ada.jar.copy();
    await step("false", () => ada.client.changePassword({ currentPassword: ada.password, newPassword: ada.password, revokeOtherSessions: false }));
    await step("true", () => ada.client.changePassword({ currentPassword: ada.password, newPassword: NEW, revokeOtherSessions: true }));
    await step("the new session", () => ada.client.getSession());
    await step("all sessions", () => ada.client.listSessions());
    await step("the old session", () => raw("GET", "/get-session", { cookies: old }));
    await step("the other session", () => second.getSession());
    await step("another user's", () => brian.client.getSession());
    const { jar } = ada;
    const change = (name, options) => step(name, () => post("/change-password", { currentPassword: NEW, newPassword: NEW, revokeOtherSessions: true }, options));
    const answer = await change("not to be remembered", { cookies: `${jar.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` });
    const { token } = answer.json();
    const next = await change("by bearer", { bearer: token, headers: { "user-agent": "a browser/1.0" } });
    await setSession(next.json().token, { expiresAt: inSeconds(60), createdAt: inSeconds(-DAY - 60) });
    await change("stale and refresh due", { bearer: next.json().token });
  }),

  scenario("change-password without one", async ({ step, post, user, database }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    await forgetPassword(database, ada.user);
    await database((db) => db.prepare('update account set "password" = null where "userId" = ?').run(brian.user.id));
    const json = { currentPassword: ada.password, newPassword: NEW };
    await step("no account", () => post("/change-password", json, { cookies: ada.jar }));
    await step("no password", () => post("/change-password", json, { cookies: brian.jar }));
    await step("no account, current one too long", () => post("/change-password", { ...json, currentPassword: "x".repeat(129) }, { cookies: ada.jar }));
    await step("an account under another's name", async () => {
      await database((db) => db.prepare('update account set "providerId" = \'credential\', "accountId" = \'x\', "password" = \'a:b\' where "userId" = ?').run(ada.user.id));
      return post("/change-password", json, { cookies: ada.jar });
    });
    await step("verify-password there", () => post("/verify-password", { password: ada.password }, { cookies: ada.jar }));
    await step("verify-password without one", () => post("/verify-password", { password: brian.password }, { cookies: brian.jar }));
    await step("verify-password without one, too long", () => post("/verify-password", { password: "x".repeat(129) }, { cookies: brian.jar }));
  }),

  scenario("verify-password", async ({ step, client, raw, post, user, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const cookies = ada.jar;
    const verify = (name, password) => step(name, () => post("/verify-password", { password }, { cookies }));
    await step("by the real client", () => ada.client.$fetch("/verify-password", { method: "POST", body: { password: ada.password } }));
    await verify("right", ada.password);
    await verify("wrong", "wrong password");
    await verify("another user's", brian.password);
    for (const password of ["", "x".repeat(128), "x".repeat(129), null, 1, [], {}]) await verify(`password: ${JSON.stringify(password)}`, password);
    for (const json of [null, [], {}, "x"]) await step(`body: ${JSON.stringify(json)}`, () => post("/verify-password", json, { cookies }));
    await step("no body", () => post("/verify-password", undefined, { cookies }));
    await step("malformed JSON", () => post("/verify-password", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("from an evil origin", () => post("/verify-password", { password: ada.password }, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => post("/verify-password", { password: ada.password }));
    await step("without a session and a body", () => raw("POST", "/verify-password"));
    await step("GET", () => raw("GET", "/verify-password", { cookies }));
    await step("by bearer", () => raw("POST", "/verify-password", { bearer: ada.token, json: { password: ada.password } }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60), expiresAt: inSeconds(60) });
    await verify("stale and refresh due", ada.password);
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await verify("wrong and refresh due", "wrong password");
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await verify("expired", ada.password);
    await step("without being asked for by the client", () => client().getSession());
  }),
];
