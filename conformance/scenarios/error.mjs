import { scenario } from "../lib/scenario.mjs";

const queries = [
  "", "?", "?error=INVALID_TOKEN", "?error=state_not_found&error_description=x", "?error=", "?error=%3Cscript%3Ealert(1)%3C/script%3E", "?error=a%20b", "?error=INVALID_TOKEN&error=other",
  "?error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "?error=INVALID_TOKEN&error_description=%22%3E%3Cscript%3E%26%26amp%3B%27", "?error=INVALID_TOKEN&error_description=", "?error_description=a&error_description=b",
  "?error=%00", "?error=%F0%9F%98%80&error_description=%F0%9F%98%80", "?error=INVALID_TOKEN&error_description=a%0d%0aset-cookie:%20x=y", "?error=it%27s-me_1",
];

const led = (name, errorURL) =>
  scenario(`error page that is the front end's: ${name}`, async ({ step, raw }) => {
    for (const query of queries) await step(`GET /error${query}`, () => raw("GET", `/error${query}`));
    await step("POST", () => raw("POST", "/error", { json: {} }));
  }, { servers: { settings: { onAPIError: { errorURL } } } });

export default [
  scenario("error page", async ({ step, raw, user }) => {
    const ada = await user("ada");
    for (const query of queries.filter((query) => !query.includes("it%27s-me"))) await step(`page /error${query}`, () => raw("GET", `/error${query}`));
    await step("page with cookies", () => raw("GET", "/error?error=INVALID_TOKEN", { cookies: ada.jar }));
    await step("POST", () => raw("POST", "/error", { json: {} }));
    await step("HEAD", () => raw("HEAD", "/error"));
    await step("a trailing slash", () => raw("GET", "/error/"));
  }),

  led("an address", "https://app.example/oops"),
  led("an address with a query and a fragment", "https://app.example/oops?x=1&y=a%20b#here"),
  led("a path", "/oops"),
];
