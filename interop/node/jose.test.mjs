// jose, of which Better Auth is made.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";

import * as jose from "jose";

import { AUDIENCE, ISSUER, MACS, Ours, SIGNATURES, claims, tampered } from "./ours.mjs";

const ours = new Ours();
after(() => ours.end());

/** Keys made by jose, in every form that it writes. */
async function made(alg) {
  if (alg in MACS) {
    const secret = randomBytes(MACS[alg]);
    const jwk = { kty: "oct", alg, k: secret.toString("base64url") };
    return { signing: secret, verifying: secret, private: { jwk }, public: { jwk } };
  }
  const options = { extractable: true };
  if (alg === "EdDSA") options.crv = "Ed25519";
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, options);
  const named = async (key) => ({ ...(await jose.exportJWK(key)), alg, use: "sig", kid: "named" });
  return {
    signing: privateKey,
    verifying: publicKey,
    private: { jwk: await named(privateKey), pem: await jose.exportPKCS8(privateKey) },
    public: { jwk: await named(publicKey), pem: await jose.exportSPKI(publicKey) },
  };
}

const expected = (alg) => ({ algorithms: [alg], issuer: ISSUER, audience: AUDIENCE });

for (const alg of [...Object.keys(MACS), ...SIGNATURES]) {
  describe(`jose and ours, ${alg}`, async () => {
    const key = await made(alg);
    const theirToken = (header = {}) =>
      new jose.SignJWT(claims()).setProtectedHeader({ alg, ...header }).sign(key.signing);

    for (const [form, public_] of Object.entries(key.public)) {
      test(`their token verifies here with their ${form}`, async () => {
        const token = await theirToken();
        assert.deepEqual(await ours.verify({ token, keys: public_, alg }), jose.decodeJwt(token));
        assert.equal(await ours.refuse({ token: tampered(token), keys: public_, alg }), "bad-signature");
      });
    }

    for (const [form, private_] of Object.entries(key.private)) {
      test(`our token, signed with their ${form}, verifies there`, async () => {
        const made = claims();
        const token = await ours.sign({ key: private_, alg, claims: made });
        const { payload, protectedHeader } = await jose.jwtVerify(token, key.verifying, expected(alg));
        assert.deepEqual(payload, made);
        assert.equal(protectedHeader.alg, alg);
        await assert.rejects(jose.jwtVerify(tampered(token), key.verifying, expected(alg)), {
          code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        });
      });
    }

    test("kid and typ travel both ways", async () => {
      const token = await theirToken({ kid: "named", typ: "at+jwt" });
      const asked = { token, keys: key.public.jwk, alg };
      assert.equal((await ours.verify({ ...asked, typ: "at+jwt" })).sub, "user-1");
      assert.equal(await ours.refuse(asked), "wrong-type");
      const sent = { key: key.private.jwk, alg, kid: "ours", typ: "at+jwt", claims: claims() };
      const options = { ...expected(alg), typ: "at+jwt" };
      const { protectedHeader } = await jose.jwtVerify(await ours.sign(sent), key.verifying, options);
      assert.deepEqual(protectedHeader, { alg, kid: "ours", typ: "at+jwt" });
    });

    test("a payload that is no claims set travels both ways", async () => {
      const payload = "any text, and {\"no\": JSON}";
      const signing = new jose.CompactSign(new TextEncoder().encode(payload));
      const token = await signing.setProtectedHeader({ alg }).sign(key.signing);
      assert.equal(await ours.payload({ token, keys: key.public.jwk, alg }), payload);
      const sent = await ours.sign({ key: key.private.jwk, alg, payload });
      const received = await jose.compactVerify(sent, key.verifying, { algorithms: [alg] });
      assert.equal(new TextDecoder().decode(received.payload), payload);
    });

    if (alg in MACS) return;

    test("a JWK set finds the key by its name, on both sides", async () => {
      const other = (await made(alg)).public.jwk;
      const set = { keys: [{ ...other, kid: "other" }, key.public.jwk] };
      const token = await theirToken({ kid: "named" });
      assert.equal((await ours.verify({ token, keys: set, alg })).sub, "user-1");
      const stranger = await theirToken({ kid: "other" });
      assert.equal(await ours.refuse({ token: stranger, keys: set, alg }), "bad-signature");
      const unknown = await theirToken({ kid: "nobody" });
      assert.equal(await ours.refuse({ token: unknown, keys: set, alg }), "unknown-key");
      const sent = await ours.sign({ key: key.private.jwk, claims: claims() });
      await jose.jwtVerify(sent, jose.createLocalJWKSet(set), expected(alg));
    });

    test("what we publish of their key is their public key, under the same thumbprint", async () => {
      for (const private_ of Object.values(key.private)) {
        const published = await ours.publish(private_, alg);
        const { use: _use, kid: _kid, ...numbers } = key.public.jwk;
        const { kid: _ours, ...publishedNumbers } = published;
        assert.deepEqual(publishedNumbers, numbers);
        const thumbprint = await jose.calculateJwkThumbprint(published);
        assert.equal(await ours.thumbprint(key.private.jwk), thumbprint);
        assert.equal(await jose.calculateJwkThumbprint(key.public.jwk), thumbprint);
      }
    });
  });
}

test("a key of 1024 bits is refused here", async () => {
  const { generateKeyPairSync } = await import("node:crypto");
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const answer = await ours.ask({ do: "verify-payload", token: "a.b.c", keys: pem, alg: "RS256" });
  assert.match(answer.error, /1024 bits/);
});
