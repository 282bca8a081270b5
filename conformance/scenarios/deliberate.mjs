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

  scenario("user agent in UTF-8", async ({ step, post, user }) => {
    await user("ada");
    await step("sign-in", () => post("/sign-in/email", { email: "ada@example.com", password: "password of ada" }, { headers: { "user-agent": "Ünïcode" } }));
  }),
];
