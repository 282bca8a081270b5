import { scenario } from "../lib/scenario.mjs";

const valid = { name: "Ada", email: "ada@example.com", password: "correct horse" };
const without = (name) => Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name));

const bodies = {
  "missing name": without("name"),
  "missing e-mail": without("email"),
  "missing password": without("password"),
  "empty object": {},
  "name is a number": { ...valid, name: 7 },
  "name is null": { ...valid, name: null },
  "name is an array": { ...valid, name: ["Ada"] },
  "name is an object": { ...valid, name: {} },
  "name is a boolean": { ...valid, name: true },
  "e-mail is a number": { ...valid, email: 7 },
  "e-mail is null": { ...valid, email: null },
  "e-mail is an object": { ...valid, email: {} },
  "password is a number": { ...valid, password: 12345678 },
  "password is null": { ...valid, password: null },
  "password is an array": { ...valid, password: ["correct horse"] },
  "password is empty": { ...valid, password: "" },
  "image is null": { ...valid, image: null },
  "image is a number": { ...valid, image: 1 },
  "callbackURL is null": { ...valid, callbackURL: null },
  "callbackURL is a number": { ...valid, callbackURL: 1 },
  "callbackURL is an object": { ...valid, callbackURL: {} },
  "callbackURL is zero": { ...valid, callbackURL: 0 },
  "callbackURL is false": { ...valid, callbackURL: false },
  "rememberMe is null": { ...valid, rememberMe: null },
  "rememberMe is a string": { ...valid, rememberMe: "false" },
  "rememberMe is a number": { ...valid, rememberMe: 0 },
  "name and e-mail are wrong": { ...valid, name: 1, email: "nonsense" },
  "all fields are wrong": { name: 1, email: 2, password: 3, image: 4, callbackURL: "", rememberMe: 6 },
  "all fields are null": { name: null, email: null, password: null, image: null, callbackURL: null, rememberMe: null },
  "e-mail is wrong and password empty": { name: "Ada", email: "", password: "" },
  "field out of order": { password: 1, email: 1, name: 1 },
  "emailVerified given": { ...valid, email: "verified@example.com", emailVerified: true },
  "id given": { ...valid, email: "id@example.com", id: "chosen" },
  "createdAt given": { ...valid, email: "created@example.com", createdAt: "2001-01-01T00:00:00.000Z" },
  "role given": { ...valid, email: "role@example.com", role: "admin", banned: false },
  "__proto__ given": JSON.parse('{"name":"Ada","email":"proto@example.com","password":"correct horse","__proto__":{"x":1}}'),
};

const notObjects = { "array": [], "array of an object": [valid], "null": null, "string": "text", "number": 7, "true": true, "false": false };

export const invalidEmails = [
  "", " ", "ada", "ada@", "@example.com", "ada@example", "ada@example.c", "ada@example.co", "ada example@example.com", " ada@example.com",
  "ada@example.com ", "ada@example..com", "ada..b@example.com", ".ada@example.com", "ada.@example.com", "ada@-example.com", "ada@example-.com",
  "ada@exa_mple.com", "ada+tag@example.com", "ada'b@example.com", "a_b-c@example.com", "ada-@example.com", "ada'@example.com", "-ada@example.com",
  "'ada@example.com", "+ada@example.com", "ada@example.c0m", "ada@example.123", "ada@1example.com", "ada@127.0.0.1", "ada@[127.0.0.1]",
  "\"ada\"@example.com", "ada@exämple.com", "ädа@example.com", "ada@xn--exmple-cua.com", "ada@example.com.", "ada@.example.com", "ada@@example.com",
  "ada@b@example.com", "ada!b@example.com", "ada#b@example.com", "ada/b@example.com", "ada@example,com", "ada\n@example.com", "ada@example.com\n",
  "ada@a.b.c.d.example.com", "1@example.com", "a@b.cc", "ada%b@example.com", "ada&b@example.com", "ada*b@example.com", "ada=b@example.com", "<ada@example.com>",
  "ada@e-x.com", "ada@e--x.com", "ada@example.co-m", "ada@example.travel", `${"a".repeat(65)}@example.com`, `a@${"b".repeat(64)}.com`, `${"a".repeat(300)}@example.com`,
];

const passwords = {
  "7 characters": "1234567",
  "8 characters": "12345678",
  "128 characters": "x".repeat(128),
  "129 characters": "x".repeat(129),
  "4 emoji are 8 units": "😀😀😀😀",
  "3 emoji are 6 units": "😀😀😀",
  "64 emoji are 128 units": "😀".repeat(64),
  "65 emoji are 130 units": "😀".repeat(65),
  "8 spaces": " ".repeat(8),
  "8 combining marks": "e\u0301".repeat(4),
  "a NUL character": "1234567\u0000",
};

