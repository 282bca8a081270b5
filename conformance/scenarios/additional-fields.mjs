import { inSeconds } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const users = {
  nickname: { type: "string", required: true },
  plan: { type: "string", required: false, defaultValue: "basic" },
  role: { type: "string", required: true, defaultValue: "user", input: false },
  note: { type: "string", required: false, input: false },
  age: { type: "number", required: false },
  score: { type: "number", required: true, defaultValue: 7 },
  newsletter: { type: "boolean", required: false },
  active: { type: "boolean", required: true, defaultValue: false },
  bornAt: { type: "date", required: false },
  joinedAt: { type: "date", required: false, defaultValue: "now" },
  tags: { type: "string[]", required: false },
  marks: { type: "number[]", required: false, defaultValue: [1, 2] },
  hidden: { type: "string", required: false, returned: false },
  internalName: { type: "string", required: false, fieldName: "internal_name" },
};
const sessions = {
  theme: { type: "string", required: false, defaultValue: "light" },
  width: { type: "number", required: false },
  pinned: { type: "boolean", required: true, defaultValue: false },
  until: { type: "date", required: false },
  trail: { type: "string[]", required: false },
  level: { type: "number", required: false, defaultValue: 1, input: false },
  secret: { type: "string", required: false, returned: false },
  device: { type: "string", required: false, fieldName: "device_name" },
};
const servers = { settings: { user: { additionalFields: users, changeEmail: { enabled: true } }, session: { additionalFields: sessions } } };
const basic = { name: "ada", email: "ada@example.com", password: "password of ada" };
const all = {
  ...basic, nickname: "Countess", plan: "gold", age: 36, score: 0, newsletter: true, active: true, bornAt: "1815-12-10T00:00:00.000Z",
  joinedAt: "2026-01-31T12:00:00.000Z", tags: ["a", "b \"c\""], marks: [1.5, -2], hidden: "h", internalName: "i",
};
/** Somebody new, whose address tells which case they are. */
const fresh = (name, fields) => ({ ...basic, email: `${name.replaceAll(/[^a-z]+/g, "-")}@example.com`, nickname: "n", ...fields });

