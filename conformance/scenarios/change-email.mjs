import { createHmac } from "node:crypto";
import { DONT_REMEMBER, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";
import { SECRET } from "../lib/servers.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

/** A token as the server signs it, with any claims. */
function token(claims) {
  const text = `${encode({ alg: "HS256" })}.${encode({ iat: now(), exp: now() + 3600, ...claims })}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

const enabled = (more = {}, others = {}) => ({ servers: { trustedOrigins: ["https://app.example"], settings: { user: { changeEmail: { enabled: true, ...more } }, ...others } } });
const verify = (database, name) => database((db) => db.prepare('update "user" set "emailVerified" = true where name = ?').run(name));

const bodies = {
  "missing": {},
  "a number": { newEmail: 7 },
  "null": { newEmail: null },
  "empty": { newEmail: "" },
  "no address": { newEmail: "nonsense" },
  "callbackURL is null": { newEmail: "new@example.com", callbackURL: null },
  "callbackURL is a number": { newEmail: "new@example.com", callbackURL: 7 },
  "callbackURL elsewhere": { newEmail: "new@example.com", callbackURL: "https://evil.example" },
  "callbackURL without a scheme": { newEmail: "new@example.com", callbackURL: "//evil.example" },
  "callbackURL is script": { newEmail: "new@example.com", callbackURL: "javascript:alert(1)" },
  "both are wrong": { newEmail: 1, callbackURL: {} },
  "of other names": { email: "new@example.com" },
};

export default [
  scenario("change-email by the real client", async ({ step, client, raw, user, mail, database, unreadMails }) => {
    const ada = await user("ada");
    await verify(database, "ada");
    await step("asked for", () => ada.client.changeEmail({ newEmail: "Countess@Example.com", callbackURL: "/settings?a=1" }));
    const letter = await step("the mail to the new address", mail);
    await step("nothing is changed yet", () => ada.client.getSession());
    await step("the link, without a session", () => raw("GET", letter.path, { absolute: true }));
    await step("the user now", () => ada.client.getSession());
    await step("the link again", () => raw("GET", letter.path, { absolute: true }));
    await step("sign-in with the old address", () => client().signIn.email({ email: ada.email, password: ada.password }));
    await step("sign-in with the new one", () => client().signIn.email({ email: "countess@example.com", password: ada.password }));
    await step("back again", () => ada.client.changeEmail({ newEmail: "ada@example.com" }));
    const back = await step("its mail", mail);
    await step("the link, by the client that is signed in", () => ada.client.verifyEmail({ query: { token: back.token } }));
    await step("the user at last", () => ada.client.getSession());
    await step("no other mail came", () => unreadMails());
  }, enabled()),

  scenario("change-email, and who may", async ({ step, raw, post, user, client, mail, unreadMails, setSession }) => {
    const ada = await user("ada");
    const bob = await user("bob");
    const cookies = ada.jar.copy();
    for (const [name, json] of Object.entries(bodies)) {
      await step(`body: ${name}`, () => post("/change-email", json, { cookies }));
      await step(`body: ${name}, without a session`, () => post("/change-email", json));
    }
    for (const [name, json] of Object.entries({ null: null, array: [], string: "x" })) await step(`body is ${name}`, () => post("/change-email", json, { cookies }));
    await step("no body", () => post("/change-email", undefined, { cookies }));
    await step("malformed JSON", () => post("/change-email", undefined, { cookies, headers: JSON_TYPE, body: "{" }));
    await step("a form", () => post("/change-email", undefined, { cookies, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "newEmail=new%40example.com" }));
    await step("from an evil origin", () => post("/change-email", { newEmail: "new@example.com" }, { cookies, headers: { origin: "https://evil.example" } }));
    await step("without a session", () => post("/change-email", { newEmail: "new@example.com" }));
    await step("GET", () => raw("GET", "/change-email", { cookies }));
    await step("the same", () => ada.client.changeEmail({ newEmail: "ada@example.com" }));
    await step("the same, in capitals", () => ada.client.changeEmail({ newEmail: "ADA@example.com" }));
    await step("taken", () => ada.client.changeEmail({ newEmail: "bob@example.com" }));
    await step("taken, in capitals", () => ada.client.changeEmail({ newEmail: "Bob@Example.com", callbackURL: "/a" }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => post("/change-email", { newEmail: "bob@example.com" }, { cookies }));
    await step("no mail came", () => unreadMails());
    await step("by bearer", () => raw("POST", "/change-email", { bearer: bob.token, json: { newEmail: "robert@example.com", callbackURL: "https://app.example/x?y=z" } }));
    await step("its mail", mail);
    await setSession(bob.token, { expiresAt: inSeconds(-1) });
    await step("expired", () => post("/change-email", { newEmail: "bobby@example.com" }, { cookies: bob.jar }));
  }, enabled()),

  scenario("change-email where it is disabled", async ({ step, user, post }) => {
    const ada = await user("ada");
    await step("by the real client", () => ada.client.changeEmail({ newEmail: "new@example.com" }));
    await step("the same", () => ada.client.changeEmail({ newEmail: "ada@example.com" }));
    await step("a body that is wrong", () => post("/change-email", {}, { cookies: ada.jar }));
    await step("without a session", () => post("/change-email", { newEmail: "new@example.com" }));
  }),

  scenario("change-email with a confirmation", async ({ step, client, raw, user, mail, database, unreadMails }) => {
    const ada = await user("ada");
    await user("bob");
    await step("not verified yet", () => ada.client.changeEmail({ newEmail: "first@example.com" }));
    await step("the mail to the new address", mail);
    await verify(database, "ada");
    await step("verified", () => ada.client.changeEmail({ newEmail: "second@example.com", callbackURL: "/back" }));
    const first = await step("the mail to the old address", mail);
    await step("agreed", () => raw("GET", first.path, { absolute: true }));
    const second = await step("the mail to the new one", mail);
    await step("nothing is changed yet", () => ada.client.getSession());
    await step("agreed twice, by the client", () => ada.client.verifyEmail({ query: { token: first.token } }));
    const third = await step("another mail", mail);
    await step("proved, signed in", () => raw("GET", second.path, { absolute: true, cookies: ada.jar }));
    await step("proved twice", () => raw("GET", third.path, { absolute: true, cookies: ada.jar }));
    await step("agreed once more", () => raw("GET", first.path, { absolute: true }));
    await step("the user now", () => ada.client.getSession());
    await step("no other mail came", () => unreadMails());
    await step("sign-in", () => client().signIn.email({ email: "second@example.com", password: ada.password }));
    await step("taken", () => ada.client.changeEmail({ newEmail: "bob@example.com" }));
    await step("and no mail for that", () => unreadMails());
  }, enabled({ sendChangeEmailConfirmation: true }, { emailVerification: { expiresIn: 600 } })),

  scenario("change-email at once", async ({ step, client, raw, post, user, mail, database, unreadMails }) => {
    const ada = await user("ada");
    await user("bob");
    await step("taken", () => ada.client.changeEmail({ newEmail: "bob@example.com" }));
    await step("not verified", () => ada.client.changeEmail({ newEmail: "New@example.com", callbackURL: "/welcome" }));
    const letter = await step("the mail", mail);
    await step("the user now", () => ada.client.getSession());
    await step("sign-in", () => client().signIn.email({ email: "new@example.com", password: ada.password }));
    await step("not to be remembered", () => post("/change-email", { newEmail: "newer@example.com" }, { cookies: `${ada.jar.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
    await step("its mail", mail);
    await step("the first link, which is void", () => raw("GET", letter.path, { absolute: true }));
    await verify(database, "ada");
    await step("verified", () => ada.client.changeEmail({ newEmail: "last@example.com" }));
    await step("is to be proved", mail);
    await step("the user at last", () => ada.client.getSession());
    await step("no other mail came", () => unreadMails());
  }, enabled({ updateEmailWithoutVerification: true })),

  scenario("change-email tokens", async ({ step, raw, user, mail, database, unreadMails, client }) => {
    const ada = await user("ada");
    const bob = await user("bob");
    const brief = client();
    await brief.signIn.email({ email: "bob@example.com", password: bob.password, rememberMe: false });
    const types = { "confirmation": { requestType: "change-email-confirmation" }, "verification": { requestType: "change-email-verification" }, "old": {} };
    const email = "ada@example.com";
    const updateTo = "new@example.com";
    const userId = ada.user.id;
    for (const [name, type] of Object.entries(types)) {
      const tokens = {
        "no user": { email, updateTo, ...type },
        "unknown user": { email, updateTo, userId: "nobody", ...type },
        "another user's": { email, updateTo, userId: bob.user.id, ...type },
        "another address": { email: "other@example.com", updateTo, userId, ...type },
        "address in capitals": { email: "ADA@example.com", updateTo, userId, ...type },
        "expired": { email, updateTo, userId, exp: now() - 1, ...type },
      };
      for (const [what, claims] of Object.entries(tokens)) {
        await step(`${name}, ${what}`, () => raw("GET", `/verify-email?token=${token(claims)}`));
        await step(`${name}, ${what}, leading on`, () => raw("GET", `/verify-email?token=${token(claims)}&callbackURL=/a`));
      }
      const good = token({ email, updateTo, userId, ...type });
      await step(`${name}, signed in as another`, () => raw("GET", `/verify-email?token=${good}`, { cookies: bob.jar }));
      await step(`${name}, signed in as another, leading on`, () => raw("GET", `/verify-email?token=${good}&callbackURL=/a`, { cookies: bob.jar }));
      for (const callbackURL of ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil"]) {
        await step(`${name}, to ${callbackURL}`, () => raw("GET", `/verify-email?token=${good}&callbackURL=${encodeURIComponent(callbackURL)}`));
      }
    }
    await step("no mail came", () => unreadMails());
    await step("an empty address to change to", () => raw("GET", `/verify-email?token=${token({ email, updateTo: "", userId, requestType: "change-email-verification" })}`));
    await step("the user, who is verified now", () => ada.client.getSession());
    await step("old, with a session", () => raw("GET", `/verify-email?token=${token({ email, updateTo, userId })}&callbackURL=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc`, { cookies: ada.jar }));
    await step("its mail", mail);
    await step("the user, who is not", () => ada.client.getSession());
    await step("old, again", () => raw("GET", `/verify-email?token=${token({ email, updateTo, userId })}`));
    await step("old, without a session", () => raw("GET", `/verify-email?token=${token({ email: updateTo, updateTo: email, userId })}`));
    await step("its mail too", mail);
    const forBob = token({ email: "bob@example.com", updateTo: "robert@example.com", userId: bob.user.id, requestType: "change-email-verification" });
    await step("with a session that ends with the browser", () => raw("GET", `/verify-email?token=${forBob}`, { cookies: brief.jar }));
  }, enabled()),

  scenario("change-email to an address that is taken meanwhile", async ({ step, raw, user, mail, database }) => {
    const ada = await user("ada");
    await step("asked for", () => ada.client.changeEmail({ newEmail: "bob@example.com" }));
    const letter = await step("its mail", mail);
    await user("bob");
    await step("the link", () => raw("GET", letter.path, { absolute: true }));
    await step("the token alone", () => raw("GET", `/verify-email?token=${letter.token}`));
    const old = token({ email: "ada@example.com", updateTo: "bob@example.com", userId: ada.user.id });
    await step("the token of an old link", () => raw("GET", `/verify-email?token=${old}`));
    await step("the user is as before", () => ada.client.getSession());
  }, enabled()),

  scenario("change-email by a link of no known kind", async ({ step, raw, user, mail, unreadMails }) => {
    const ada = await user("ada");
    const strange = token({ email: "ada@example.com", updateTo: "new@example.com", userId: ada.user.id, requestType: "something-else" });
    await step("the token", () => raw("GET", `/verify-email?token=${strange}`));
    // The real server mails the new address, which is not compared.
    await step("the next mail", async () => {
      await ada.client.changeEmail({ newEmail: "newer@example.com" });
      const letter = await mail();
      return letter.to === "newer@example.com" && unreadMails() === 0 ? "is the one that was asked for" : "may be another";
    });
  }, enabled()),
];
