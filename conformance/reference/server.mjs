// The real Better Auth, 1.7.25 unless VERSION names one of the others that are installed, on node:http, configured from the
// environment:
// PORT (0 = any), DATABASE (a SQLite file, or a postgres:// URL), BASE_URL, BETTER_AUTH_SECRET,
// BETTER_AUTH_TRUSTED_ORIGINS (read by Better Auth itself), RATE_LIMIT and DELETE_USER (on|off), MAILS (a
// directory: mails become files in it; without it none are sent), OPTIONS (JSON: more of advanced, disabledPaths, emailAndPassword,
// emailVerification, onAPIError, rateLimit, session and user, where true stands for a function that sends a mail, and the
// default "now" of a date for one that gives the present), JWT_ALG (of the signing keys), JWKS (JSON: more of the
// jwt plugin's jwks), PLUGINS (JSON: names of more plugins).
// It creates missing tables, then prints {"address": "127.0.0.1:PORT", "endpoints": [["GET", "/ok"], …]} on stdout.
process.env.BETTER_AUTH_TELEMETRY = "0";
// Outside development and test, a request without x-forwarded-for has no address at all here; ours takes
// the peer's. In development the real server takes 127.0.0.1, which is the peer's, so both can be compared.
process.env.NODE_ENV ??= "development";

const { createServer } = await import("node:http");
const { mkdirSync, renameSync, writeFileSync } = await import("node:fs");
const { join } = await import("node:path");
// An older version is installed under a name of its own.
const library = process.env.VERSION ? `better-auth-${process.env.VERSION}` : "better-auth";
const { betterAuth } = await import(library);
const { getMigrations } = await import(`${library}/db/migration`);
const { toNodeHandler } = await import(`${library}/node`);
const plugins = await import(`${library}/plugins`);
const { bearer, jwt } = plugins;

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
// Of the jwt plugin's `jwks`: rotationInterval and the like, as JSON.
const keyPair = { jwks: { ...JSON.parse(process.env.JWKS ?? "{}"), ...(alg ? { keyPairConfig: { alg } } : {}) } };
const more = JSON.parse(process.env.OPTIONS ?? "{}");
/** An option that is a function which sends a mail: sends one where it was set to true. */
const sending = (options = {}, name) => ({ ...options, [name]: options[name] ? async (data) => mail(data) : undefined });
/** Additional fields, whose defaults may be functions. */
const fields = (all = {}) =>
  Object.fromEntries(Object.entries(all).map(([name, field]) => [name, field.defaultValue === "now" && field.type === "date" ? { ...field, defaultValue: () => new Date() } : field]));

const database = process.env.DATABASE ?? "reference.db";
async function open() {
  if (!/^postgres(ql)?:/.test(database)) return new (await import("better-sqlite3")).default(database);
  const pool = new (await import("pg")).default.Pool({ connectionString: database });
  pool.on("error", () => {}); // a connection that ends while it is idle is replaced
  return pool;
}

const auth = betterAuth({
  baseURL: process.env.BASE_URL ?? `http://localhost:${port}`,
  database: await open(),
  emailAndPassword: { enabled: true, ...sends("sendResetPassword"), ...more.emailAndPassword },
  emailVerification: { ...sends("sendVerificationEmail"), ...more.emailVerification },
  session: { ...more.session, additionalFields: fields(more.session?.additionalFields) },
  user: {
    additionalFields: fields(more.user?.additionalFields),
    changeEmail: sending(more.user?.changeEmail, "sendChangeEmailConfirmation"),
    deleteUser: { enabled: process.env.DELETE_USER === "on", ...sending(more.user?.deleteUser, "sendDeleteAccountVerification") },
  },
  onAPIError: more.onAPIError,
  advanced: more.advanced,
  disabledPaths: more.disabledPaths,
  rateLimit: { enabled: process.env.RATE_LIMIT === "on", ...more.rateLimit },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [jwt(keyPair), bearer(), ...JSON.parse(process.env.PLUGINS ?? "[]").map((name) => plugins[name]())],
});
const migrations = await getMigrations(auth.options);
await migrations.runMigrations();
handler = toNodeHandler(auth);

const endpoints = Object.values(auth.api).filter(({ path }) => path).flatMap(({ path, options }) => [options.method].flat().map((method) => [method, path]));
process.stdout.write(`${JSON.stringify({ address: `127.0.0.1:${port}`, endpoints })}\n`);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