export default [
  scenario("sign-up by the real client", async ({ step, client }) => {
    const ada = client();
    await step("all fields", () => ada.signUp.email({ name: "Ada", email: "ada@example.com", password: "correct horse", image: "https://x.example/a.png" }));
    await step("the session is there", () => ada.getSession());
    const brian = client();
    await step("no image", () => brian.signUp.email({ name: "Brian", email: "brian@example.com", password: "correct horse" }));
    await step("its session", () => brian.getSession());
    await step("e-mail is taken", () => client().signUp.email({ name: "Other", email: "ada@example.com", password: "other horse" }));
    await step("e-mail is taken, other case", () => client().signUp.email({ name: "Other", email: "ADA@Example.COM", password: "other horse" }));
    await step("upper-case e-mail is stored in lower case", () => client().signUp.email({ name: "Cy", email: "CY@Example.COM", password: "correct horse" }));
    await step("empty name", () => client().signUp.email({ name: "", email: "empty@example.com", password: "correct horse" }));
    await step("empty image", () => client().signUp.email({ name: "I", email: "image@example.com", password: "correct horse", image: "" }));
    await step("not to be remembered", () => client().signUp.email({ name: "R", email: "r@example.com", password: "correct horse", rememberMe: false }));
    await step("a callbackURL is not echoed", () => client().signUp.email({ name: "D", email: "d@example.com", password: "correct horse", callbackURL: "/welcome" }));
    await step("name of other scripts", () => client().signUp.email({ name: "Ḟøø 😀 \"<b>\" \u0000", email: "u@example.com", password: "correct horse" }));
    const again = client({ jar: ada.jar });
    await step("while signed in", () => again.signUp.email({ name: "E", email: "e@example.com", password: "correct horse" }));
  }),

  scenario("sign-up bodies", async ({ step, post }) => {
    for (const [name, json] of Object.entries(bodies)) await step(name, () => post("/sign-up/email", json));
    for (const [name, json] of Object.entries(notObjects)) await step(`body is ${name}`, () => post("/sign-up/email", json));
  }),

  scenario("sign-up e-mail syntax", async ({ step, post }) => {
    for (const email of invalidEmails) await step(JSON.stringify(email), () => post("/sign-up/email", { ...valid, email, password: "short" }));
  }),

  scenario("sign-up passwords", async ({ step, post }) => {
    for (const [name, password] of Object.entries(passwords)) {
      const email = `${name.replaceAll(" ", "-")}@example.com`;
      await step(name, () => post("/sign-up/email", { name, email, password }));
    }
    await step("a taken e-mail and a short password", () => post("/sign-up/email", { name: "x", email: "8-characters@example.com", password: "x" }));
  }),

  scenario("sign-up query and extras", async ({ step, post }) => {
    await step("a query is ignored", () => post("/sign-up/email?x=1&name=Eve", valid));
    await step("callbackURL in the query is checked", () => post("/sign-up/email?callbackURL=https://evil.example", { ...valid, email: "q@example.com" }));
    await step("callbackURL twice in the query", () => post("/sign-up/email?callbackURL=/a&callbackURL=/b", { ...valid, email: "q2@example.com" }));
    await step("a member twice: the last counts", () =>
      post("/sign-up/email", undefined, { headers: { "content-type": "application/json" }, body: '{"name":"A","name":"B","email":"twice@example.com","password":"correct horse"}' }));
  }),

  scenario("sign-up that does not sign in", async ({ step, client, unreadMails }) => {
    await step("a new user", () => client().signUp.email({ ...valid, image: "i", callbackURL: "/a", rememberMe: false }));
    await step("the address is taken, which is not said", () => client().signUp.email({ ...valid, name: "Eve", email: "ADA@example.com" }));
    await step("the address is taken, with an image", () => client().signUp.email({ ...valid, image: "" }));
    await step("a password that is too short", () => client().signUp.email({ ...valid, password: "short" }));
    await step("sign-in", () => client().signIn.email(valid));
    await step("no mail came", () => unreadMails());
  }, { servers: { settings: { emailAndPassword: { autoSignIn: false } } } }),

  scenario("sign-up that does not sign in, with a mail", async ({ step, client, mail, unreadMails }) => {
    await step("a new user", () => client().signUp.email({ ...valid, callbackURL: "/a" }));
    const letter = await step("the mail", mail);
    await step("taken", () => client().signUp.email(valid));
    await step("sign-in, though not verified", () => client().signIn.email(valid));
    const browser = client();
    await step("the link signs nobody in", () => browser.verifyEmail({ query: { token: letter.token } }));
    await step("no session", () => browser.getSession());
    await step("no other mail came", () => unreadMails());
  }, { servers: { settings: { emailAndPassword: { autoSignIn: false }, emailVerification: { sendOnSignUp: true } } } }),

  scenario("sign-up where nobody can", async ({ step, client, post }) => {
    await step("the real client", () => client().signUp.email(valid));
    await step("a body that is wrong", () => post("/sign-up/email", {}));
    await step("sign-in is open", () => client().signIn.email(valid));
    await step("a short password is not looked at", () => client().signUp.email({ ...valid, password: "x" }));
  }, { servers: { settings: { emailAndPassword: { disableSignUp: true } } } }),

  scenario("sign-up and sign-in where passwords are off", async ({ step, client, post }) => {
    await step("sign-up", () => client().signUp.email(valid));
    await step("sign-in", () => client().signIn.email(valid));
    await step("sign-in with no address", () => post("/sign-in/email", { email: "x", password: "y" }));
    await step("a password reset", () => client().requestPasswordReset({ email: "ada@example.com" }));
    await step("a token that is none", () => client().resetPassword({ token: "x", newPassword: "correct horse" }));
  }, { servers: { settings: { emailAndPassword: { enabled: false } } } }),

  scenario("sign-up with other lengths of passwords", async ({ step, client, user }) => {
    const at = (length) => client().signUp.email({ ...valid, email: `a${length}@example.com`, password: "x".repeat(length) });
    for (const length of [3, 4, 10, 11]) await step(`${length} characters`, () => at(length));
    await step("sign-in with too many", () => client().signIn.email({ email: "a4@example.com", password: "x".repeat(11) }));
  }, { servers: { settings: { emailAndPassword: { minPasswordLength: 4, maxPasswordLength: 10 } } } }),
];