export default [
  scenario("additional fields by the real client", async ({ step, client }) => {
    const ada = client();
    await step("sign-up with all", () => ada.signUp.email(all));
    await step("the session", () => ada.getSession());
    await step("the token", () => ada.token());
    await step("the sessions", () => ada.listSessions());
    await step("an update of some", () => ada.updateUser({ nickname: "C", age: null, newsletter: false, bornAt: "1815-12-10", tags: [], hidden: null, internalName: "" }));
    await step("the session after it", () => ada.getSession());
    await step("an update of names and fields", () => ada.updateUser({ name: "Ada", image: "i", score: 8 }));
    await step("the session after that", () => ada.getSession());
    await step("an update of nothing that there is", () => ada.updateUser({ other: "x", emailVerified: true, id: "x" }));
    await step("a password change", () => ada.changePassword({ currentPassword: all.password, newPassword: "another password", revokeOtherSessions: true }));
    const second = client();
    await step("sign-in", () => second.signIn.email({ email: all.email, password: "another password" }));
    await step("the session of that", () => second.getSession());
    await step("sign-up with the least", () => client().signUp.email({ ...basic, email: "least@example.com", nickname: "" }));
    await step("taken", () => client().signUp.email(all));
  }, { servers }),

  scenario("additional fields on sign-up", async ({ step, post, raw }) => {
    const cases = {
      "a required one is missing": { nickname: undefined },
      "a required one is null": { nickname: null },
      "a required one with a default is null": { score: null, active: null },
      "one that is not for clients, with a default": { role: "admin" },
      "one that is not for clients, with a default, null": { role: null },
      "one that is not for clients": { note: "x" },
      "one that is not for clients, empty": { note: "" },
      "one that is not for clients, null": { note: null },
      "one that is not for clients, zero": { note: 0 },
      "one that is not for clients, an object": { note: {} },
      "optional ones are null": { plan: null, age: null, newsletter: null, bornAt: null, joinedAt: null, tags: null, marks: null, hidden: null },
      "names of columns": { internal_name: "x" },
      "a number with a fraction": { age: 1.5 },
      "a large number": { age: 9007199254740991 },
      "a number as text": { age: "36" },
      "a day": { bornAt: "2000-02-29" },
      "a moment with an offset": { bornAt: "2000-02-29T01:02:03+01:00" },
      "empty lists": { tags: [], marks: [] },
      "both": { note: "x", nickname: undefined },
      "long text": { nickname: "x".repeat(5000) },
      "text of other scripts": { nickname: "\u1e1e\u00f8\u00f8 \ud83d\ude00 \"<b>\"" },
    };
    for (const [name, fields] of Object.entries(cases)) await step(name, () => post("/sign-up/email", fresh(name, fields)));
    await step("a short password comes first", () => post("/sign-up/email", { ...basic, password: "x" }));
    await step("fields come before a taken address", async () => {
      await post("/sign-up/email", { ...basic, nickname: "n" });
      return post("/sign-up/email", { ...basic });
    });
    const form = new URLSearchParams({ ...basic, email: "form@example.com", nickname: "f", age: "7" }).toString();
    await step("a form", () => raw("POST", "/sign-up/email", { body: form, headers: { "content-type": "application/x-www-form-urlencoded" } }));
  }, { servers }),

  scenario("additional fields on sign-up that tells nobody who there is", async ({ step, client }) => {
    await step("new", () => client().signUp.email(all));
    await step("taken, with the least", () => client().signUp.email({ ...basic, nickname: "least" }));
    await step("taken, with all", () => client().signUp.email(all));
    await step("taken, with one missing", () => client().signUp.email(basic));
    await step("taken, with one that is not allowed", () => client().signUp.email({ ...all, note: "x" }));
  }, { servers: { settings: { ...servers.settings, emailAndPassword: { requireEmailVerification: true } } } }),

  scenario("additional fields on update-user", async ({ step, client, post, mail, raw }) => {
    const ada = client();
    await ada.signUp.email(all);
    const cookies = ada.jar;
    const cases = {
      "one that is not for clients, with a default": { role: "admin" },
      "one that is not for clients, with a default, empty": { role: "" },
      "one that is not for clients": { note: "x" },
      "one that is not for clients, null": { note: null },
      "one that is not for clients, beside others": { note: "x", nickname: "n" },
      "an address comes first": { note: "x", email: "new@example.com" },
      "a number as text": { age: "37" },
      "a number with a fraction": { score: 0.25 },
      "lists": { tags: ["x"], marks: [] },
      "all null": { plan: null, age: null, newsletter: null, bornAt: null, joinedAt: null, tags: null, marks: null, hidden: null, internalName: null },
    };
    for (const [name, json] of Object.entries(cases)) await step(name, () => post("/update-user", json, { cookies }));
    await step("the user now", () => ada.getSession());
    await step("a change of address", () => ada.changeEmail({ newEmail: "new@example.com" }));
    const letter = await mail();
    await step("shows the fields", () => raw("GET", `/verify-email?token=${letter.token}`));
  }, { servers }),

  scenario("additional fields on update-session", async ({ step, client, post, raw, setSession, database }) => {
    const ada = client();
    const { data } = await ada.signUp.email(all);
    const cookies = ada.jar.copy();
    const cases = {
      "some": { theme: "dark", width: 80, pinned: true, until: "2027-01-31T00:00:00.000Z", trail: ["a"], secret: "s", device: "phone" },
      "fields of the session's own": { token: "x", userId: "y", expiresAt: "2100-01-01T00:00:00.000Z" },
      "one of them and a field": { token: "x", width: 81.5 },
      "one that is not for clients": { level: 2 },
      "one that is not for clients, empty": { level: 0 },
      "one of users": { nickname: "x" },
      "nothing": {},
      "null": { theme: null, width: null, until: null, trail: null, secret: null, device: null },
    };
    for (const [name, json] of Object.entries(cases)) await step(name, () => post("/update-session", json, { cookies }));
    for (const [name, json] of Object.entries({ null: null, array: [], text: "x" })) await step(`body is ${name}`, () => post("/update-session", json, { cookies }));
    await step("by the client", () => ada.updateSession({ theme: "blue" }));
    await step("the session", () => ada.getSession());
    await step("all sessions", () => ada.listSessions());
    await step("without a session", () => post("/update-session", { theme: "x" }));
    await setSession(data.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => post("/update-session", { width: 1 }, { cookies }));
    await step("by bearer", () => raw("POST", "/update-session", { bearer: data.token, json: { width: 2 } }));
    await database((db) => db.exec("delete from session"));
    await step("gone", () => post("/update-session", { width: 1 }, { cookies }));
  }, { servers }),

  scenario("additional fields of a type that they are not", async ({ step, client, post }) => {
    const ada = client();
    await ada.signUp.email(all);
    const wrong = {
      "a number for text": { nickname: 7 }, "a flag for text": { plan: true }, "a list for text": { plan: ["a"] }, "an object for text": { plan: {} },
      "text for a number": { age: "old" }, "a flag for a number": { age: true }, "a list for a number": { age: [1] },
      "text for a flag": { newsletter: "true" }, "a number for a flag": { newsletter: 1 }, "a number for a date": { bornAt: 0 }, "text for a date": { bornAt: "soon" },
      "text for a list": { tags: "a" }, "numbers in a list of text": { tags: [1] }, "text in a list of numbers": { marks: ["1"] }, "an object for a list": { marks: {} },
    };
    for (const [name, fields] of Object.entries(wrong)) {
      await step(`sign-up, ${name}`, () => post("/sign-up/email", fresh(name, fields)));
      await step(`update, ${name}`, () => post("/update-user", fields, { cookies: ada.jar }));
    }
    await step("update, null for what is required", () => post("/update-user", { nickname: null }, { cookies: ada.jar }));
    await step("session, text for a number", () => post("/update-session", { width: "wide" }, { cookies: ada.jar }));
    await step("session, null for what is required", () => post("/update-session", { pinned: null }, { cookies: ada.jar }));
  }, { servers, fresh: true }),

  scenario("additional fields that are there once", async ({ step, client, post }) => {
    const ada = client();
    await step("the first", () => ada.signUp.email({ ...basic, badge: "a" }));
    await step("the same again", () => client().signUp.email({ ...basic, email: "bob@example.com", badge: "a" }));
    await step("the same address and field", () => client().signUp.email({ ...basic, badge: "a" }));
    await step("none", () => client().signUp.email({ ...basic, email: "carl@example.com" }));
    const dora = client();
    await step("another", () => dora.signUp.email({ ...basic, email: "dora@example.com", badge: "d" }));
    await step("changed to one that is free", () => dora.updateUser({ badge: "e" }));
    await step("changed to one that is not", () => post("/update-user", { badge: "a" }, { cookies: dora.jar }));
    await step("nothing is changed", () => dora.getSession());
  }, { servers: { settings: { user: { additionalFields: { badge: { type: "string", required: false, unique: true } } } } } }),
];
