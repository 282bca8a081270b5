// Opens the cookie that holds a session, however it was written: signed JSON (compact), a signed JWT, or an
// encrypted one. What is not rightly signed or does not decrypt is not opened.
import { createDecipheriv, createHmac, hkdfSync } from "node:crypto";

const INFO = "BetterAuth.js Generated Encryption Key";
const bytes = (text) => Buffer.from(text, "base64url");
const seconds = (milliseconds) => `${Math.round(milliseconds / 1000)} s`;
const parsed = (text) => JSON.parse(Buffer.isBuffer(text) ? text.toString("utf8") : text);

function compact(text, secret) {
  const { session, expiresAt, signature } = parsed(bytes(text));
  const expected = createHmac("sha256", secret).update(JSON.stringify({ ...session, expiresAt })).digest("base64url");
  return signature === expected ? { strategy: "compact", lasts: seconds(expiresAt - session.updatedAt), payload: session, expiresAt } : undefined;
}

function ofClaims(strategy, header, { iat, exp, jti, ...payload }) {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(jti);
  // Whole seconds, of a moment that is given in milliseconds too.
  const isIssuedNow = Math.abs(iat * 1000 - payload.updatedAt) < 2000;
  return { strategy, header, isIssuedNow, lasts: seconds((exp - iat) * 1000), jti: jti === undefined ? "none" : isUuid, payload, expiresAt: exp * 1000 };
}

function jwt(text, secret) {
  const [header, claims, signature] = text.split(".");
  const expected = createHmac("sha256", secret).update(`${header}.${claims}`).digest("base64url");
  return signature === expected ? ofClaims("jwt", parsed(bytes(header)), parsed(bytes(claims))) : undefined;
}

/** A256CBC-HS512 (RFC 7518 §5.2.5), with a key that both servers know. */
function jwe(text, secret) {
  const [header, , iv, ciphertext, tag] = text.split(".");
  const key = Buffer.from(hkdfSync("sha256", secret, "better-auth-session", INFO, 64));
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(header.length * 8));
  const mac = createHmac("sha512", key.subarray(0, 32)).update(header).update(bytes(iv)).update(bytes(ciphertext)).update(length).digest();
  if (!mac.subarray(0, 32).equals(bytes(tag))) return undefined;
  const cipher = createDecipheriv("aes-256-cbc", key.subarray(32), bytes(iv));
  const claims = parsed(Buffer.concat([cipher.update(bytes(ciphertext)), cipher.final()]));
  return ofClaims("jwe", parsed(bytes(header)), claims);
}

export function openSessionData(text, secret) {
  const parts = text.split(".").length;
  try {
    return parts === 5 ? jwe(text, secret) : parts === 3 ? jwt(text, secret) : compact(text, secret);
  } catch {
    return undefined;
  }
}
