import { inSeconds } from "../lib/run.mjs";
import { scenario } from "../lib/scenario.mjs";

/** Every cookie there is, set and cleared, in a browser's order. */
async function cookies(run) {
  const { step, raw } = run;
  const jar = run.client().jar;
  const headers = { origin: run.base };
  const ask = async (name, method, path, json) => {
    const answer = await step(name, () => raw(method, path, { json, headers, cookies: jar }));
    jar.store(answer.setCookies());
    return answer;
  };
  const password = "correct horse";
  await ask("sign-up", "POST", "/sign-up/email", { name: "Ada", email: "ada@example.com", password });
  await ask("read", "GET", "/get-session");
  await ask("sign-out", "POST", "/sign-out", {});
  const { token } = (await ask("sign-in not to be remembered", "POST", "/sign-in/email", { email: "ada@example.com", password, rememberMe: false })).json();
  await ask("read, not to be remembered", "GET", "/get-session?disableCookieCache=1");
  await ask("sign-in to be remembered", "POST", "/sign-in/email", { email: "ada@example.com", password });
  await step("the older session by its token", () => raw("GET", "/get-session", { bearer: token }));
  await run.database((db) => db.prepare('update "session" set "expiresAt" = ?').run(inSeconds(-1)));
  await ask("an expired one", "GET", "/get-session?disableCookieCache=1");
}

const options = (name, advanced, { session = { cookieCache: { enabled: true } }, ...servers } = {}) => scenario(`cookies: ${name}`, cookies, { servers: { ...servers, settings: { advanced, session } } });
const secure = { baseUrl: "https://auth.example.com" };

export default [
  options("a prefix", { cookiePrefix: "my-app" }),
  options("secure", { useSecureCookies: true }),
  options("not secure at https", { useSecureCookies: false }, secure),
  options("secure at https", {}, secure),
  options("across subdomains", { crossSubDomainCookies: { enabled: true } }, secure),
  options("across subdomains of a domain", { crossSubDomainCookies: { enabled: true, domain: "example.com" } }, secure),
  options("attributes of all", { defaultCookieAttributes: { sameSite: "strict", path: "/auth" } }),
  options("for another site", { defaultCookieAttributes: { sameSite: "none", secure: true, partitioned: true } }, secure),
  options("with a domain for all", { defaultCookieAttributes: { domain: "example.com" } }, secure),
  options("names and attributes of some", {
    cookies: {
      session_token: { name: "sid", attributes: { sameSite: "strict" } },
      session_data: { name: "sdata", attributes: { path: "/api" } },
      dont_remember: { attributes: { secure: true } },
    },
  }),
  options("names at https", { cookiePrefix: "x", cookies: { session_token: { name: "sid" } } }, secure),
  options("an override over all", { defaultCookieAttributes: { sameSite: "strict", path: "/a" }, cookies: { session_token: { attributes: { sameSite: "lax" } } }, crossSubDomainCookies: { enabled: true, domain: "example.com" } }, secure),
];
