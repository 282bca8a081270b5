import { inSeconds } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;

/** Gives a user an account at a provider, as social sign-in would. */
const link = (database, user, id, scope = null) =>
  database((db) => {
    const now = new Date().toISOString();
    return db.prepare('insert into account ("id", "accountId", "providerId", "userId", "accessToken", "refreshToken", "scope", "createdAt", "updatedAt") values (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(id, `at-${id}`, "github", user.id, "an access token", "a refresh token", scope, now, now);
  });

const accountOf = (database, user) => database((db) => db.prepare('select "id" from account where "userId" = ?').pluck().get(user.id));

export default [
  scenario("list-accounts", async ({ step, raw, user, database, setSession, client }) => {
    const ada = await user("ada");
    await user("brian");
    await step("the real client", () => ada.client.listAccounts());
    await step("by bearer", () => raw("GET", "/list-accounts", { bearer: ada.token }));
    const scopes = { "several": "read:user,user:email", "spaces": "openid email", "spaces and commas": "a, b ,c", "empty": "", "commas alone": ",,", "twice": "a,a" };
    for (const [name, scope] of Object.entries(scopes)) await link(database, ada.user, name, scope);
    await link(database, ada.user, "none");
    await step("with others", () => ada.client.listAccounts());
    await step("without a session, by the client", () => client().listAccounts());
    await step("without a session", () => raw("GET", "/list-accounts"));
    await step("POST", () => raw("POST", "/list-accounts", { bearer: ada.token, json: {} }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("stale", () => ada.client.listAccounts());
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => raw("GET", "/list-accounts", { cookies: ada.jar }));
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await step("expired", () => raw("GET", "/list-accounts", { cookies: ada.jar }));
  }),

  scenario("unlink-account", async ({ step, raw, post, user, database, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const cookies = ada.jar;
    const own = await accountOf(database, ada.user);
    await step("the last one", () => ada.client.unlinkAccount({ accountId: own }));
    await step("an unknown one, with one left", () => ada.client.unlinkAccount({ accountId: "nothing" }));
    await link(database, ada.user, "one");
    await link(database, ada.user, "two");
    await link(database, brian.user, "three");
    await step("an unknown one", () => ada.client.unlinkAccount({ accountId: "nothing" }));
    await step("by the provider's id", () => ada.client.unlinkAccount({ accountId: "at-one" }));
    await step("another user's", () => ada.client.unlinkAccount({ accountId: "three" }));
    await step("which is still there", () => brian.client.listAccounts());
    await step("one's own", () => ada.client.unlinkAccount({ accountId: "one" }));
    await step("again", () => ada.client.unlinkAccount({ accountId: "one" }));
    const bodies = { "missing": {}, "number": { accountId: 1 }, "null": { accountId: null }, "empty": { accountId: "" }, "a provider alone": { providerId: "github" }, "a provider beside it": { accountId: "two", providerId: 1 } };
    await link(database, ada.user, "four");
    for (const [name, json] of Object.entries(bodies)) await step(`body: ${name}`, () => post("/unlink-account", json, { cookies }));
    for (const json of [null, [], "x"]) await step(`body: ${JSON.stringify(json)}, as a whole`, () => post("/unlink-account", json, { cookies }));
    await step("no body", () => post("/unlink-account", undefined, { cookies }));
    await step("malformed JSON", () => post("/unlink-account", undefined, { cookies, headers: { "content-type": "application/json" }, body: "{" }));
    await step("from an evil origin", () => post("/unlink-account", { accountId: own }, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => post("/unlink-account", { accountId: own }));
    await step("without a session and a body", () => raw("POST", "/unlink-account"));
    await step("GET", () => raw("GET", "/unlink-account", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("an unknown one, refresh due", () => post("/unlink-account", { accountId: "nothing" }, { cookies }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("stale", () => ada.client.unlinkAccount({ accountId: own }));
    await step("stale and without a body", () => post("/unlink-account", undefined, { cookies }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY + 60) });
    await step("the password's own", () => ada.client.unlinkAccount({ accountId: own }));
    await step("none is left but one", () => ada.client.listAccounts());
    await step("sign-in by the password that is gone", () => post("/sign-in/email", { email: ada.email, password: ada.password }));
  }),
];
