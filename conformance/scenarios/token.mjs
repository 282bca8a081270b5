import { createLocalJWKSet, jwtVerify } from "jose";
import { scenario } from "../lib/scenario.mjs";

export default [
  scenario("the first key of a new database", async ({ step, client }) => {
    const anyone = client();
    await step("jwks makes one", () => anyone.jwks());
    await step("the same again", () => anyone.jwks());
  }, { fresh: true }),

  scenario("the first token of a new database", async ({ step, user }) => {
    const ada = await user("ada");
    await step("token makes a key", () => ada.client.token());
    await step("which is published", () => ada.client.jwks());
  }, { fresh: true }),

  scenario("token and jwks", async ({ step, client, raw, post, user, base }) => {
    const ada = await user("ada");
    await step("token without a session", () => client().token());
    await step("token with an unknown bearer", () => raw("GET", "/token", { bearer: "x".repeat(32) }));
    const { data } = await step("token", () => ada.client.token());
    const keys = await step("jwks", () => ada.client.jwks());
    await step("the token verifies with the published key", async () => {
      const { payload, protectedHeader } = await jwtVerify(data.token, createLocalJWKSet(keys.data), { issuer: base, audience: base });
      return { subject: payload.sub === ada.user.id, keyId: protectedHeader.kid === keys.data.keys[0].kid, header: Object.keys(protectedHeader), claims: Object.keys(payload) };
    });
    await step("the order of claims on the wire", () => Object.keys(JSON.parse(Buffer.from(data.token.split(".")[1], "base64url"))));
    await step("token by bearer", () => raw("GET", "/token", { bearer: ada.token }));
    const session = await step("set-auth-jwt of get-session", () => raw("GET", "/get-session", { cookies: ada.jar }));
    await step("which verifies too", async () => {
      const { payload } = await jwtVerify(session.header("set-auth-jwt"), createLocalJWKSet(keys.data), { issuer: base, audience: base });
      return { subject: payload.sub === ada.user.id, lifetime: payload.exp - payload.iat, claims: Object.keys(payload) };
    });
    await step("POST token", () => post("/token", {}, { cookies: ada.jar }));
    await step("POST jwks", () => post("/jwks", {}));
    await step("token with a query", () => raw("GET", "/token?x=1", { cookies: ada.jar }));
    await step("jwks with an evil origin", () => raw("GET", "/jwks", { headers: { origin: "https://evil.example" } }));
    await step("token with an evil origin", () => raw("GET", "/token", { cookies: ada.jar, headers: { origin: "https://evil.example" } }));
    await step("HEAD jwks", () => raw("HEAD", "/jwks"));
    await step("a token is no session", () => raw("GET", "/get-session", { bearer: data.token }));
    await step(".well-known is not there", () => raw("GET", "/.well-known/jwks.json"));
  }),

  scenario("keys in the table", async ({ step, user, client, database }) => {
    const ada = await user("ada");
    const token = () => ada.client.token();
    await step("first key", token);
    const at = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
    const expire = (when) => database((db) => db.prepare('update jwks set "expiresAt" = ?').run(when));
    await expire(at(1));
    await step("expires tomorrow: still used", token);
    await step("expires tomorrow: published", () => client().jwks());
    await expire(at(-1));
    await step("expired yesterday: a new one is made", token);
    await step("both are published", () => client().jwks());
    await database((db) => db.prepare('update jwks set "expiresAt" = ? where "expiresAt" is not null').run(at(-31)));
    await step("expired 31 days ago: no longer published", () => client().jwks());
    await database((db) => db.prepare("update jwks set alg = null, crv = null").run());
    await step("rows without alg", token);
    await step("rows without alg are published", () => client().jwks());
    await database((db) => db.prepare("delete from jwks").run());
    await step("no rows: jwks makes a key", () => client().jwks());
    await step("and token uses it", token);
  }, { fresh: true }),
];
