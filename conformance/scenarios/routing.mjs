import { scenario } from "../lib/scenario.mjs";

const gets = [
  "/ok/", "//ok", "/ok//", "/unknown", "/unknown/deeper", "/ok?x=1", "/ok?", "/OK", "/ok;x", "/%6fk", "/ok%2f", "/./ok", "/x/../ok", "/ok%00", "/ok%20", "/sign-in", "/sign-in/email",
  "/sign-up/email", "/sign-out", "/token/", "/jwks/", "/get-session/", "/list-sessions/", "/get-session/x", "", "/", "//", "?x=1", "/ok#x", "/set-password", "/forget-password", "/.env",
];
const absolutes = ["/", "/api", "/api/", "/api/auth", "/api/auth/", "/api/authx/ok", "/api//auth/ok", "//api/auth/ok", "/API/AUTH/ok", "/ok", "/index.html", "/favicon.ico", "/api/auth/api/auth/ok", "/api/auth%2fok"];
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const paths = ["/ok", "/sign-in/email", "/sign-up/email", "/sign-out", "/token", "/jwks", "/list-sessions", "/revoke-session", "/get-session", "/unknown", "/update-user", "/change-password", "/list-accounts", "/delete-user", "/delete-user/callback", "/change-email", "/verify-email"];

export default [
  scenario("ok", async ({ step, client, raw }) => {
    await step("the real client", () => client().$fetch("/ok"));
    await step("GET", () => raw("GET", "/ok"));
    await step("with cookies and bearer", () => raw("GET", "/ok", { cookies: "a=b", bearer: "x" }));
    await step("accept text", () => raw("GET", "/ok", { headers: { accept: "text/html" } }));
    await step("compression is not forced", () => raw("GET", "/ok", { headers: { "accept-encoding": "gzip, br" } }));
    await step("HTTP method override is ignored", () => raw("POST", "/ok", { headers: { "x-http-method-override": "GET" } }));
  }),

  scenario("paths", async ({ step, raw }) => {
    for (const path of gets) await step(`GET ${path}`, () => raw("GET", path));
    for (const path of absolutes) await step(`GET ${path}, absolute`, () => raw("GET", path, { absolute: true }));
    for (const path of ["/sign-out/", "/sign-in/email/", "//sign-out", "/sign-in//email", "/revoke-session/", "/get-session/"]) await step(`POST ${path}`, () => raw("POST", path, { json: {} }));
  }),

  scenario("methods", async ({ step, raw }) => {
    for (const path of paths) for (const method of methods) await step(`${method} ${path}`, () => raw(method, path));
    await step("a wrong method with a body", () => raw("PUT", "/sign-in/email", { json: {} }));
    await step("a wrong method with malformed JSON", () => raw("PUT", "/sign-in/email", { headers: { "content-type": "application/json" }, body: "{" }));
    await step("a wrong method with a cookie", () => raw("DELETE", "/sign-out", { cookies: "a=b" }));
  }),

  scenario("preflight", async ({ step, raw, base }) => {
    const ask = { "access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization" };
    await step("from our own origin", () => raw("OPTIONS", "/sign-in/email", { headers: { origin: base, ...ask } }));
    await step("from a trusted origin", () => raw("OPTIONS", "/sign-in/email", { headers: { origin: "https://app.example", ...ask } }));
    await step("from an evil origin", () => raw("OPTIONS", "/sign-in/email", { headers: { origin: "https://evil.example", ...ask } }));
    await step("without an origin", () => raw("OPTIONS", "/sign-in/email", { headers: ask }));
    await step("of an origin alone", () => raw("OPTIONS", "/sign-in/email", { headers: { origin: "https://app.example" } }));
    await step("GET from a trusted origin", () => raw("GET", "/ok", { headers: { origin: "https://app.example" } }));
    await step("POST from a trusted origin", () => raw("POST", "/sign-out", { json: {}, headers: { origin: "https://app.example" } }));
    await step("GET from an evil origin", () => raw("GET", "/ok", { headers: { origin: "https://evil.example" } }));
    await step("an error to a trusted origin", () => raw("GET", "/token", { headers: { origin: "https://app.example" } }));
  }, { servers: { trustedOrigins: ["https://app.example"] } }),
];
