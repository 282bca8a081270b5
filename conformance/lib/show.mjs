// Prints what one server answers to the chosen scenarios: `node run.mjs --show real|ours --only NAME`.
import { scenarios } from "./catalogue.mjs";
import { responseLines } from "./compare.mjs";
import { recordAlone, stopAll } from "./scenario.mjs";

const kind = process.argv[2] === "ours" ? "gatewright" : "reference";
for (const scenario of scenarios) {
  const { steps } = await recordAlone(scenario, kind);
  console.log(`\n=== ${scenario.name}`);
  for (const step of steps) {
    console.log(`\n--- ${step.name}`);
    for (const { request, response } of step.exchanges) {
      console.log([`> ${request.line}`, ...request.headers.map((line) => `> ${line}`), ...(request.body ? [`> ${request.body}`] : [])].join("\n"));
      console.log(responseLines({ response }).map((line) => `< ${line}`).join("\n"));
    }
    if (step.rows) console.log(JSON.stringify(step.rows, null, 1));
    if (step.failure) console.log(`failed: ${step.failure}`);
  }
}
await stopAll();
