import { CookieJar } from "../lib/jar.mjs";
import { DONT_REMEMBER, SESSION, inSeconds, signed } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

const DAY = 86_400;
const get = (run, query = "", options = {}) => run.raw("GET", `/get-session${query}`, options);
const cookie = (token) => `${SESSION}=${encodeURIComponent(signed(token))}`;

export default [
  scenario("get-session without a session", async ({ step, client, raw }) => {
    await step("the real client", () => client().getSession());
    await step("no cookie", () => raw("GET", "/get-session"));
    await step("another cookie", () => raw("GET", "/get-session", { cookies: "theme=dark" }));
    await step("empty cookie", () => raw("GET", "/get-session", { cookies: `${SESSION}=` }));
    await step("no signature", () => raw("GET", "/get-session", { cookies: `${SESSION}=${"a".repeat(32)}` }));
    await step("signature of another token", () => raw("GET", "/get-session", { cookies: `${SESSION}=${"a".repeat(32)}.${encodeURIComponent(signed("b".repeat(32)).slice(33))}` }));
    await step("short signature", () => raw("GET", "/get-session", { cookies: `${SESSION}=${"a".repeat(32)}.abc=` }));
    await step("well signed, unknown token", () => raw("GET", "/get-session", { cookies: cookie("z".repeat(32)) }));
    await step("well signed, empty token", () => raw("GET", "/get-session", { cookies: cookie("") }));
    await step("well signed, token of any text", () => raw("GET", "/get-session", { cookies: cookie("a.b.c ü") }));
    await step("unknown token with the other cookies", () =>
      raw("GET", "/get-session", { cookies: `${cookie("z".repeat(32))}; better-auth.session_data=x; better-auth.session_data.0=y; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
    await step("name with __Secure-", () => raw("GET", "/get-session", { cookies: `__Secure-${cookie("z".repeat(32))}` }));
    await step("session_data alone", () => raw("GET", "/get-session", { cookies: "better-auth.session_data=x; better-auth.session_data.1=y" }));
  }),

  scenario("get-session with a session", async (run) => {
    const { step, raw, user, setSession } = run;
    const ada = await user("ada", { headers: { "user-agent": "a browser/1.0" } });
    const cookies = ada.jar;
    await step("the real client", () => ada.client.getSession());
    await step("by cookie", () => get(run, "", { cookies }));
    for (const query of ["?disableCookieCache=true", "?disableCookieCache=false", "?disableCookieCache=", "?disableRefresh=true", "?disableRefresh=false", "?disableRefresh=0", "?disableRefresh="]) {
      await step(`query ${query}`, () => get(run, query, { cookies }));
    }
    await step("query twice", () => get(run, "?disableRefresh=true&disableRefresh=false", { cookies }));
    await step("query twice, both", () => get(run, "?disableRefresh=1&disableRefresh=2&disableCookieCache=1&disableCookieCache=2", { cookies }));
    await step("unknown query", () => get(run, "?x=1&x=2", { cookies }));
    await step("session_data cookie beside it", () => get(run, "", { cookies: `${cookies.header()}; better-auth.session_data=abc` }));
    await step("chunks of session_data beside it", () => get(run, "", { cookies: `${cookies.header()}; better-auth.session_data.0=abc; better-auth.session_data.1=def` }));
    await step("POST", () => raw("POST", "/get-session", { cookies, headers: { origin: run.base } }));
    await step("POST of JSON", () => run.post("/get-session", {}, { cookies }));
    await step("POST without a session", () => raw("POST", "/get-session"));
    await step("HEAD", () => raw("HEAD", "/get-session", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(6 * DAY + 60) });
    await step("refresh not yet due", () => get(run, "", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(6 * DAY - 60) });
    for (const query of ["?disableRefresh=true", "?disableRefresh=false", "?disableRefresh=0"]) await step(`refresh due, ${query}`, () => get(run, query, { cookies }));
    await step("refresh due, empty flag", () => get(run, "?disableRefresh=", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due", () => get(run, "", { cookies }));
    await step("just refreshed", () => get(run, "", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, the real client", () => ada.client.getSession());
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, by bearer", () => get(run, "", { bearer: ada.token }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, another endpoint", () => raw("GET", "/token", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, list-sessions", () => raw("GET", "/list-sessions", { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, revoke-other-sessions", () => run.post("/revoke-other-sessions", {}, { cookies }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, a false dont_remember", () => get(run, "", { cookies: `${cookies.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("false"))}` }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, an unsigned dont_remember", () => get(run, "", { cookies: `${cookies.header()}; ${DONT_REMEMBER}=true` }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("refresh due, a dont_remember", () => get(run, "", { cookies: `${cookies.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
    await step("a dont_remember and another endpoint", () => raw("GET", "/token", { cookies: `${cookies.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
  }),

  scenario("get-session with a session not to be remembered", async (run) => {
    const { step, client, user, setSession } = run;
    await user("ada");
    const ada = client();
    const { data } = await step("sign-in", () => ada.signIn.email({ email: "ada@example.com", password: "password of ada", rememberMe: false }));
    await step("get-session", () => ada.getSession());
    await setSession(data.token, { expiresAt: inSeconds(3600) });
    await step("never refreshed", () => ada.getSession());
    await step("without the marker it is", () => get(run, "", { bearer: data.token }));
    await step("sign-out", () => ada.signOut());
  }),

  scenario("expired session", async (run) => {
    const { step, raw, user, setSession, database } = run;
    const ask = async (name, action) => {
      const ada = await user(name);
      await step(`${name}: alive`, () => get(run, "", { cookies: ada.jar }));
      await setSession(ada.token, { expiresAt: inSeconds(-1) });
      await step(`${name}: expired`, () => action(ada));
      await step(`${name}: row`, () => database((db) => db.prepare('select count(*) from session where token = ?').pluck().get(ada.token)));
      await step(`${name}: after that`, () => get(run, "", { cookies: ada.jar }));
    };
    await ask("get-session", (ada) => get(run, "", { cookies: ada.jar }));
    await ask("real client", (ada) => ada.client.getSession());
    await ask("token", (ada) => raw("GET", "/token", { cookies: ada.jar }));
    await ask("list-sessions", (ada) => raw("GET", "/list-sessions", { cookies: ada.jar }));
    await ask("revoke-sessions", (ada) => run.post("/revoke-sessions", {}, { cookies: ada.jar }));
    await ask("sign-out", (ada) => run.post("/sign-out", {}, { cookies: ada.jar }));
    await ask("bearer", (ada) => get(run, "", { bearer: ada.token }));
    await ask("disableRefresh", (ada) => get(run, "?disableRefresh=true", { cookies: ada.jar }));
    await ask("not remembered", (ada) => get(run, "", { cookies: `${ada.jar.header()}; ${DONT_REMEMBER}=${encodeURIComponent(signed("true"))}` }));
  }),

  scenario("user of a session is gone or changed", async (run) => {
    const { step, user, database, raw } = run;
    const ada = await user("ada");
    await database((db) => db.prepare('update "user" set name = ?, "emailVerified" = true, image = ?').run("Renamed", "https://x.example/i"));
    await step("renamed and verified", () => get(run, "", { cookies: ada.jar }));
    await database((db) => db.withoutForeignKeys(() => db.prepare('delete from "user"').run()));
    await step("deleted", () => get(run, "", { cookies: ada.jar }));
    await step("deleted, token", () => raw("GET", "/token", { cookies: ada.jar }));
  }),

  scenario("addresses and user agents", async ({ step, post, user, database }) => {
    await user("ada");
    const sign = (headers) => post("/sign-in/email", { email: "ada@example.com", password: "password of ada" }, { headers });
    const addresses = ["203.0.113.7", " 203.0.113.8 ", "203.0.113.9, 10.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:DB8::1", "::1", "::ffff:203.0.113.10", "::ffff:cb00:710b", "fe80::1%eth0", "[2001:db8::2]", "203.0.113.11:8080", "nonsense", "", "256.1.1.1", "010.0.0.1", "127.0.0.1", "::", "64:ff9b::203.0.113.1", "203.0.113.12,", ",203.0.113.13"];
    for (const address of addresses) await step(`x-forwarded-for: ${address}`, () => sign({ "x-forwarded-for": address }));
    await step("x-real-ip", () => sign({ "x-real-ip": "203.0.113.14" }));
    await step("x-forwarded-for twice", () => post("/sign-in/email", { email: "ada@example.com", password: "password of ada" }, { headers: { "x-forwarded-for": ["203.0.113.15", "203.0.113.16"] } }));
    for (const agent of ["curl/8", "", "x".repeat(2000)]) await step(`user-agent of ${agent.length}: ${agent.slice(0, 10)}`, () => sign({ "user-agent": agent }));
    await step("stored", () => database((db) => db.prepare('select "ipAddress", "userAgent" from session order by "createdAt"').all()));
  }),

  scenario("oddly written cookies", async (run) => {
    const { step, user, retoken } = run;
    const ada = await user("ada");
    const value = signed(await retoken(ada.token, (signature) => signature.includes("+") && signature.includes("/")));
    const encoded = encodeURIComponent(value);
    const ask = (name, cookies) => step(name, () => get(run, "", { cookies }));
    await ask("not encoded", `${SESSION}=${value}`);
    await ask("quoted", `${SESSION}="${encoded}"`);
    await ask("quoted, not encoded", `${SESSION}="${value}"`);
    await ask("half quoted", `${SESSION}="${encoded}`);
    await ask("encoded in full", `${SESSION}=${[...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`);
    await ask("encoded in lower case", `${SESSION}=${encoded.replace(/%../g, (part) => part.toLowerCase())}`);
    await ask("encoded twice", `${SESSION}=${encodeURIComponent(encoded)}`);
    await ask("a bad escape", `${SESSION}=${encoded}%zz`);
    await ask("a bad escape elsewhere", `a=%zz; ${SESSION}=${encoded}`);
    await ask("first of two counts, good first", `${SESSION}=${encoded}; ${SESSION}=bad`);
    await ask("first of two counts, bad first", `${SESSION}=bad; ${SESSION}=${encoded}`);
    await ask("without a space between", `a=b;${SESSION}=${encoded}`);
    await ask("spaces around", `a=b ;   ${SESSION}  =  ${encoded}  ; c=d`);
    await ask("trailing semicolons", `;;${SESSION}=${encoded};;`);
    await ask("no value", `a; ${SESSION}=${encoded}`);
    await ask("name in upper case", `${SESSION.toUpperCase()}=${encoded}`);
    await ask("name encoded", `better%2Dauth.session_token=${encoded}`);
    await ask("a value with an equals sign", `a=b=c; ${SESSION}=${encoded}`);
    await ask("separated by comma", `a=b, ${SESSION}=${encoded}`);
    await ask("plus for plus", `${SESSION}=${encoded.replaceAll("%2B", "+").replaceAll("%2F", "/")}`);
    await ask("trailing text", `${SESSION}=${encoded}x`);
    await ask("a longer token", `${SESSION}=x${encoded}`);
    await ask("signature without padding", `${SESSION}=${encoded.slice(0, -3)}`);
    await step("two cookie headers", () => get(run, "", { headers: [["cookie", "a=b"], ["cookie", `${SESSION}=${encoded}`]] }));
    await step("a jar of many", () => get(run, "", { cookies: `${"x=y; ".repeat(100)}${SESSION}=${encoded}` }));
    await step("set by hand", () => get(run, "", { cookies: new CookieJar().set(SESSION, encoded) }));
  }),

  scenario("get-session with a deferred refresh", async (run) => {
    const { step, raw, user, client, setSession } = run;
    const ada = await user("ada");
    const post = (options) => raw("POST", "/get-session", { headers: { origin: run.base }, ...options });
    await step("not yet due", () => ada.client.getSession());
    await step("POST before it is due", () => post({ cookies: ada.jar }));
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("due", () => ada.client.getSession());
    await step("due, not to be refreshed", () => get(run, "?disableRefresh=true", { cookies: ada.jar }));
    await step("POST", () => post({ cookies: ada.jar }));
    await step("just refreshed", () => ada.client.getSession());
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("another endpoint", () => raw("GET", "/token", { cookies: ada.jar }));
    await step("POST by bearer", () => raw("POST", "/get-session", { bearer: ada.token }));
    await step("POST without a session", () => post({}));
    const brief = client();
    const { data } = await brief.signIn.email({ email: ada.email, password: ada.password, rememberMe: false });
    await setSession(data.token, { expiresAt: inSeconds(60) });
    await step("not to be remembered", () => brief.getSession());
    await step("POST of one not to be remembered", () => post({ cookies: brief.jar }));
    await setSession(ada.token, { expiresAt: inSeconds(-1) });
    await step("POST of one that has expired", () => post({ cookies: ada.jar }));
  }, { servers: { settings: { session: { deferSessionRefresh: true } } } }),

  scenario("get-session without refreshes", async (run) => {
    const { step, raw, user, setSession } = run;
    const ada = await user("ada");
    await setSession(ada.token, { expiresAt: inSeconds(60) });
    await step("get-session", () => ada.client.getSession());
    await step("another endpoint", () => raw("GET", "/token", { cookies: ada.jar }));
    await step("the rest", () => ada.client.getSession());
  }, { servers: { settings: { session: { disableSessionRefresh: true } } } }),
];
