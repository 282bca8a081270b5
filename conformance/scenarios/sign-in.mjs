import { scenario } from "../lib/scenario.mjs";
import { invalidEmails } from "./sign-up.mjs";

const good = { email: "ada@example.com", password: "password of ada" };

const bodies = {
  "missing e-mail": { password: "x" },
  "missing password": { email: good.email },
  "empty object": {},
  "e-mail is a number": { ...good, email: 7 },
  "e-mail is null": { ...good, email: null },
  "password is a number": { ...good, password: 7 },
  "password is null": { ...good, password: null },
  "password is empty": { ...good, password: "" },
  "rememberMe is null": { ...good, rememberMe: null },
  "rememberMe is a string": { ...good, rememberMe: "yes" },
  "callbackURL is null": { ...good, callbackURL: null },
  "callbackURL is a number": { ...good, callbackURL: 7 },
  "callbackURL is an object": { ...good, callbackURL: {} },
  "callbackURL is an array": { ...good, callbackURL: ["/a"] },
  "callbackURL is zero": { ...good, callbackURL: 0 },
  "callbackURL is false": { ...good, callbackURL: false },
  "all are wrong": { email: 1, password: 2, callbackURL: "", rememberMe: 4 },
  "all are wrong, callbackURL too": { email: 1, password: 2, callbackURL: 3, rememberMe: 4 },
  "e-mail is not one and password missing": { email: "nonsense" },
  "unknown members": { ...good, x: 1, image: null },
  "null": null,
  "array": [],
  "string": "x",
  "number": 1,
};

export default [
  scenario("sign-in by the real client", async ({ step, client, user, base }) => {
    await user("ada");
    const ada = client();
    await step("good", () => ada.signIn.email(good));
    await step("its session", () => ada.getSession());
    await step("again while signed in", () => ada.signIn.email(good));
    await step("upper-case e-mail", () => client().signIn.email({ ...good, email: "ADA@EXAMPLE.COM" }));
    await step("wrong password", () => client().signIn.email({ ...good, password: "wrong horse" }));
    await step("unknown user", () => client().signIn.email({ ...good, email: "nobody@example.com" }));
    await step("short password", () => client().signIn.email({ ...good, password: "x" }));
    await step("password of 128 characters", () => client().signIn.email({ ...good, password: "x".repeat(128) }));
    await step("password of 129 characters", () => client().signIn.email({ ...good, password: "x".repeat(129) }));
    await step("unknown user, password of 129 characters", () => client().signIn.email({ email: "nobody@example.com", password: "x".repeat(129) }));
    await step("password of 65 emoji", () => client().signIn.email({ ...good, password: "😀".repeat(65) }));
    await step("e-mail with spaces", () => client().signIn.email({ ...good, email: " ada@example.com" }));
    const brief = client();
    await step("not to be remembered", () => brief.signIn.email({ ...good, rememberMe: false }));
    await step("session of one not to be remembered", () => brief.getSession());
    await step("remembered after all", () => brief.signIn.email({ ...good, rememberMe: true }));
    await step("the marker stays", () => brief.getSession());
    await step("callbackURL", () => client().signIn.email({ ...good, callbackURL: "/dashboard?tab=1" }));
    await step("callbackURL of our origin", () => client().signIn.email({ ...good, callbackURL: `${base}/a/b` }));
    await step("empty callbackURL", () => client().signIn.email({ ...good, callbackURL: "" }));
  }),

  scenario("sign-in bodies", async ({ step, post, user }) => {
    await user("ada");
    for (const [name, json] of Object.entries(bodies)) await step(name, () => post("/sign-in/email", json));
    await step("no body", () => post("/sign-in/email"));
  }),

  scenario("sign-in e-mail syntax", async ({ step, post }) => {
    for (const email of invalidEmails) await step(JSON.stringify(email), () => post("/sign-in/email", { email, password: "x".repeat(129) }));
  }),

  scenario("sign-in: Unicode passwords", async ({ step, post }) => {
    const sign = (path, email, password) => post(path, { name: "x", email, password });
    await step("set with ﬁ and ①", () => sign("/sign-up/email", "a@example.com", "ﬁve ① ﬁve"));
    await step("same", () => sign("/sign-in/email", "a@example.com", "ﬁve ① ﬁve"));
    await step("NFKC-equivalent", () => sign("/sign-in/email", "a@example.com", "five 1 five"));
    await step("set decomposed", () => sign("/sign-up/email", "b@example.com", "cafe\u0301 au lait"));
    await step("composed", () => sign("/sign-in/email", "b@example.com", "caf\u00e9 au lait"));
    await step("without the accent", () => sign("/sign-in/email", "b@example.com", "cafe au lait"));
    await step("set with NUL", () => sign("/sign-up/email", "d@example.com", "nul \u0000 here"));
    await step("truncated at NUL", () => sign("/sign-in/email", "d@example.com", "nul "));
    await step("full-width", () => sign("/sign-in/email", "d@example.com", "ｎｕｌ \u0000 ｈｅｒｅ"));
  }),

  scenario("sign-in: accounts that cannot", async ({ step, post, user, database }) => {
    const ada = await user("ada");
    const attempt = () => post("/sign-in/email", good);
    const set = (column, value) => database((db) => db.prepare(`update account set "${column}" = ? where "userId" = ?`).run(value, ada.user.id));
    await step("good at first", attempt);
    const hash = await database((db) => db.prepare('select password from account where "userId" = ?').pluck().get(ada.user.id));
    await set("password", null);
    await step("no password", attempt);
    await set("password", "");
    await step("empty password", attempt);
    await set("password", hash);
    await set("providerId", "github");
    await step("account of another provider", attempt);
    await set("providerId", "credential");
    await set("accountId", "another");
    await step("account of another id", attempt);
    await set("accountId", ada.user.id);
    await set("password", hash.toUpperCase());
    await step("hash in upper case", attempt);
    await set("password", hash.slice(0, -2));
    await step("hash that is too short", attempt);
    await set("password", "$2b$10$abcdefghijklmnopqrstuv");
    await step("hash that is not one", attempt);
    await set("password", `${hash.split(":")[0]}:`);
    await step("hash without a key", attempt);
    await set("password", hash);
    await step("good again", attempt);
    await database((db) => db.prepare("delete from account").run());
    await step("no account", attempt);
  }),
];
