import { scenario } from "../lib/scenario.mjs";

const limitedIn = (storage) => (name, steps) => scenario(`${name}, in ${storage === "memory" ? "memory" : "the database"}`, steps, { servers: { rateLimit: true, settings: { rateLimit: { storage } } }, fresh: true });
const wrong = { email: "ada@example.com", password: "wrong password" };

/** What must be the same wherever it is counted. */
const everywhere = (limited) => [
  limited("rate limit by the real client", async ({ step, client }) => {
    const anyone = client({ headers: { "x-forwarded-for": "203.0.113.1" } });
    for (const time of ["first", "second", "third", "fourth", "fifth"]) await step(`${time} sign-in`, () => anyone.signIn.email(wrong));
    await step("sign-up has a bucket of its own", () => anyone.signUp.email({ name: "A", email: "ada@example.com", password: "correct horse" }));
    await step("get-session too", () => anyone.getSession());
    await step("another address", () => client({ headers: { "x-forwarded-for": "203.0.113.2" } }).signIn.email(wrong));
  }),

  limited("rate limit by address", async ({ step, raw }) => {
    const sign = (address) => raw("POST", "/sign-in/email", { json: wrong, headers: address === undefined ? {} : { "x-forwarded-for": address } });
    const times = async (count, name, address) => {
      for (let i = 1; i <= count; i++) await step(`${name}, ${i}`, () => sign(typeof address === "function" ? address(i) : address));
    };
    await times(4, "one address", "198.51.100.1");
    await times(4, "one IPv6 network", (i) => `2001:db8:1:2::${i}`);
    await times(1, "another IPv6 network", "2001:db8:1:3::1");
    await times(4, "an IPv4 address in IPv6", (i) => (i % 2 ? "::ffff:198.51.100.2" : "198.51.100.2"));
    await times(2, "several addresses share a bucket", (i) => `198.51.100.3, 198.51.100.${i}`);
    await times(1, "nonsense shares it", "nonsense");
    await times(2, "no address shares it", undefined);
  }),

  limited("rate limit by path", async ({ step, raw }) => {
    const address = { "x-forwarded-for": "192.0.2.1" };
    const ask = (method, path, options = {}) => raw(method, path, { headers: address, ...options });
    for (let i = 1; i <= 4; i++) await step(`unknown path below sign-in, ${i}`, () => ask("GET", "/sign-in/nothing"));
    for (let i = 1; i <= 4; i++) await step(`wrong method, ${i}`, () => ask("GET", "/sign-in/email"));
    await step("trailing slash is the same bucket", () => ask("POST", "/sign-in/email/", { json: {} }));
    await step("a query is the same bucket", () => ask("POST", "/sign-in/email?x=1", { json: {} }));
    for (let i = 1; i <= 4; i++) await step(`sign-up, ${i}`, () => ask("POST", "/sign-up/email", { json: {} }));
    for (let i = 1; i <= 4; i++) await step(`sign-out, ${i}`, () => ask("POST", "/sign-out", { json: {} }));
    for (const path of ["/change-password", "/verify-password", "/delete-user", "/update-user"]) {
      for (let i = 1; i <= 4; i++) await step(`${path}, ${i}`, () => ask("POST", path, { json: {} }));
    }
    for (let i = 1; i <= 4; i++) await step(`OPTIONS sign-in, ${i}`, () => raw("OPTIONS", "/sign-in/email", { headers: { "x-forwarded-for": "192.0.2.9" } }));
    await step("malformed JSON is counted before it is read", () => ask("POST", "/sign-up/email", { headers: { ...address, "content-type": "application/json" }, body: "{" }));
  }),

  limited("rate limit of everything else", async ({ step, raw }) => {
    const ask = (path) => raw("GET", path, { headers: { "x-forwarded-for": "192.0.2.7" } });
    await step("100 are fine", async () => {
      const seen = new Set();
      for (let i = 0; i < 99; i++) seen.add((await ask("/ok")).status);
      return [...seen];
    });
    await step("the 100th", () => ask("/ok"));
    await step("the 101st", () => ask("/ok"));
    await step("another path", () => ask("/get-session"));
  }),

  limited("rate limit window", async ({ step, raw }) => {
    const sign = () => raw("POST", "/sign-in/email", { json: {}, headers: { "x-forwarded-for": "192.0.2.3" } });
    for (let i = 1; i <= 4; i++) await step(`try ${i}`, sign);
    await new Promise((done) => setTimeout(done, 10_500));
    await step("after the window", sign);
    await step("and again", sign);
  }),
];

const inDatabase = limitedIn("database");

export default [
  ...everywhere(limitedIn("memory")),
  ...everywhere(inDatabase),

  inDatabase("rate limit rows", async ({ step, raw, database }) => {
    const sign = (address) => raw("POST", "/sign-in/email", { json: wrong, headers: { "x-forwarded-for": address } });
    const rows = () => database((db) => db.prepare('select "key", "count" from "rateLimit" where "key" like \'%|/%\' and "key" not like \'%|/ok\' order by "key"').all());
    for (let i = 1; i <= 5; i++) await step(`try ${i}`, () => sign("198.51.100.7"));
    await step("from an IPv6 network", () => sign("2001:db8:1:2::1"));
    await step("another path", () => raw("GET", "/get-session", { headers: { "x-forwarded-for": "198.51.100.7" } }));
    await step("the counters", rows);
    await new Promise((done) => setTimeout(done, 10_500));
    await step("after the window", () => sign("198.51.100.7"));
    await step("the counters begin again", rows);
  }),

  scenario("rate limit off", async ({ step, raw }) => {
    for (let i = 1; i <= 5; i++) await step(`sign-in ${i}`, () => raw("POST", "/sign-in/email", { json: {}, headers: { "x-forwarded-for": "192.0.2.1" } }));
  }),
];
