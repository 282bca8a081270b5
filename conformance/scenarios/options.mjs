// Options about paths, addresses, limits and checks.
import { scenario } from "../lib/scenario.mjs";

const wrong = { email: "ada@example.com", password: "wrong password" };
const withOptions = (name, settings, steps, servers = {}) => scenario(name, steps, { servers: { ...servers, settings }, fresh: Boolean(servers.rateLimit) });
const stored = ({ step, database }) => step("stored", () => database((db) => db.prepare('select "ipAddress" from "session" order by "createdAt"').all()));

/** Sign-ins with headers, and which addresses the sessions then remember. */
async function addresses(run, all) {
  const ada = await run.user("ada");
  const sign = (headers) => run.post("/sign-in/email", { email: ada.email, password: ada.password }, { headers });
  for (const headers of all) await run.step(`by ${JSON.stringify(headers)}`, () => sign(headers));
  await stored(run);
}

const evil = "https://evil.example";
async function crossSite(run) {
  const { step, raw, user, client } = run;
  const ada = await user("ada");
  const json = { email: ada.email, password: ada.password };
  const cookies = ada.jar;
  const ask = (name, path, body, headers, more = {}) => step(name, () => raw("POST", path, { json: body, headers, ...more }));
  await ask("sign-in from elsewhere", "/sign-in/email", json, { origin: evil });
  await ask("sign-in from elsewhere, with cookies", "/sign-in/email", json, { origin: evil }, { cookies });
  await ask("sign-in by a form elsewhere", "/sign-in/email", json, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" });
  await ask("sign-in by a script elsewhere", "/sign-in/email", json, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", origin: evil });
  await ask("sign-up by a form elsewhere", "/sign-up/email", { name: "E", email: "eve@example.com", password: "correct horse" }, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" });
  await ask("with cookies, from elsewhere", "/update-user", { name: "Eve" }, { origin: evil }, { cookies });
  await ask("with cookies, from nowhere", "/update-user", { name: "Nobody" }, {}, { cookies });
  await ask("with cookies, from null", "/update-user", { name: "Null" }, { origin: "null" }, { cookies });
  await ask("with cookies, by a referer", "/update-user", { name: "Ref" }, { referer: `${evil}/x` }, { cookies });
  await ask("with cookies, of our own", "/update-user", { name: "Own" }, { origin: run.base }, { cookies });
  await ask("leads elsewhere", "/sign-in/email", { ...json, callbackURL: `${evil}/x` }, { origin: run.base });
  await ask("leads to a script", "/sign-in/email", { ...json, callbackURL: "javascript:alert(1)" }, { origin: run.base });
  await ask("leads to a path", "/sign-in/email", { ...json, callbackURL: "//evil.example" }, { origin: run.base });
  await ask("leads to no text", "/sign-in/email", { ...json, callbackURL: 1 }, { origin: run.base });
  await ask("a reset that leads elsewhere", "/request-password-reset", { email: "nobody@example.com", redirectTo: `${evil}/x` }, { origin: run.base });
  await step("a link that leads elsewhere", () => raw("GET", `/verify-email?token=x&callbackURL=${encodeURIComponent(`${evil}/x`)}`));
  await step("a reset's link that leads elsewhere", () => raw("GET", `/reset-password/x?callbackURL=${encodeURIComponent(`${evil}/x`)}`));
  await step("the real client", () => client({ origin: evil }).signIn.email(json));
}

export default [
  withOptions("disabled paths", { disabledPaths: ["/token", "/list-sessions", "/verify-password"] }, async (run) => {
    const { step, raw, post, user, client } = run;
    const ada = await user("ada");
    const cookies = ada.jar;
    for (const path of ["/token", "/token/", "/token//", "/token?x=1", "//token", "/%74oken", "/TOKEN", "/token/x", "/list-sessions", "/list-sessions/", "/ok", "/nothing"]) {
      await step(`GET ${path}`, () => raw("GET", path, { cookies }));
    }
    for (const method of ["POST", "HEAD", "PUT", "DELETE"]) await step(`${method} /token`, () => raw(method, "/token", { cookies, headers: { origin: run.base } }));
    await step("POST /verify-password", () => post("/verify-password", { password: ada.password }, { cookies }));
    await step("POST of no JSON", () => raw("POST", "/verify-password", { body: "{", headers: { "content-type": "application/json" } }));
    await step("the real client", () => ada.client.listSessions());
    await step("another endpoint", () => ada.client.getSession());
    await step("a token comes with a session", () => raw("GET", "/get-session", { cookies }));
    await step("nobody", () => client().token());
  }),

  withOptions("disabled paths are not counted", { disabledPaths: ["/change-password"] }, async ({ step, raw }) => {
    for (let i = 1; i <= 5; i++) await step(`try ${i}`, () => raw("POST", "/change-password", { json: {}, headers: { "x-forwarded-for": "192.0.2.1" } }));
  }, { rateLimit: true }),

  withOptions("slashes at the end", { advanced: { skipTrailingSlashes: true } }, async (run) => {
    const { step, raw, post, user } = run;
    const ada = await user("ada");
    const cookies = ada.jar;
    for (const path of ["/ok", "/ok/", "/ok//", "/ok/?x=1", "/ok/x/", "//ok/", "/get-session/", "/token/", "/jwks/", "/nothing/", "/", "", "/sign-in/", "/reset-password/x/", "/reset-password/x", "/reset-password//", "/verify-email/?token=x", "/delete-user/callback/?token=x"]) {
      await step(`GET ${path}`, () => raw("GET", path, { cookies }));
    }
    await step("POST /sign-in/email/", () => post("/sign-in/email/", { email: ada.email, password: ada.password }));
    await step("POST /ok/", () => post("/ok/", {}));
    await step("HEAD /ok/", () => raw("HEAD", "/ok/"));
    await step("from elsewhere", () => raw("POST", "/sign-out/", { json: {}, cookies, headers: { origin: evil } }));
  }),

  withOptions("headers with addresses", { advanced: { ipAddress: { ipAddressHeaders: ["cf-connecting-ip", "X-Real-IP"] } } }, (run) =>
    addresses(run, [
      { "cf-connecting-ip": "203.0.113.1", "x-real-ip": "203.0.113.2", "x-forwarded-for": "203.0.113.3" },
      { "x-real-ip": "203.0.113.2", "x-forwarded-for": "203.0.113.3" },
      { "x-forwarded-for": "203.0.113.3" },
      { "cf-connecting-ip": "nonsense", "x-real-ip": "203.0.113.4" },
      { "cf-connecting-ip": "203.0.113.5, 203.0.113.6", "x-real-ip": "203.0.113.7" },
      { "cf-connecting-ip": "", "x-real-ip": "2001:db8:1:2:3:4:5:6" },
      {},
    ]),
  ),

  ...[32, 48, 64, 128].map((ipv6Subnet) =>
    withOptions(`IPv6 networks of ${ipv6Subnet} bits`, { advanced: { ipAddress: { ipv6Subnet } } }, (run) =>
      addresses(run, [{ "x-forwarded-for": "2001:db8:1:2:3:4:5:6" }, { "x-forwarded-for": "2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF" }, { "x-forwarded-for": "::ffff:203.0.113.1" }, { "x-forwarded-for": "203.0.113.1" }]),
    ),
  ),

  withOptions("IPv6 networks are counted", { advanced: { ipAddress: { ipv6Subnet: 48 } } }, async ({ step, raw }) => {
    for (let i = 1; i <= 4; i++) await step(`try ${i}`, () => raw("POST", "/sign-in/email", { json: wrong, headers: { "x-forwarded-for": `2001:db8:1:${i}::1` } }));
    await step("another network", () => raw("POST", "/sign-in/email", { json: wrong, headers: { "x-forwarded-for": "2001:db8:2::1" } }));
  }, { rateLimit: true }),

  withOptions("no addresses", { advanced: { ipAddress: { disableIpTracking: true } } }, (run) => addresses(run, [{ "x-forwarded-for": "203.0.113.1" }, {}])),

  withOptions("no addresses, and requests are counted", { advanced: { ipAddress: { disableIpTracking: true } } }, async ({ step, raw }) => {
    for (let i = 1; i <= 5; i++) await step(`try ${i}`, () => raw("POST", "/sign-in/email", { json: wrong, headers: { "x-forwarded-for": "192.0.2.1" } }));
  }, { rateLimit: true }),

  withOptions("limits of one's own", {
    rateLimit: {
      window: 20,
      max: 4,
      customRules: { "/token": { window: 10, max: 1 }, "/sign-in/*": false, "/list-*": { window: 10, max: 2 }, "/ok": false, "/sign-up/email": { window: 30, max: 5 } },
    },
  }, async ({ step, raw }) => {
    const times = async (count, method, path) => {
      for (let i = 1; i <= count; i++) await step(`${method} ${path}, ${i}`, () => raw(method, path, { headers: { "x-forwarded-for": "192.0.2.1" }, ...(method === "POST" ? { json: {} } : {}) }));
    };
    await times(2, "GET", "/token");
    await times(2, "GET", "/token/");
    await times(5, "POST", "/sign-in/email");
    await times(3, "GET", "/list-sessions");
    await times(3, "GET", "/list-accounts");
    await times(6, "GET", "/ok");
    await times(6, "POST", "/sign-up/email");
    await times(5, "GET", "/jwks");
    await times(4, "POST", "/change-password");
  }, { rateLimit: true }),

  withOptions("no check of origins for cookies", { advanced: { disableCSRFCheck: true } }, crossSite),
  withOptions("no check of origins", { advanced: { disableOriginCheck: true } }, crossSite),
  withOptions("no check of origins, but for cookies", { advanced: { disableOriginCheck: true, disableCSRFCheck: false } }, crossSite),
  withOptions("no check at all", { advanced: { disableOriginCheck: true, disableCSRFCheck: true } }, crossSite),
  withOptions("every check", { advanced: { disableOriginCheck: false, disableCSRFCheck: false } }, crossSite),
];
