// Starts and stops either server. Both get the same secret, a free port, a database
// of their own, and the same configuration.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newDatabase, removeDatabases } from "./database.mjs";
import { temporaryDirectory } from "./directories.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
export const SECRET = process.env.CONFORMANCE_SECRET ?? randomBytes(24).toString("base64url");
export const subjectKind = process.env.CONFORMANCE_SUBJECT ?? "gatewright";

const running = new Set();
const servers = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** The path of one of our own programs: from the environment, else the newest build. */
export function binary(variable, name) {
  if (process.env[variable]) return process.env[variable];
  for (const profile of ["release", "debug"]) {
    const path = join(here, "..", "target", profile, name);
    if (existsSync(path)) return path;
  }
  throw new Error(`${name} is not built: run \`cargo build --release\` first, or name the program in ${variable}`);
}

/** Starts a program and keeps its output for error messages. */
export function launch(command, args, env) {
  const { PATH, HOME, TMPDIR } = process.env;
  const inherited = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined));
  const child = spawn(command, args, { env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  // A server must not keep the tests from ending; it ends with them.
  for (const handle of [child, child.stdout, child.stderr]) handle.unref();
  const output = [];
  const keep = (chunk) => {
    output.push(chunk.toString());
    if (output.length > 400) output.shift();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise((done) => {
    child.once("error", (error) => done(output.push(String(error))));
    child.once("exit", () => done());
  }).then(() => running.delete(child));
  return {
    output: () => output.join(""),
    hasEnded: () => !running.has(child),
    async stop() {
      if (!running.has(child)) return;
      child.kill("SIGTERM");
      child.ref();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** `emailAndPassword` as `EMAIL_AND_PASSWORD`, `onAPIError` as `ON_API_ERROR`. */
const constant = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toUpperCase();

/** What has names of its own, as a configuration file has it: `additionalFields` of users and sessions, `customRules`. */
function namesFile(settings) {
  const tables = ["user", "session"].flatMap((owner) =>
    Object.entries(settings[owner]?.additionalFields ?? {}).map(([name, field]) => {
      const lines = Object.entries(field).map(([key, value]) => `${constant(key).toLowerCase()} = ${JSON.stringify(value)}`);
      return [`[${owner}.additional_fields.${name}]`, ...lines, ""].join("\n");
    }),
  );
  const rules = Object.entries(settings.rateLimit?.customRules ?? {}).map(([path, rule]) => `${JSON.stringify(path)} = ${rule ? `{ window = ${rule.window}, max = ${rule.max} }` : false}`);
  if (rules.length > 0) tables.push(["[rate_limit.custom_rules]", ...rules, ""].join("\n"));
  return tables.join("\n");
}

/** `{user: {changeEmail: {enabled: true}}}` as `[["USER__CHANGE_EMAIL__ENABLED", "true"]]`. */
function variables(settings) {
  return Object.entries(settings).flatMap(([name, value]) =>
    name === "additionalFields" || name === "customRules" ? [] : value !== null && typeof value === "object" && !Array.isArray(value)
      ? variables(value).map(([rest, text]) => [`${constant(name)}__${rest}`, text])
      : [[constant(name), String(value)]],
  );
}

function answers(port, path) {
  return new Promise((done) => {
    const ask = request({ host: "127.0.0.1", port, path, agent: false, timeout: 1000 }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    ask.on("error", () => done(false));
    ask.on("timeout", () => ask.destroy());
    ask.end();
  });
}

async function ready(name, process_, port) {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (process_.hasEnded()) break;
    if (await answers(port, "/api/auth/ok")) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  await process_.stop();
  throw new Error(`${name} did not become ready. Its output:\n${process_.output().replaceAll(SECRET, "<secret>")}`);
}

/**
 * @param {"reference" | "gatewright"} kind
 * `settings` are Better Auth's options by section, for both: {emailAndPassword: {requireEmailVerification: true}}.
 * @param {{database?: Sqlite | Postgres, baseUrl?: string, rateLimit?: boolean, deleteUser?: boolean, trustedOrigins?: string[], settings?: object, env?: object}} options
 */
export async function startServer(kind, options = {}) {
  const port = await freePort();
  const database = options.database ?? (await newDatabase());
  const base = options.baseUrl ?? `http://localhost:${port}`;
  const env = { BETTER_AUTH_SECRET: SECRET };
  if (options.trustedOrigins) env.BETTER_AUTH_TRUSTED_ORIGINS = options.trustedOrigins.join(",");

  const mails = join(temporaryDirectory(), "mails");
  const settings = options.settings ?? {};

  let child;
  if (kind === "reference") {
    const script = join(here, "reference", "server.mjs");
    Object.assign(env, { PORT: String(port), DATABASE: database.address, BASE_URL: base, MAILS: mails, OPTIONS: JSON.stringify(settings) });
    Object.assign(env, { RATE_LIMIT: options.rateLimit ? "on" : "off", DELETE_USER: options.deleteUser ? "on" : "off" });
    child = launch(process.execPath, [script], { ...env, ...options.env });
  } else {
    const args = ["serve", "--listen", `127.0.0.1:${port}`, "--database", database.url, "--base-url", base];
    env.GATEWRIGHT__RATE_LIMIT__ENABLED = String(Boolean(options.rateLimit));
    env.GATEWRIGHT__LOCKOUT__ENABLED = "false"; // scenarios give more wrong passwords than a person
    if (options.deleteUser) env.GATEWRIGHT__USER__DELETE_USER__ENABLED = "true";
    env.GATEWRIGHT__MAIL__DIRECTORY = mails;
    const file = namesFile(settings);
    if (file) {
      const path = join(temporaryDirectory(), "gatewright.toml");
      writeFileSync(path, file);
      args.push("--config", path);
    }
    for (const [name, text] of variables(settings)) env[`GATEWRIGHT__${name}`] = text;
    child = launch(binary("GATEWRIGHT_BIN", "gatewright"), args, { ...env, ...options.env });
  }
  await ready(kind, child, port);
  // The real server names its endpoints in the first line that it prints.
  const endpoints = () => JSON.parse(child.output().split("\n").find((line) => line.startsWith("{"))).endpoints;
  const server = { kind, port, base, url: `http://localhost:${port}`, database, mails, endpoints, ...child };
  servers.add(server);
  return server;
}

/** Stops all that run, and removes all databases that were made. */
export async function stopServers() {
  await Promise.all([...servers].map((server) => server.stop()));
  servers.clear();
  await removeDatabases();
}
