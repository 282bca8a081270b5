import { DONT_REMEMBER, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;
const JSON_TYPE = { "content-type": "application/json" };

export default [
  scenario("update-user", async ({ step, raw, post, client, user, setSession }) => {
    const ada = await user("ada");
    const brian = await user("brian");
    const cookies = ada.jar;
    await step("name", () => ada.client.updateUser({ name: "Ada Lovelace" }));
    await step("as get-session says", () => ada.client.getSession());
    await step("image", () => ada.client.updateUser({ image: "https://x.example/ada.png" }));
    await step("no image", () => ada.client.updateUser({ image: null }));
    await step("both", () => ada.client.updateUser({ name: "A", image: "i" }));
    await step("as the token says", () => ada.client.token());
    await step("an empty name", () => ada.client.updateUser({ name: "" }));
    await step("an empty image", () => ada.client.updateUser({ image: "" }));
    await step("a name in Unicode", () => ada.client.updateUser({ name: "Ådä 😀 \u0000 Ⅷ" }));
    await step("a long name", () => ada.client.updateUser({ name: "x".repeat(3000) }));
    await step("an e-mail address", () => ada.client.updateUser({ email: "eve@example.com" }));
    await step("an e-mail address beside a name", () => ada.client.updateUser({ email: "eve@example.com", name: "Eve" }));
    for (const email of ["", null, 0, false, 1, true, [], {}]) await step(`e-mail is ${JSON.stringify(email)}`, () => post("/update-user", { email }, { cookies }));
    await step("e-mail is \"\" beside a name", () => post("/update-user", { email: "", name: "Eve" }, { cookies }));
    await step("nothing", () => ada.client.updateUser({}));
    for (const name of ["id", "userId", "emailVerified", "createdAt", "updatedAt", "role", "password", "toString"]) {
      await step(`${name} alone`, () => post("/update-user", { [name]: brian.user.id }, { cookies }));
      await step(`${name} beside a name`, () => post("/update-user", { [name]: brian.user.id, name: `with ${name}` }, { cookies }));
    }
    await step("another user is as before", () => brian.client.getSession());
    for (const json of [null, [], [1], "x", 1, true]) await step(`body is ${JSON.stringify(json)}`, () => post("/update-user", json, { cookies }));
    await step("no body", () => post("/update-user", undefined, { cookies }));
    await step("malformed JSON", () => post("/update-user", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("a form", () => post("/update-user", undefined, { cookies, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "name=x" }));
    await step("from an evil origin", () => post("/update-user", { name: "x" }, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => client().updateUser({ name: "x" }));
    await step("without a session and a body", () => raw("POST", "/update-user"));
    await step("without a session and with nothing to do", () => post("/update-user", {}));
    await step("by bearer", () => raw("POST", "/update-user", { bearer: ada.token, json: { name: "by bearer" } }));
    await step("GET", () => raw("GET", "/update-user", { cookies }));
    const mark = `${cookies.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}`;
    await step("not to be remembered", () => post("/update-user", { name: "brief" }, { cookies: mark }));
    await step("session_data beside it", () => post("/update-user", { name: "cached" }, { cookies: `${cookies.header()}; better-auth.session_data.0=abc` }));
    await setSession(ada.token, { createdAt: inSeconds(-DAY - 60) });
    await step("stale", () => ada.client.updateUser({ name: "stale" }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => post("/update-user", { name: "refreshed" }, { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, nothing to do", () => post("/update-user", {}, { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, an e-mail address", () => post("/update-user", { email: "x" }, { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await step("expired", () => post("/update-user", { name: "too late" }, { cookies }));
  }),

  scenario("update-user: fields that are no text", async ({ step, post, user, database }) => {
    const { jar: cookies } = await user("ada");
    const reset = () => database((db) => db.prepare('update "user" set "name" = \'ada\', "image" = null, "updatedAt" = ?').run(inSeconds(0)));
    for (const field of ["name", "image"]) {
      for (const value of [1, 1.5, true, false, [], ["a"], {}, { a: 1 }]) {
        await step(`${field} is ${JSON.stringify(value)}`, () => post("/update-user", { [field]: value }, { cookies }));
        await reset();
      }
    }
    await step("name is null", () => post("/update-user", { name: null }, { cookies }));
    await reset();
    await step("name is null beside an image", () => post("/update-user", { name: null, image: "x" }, { cookies }));
    await reset();
  }),

  scenario("update-session", async ({ step, raw, post, user, setSession }) => {
    const ada = await user("ada");
    const cookies = ada.jar;
    await step("the real client", () => ada.client.updateSession({ theme: "dark" }));
    await step("nothing", () => post("/update-session", {}, { cookies }));
    for (const name of ["id", "token", "userId", "expiresAt", "ipAddress", "userAgent", "createdAt", "updatedAt"]) {
      await step(`${name}`, () => post("/update-session", { [name]: inSeconds(DAY) }, { cookies }));
    }
    for (const json of [null, [], "x", 1]) await step(`body is ${JSON.stringify(json)}`, () => post("/update-session", json, { cookies }));
    await step("no body", () => post("/update-session", undefined, { cookies }));
    await step("malformed JSON", () => post("/update-session", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("without a session", () => post("/update-session", { theme: "dark" }));
    await step("without a session and a body", () => raw("POST", "/update-session"));
    await step("GET", () => raw("GET", "/update-session", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => post("/update-session", { theme: "dark" }, { cookies }));
  }),
];
