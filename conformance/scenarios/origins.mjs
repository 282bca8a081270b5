import { scenario } from "../lib/scenario.mjs";

const good = { email: "ada@example.com", password: "password of ada" };
const trustedOrigins = ["https://app.example", "https://*.pages.example", "*.hosts.example", "http://localhost:3000", "myapp://", "exp://host/path", "https://10.*", "https://q?.example", "https://deep.example:8443"];

// What ours refuses at its start (startup.test.mjs) cannot be compared here.
const odd = [" https://spaced.example ", "HTTPS://Upper.example", "https://*.d.example:*", "?.one.example", "http://192.168.*.*:3000"];
const oddOrigins = [
  "https://spaced.example", "https://slash.example", "https://slash.example/", "https://upper.example", "HTTPS://Upper.example", "https://path.example", "https://path.example/x",
  "https://a.d.example", "https://a.d.example:1", "https://port.example", "https://plain.example", "http://plain.example", "plain.example", "https://a.one.example", "https://ab.one.example",
  "https://x.deep.example", "https://x.y.deep.example", "http://192.168.1.2:3000", "http://192.168.evil.example:3000", "http://192.168.1.2:3001", "http://192.168.1:3000", "https://any.example",
  "https://any.example:99", "scheme:", "scheme://x", "wild-a://", "wild-a://b", "null", "file:///etc/passwd",
];

const origins = [
  "https://app.example", "https://app.example/", "https://app.example/path", "https://APP.example", "http://app.example", "https://app.example:443", "https://app.example:8443",
  "https://app.example.evil.example", "https://evil-app.example", "https://app.example@evil.example", "https://evil.example", "null", "", "undefined", "/", "//app.example",
  "https://a.pages.example", "https://a.b.pages.example", "https://pages.example", "http://a.pages.example", "https://a.pages.example:8080", "https://evil.example/.pages.example",
  "https://evil.example#.pages.example", "https://evil.example\\.pages.example", "https://a.hosts.example", "http://a.hosts.example", "https://a.hosts.example:8080", "https://hosts.example",
  "http://localhost:3000", "http://localhost:3001", "http://127.0.0.1:3000", "https://localhost:3000", "myapp://", "myapp://anything", "myapp://a/b", "otherapp://", "exp://host/path",
  "exp://host/path/deeper", "exp://host/other", "exp://host/path/../other", "exp://evil/path", "https://10.0.0.1", "https://10.evil.example", "https://q1.example", "https://q12.example",
  "https://deep.example:8443", "https://deep.example", "javascript:alert(1)", "data:text/html,x", "ftp://app.example", "chrome-extension://abc", "https://app.example, https://evil.example",
];

const urls = [
  "/", "/home", "/a/b?c=d&e=f", "/a?x=%20", "//evil.example", "/\\evil.example", "/%2fevil.example", "/%5cevil.example", "/%2Fevil", "/a#b", "/a:b", "/a%20b", "/a b", "/a?b=c d", "/a?b[]=c",
  "/a.b", "/@a", "/a+b", "/a~b", "/ä", "/a?b=/c", "/a?b=c:d", "/..", "/a/../b", "/.//evil.example", "/a//b", "home", "?a=b", "#a", ".", "", " ", " /a", "/a ", "/\tevil", "/\n/evil.example",
  "https://app.example", "https://app.example/", "https://app.example/a?b#c", "https://app.example:443/a", "https://app.example:444/a", "https://app.example@evil.example/", "https://user:pw@app.example/",
  "https://evil.example", "https://evil.example/https://app.example", "http://app.example", "HTTPS://APP.EXAMPLE/a", "https:app.example", "https:/app.example", "https:\\\\app.example", "javascript:alert(1)",
  "data:text/html,x", "myapp://", "myapp://a/b", "myapp:a", "exp://host/path/x", "exp://host/path/../x", "exp://host/path%2f..%2fx", "https://a.pages.example/x", "https://a.pages.example:1/x", "http://a.hosts.example/x",
  "https://a.hosts.example:1/x", "null", "undefined", "http://localhost:3000/x", "http://localhost:3000", "https://10.0.0.1/x", "https://10.evil.example/x",
];

