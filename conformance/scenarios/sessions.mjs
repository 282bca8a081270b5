import { inSeconds } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;

export default [
  scenario("list-sessions", async ({ step, client, raw, user, setSession }) => {
    const ada = await user("ada");
    await user("brian");
    await step("none", () => client().listSessions());
    await step("one", () => ada.client.listSessions());
    const second = client();
    const { data } = await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    await step("two", () => ada.client.listSessions());
    await step("two, as the other", () => second.listSessions());
    await setSession(data.token, { expiresAt: inSeconds(-5) });
    await step("expired ones are not listed", () => ada.client.listSessions());
    await setSession(ada.token, { createdAt: inSeconds(-DAY + 60) });
    await step("still fresh", () => ada.client.listSessions());
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("stale", () => ada.client.listSessions());
    await step("stale, by bearer", () => raw("GET", "/list-sessions", { bearer: ada.token }));
    await step("stale, token still given", () => ada.client.token());
    await step("stale, get-session still given", () => ada.client.getSession());
    await step("stale, revoke-other-sessions still done", () => ada.client.revokeOtherSessions());
    await step("without a session", () => raw("GET", "/list-sessions"));
    await step("POST", () => raw("POST", "/list-sessions", { bearer: ada.token, json: {} }));
  }),

  scenario("revoke-session", async ({ step, client, post, user, raw }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const second = client();
    const { data } = await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    await step("unknown token", () => ada.client.revokeSession({ token: "nothing" }));
    await step("another user's", () => ada.client.revokeSession({ token: brian.token }));
    await step("which is still there", () => brian.client.getSession());
    await step("one's own other", () => ada.client.revokeSession({ token: data.token }));
    await step("which is gone", () => second.getSession());
    const cookies = ada.jar;
    const cases = { "missing": {}, "number": { token: 1 }, "null": { token: null }, "array": { token: [] }, "empty": { token: "" }, "extra": { token: "x", y: 1 } };
    for (const [name, json] of Object.entries(cases)) await step(`token ${name}`, () => post("/revoke-session", json, { cookies }));
    await step("no body", () => post("/revoke-session", undefined, { cookies }));
    await step("no session", () => post("/revoke-session", { token: "x" }));
    await step("no session and no token", () => post("/revoke-session", {}));
    await step("no session, no body", () => raw("POST", "/revoke-session"));
    await step("the current one", () => ada.client.revokeSession({ token: ada.token }));
    await step("which is gone too", () => ada.client.getSession());
    await step("GET", () => raw("GET", "/revoke-session", { cookies }));
  }),

  scenario("revoke-sessions", async ({ step, client, raw, user, post }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const second = client();
    await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    await step("all", () => ada.client.revokeSessions());
    await step("this one is gone", () => ada.client.getSession());
    await step("the other one is gone", () => second.getSession());
    await step("another user's is not", () => brian.client.getSession());
    await step("without a session", () => post("/revoke-sessions", {}));
    await step("GET", () => raw("GET", "/revoke-sessions", { cookies: brian.jar }));
  }),

  scenario("revoke-other-sessions", async ({ step, client, user, post, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const second = client();
    const third = client();
    await step("a second sign-in", () => second.signIn.email({ email: ada.email, password: ada.password }));
    const { data } = await step("a third sign-in", () => third.signIn.email({ email: ada.email, password: ada.password }));
    await setSession(data.token, { expiresAt: inSeconds(-5) });
    await step("the others", () => ada.client.revokeOtherSessions());
    await step("this one stays", () => ada.client.getSession());
    await step("the other one is gone", () => second.getSession());
    await step("another user's is not", () => brian.client.getSession());
    await step("without a session", () => post("/revoke-other-sessions", {}));
    await step("none left", () => ada.client.revokeOtherSessions());
  }),

  scenario("sign-out", async ({ step, client, raw, user, post }) => {
    const ada = await user("ada");
    const cookies = ada.jar.copy();
    await step("with a session", () => ada.client.signOut());
    await step("after that", () => ada.client.getSession());
    await step("again", () => ada.client.signOut());
    await step("the cookie no longer works", () => raw("GET", "/get-session", { cookies }));
    await step("with the dead cookie", () => post("/sign-out", {}, { cookies }));
    await step("without anything", () => client().signOut());
    const brian = await user("brian");
    await step("no body", () => post("/sign-out", undefined, { cookies: brian.jar }));
    await step("session_data chunks are cleared", () => post("/sign-out", {}, { cookies: "better-auth.session_data.0=a; better-auth.session_data.1=b; better-auth.session_data.x=c" }));
    await step("GET", () => raw("GET", "/sign-out"));
    await step("bad signature", () => post("/sign-out", {}, { cookies: "better-auth.session_token=a.b" }));
    const bodies = { "callbackURL": { callbackURL: "/bye" }, "callbackURL is a number": { callbackURL: 1 }, "disableRedirect": { disableRedirect: true }, "disableRedirect is a string": { disableRedirect: "x" }, "state": { state: "s" }, "state is a number": { state: 1 }, "unknown": { x: 1 }, "null": null, "array": [], "string": "x" };
    for (const [name, json] of Object.entries(bodies)) await step(`body: ${name}`, () => post("/sign-out", json));
  }),
];
