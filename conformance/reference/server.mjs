// The real Better Auth 1.7.25 on node:http, configured from the environment:
// PORT (0 = any), DATABASE (a SQLite file), BASE_URL, BETTER_AUTH_SECRET,
// BETTER_AUTH_TRUSTED_ORIGINS (read by Better Auth itself), RATE_LIMIT and DELETE_USER (on|off), MAILS (a
// directory: mails become files in it; without it none are sent), OPTIONS (JSON: more of emailAndPassword and
// emailVerification), JWT_ALG (of the signing keys).
// It creates missing tables, then prints {"address": "127.0.0.1:PORT"} on stdout.
process.env.BETTER_AUTH_TELEMETRY = "0";
// Outside development and test, a request without x-forwarded-for has no address at all here; ours takes
// the peer's. In development the real server takes 127.0.0.1, which is the peer's, so both can be compared.
process.env.NODE_ENV ??= "development";

const { createServer } = await import("node:http");
const { mkdirSync, renameSync, writeFileSync } = await import("node:fs");
const { join } = await import("node:path");
const { default: Database } = await import("better-sqlite3");
const { betterAuth } = await import("better-auth");
const { getMigrations } = await import("better-auth/db/migration");
const { toNodeHandler } = await import("better-auth/node");
const { bearer, jwt } = await import("better-auth/plugins");

let handler = (_request, response) => response.writeHead(503).end();
const server = createServer((request, response) => handler(request, response));
await new Promise((done) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", done));
const { port } = server.address();

let mails = 0;
/** A file a mail, with its link on a line of its own. */
function mail({ user, url }) {
  mkdirSync(process.env.MAILS, { recursive: true });
  const file = join(process.env.MAILS, `${Date.now()}-${String(mails++).padStart(6, "0")}.eml`);
  writeFileSync(`${file}.draft`, `To: ${user.email}\r\n\r\n${url}\r\n`);
  renameSync(`${file}.draft`, file);
}
const sends = (name) => (process.env.MAILS ? { [name]: async (data) => mail(data) } : {});
const alg = process.env.JWT_ALG;
const keyPair = alg ? { jwks: { keyPairConfig: { alg } } } : {};
const more = JSON.parse(process.env.OPTIONS ?? "{}");

const auth = betterAuth({
  baseURL: process.env.BASE_URL ?? `http://localhost:${port}`,
  database: new Database(process.env.DATABASE ?? "reference.db"),
  emailAndPassword: { enabled: true, ...sends("sendResetPassword"), ...more.emailAndPassword },
  emailVerification: { ...sends("sendVerificationEmail"), ...more.emailVerification },
  user: { deleteUser: { enabled: process.env.DELETE_USER === "on" } },
  session: more.session,
  rateLimit: { enabled: process.env.RATE_LIMIT === "on" },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [jwt(keyPair), bearer()],
});
const migrations = await getMigrations(auth.options);
await migrations.runMigrations();
handler = toNodeHandler(auth);

process.stdout.write(`${JSON.stringify({ address: `127.0.0.1:${port}` })}\n`);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
