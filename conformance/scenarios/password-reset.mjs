import { scenario } from "../lib/scenario.mjs";

const newPassword = "a new password of ada";
const trusted = { trustedOrigins: ["https://app.example"] };

const requests = {
  "missing e-mail": {},
  "e-mail is a number": { email: 7 },
  "e-mail is null": { email: null },
  "e-mail is not one": { email: "nonsense" },
  "e-mail is empty": { email: "" },
  "redirectTo is null": { email: "ada@example.com", redirectTo: null },
  "redirectTo is a number": { email: "ada@example.com", redirectTo: 7 },
  "redirectTo is an array": { email: "ada@example.com", redirectTo: ["/a"] },
  "redirectTo is empty": { email: "ada@example.com", redirectTo: "" },
  "both are wrong": { email: 1, redirectTo: false },
  "unknown members": { email: "nobody@example.com", x: 1 },
  "null": null,
  "array": [],
  "string": "x",
};

const resets = {
  "missing password": { token: "x" },
  "password is a number": { newPassword: 7, token: "x" },
  "password is null": { newPassword: null, token: "x" },
  "missing token": { newPassword },
  "token is null": { newPassword, token: null },
  "token is a number": { newPassword, token: 7 },
  "token is empty": { newPassword, token: "" },
  "unknown token": { newPassword, token: "abcdefghijklmnopqrstuvwx" },
  "token of another kind": { newPassword, token: "../delete-account" },
  "token with NUL": { newPassword, token: "a\u0000b" },
  "short password, unknown token": { newPassword: "x", token: "y" },
  "long password, unknown token": { newPassword: "x".repeat(129), token: "y" },
  "everything is wrong": { newPassword: 1, token: 2 },
  "null": null,
  "array": [],
};

/** Lets the rows of all tokens expire. */
const expire = (database, seconds) =>
  database((db) => db.prepare('update "verification" set "expiresAt" = ?').run(new Date(Date.now() + seconds * 1000).toISOString()));

