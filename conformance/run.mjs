// The one command: checks the harness itself, then compares Gatewright with the real Better Auth.
//   node run.mjs                         everything against `gatewright serve`, on SQLite and on PostgreSQL
//   node run.mjs --engine sqlite         on one of them
//   node run.mjs --reference-only        the real server stands in for ours: must find no difference
//   node run.mjs --only "sign-up"        only scenarios whose name contains it
//   node run.mjs --show real|ours --only "sign-up"    print what a server answers, compare nothing
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "sqlite,postgres" },
    "reference-only": { type: "boolean", default: false },
    only: { type: "string" },
    show: { type: "string" },
    reporter: { type: "string", default: "spec" },
  },
});
const here = fileURLToPath(new URL(".", import.meta.url));
const engines = values.engine.split(",");
const env = { ...process.env };
if (values["reference-only"]) env.CONFORMANCE_SUBJECT = "reference";
if (values.only) env.CONFORMANCE_ONLY = values.only;

/** Runs node; its exit code. What it prints is shown at once, or kept back and shown in the end. */
function node(args, more = {}, { keptBack = false } = {}) {
  const stdio = keptBack ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"];
  const child = spawn(process.execPath, args, { cwd: here, env: { ...env, ...more }, stdio });
  const said = [];
  if (keptBack) for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done({ code: code ?? 3, said }));
  });
}

if (values.show) process.exit((await node(["lib/show.mjs", values.show], { CONFORMANCE_ENGINE: engines[0] })).code);

if (engines.includes("postgres") && !process.env.GATEWRIGHT_TEST_POSTGRES) {
  console.error("GATEWRIGHT_TEST_POSTGRES is not set: it names a PostgreSQL whose user may create databases.\n`cargo xtask postgres node run.mjs` starts one for the run; `--engine sqlite` does without.");
  process.exit(2);
}
const test = ["--test", "--test-concurrency=1", `--test-reporter=${values.reporter}`];
const once = ["harness.test.mjs"];
const onEach = ["differential.test.mjs"];
if (!values.only) onEach.push("schema.test.mjs", "exchange.test.mjs", "key-pairs.test.mjs", "rotation.test.mjs", "import.test.mjs", "cookie-cache.test.mjs", "secrets.test.mjs");
if (!values.only && !values["reference-only"]) {
  once.push("startup.test.mjs");
  onEach.push("main-job.mjs", "drop-in.test.mjs");
}

const summaries = mkdtempSync(join(tmpdir(), "conformance-summary-"));
process.on("exit", () => rmSync(summaries, { recursive: true, force: true }));
const summaryOf = (engine) => join(summaries, `${engine}.json`);

let failed = (await node([...test, ...once])).code;
// Both at once, for most of the time goes into hashing passwords, on one core each.
const runs = engines.map((engine, index) => node([...test, ...onEach], { CONFORMANCE_ENGINE: engine, CONFORMANCE_SUMMARY: summaryOf(engine) }, { keptBack: index > 0 }));
for (const [index, run] of runs.entries()) {
  if (index > 0) console.log(`\n=== on ${engines[index]} ===`);
  const { code, said } = await run;
  for (const chunk of said) process.stdout.write(chunk);
  failed ||= code;
}

/** What was compared, an engine a line. */
function table(found) {
  const heads = ["engine", "endpoints covered", "scenarios", "steps compared", "answers compared", "differences listed", "fields they cover"];
  const lines = found.map((one) => [one.engine, `${one.served - one.missing.length} of ${one.served}`, one.scenarios, one.steps, one.answers, one.deliberate, one.differing].map(String));
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column].length)));
  for (const line of [heads, ...lines]) console.log(line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  const [{ unserved }] = found;
  if (unserved.length > 0) console.log(`not served by ours: ${unserved.join(", ")}`);
}
const found = engines.map(summaryOf).filter(existsSync).map((file) => JSON.parse(readFileSync(file, "utf8")));
if (found.length > 0) {
  console.log();
  table(found);
}
// Not `process.exit`: what is written to a pipe may still be under way.
process.exitCode = failed;
