import { scenario } from "../lib/scenario.mjs";

const credentials = { email: "ada@example.com", password: "password of ada" };
const JSON_TYPE = { "content-type": "application/json" };

const contentTypes = [
  "application/json; charset=utf-8", "application/json;charset=latin1", "APPLICATION/JSON", "application/json ;charset=utf-8", "application/jsonx", "application/ld+json",
  "application/vnd.api+json", "text/json", "text/plain", "text/plain;charset=UTF-8", "multipart/form-data", "multipart/form-data; boundary=x", "application/octet-stream",
  "application/xml", "image/png", "application/x-www-form-urlencodedx", ";", "json", "application/json, text/plain",
];

const malformed = ["{", "", " ", "{\"email\":}", "{'email':1}", "undefined", "{\"a\":1}x", "\ufeff{}", "[1,]", "NaN", "{\"a\":1,}", "\"", "nul", "{\"a\":\"\u0001\"}", "1e999", "\u00a0{}"];

const jsonEndpoints = ["/sign-out", "/revoke-session", "/revoke-sessions", "/revoke-other-sessions", "/get-session"];

export default [
  scenario("content types of sign-in", async ({ step, raw, user }) => {
    await user("ada");
    const body = JSON.stringify(credentials);
    for (const type of contentTypes) await step(type, () => raw("POST", "/sign-in/email", { headers: { "content-type": type }, body }));
    await step("none", () => raw("POST", "/sign-in/email", { body }));
    await step("two", () => raw("POST", "/sign-in/email", { headers: [["content-type", "application/json"], ["content-type", "text/plain"]], body }));
    await step("a wrong type and no body", () => raw("POST", "/sign-in/email", { headers: { "content-type": "text/plain" } }));
    await step("JSON type and no body", () => raw("POST", "/sign-in/email", { headers: JSON_TYPE }));
    await step("no type and no body", () => raw("POST", "/sign-in/email"));
    await step("chunked body", () => raw("POST", "/sign-in/email", { headers: [["content-type", "application/json"], ["transfer-encoding", "chunked"]], body }));
    await step("chunked, no type", () => raw("POST", "/sign-in/email", { headers: [["transfer-encoding", "chunked"]], body }));
    await step("chunked and empty", () => raw("POST", "/sign-in/email", { headers: [["content-type", "application/json"], ["transfer-encoding", "chunked"]], body: "" }));
  }),

  scenario("form-urlencoded bodies", async ({ step, raw, user }) => {
    await user("ada");
    const form = (path, body, type = "application/x-www-form-urlencoded") => raw("POST", path, { headers: { "content-type": type }, body });
    await step("sign-up", () => form("/sign-up/email", "name=Form+User&email=form%40example.com&password=correct+horse"));
    await step("sign-up with rememberMe", () => form("/sign-up/email", "name=F&email=form2%40example.com&password=correct+horse&rememberMe=false"));
    await step("sign-up without name", () => form("/sign-up/email", "email=form3%40example.com&password=correct+horse"));
    await step("sign-in", () => form("/sign-in/email", "email=ada%40example.com&password=password+of+ada"));
    await step("sign-in, with charset", () => form("/sign-in/email", "email=ada%40example.com&password=password+of+ada", "application/x-www-form-urlencoded; charset=utf-8"));
    await step("sign-in, upper-case type", () => form("/sign-in/email", "email=ada%40example.com&password=password+of+ada", "Application/X-WWW-Form-Urlencoded"));
    await step("sign-in with callbackURL", () => form("/sign-in/email", "email=ada%40example.com&password=password+of+ada&callbackURL=%2Fhome"));
    await step("a field twice", () => form("/sign-in/email", "email=x&email=ada%40example.com&password=password+of+ada"));
    await step("empty", () => form("/sign-in/email", ""));
    await step("nonsense", () => form("/sign-in/email", "%%%&=&&a"));
    await step("sign-out", () => form("/sign-out", "a=b"));
    await step("revoke-session", () => form("/revoke-session", "token=x"));
  }),

  scenario("malformed JSON", async ({ step, raw }) => {
    for (const body of malformed) await step(`sign-in: ${JSON.stringify(body)}`, () => raw("POST", "/sign-in/email", { headers: JSON_TYPE, body }));
    for (const path of jsonEndpoints) await step(path, () => raw("POST", path, { headers: JSON_TYPE, body: "{" }));
    await step("comes before the origin check", () => raw("POST", "/sign-in/email", { headers: { ...JSON_TYPE, cookie: "a=b" }, body: "{" }));
    await step("invalid UTF-8", () => raw("POST", "/sign-in/email", { headers: JSON_TYPE, body: Buffer.from('{"email":"\xff@example.com","password":"x"}', "latin1") }));
  }),

  scenario("bodies where none is needed", async ({ step, raw, user }) => {
    for (const path of jsonEndpoints) {
      const { token } = await user(`u${path.slice(1)}`);
      await step(`${path}: none`, () => raw("POST", path, { bearer: token }));
      await step(`${path}: wrong type`, () => raw("POST", path, { bearer: token, headers: { "content-type": "text/plain" }, body: "{}" }));
      await step(`${path}: no type`, () => raw("POST", path, { bearer: token, body: "{}" }));
      await step(`${path}: null`, () => raw("POST", path, { bearer: token, json: null }));
      await step(`${path}: array`, () => raw("POST", path, { bearer: token, json: [] }));
      await step(`${path}: string`, () => raw("POST", path, { bearer: token, json: "x" }));
      await step(`${path}: unknown members`, () => raw("POST", path, { bearer: token, json: { a: 1 } }));
    }
    await step("GET with a body", () => raw("GET", "/ok", { json: { a: 1 } }));
    await step("GET get-session with a body", () => raw("GET", "/get-session", { headers: { "content-type": "text/plain" }, body: "x" }));
  }),

  scenario("large bodies", async ({ step, post, raw, user }) => {
    const ada = await user("ada");
    await step("a name of 100 000 characters", () => post("/sign-up/email", { name: "x".repeat(100_000), email: "long@example.com", password: "correct horse" }));
    await step("900 000 bytes", () => post("/sign-out", { x: "x".repeat(900_000) }));
    await step("2 000 000 bytes", () => post("/sign-out", { x: "x".repeat(2_000_000) }));
    await step("deeply nested", () => post("/sign-out", undefined, { headers: { "content-type": "application/json" }, body: `{"x":${"[".repeat(100)}${"]".repeat(100)}}` }));
    await step("nested 5 000 deep", () => post("/sign-out", undefined, { headers: { "content-type": "application/json" }, body: `{"x":${"[".repeat(5000)}${"]".repeat(5000)}}` }));
    await step("many members", () => post("/sign-out", Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`m${i}`, i]))));
    await step("a long query", () => raw("GET", `/get-session?x=${"y".repeat(6000)}`, { cookies: ada.jar }));
  }),
];
