import { signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

export default [
  scenario("bearer by the real client", async ({ step, client, user }) => {
    await user("ada");
    let stored = "";
    const auth = { type: "Bearer", token: () => stored };
    const jarless = { store() {}, header: () => "" };
    const ada = client({ jar: jarless, auth, onSuccess: ({ response }) => (stored = response.headers.get("set-auth-token") ?? stored) });
    await step("nothing stored yet", () => ada.getSession());
    await step("sign-in gives it", () => ada.signIn.email({ email: "ada@example.com", password: "password of ada" }));
    await step("what was stored", () => stored.split(".").map((part) => part.length));
    await step("get-session", () => ada.getSession());
    await step("token", () => ada.token());
    await step("list-sessions", () => ada.listSessions());
    await step("sign-out", () => ada.signOut());
    await step("after that", () => ada.getSession());
  }),

  scenario("forms of bearer", async ({ step, raw, user, retoken }) => {
    const ada = await user("ada");
    ada.token = await retoken(ada.token, (signature) => signature.includes("+") && signature.includes("/"));
    const brian = await user("brian");
    const carol = await user("carol");
    const ask = (name, authorization, options = {}) => step(name, () => raw("GET", "/get-session", { headers: { authorization }, ...options }));
    const good = signed(ada.token);
    await ask("raw token", `Bearer ${ada.token}`);
    await ask("signed token", `Bearer ${good}`);
    await ask("signed token, encoded", `Bearer ${encodeURIComponent(good)}`);
    await ask("signed token, encoded twice", `Bearer ${encodeURIComponent(encodeURIComponent(good))}`);
    await ask("signed token without padding", `Bearer ${good.slice(0, -1)}`);
    await ask("signed token in base64url", `Bearer ${good.replaceAll("+", "-").replaceAll("/", "_")}`);
    await ask("signed token in base64url without padding", `Bearer ${good.slice(0, -1).replaceAll("+", "-").replaceAll("/", "_")}`);
    await ask("signature of another", `Bearer ${ada.token}.${signed(brian.token).slice(33)}`);
    await ask("signature cut", `Bearer ${good.slice(0, -5)}`);
    await ask("empty signature", `Bearer ${ada.token}.`);
    await ask("three parts", `Bearer ${good}.x`);
    await ask("unknown raw token", `Bearer ${"q".repeat(32)}`);
    await ask("lower-case scheme", `bearer ${ada.token}`);
    await ask("upper-case scheme", `BEARER ${ada.token}`);
    await ask("two spaces", `Bearer  ${ada.token}`);
    await ask("no space", `Bearer${ada.token}`);
    await ask("a tab", `Bearer\t${ada.token}`);
    await ask("nothing after", "Bearer");
    await ask("only a space after", "Bearer ");
    await ask("another scheme", `Basic ${Buffer.from("a:b").toString("base64")}`);
    await ask("token alone", ada.token);
    await ask("trailing text", `Bearer ${ada.token} x`);
    await ask("quoted", `Bearer "${ada.token}"`);
    await ask("bearer wins over a cookie", `Bearer ${brian.token}`, { cookies: carol.jar });
    await ask("a bad bearer leaves the cookie", `Bearer ${ada.token}.bad`, { cookies: brian.jar });
    await ask("an unknown raw bearer replaces the cookie", `Bearer ${"q".repeat(32)}`, { cookies: brian.jar });
    await ask("another scheme leaves the cookie", "Basic abc", { cookies: brian.jar });
    await step("two headers", () => raw("GET", "/get-session", { headers: [["authorization", `Bearer ${ada.token}`], ["authorization", `Bearer ${brian.token}`]] }));
  }),

  scenario("bearer and changes", async ({ step, raw, user, base }) => {
    const ada = await user("ada");
    const other = await user("other");
    const evil = { origin: "https://evil.example" };
    await step("a foreign origin without cookies is fine", () => raw("POST", "/revoke-other-sessions", { bearer: ada.token, headers: evil, json: {} }));
    await step("with any cookie it is not", () => raw("POST", "/revoke-other-sessions", { bearer: ada.token, headers: evil, cookies: "a=b", json: {} }));
    await step("with a cookie and our origin it is", () => raw("POST", "/revoke-other-sessions", { bearer: ada.token, headers: { origin: base }, cookies: "a=b", json: {} }));
    await step("sign-in with a bearer set", () => raw("POST", "/sign-in/email", { bearer: other.token, json: { email: ada.email, password: ada.password } }));
    await step("sign-in with a foreign origin", () => raw("POST", "/sign-in/email", { bearer: other.token, headers: evil, json: { email: ada.email, password: ada.password } }));
    await step("sign-out by bearer", () => raw("POST", "/sign-out", { bearer: ada.token }));
    await step("after that", () => raw("GET", "/get-session", { bearer: ada.token }));
    await step("sign-out by signed bearer", () => raw("POST", "/sign-out", { bearer: signed(other.token), json: {} }));
    await step("sign-out by unknown bearer", () => raw("POST", "/sign-out", { bearer: "u".repeat(32), json: {} }));
    await step("sign-out by bad bearer", () => raw("POST", "/sign-out", { bearer: "a.b", json: {} }));
  }),
];
