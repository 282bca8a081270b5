import { DONT_REMEMBER, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;
const JSON_TYPE = { "content-type": "application/json" };
const servers = { deleteUser: true };
const enabled = (name, steps) => scenario(name, steps, { servers });

export default [
  enabled("delete-user", async ({ step, client, raw, post, user, setSession, database }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const second = client();
    await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    const cookies = ada.jar.copy();
    await step("wrong password", () => ada.client.deleteUser({ password: "wrong password" }));
    await step("another user's password", () => ada.client.deleteUser({ password: brian.password }));
    await step("a password of 129", () => ada.client.deleteUser({ password: "x".repeat(129) }));
    await step("an unknown token", () => ada.client.deleteUser({ token: "nothing" }));
    await step("an unknown token and the right password", () => ada.client.deleteUser({ token: "nothing", password: ada.password }));
    await step("an unknown token and a wrong password", () => ada.client.deleteUser({ token: "nothing", password: "wrong password" }));
    const bodies = { "password is null": { password: null }, "password is a number": { password: 1 }, "token is null": { token: null }, "callbackURL is null": { callbackURL: null }, "all are wrong": { password: 1, token: 2, callbackURL: "" }, "null": null, "array": [], "string": "x" };
    for (const [name, json] of Object.entries(bodies)) await step(`body: ${name}`, () => post("/delete-user", json, { cookies }));
    await step("no body", () => post("/delete-user", undefined, { cookies }));
    await step("malformed JSON", () => post("/delete-user", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("a callbackURL elsewhere", () => post("/delete-user", { callbackURL: "https://evil.example/" }, { cookies }));
    await step("from an evil origin", () => post("/delete-user", { password: ada.password }, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => post("/delete-user", { password: ada.password }));
    await step("without a session and a body", () => raw("POST", "/delete-user"));
    await step("GET", () => raw("GET", "/delete-user", { cookies }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("stale, without a password", () => ada.client.deleteUser());
    await step("stale, with an empty password", () => ada.client.deleteUser({ password: "" }));
    await step("stale, with an empty token", () => ada.client.deleteUser({ token: "" }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("stale, refresh due", () => post("/delete-user", {}, { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, wrong password", () => post("/delete-user", { password: "wrong password" }, { cookies }));
    await step("still there", () => ada.client.getSession());
    await step("stale, with the password", () => ada.client.deleteUser({ password: ada.password }));
    await step("gone", () => ada.client.getSession());
    await step("gone by the old cookie", () => raw("GET", "/get-session", { cookies }));
    await step("again by the old cookie", () => post("/delete-user", { password: ada.password }, { cookies }));
    await step("the other session is gone", () => second.getSession());
    await step("sign-in", () => client().signIn.email({ email: ada.email, password: ada.password }));
    await step("another user is as before", () => brian.client.getSession());
    const again = await user("ada");
    await step("the address is free again", () => again.client.getSession());
    await step("fresh, without a password", () => again.client.deleteUser({ callbackURL: "/bye" }));
    await step("gone too", () => again.client.getSession());
    await database((db) => db.prepare('update account set "providerId" = \'github\', "password" = null').run());
    await step("a password where there is none", () => brian.client.deleteUser({ password: brian.password }));
    await step("a password too long where there is none", () => brian.client.deleteUser({ password: "x".repeat(129) }));
    await setSession(brian.token, { expiresAt: inSeconds(60) });
    await step("fresh, refresh due", () => post("/delete-user", {}, { cookies: brian.jar }));
    const carl = await user("carl");
    await step("by bearer, with cookies of a cache", () => raw("POST", "/delete-user", { bearer: carl.token, json: { password: carl.password }, cookies: "better-auth.session_data.0=a; better-auth.session_data.1=b", headers: { origin: "http://localhost" } }));
    await step("by bearer", () => raw("POST", "/delete-user", { bearer: carl.token, json: { password: carl.password } }));
    const dora = await user("dora");
    await step("not to be remembered", () => post("/delete-user", {}, { cookies: `${dora.jar.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
    const emil = await user("emil");
    await setSession(emil.token, { expiresAt: inSeconds(-1) });
    await step("expired", () => post("/delete-user", { password: emil.password }, { cookies: emil.jar }));
  }),

  scenario("delete-user where it is disabled", async ({ step, raw, post, user, setSession }) => {
    const ada = await user("ada");
    const cookies = ada.jar;
    await step("the real client", () => ada.client.deleteUser({ password: ada.password }));
    await step("wrong password", () => post("/delete-user", { password: "wrong password" }, { cookies }));
    await step("a token", () => post("/delete-user", { token: "nothing" }, { cookies }));
    await step("body: number", () => post("/delete-user", { password: 1 }, { cookies }));
    await step("no body", () => post("/delete-user", undefined, { cookies }));
    await step("without a session", () => post("/delete-user", {}));
    await step("GET", () => raw("GET", "/delete-user", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => post("/delete-user", {}, { cookies }));
    await step("still there", () => ada.client.getSession());
  }),

  scenario("delete-user by mail", async ({ step, client, raw, post, user, mail, unreadMails, setSession, database }) => {
    const ada = await user("ada");
    const bob = await user("bob");
    const callback = (query, options) => raw("GET", `/delete-user/callback${query}`, options);
    await step("asked for", () => ada.client.deleteUser({ callbackURL: "/bye?a=1" }));
    const first = await step("the mail", mail);
    await step("nothing is deleted yet", () => ada.client.getSession());
    await step("a wrong password", () => ada.client.deleteUser({ password: "wrong password" }));
    await step("with the password", () => ada.client.deleteUser({ password: ada.password }));
    const second = await step("a mail all the same", mail);
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("with a session that is not fresh", () => ada.client.deleteUser({ callbackURL: "" }));
    const third = await step("another mail", mail);
    await step("without a session", () => callback(`?token=${first.token}`));
    await step("without a session, leading on", () => callback(`?token=${first.token}&callbackURL=/a`));
    await step("with a session that is none", () => callback(`?token=${first.token}`, { cookies: "better-auth.session_token=nonsense" }));
    await step("no token", () => callback("", { cookies: ada.jar }));
    await step("two tokens", () => callback("?token=a&token=b", { cookies: ada.jar }));
    await step("an empty token", () => callback("?token=", { cookies: ada.jar }));
    await step("an unknown token", () => callback("?token=unknown", { cookies: ada.jar }));
    await step("an unknown token, leading on", () => callback("?token=unknown&callbackURL=/a", { cookies: ada.jar }));
    for (const callbackURL of ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil", "https://app.example.evil/", "https://appxexample/"]) {
      await step(`to ${callbackURL}`, () => callback(`?token=${first.token}&callbackURL=${encodeURIComponent(callbackURL)}`, { cookies: ada.jar }));
    }
    await step("two callbackURLs", () => callback(`?token=${first.token}&callbackURL=/a&callbackURL=/b`, { cookies: ada.jar }));
    await step("POST", () => post("/delete-user/callback", { token: first.token }, { cookies: ada.jar }));
    await step("another user's token burns", () => callback(`?token=${third.token}`, { cookies: bob.jar }));
    await step("and is none for its owner", () => callback(`?token=${third.token}`, { cookies: ada.jar }));
    await step("another user's token in the body burns too", () => bob.client.deleteUser({ token: second.token }));
    await step("and is none for its owner either", () => ada.client.deleteUser({ token: second.token }));
    await step("everybody is still there", () => ada.client.getSession());
    await setSession(bob.token, { expiresAt: inSeconds(60) });
    await step("refresh due, an unknown token", () => callback("?token=unknown", { cookies: bob.jar }));
    await step("the link", () => raw("GET", first.path, { absolute: true, cookies: ada.jar }));
    await step("gone", () => ada.client.getSession());
    await step("the link again", () => raw("GET", first.path, { absolute: true, cookies: ada.jar }));
    await step("sign-in", () => client().signIn.email({ email: ada.email, password: ada.password }));
    await step("asked for by another", () => bob.client.deleteUser());
    const late = await step("a mail that is read late", mail);
    await database((db) => db.prepare('update verification set "expiresAt" = ?').run(inSeconds(-1)));
    await step("too late", () => bob.client.deleteUser({ token: late.token }));
    await step("asked for in time", () => bob.client.deleteUser());
    const last = await step("a mail that is read in time", mail);
    await step("a token and a wrong password", () => bob.client.deleteUser({ token: last.token, password: "wrong password" }));
    await step("a token in the body", () => bob.client.deleteUser({ token: last.token }));
    await step("gone too", () => bob.client.getSession());
    const carl = await user("carl");
    await step("asked for by bearer", () => raw("POST", "/delete-user", { bearer: carl.token, json: {} }));
    const his = await step("his mail", mail);
    await step("the link, by bearer", () => callback(`?token=${his.token}`, { bearer: carl.token }));
    await step("no other mail came", () => unreadMails());
  }, { servers: { trustedOrigins: ["https://app.example"], settings: { user: { deleteUser: { enabled: true, sendDeleteAccountVerification: true, deleteTokenExpiresIn: 1200 } } } } }),

  enabled("delete-user callback where no mail is sent", async ({ step, raw, user }) => {
    const ada = await user("ada");
    await step("with a session", () => raw("GET", "/delete-user/callback?token=x", { cookies: ada.jar }));
    await step("without one", () => raw("GET", "/delete-user/callback?token=x"));
  }),

  scenario("delete-user callback where it is disabled", async ({ step, raw, user }) => {
    const ada = await user("ada");
    await step("with a session", () => raw("GET", "/delete-user/callback?token=x", { cookies: ada.jar }));
    await step("without a token", () => raw("GET", "/delete-user/callback", { cookies: ada.jar }));
    await step("to an evil place", () => raw("GET", "/delete-user/callback?token=x&callbackURL=//evil.example", { cookies: ada.jar }));
  }),
];