export default [
  scenario("own origin", async ({ step, raw, user, base }) => {
    const ada = await user("ada");
    const headersOf = {
      "own origin": { origin: base },
      "own origin with a path": { origin: `${base}/x` },
      "own origin with a slash": { origin: `${base}/` },
      "origin on 127.0.0.1": { origin: base.replace("localhost", "127.0.0.1") },
      "origin on https": { origin: base.replace("http:", "https:") },
      "origin without the port": { origin: "http://localhost" },
      "origin in upper case": { origin: base.toUpperCase() },
      "origin twice": { origin: [base, base] },
      "missing origin": {},
      "empty origin": { origin: "" },
      "null origin": { origin: "null" },
      "null origin, same-origin": { origin: "null", "sec-fetch-site": "same-origin" },
      "null origin, cross-site": { origin: "null", "sec-fetch-site": "cross-site" },
      "null origin, own referer": { origin: "null", referer: `${base}/page` },
      "no origin, own referer": { referer: `${base}/page` },
      "no origin, own referer alone": { referer: base },
      "no origin, evil referer": { referer: "https://evil.example/page" },
      "no origin, referer that begins like ours": { referer: `${base}.evil.example/` },
      "evil origin, own referer": { origin: "https://evil.example", referer: `${base}/page` },
      "own origin, evil referer": { origin: base, referer: "https://evil.example/page" },
      "empty origin, own referer": { origin: "", referer: `${base}/page` },
      "referer null": { referer: "null" },
      "no origin, same-origin": { "sec-fetch-site": "same-origin" },
      "own origin, cross-site": { origin: base, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    };
    const call = (path, json, headers, cookies) => raw("POST", path, { json, headers, cookies });
    for (const [name, headers] of Object.entries(headersOf)) {
      await step(`sign-out with a cookie: ${name}`, () => call("/sign-out", {}, headers, "a=b"));
      await step(`sign-out without: ${name}`, () => call("/sign-out", {}, headers));
      await step(`sign-in with a cookie: ${name}`, () => call("/sign-in/email", { ...good, password: "" }, headers, "a=b"));
      await step(`sign-in without: ${name}`, () => call("/sign-in/email", { ...good, password: "" }, headers));
    }
    for (const path of ["/revoke-session", "/revoke-sessions", "/revoke-other-sessions", "/sign-up/email", "/get-session", "/unknown", "/update-user", "/change-password", "/verify-password", "/unlink-account", "/delete-user"]) {
      await step(`${path}, missing origin`, () => call(path, {}, {}, ada.jar));
      await step(`${path}, evil origin`, () => call(path, {}, { origin: "https://evil.example" }, ada.jar));
    }
    await step("an empty cookie header counts", () => call("/sign-out", {}, { cookie: "" }));
    for (const path of ["/ok", "/get-session", "/token", "/list-sessions", "/jwks"]) await step(`GET ${path}, evil origin`, () => raw("GET", path, { cookies: ada.jar, headers: { origin: "https://evil.example" } }));
  }),

  scenario("login and Sec-Fetch headers", async ({ step, raw, user, base }) => {
    await user("ada");
    const combinations = [];
    for (const site of ["same-origin", "cross-site", "none", ""]) for (const mode of ["navigate", "cors", ""]) combinations.push({ "sec-fetch-site": site, "sec-fetch-mode": mode });
    combinations.push({ "sec-fetch-dest": "document" }, { "sec-fetch-dest": "" }, { "sec-fetch-mode": "cors" }, { "sec-fetch-site": " " }, { "sec-fetch-site": "Cross-Site", "sec-fetch-mode": "Navigate" });
    const text = (headers) => Object.entries(headers).map(([name, value]) => `${name.slice(10)}=${value}`).join(" ");
    for (const path of ["/sign-in/email", "/sign-up/email"]) {
      for (const headers of combinations) {
        await step(`${path} ${text(headers)}`, () => raw("POST", path, { json: {}, headers }));
        await step(`${path} ${text(headers)}, good body`, () => raw("POST", path, { json: { ...good, name: "", password: "x" }, headers }));
        await step(`${path} ${text(headers)}, own origin`, () => raw("POST", path, { json: { ...good, name: "", password: "x" }, headers: { ...headers, origin: base } }));
        await step(`${path} ${text(headers)}, evil origin`, () => raw("POST", path, { json: { ...good, name: "", password: "x" }, headers: { ...headers, origin: "https://evil.example" } }));
        await step(`${path} ${text(headers)}, a cookie`, () => raw("POST", path, { json: { ...good, name: "", password: "x" }, headers, cookies: "a=b" }));
      }
    }
    await step("sign-out does not mind", () => raw("POST", "/sign-out", { json: {}, headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } }));
    await step("form from another site", () =>
      raw("POST", "/sign-in/email", { body: "email=ada%40example.com&password=password+of+ada", headers: { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } }));
  }),

  scenario("trusted origins", async ({ step, raw }) => {
    for (const origin of origins) {
      await step(`origin ${origin}`, () => raw("POST", "/sign-out", { json: {}, headers: { origin }, cookies: "a=b" }));
      await step(`referer ${origin}`, () => raw("POST", "/sign-out", { json: {}, headers: { referer: origin }, cookies: "a=b" }));
    }
  }, { servers: { trustedOrigins } }),

  scenario("URL fields", async ({ step, raw, user }) => {
    await user("ada");
    for (const url of urls) await step(`callbackURL ${JSON.stringify(url)}`, () => raw("POST", "/sign-in/email", { json: { email: "x", password: "x", callbackURL: url } }));
    const fields = ["callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL", "redirectURL"];
    const values = ["https://evil.example", "//evil.example", "/fine", "https://app.example/x", 7, {}, [], true, null, "", 0, false];
    for (const field of fields) for (const value of values) await step(`sign-out ${field} ${JSON.stringify(value)}`, () => raw("POST", "/sign-out", { json: { [field]: value } }));
    await step("two are wrong", () => raw("POST", "/sign-out", { json: { redirectTo: "//x", callbackURL: "//y" } }));
    await step("three are wrong", () => raw("POST", "/sign-out", { json: { redirectTo: 1, newUserCallbackURL: "//y", errorCallbackURL: "//z" } }));
    for (const query of ["callbackURL=https://evil.example", "callbackURL=/fine", "callbackURL=/a&callbackURL=//b", "callbackURL=", "redirectTo=https://evil.example"]) await step(`sign-out ?${query}`, () => raw("POST", `/sign-out?${query}`, { json: {} }));
    await step("body counts before the query", () => raw("POST", "/sign-out?callbackURL=//evil.example", { json: { callbackURL: "/fine" } }));
    await step("GET is not checked", () => raw("GET", "/ok?callbackURL=https://evil.example"));
    await step("unknown path", () => raw("POST", "/unknown", { json: { callbackURL: "https://evil.example" } }));
    await step("good sign-in to a trusted URL", () => raw("POST", "/sign-in/email", { json: { ...good, callbackURL: "https://app.example/x?y=z#w" } }));
    for (const url of ["/a b", "/ä", "/a#b", "/a~b?c=d:e", "/a\"b", "/a<b>", "/%zz", "https://app.example/ä"]) {
      await step(`good sign-in to ${url}`, () => raw("POST", "/sign-in/email", { json: { ...good, callbackURL: url } }));
    }
    await step("good sign-in to an evil URL", () => raw("POST", "/sign-in/email", { json: { ...good, callbackURL: "https://evil.example/" } }));
    await step("checked before the fields", () => raw("POST", "/sign-in/email", { json: { callbackURL: "https://evil.example/" } }));
    await step("checked before the session", () => raw("POST", "/revoke-sessions", { json: { callbackURL: "https://evil.example/" } }));
  }, { servers: { trustedOrigins } }),

  scenario("oddly written trusted origins", async ({ step, raw }) => {
    for (const origin of oddOrigins) await step(`origin ${origin}`, () => raw("POST", "/sign-out", { json: {}, headers: { origin }, cookies: "a=b" }));
    for (const url of ["https://a.d.example:1/x", "https://a.d.example/x", "http://192.168.1.2:3000/x", "http://192.168.evil.example:3000/x", "https://a.one.example/x", "scheme:"]) {
      await step(`callbackURL ${url}`, () => raw("POST", "/sign-out", { json: { callbackURL: url } }));
    }
  }, { servers: { trustedOrigins: odd } }),
];
