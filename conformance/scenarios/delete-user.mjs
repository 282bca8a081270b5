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
];
