// The one command: checks the harness itself, then compares Gatewright with the real Better Auth.
//   node run.mjs                         everything against `gatewright serve`
//   node run.mjs --reference-only        the real server stands in for ours: must find no difference
//   node run.mjs --only "sign-up"        only scenarios whose name contains it
//   node run.mjs --show real|ours --only "sign-up"    print what a server answers, compare nothing
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    "reference-only": { type: "boolean", default: false },
    only: { type: "string" },
    show: { type: "string" },
    reporter: { type: "string", default: "spec" },
  },
});
const here = fileURLToPath(new URL(".", import.meta.url));
const env = { ...process.env };
if (values["reference-only"]) env.CONFORMANCE_SUBJECT = "reference";
if (values.only) env.CONFORMANCE_ONLY = values.only;

function run(args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: here, env, stdio: "inherit" });
  if (error) throw error;
  process.exit(status ?? 3);
}

if (values.show) run(["lib/show.mjs", values.show]);
const files = ["harness.test.mjs", "differential.test.mjs"];
if (!values.only) files.push("schema.test.mjs", "exchange.test.mjs", "key-pairs.test.mjs", "cookie-cache.test.mjs", "secrets.test.mjs");
if (!values.only && !values["reference-only"]) files.push("startup.test.mjs", "main-job.mjs");
run(["--test", "--test-concurrency=1", `--test-reporter=${values.reporter}`, ...files]);