export default [
  scenario("password reset by the real client", async ({ step, client, user, mail, raw, database }) => {
    const ada = await user("ada");
    await step("requested", () => client().requestPasswordReset({ email: "ada@example.com", redirectTo: "/choose" }));
    const letter = await step("the mail", mail);
    await step("the link", () => raw("GET", letter.path, { absolute: true }));
    await step("the link again", () => raw("GET", letter.path, { absolute: true }));
    await step("too short a password", () => client().resetPassword({ newPassword: "x", token: letter.token }));
    await step("too long a password", () => client().resetPassword({ newPassword: "x".repeat(129), token: letter.token }));
    await step("a new password", () => client().resetPassword({ newPassword, token: letter.token }));
    await step("the token again", () => client().resetPassword({ newPassword: "another password", token: letter.token }));
    await step("the link after that", () => raw("GET", letter.path, { absolute: true }));
    await step("old password", () => client().signIn.email({ email: ada.email, password: ada.password }));
    await step("new password", () => client().signIn.email({ email: ada.email, password: newPassword }));
    await step("the old session lives", () => ada.client.getSession());
    await step("upper case, signed in, nowhere to go", () => ada.client.requestPasswordReset({ email: "ADA@Example.COM" }));
    const second = await step("its mail", mail);
    await step("its link leads nowhere", () => raw("GET", second.path, { absolute: true }));
    await expire(database, -1);
    await step("an expired token", () => client().resetPassword({ newPassword, token: second.token }));
    await step("an expired link", () => raw("GET", `/reset-password/${second.token}?callbackURL=/a`));
    await expire(database, 60);
    await step("token in the query", () => raw("POST", `/reset-password?token=${second.token}`, { json: { newPassword: "yet another one" } }));
    await step("signs in with it", () => client().signIn.email({ email: ada.email, password: "yet another one" }));
  }),

  scenario("password reset of nobody", async ({ step, client, user, mail, unreadMails }) => {
    await user("ada");
    await step("unknown", () => client().requestPasswordReset({ email: "nobody@example.com", redirectTo: "/x" }));
    await step("known", () => client().requestPasswordReset({ email: "ada@example.com", redirectTo: "/x" }));
    await step("one mail came", mail);
    await step("and no other", () => unreadMails());
  }),

  scenario("password reset bodies", async ({ step, post, raw, user, database }) => {
    await user("ada");
    for (const [name, json] of Object.entries(requests)) await step(`request: ${name}`, () => post("/request-password-reset", json));
    await step("request: no body", () => post("/request-password-reset"));
    await step("request: a form", () => raw("POST", "/request-password-reset", { body: "email=ada@example.com", headers: { "content-type": "application/x-www-form-urlencoded" } }));
    for (const [name, json] of Object.entries(resets)) await step(`reset: ${name}`, () => post("/reset-password", json));
    await step("reset: no body", () => post("/reset-password"));
    await step("reset: two tokens in the query", () => post("/reset-password?token=a&token=b", { newPassword }));
    await step("reset: everything wrong and two tokens", () => post("/reset-password?token=a&token=b", {}));
    await step("GET request", () => raw("GET", "/request-password-reset"));
    await step("GET reset", () => raw("GET", "/reset-password"));
    await step("POST to the link", () => raw("POST", "/reset-password/x", { json: {} }));
    await database((db) => db.exec('delete from "verification"'));
  }),

  scenario("password reset redirects", async ({ step, post, raw, user, mail }) => {
    await user("ada");
    const email = "ada@example.com";
    for (const redirectTo of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https://app.example.evil.example/", "/%5cevil.example"]) {
      await step(`request to ${redirectTo}`, () => post("/request-password-reset", { email, redirectTo }));
      await step(`link to ${redirectTo}`, () => raw("GET", `/reset-password/x?callbackURL=${encodeURIComponent(redirectTo)}`));
    }
    for (const redirectTo of ["/", "/a/b?x=1&token=old#part", "https://app.example/set?a=b c&ä=ö", "https://app.example", "/a?error=1&error=2&y"]) {
      await step(`request to ${redirectTo}`, () => post("/request-password-reset", { email, redirectTo }));
      const letter = await step(`mail to ${redirectTo}`, mail);
      await step(`good link to ${redirectTo}`, () => raw("GET", letter.path, { absolute: true }));
      await step(`bad link to ${redirectTo}`, () => raw("GET", `/reset-password/x?callbackURL=${encodeURIComponent(redirectTo)}`));
    }
    await step("no callbackURL", () => raw("GET", "/reset-password/x"));
    await step("empty callbackURL", () => raw("GET", "/reset-password/x?callbackURL="));
    await step("two callbackURLs", () => raw("GET", "/reset-password/x?callbackURL=/a&callbackURL=/b"));
  }, { servers: trusted }),

  scenario("password reset of unusual accounts", async ({ step, post, client, user, mail, database }) => {
    const ada = await user("ada");
    const ask = async (name) => {
      await step(`${name}: request`, () => post("/request-password-reset", { email: ada.email }));
      return step(`${name}: mail`, mail);
    };
    await database((db) => db.exec("delete from account"));
    const first = await ask("no account");
    await step("no account: reset", () => post("/reset-password", { newPassword, token: first.token }));
    await step("no account: sign-in", () => client().signIn.email({ email: ada.email, password: newPassword }));
    await database((db) => db.prepare("update account set \"providerId\" = 'github'").run());
    const second = await ask("account of a provider");
    await step("account of a provider: reset", () => post("/reset-password", { newPassword, token: second.token }));
    const third = await ask("user gone");
    await database((db) => db.exec('delete from "session"; delete from account; delete from "user"'));
    await step("user gone: reset", () => post("/reset-password", { newPassword, token: third.token }));
  }),

  scenario("password reset that ends sessions", async ({ step, post, user, mail }) => {
    const ada = await user("ada");
    await user("bob");
    await step("request", () => post("/request-password-reset", { email: ada.email }));
    const letter = await step("mail", mail);
    await step("reset", () => post("/reset-password", { newPassword, token: letter.token }));
    await step("the session is gone", () => ada.client.getSession());
  }, { servers: { settings: { emailAndPassword: { revokeSessionsOnPasswordReset: true, resetPasswordTokenExpiresIn: 600 } } } }),
];
