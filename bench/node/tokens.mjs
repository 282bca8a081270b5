// What a token costs with jose and fast-jwt, as bench/rust measures it for Rust: the same claims,
// keys parsed beforehand, short turns, the best turn of each. A line for each measurement.
import { Buffer } from 'node:buffer';
import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { createVerifier } from 'fast-jwt';

const TURN_NS = 5e6;
const millis = Number(process.argv[2] ?? 300);

const ISSUER = 'https://app.example.com';
const SECRET = Buffer.from('a shared secret of more than 32 bytes');
const CLAIMS = {
  aud: ISSUER,
  createdAt: '2026-01-31T09:30:00.000Z',
  email: 'ada.lovelace@example.com',
  exp: 4102444800,
  iat: 1700000000,
  iss: ISSUER,
  name: 'Ada Lovelace',
  role: 'administrator',
  sub: 'Qk3pVn8yXc5tRw2zLm7bHs4dGf6jPa9e',
  emailVerified: true,
};

const expected = { issuer: ISSUER, audience: ISSUER };
const fast = { allowedIss: ISSUER, allowedAud: ISSUER };

async function timed(call, calls) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i += 1) await call();
  return Number(process.hrtime.bigint() - start);
}

async function callsPerTurn(call) {
  for (let calls = 1; ; calls *= 2) {
    const took = await timed(call, calls);
    if (took * 4 > TURN_NS) return Math.max(1, Math.round((TURN_NS / took) * calls));
  }
}

async function compete(what, contenders) {
  const all = [];
  for (const [who, call] of Object.entries(contenders)) {
    // Until the compiler has seen it often enough.
    await timed(call, 200);
    all.push({ who, call, calls: await callsPerTurn(call), best: Infinity });
  }
  for (let turn = 0; turn < (millis * 1e6) / TURN_NS; turn += 1) {
    for (const one of all) one.best = Math.min(one.best, (await timed(one.call, one.calls)) / one.calls);
  }
  for (const { who, best } of all) console.log(JSON.stringify({ what, who, ns: best }));
}

const sign = (alg, key) => new jose.SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(key);

{
  const key = crypto.createSecretKey(SECRET);
  const token = await sign('HS256', key);
  const slow = createVerifier({ key: SECRET, algorithms: ['HS256'], ...fast });
  const cached = createVerifier({ key: SECRET, algorithms: ['HS256'], cache: true, ...fast });
  await compete('HS256 verify', {
    'jose (npm)': () => jose.jwtVerify(token, key, { algorithms: ['HS256'], ...expected }),
    'fast-jwt': () => slow(token),
  });
  await compete('HS256 verify, seen before', { 'fast-jwt': () => cached(token) });
}

for (const [alg, type, options] of [
  ['EdDSA', 'ed25519', {}],
  ['ES256', 'ec', { namedCurve: 'P-256' }],
  ['RS256', 'rsa', { modulusLength: 2048 }],
]) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options);
  const token = await sign(alg, privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const slow = createVerifier({ key: pem, algorithms: [alg], ...fast });
  const cached = createVerifier({ key: pem, algorithms: [alg], cache: true, ...fast });
  await compete(`${alg} verify`, {
    'jose (npm)': () => jose.jwtVerify(token, publicKey, { algorithms: [alg], ...expected }),
    'fast-jwt': () => slow(token),
  });
  await compete(`${alg} verify, seen before`, { 'fast-jwt': () => cached(token) });
}
