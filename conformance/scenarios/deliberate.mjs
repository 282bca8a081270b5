// Steps whose rows differ on purpose, each kind by itself so that nothing else hides behind them:
// see differences/index.mjs.
import { scenario } from "../lib/scenario.mjs";

export default [
  scenario("beyond JSON", async ({ step, post }) => {
    const lone = { name: "x", email: "c@example.com", password: "lone \ud800 one" };
    await step("sign-up with a lone surrogate", () => post("/sign-up/email", lone));
    await step("sign-in with a lone surrogate", () => post("/sign-in/email", lone));
  }),

  scenario("redirect beyond Latin-1", async ({ step, post, user }) => {
    await user("ada");
    await step("good sign-in to /😀", () => post("/sign-in/email", { email: "ada@example.com", password: "password of ada", callbackURL: "/😀" }));
  }),

  scenario("wrong passwords without end", async ({ step, post, user }) => {
    await user("ada");
    const sign = (password, email = "ada@example.com") => post("/sign-in/email", { email, password });
    for (let i = 1; i <= 10; i++) await step(`wrong password ${i}`, () => sign("a wrong password"));
    await step("wrong password during the delay", () => sign("a wrong password"));
    await step("right password during the delay", () => sign("password of ada"));
    await step("another account", () => sign("a wrong password", "bob@example.com"));
  }, { servers: { env: { GATEWRIGHT__LOCKOUT__ENABLED: "true" } } }),

  scenario("user agent in UTF-8", async ({ step, post, user }) => {
    await user("ada");
    await step("sign-in", () => post("/sign-in/email", { email: "ada@example.com", password: "password of ada" }, { headers: { "user-agent": "Ünïcode" } }));
  }),
];
