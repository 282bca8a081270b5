import { createHmac } from "node:crypto";
import { scenario } from "../lib/scenario.mjs";
import { SECRET } from "../lib/servers.mjs";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

/** A token as the server signs it, with any claims. */
function token(claims, { header = { alg: "HS256" }, secret = SECRET } = {}) {
  const signed = `${encode(header)}.${encode({ iat: now(), exp: now() + 3600, ...claims })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const required = (more = {}) => ({ servers: { settings: { emailAndPassword: { requireEmailVerification: true }, emailVerification: more } } });
const sign = { name: "ada", email: "ada@example.com", password: "password of ada" };

const requests = {
  "missing e-mail": {},
  "e-mail is a number": { email: 7 },
  "e-mail is not one": { email: "nonsense" },
  "callbackURL is null": { email: "ada@example.com", callbackURL: null },
  "callbackURL is a number": { email: "ada@example.com", callbackURL: 7 },
  "foreign callbackURL": { email: "ada@example.com", callbackURL: "https://evil.example" },
  "both are wrong": { email: 1, callbackURL: false },
  "null": null,
  "array": [],
};

export default [
  scenario("verification by the real client", async ({ step, client, user, mail, raw }) => {
    const ada = await user("ada");
    await step("asked for, signed in", () => ada.client.sendVerificationEmail({ email: "ADA@example.com", callbackURL: "/welcome?a=1" }));
    const first = await step("the mail", mail);
    await step("for another address", () => ada.client.sendVerificationEmail({ email: "bob@example.com" }));
    await step("asked for, signed out", () => client().sendVerificationEmail({ email: "ada@example.com" }));
    const second = await step("its mail", mail);
    await step("the link", () => raw("GET", first.path, { absolute: true }));
    await step("the user now", () => ada.client.getSession());
    await step("the link again", () => raw("GET", first.path, { absolute: true }));
    await step("the other link, by the client", () => client().verifyEmail({ query: { token: second.token } }));
    await step("asked for when verified, signed in", () => ada.client.sendVerificationEmail({ email: "ada@example.com" }));
  }),

  scenario("verification of nobody", async ({ step, post, user, mail, unreadMails, database }) => {
    await user("ada");
    await user("bob");
    await database((db) => db.exec(`update "user" set "emailVerified" = true where name = 'bob'`));
    await step("unknown", () => post("/send-verification-email", { email: "nobody@example.com" }));
    await step("verified before", () => post("/send-verification-email", { email: "bob@example.com" }));
    await step("unverified", () => post("/send-verification-email", { email: "ada@example.com", callbackURL: "" }));
    await step("one mail came", mail);
    await step("and no other", () => unreadMails());
  }),

  scenario("verification bodies", async ({ step, post, raw }) => {
    for (const [name, json] of Object.entries(requests)) await step(name, () => post("/send-verification-email", json));
    await step("no body", () => post("/send-verification-email"));
    await step("GET", () => raw("GET", "/send-verification-email"));
    await step("POST to the link", () => post("/verify-email", {}));
  }),

  scenario("verification tokens", async ({ step, raw, user }) => {
    const ada = await user("ada");
    const email = "ada@example.com";
    const tokens = {
      "empty": "",
      "nonsense": "nonsense",
      "three parts": "a.b.c",
      "expired": token({ email, iat: now() - 7200, exp: now() - 3600 }),
      "expires now": token({ email, exp: now() }),
      "of another secret": token({ email }, { secret: "x".repeat(40) }),
      "of another secret, expired": token({ email, exp: 1 }, { secret: "x".repeat(40) }),
      "unsigned": `${encode({ alg: "none" })}.${encode({ email, exp: now() + 60 })}.`,
      "of another algorithm": token({ email }, { header: { alg: "HS512" } }),
      "of nobody": token({ email: "nobody@example.com" }),
      "of another user": token({ email, userId: "somebody else" }),
    };
    for (const [name, value] of Object.entries(tokens)) {
      await step(name, () => raw("GET", `/verify-email?token=${value}`));
      await step(`${name}, leading on`, () => raw("GET", `/verify-email?token=${value}&callbackURL=%2Fa`));
    }
    for (const callbackURL of ["/a?x=1", "/a?x=1&", "/a?#f", "/a#f", "http://localhost:1/", "https://app.example/a?b=c d", "//evil.example", "https://evil.example/", "/\\evil", ""]) {
      await step(`bad token to ${callbackURL}`, () => raw("GET", `/verify-email?token=x&callbackURL=${encodeURIComponent(callbackURL)}`));
    }
    await step("no token", () => raw("GET", "/verify-email"));
    await step("two tokens", () => raw("GET", "/verify-email?token=a&token=b"));
    await step("two callbackURLs", () => raw("GET", "/verify-email?token=a&callbackURL=/a&callbackURL=/b"));
    await step("good, without a user's id, upper case", () => raw("GET", `/verify-email?token=${token({ email: "ADA@example.com" })}`));
    await step("good, leading away", () => raw("GET", `/verify-email?token=${token({ email, userId: ada.user.id })}&callbackURL=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc`));
  }, { servers: { trustedOrigins: ["https://app.example"] } }),

  scenario("verification required", async ({ step, client, raw, mail, unreadMails }) => {
    await step("sign-up", () => client().signUp.email({ ...sign, callbackURL: "/hello" }));
    const letter = await step("the mail", mail);
    await step("sign-in before it", () => client().signIn.email(sign));
    await step("sign-in with a wrong password", () => client().signIn.email({ ...sign, password: "wrong horse" }));
    await step("sign-up again", () => client().signUp.email({ ...sign, name: "eve", email: "ADA@example.com", image: "i" }));
    await step("the link", () => raw("GET", letter.path, { absolute: true }));
    await step("sign-in after it", () => client().signIn.email(sign));
    await step("no other mail came", () => unreadMails());
  }, required()),

  scenario("verification at each sign-in", async ({ step, client, mail, unreadMails }) => {
    await step("sign-up", () => client().signUp.email(sign));
    await step("sign-in", () => client().signIn.email({ ...sign, callbackURL: "/b" }));
    const letter = await step("the mail", mail);
    const browser = client();
    await step("verified and signed in", () => browser.verifyEmail({ query: { token: letter.token } }));
    await step("its session", () => browser.getSession());
    await step("again, elsewhere", () => client().verifyEmail({ query: { token: letter.token } }));
    await step("one mail was all", () => unreadMails());
  }, required({ sendOnSignIn: true, sendOnSignUp: false, autoSignInAfterVerification: true, expiresIn: 600 })),

  scenario("verification that signs in", async ({ step, client, user, mail, raw, database }) => {
    const ada = await user("ada");
    const letter = await step("the mail of the sign-up", mail);
    await step("with the user's own session", () => raw("GET", letter.path, { absolute: true, cookies: ada.jar }));
    await database((db) => db.exec('update "user" set "emailVerified" = false'));
    const bob = await user("bob");
    await step("the mail of another's sign-up", mail);
    await step("with another's session", () => raw("GET", letter.path, { absolute: true, cookies: bob.jar }));
    await database((db) => db.exec('update "user" set "emailVerified" = false'));
    const brief = client();
    await step("not to be remembered", () => brief.signIn.email({ ...sign, rememberMe: false }));
    await step("with a session that ends with the browser", () => raw("GET", letter.path, { absolute: true, cookies: brief.jar }));
    await database((db) => db.exec('update "user" set "emailVerified" = false'));
    await step("with the mark of one alone", () => raw("GET", letter.path, { absolute: true, cookies: brief.jar.header().split("; ").filter((pair) => pair.includes("dont_remember")).join("; ") }));
  }, { servers: { settings: { emailVerification: { sendOnSignUp: true, autoSignInAfterVerification: true } } } }),
];
