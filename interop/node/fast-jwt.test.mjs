// fast-jwt, which reads PEM.
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";

import { createSigner, createVerifier } from "fast-jwt";

import { AUDIENCE, ISSUER, MACS, Ours, SIGNATURES, claims, tampered } from "./ours.mjs";

const ours = new Ours();
after(() => ours.end());

const CURVES = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

/** Keys made by Node, as PEM in the form named. */
function made(alg, type) {
  if (alg in MACS) {
    // fast-jwt takes text for a secret.
    const secret = randomBytes(MACS[alg]).toString("hex");
    const jwk = { kty: "oct", alg, k: Buffer.from(secret).toString("base64url") };
    return { signing: secret, verifying: secret, private: jwk, public: jwk };
  }
  const { publicKey, privateKey } =
    alg === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : alg in CURVES
        ? generateKeyPairSync("ec", { namedCurve: CURVES[alg] })
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signing = privateKey.export({ type, format: "pem" });
  const publicType = type === "pkcs1" ? "pkcs1" : "spki";
  const verifying = publicKey.export({ type: publicType, format: "pem" });
  return { signing, verifying, private: signing, public: verifying };
}

function forms(alg) {
  if (alg in MACS) return ["secret"];
  if (alg in CURVES) return ["pkcs8", "sec1"];
  return alg === "EdDSA" ? ["pkcs8"] : ["pkcs8", "pkcs1"];
}

for (const alg of [...Object.keys(MACS), ...SIGNATURES]) {
  for (const form of forms(alg)) {
    describe(`fast-jwt and ours, ${alg}, ${form}`, () => {
      const key = made(alg, form);
      const theirs = createVerifier({
        key: key.verifying,
        algorithms: [alg],
        allowedIss: ISSUER,
        allowedAud: AUDIENCE,
      });

      test("their token verifies here", async () => {
        const sent = claims();
        const token = createSigner({ key: key.signing, algorithm: alg })(sent);
        assert.deepEqual(await ours.verify({ token, keys: key.public, alg }), sent);
        assert.equal(await ours.refuse({ token: tampered(token), keys: key.public, alg }), "bad-signature");
      });

      test("our token verifies there", async () => {
        const sent = claims();
        const token = await ours.sign({ key: key.private, alg, kid: "k", claims: sent });
        assert.deepEqual(theirs(token), sent);
        assert.throws(() => theirs(tampered(token)), { code: "FAST_JWT_INVALID_SIGNATURE" });
      });
    });
  }
}
