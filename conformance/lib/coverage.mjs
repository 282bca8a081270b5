// What was compared, counted: steps, answers, deliberate differences, and the endpoints of the real server
// that ours serves too, with those of them that no scenario asks successfully.
import { writeFileSync } from "node:fs";
import { send } from "./http.mjs";

const counts = { scenarios: 0, steps: 0, answers: 0, differing: 0 };
const asked = new Set();

export const countScenario = () => counts.scenarios++;

/** A step that was compared, as it was recorded of the real server. */
export function countStep({ exchanges }) {
  counts.steps++;
  counts.answers += exchanges.length;
  for (const { call } of exchanges) if (call.status < 400) asked.add(`${call.method} ${call.path}`);
}

/** Fields of a step that differ as the list says. */
export const countDeliberate = (fields) => (counts.differing += fields);

/** `/reset-password/:token` stands for `/reset-password/abc`. */
export function isAt(template, path) {
  const [wanted, given] = [template.split("/"), path.split("/")];
  return wanted.length === given.length && wanted.every((part, index) => (part.startsWith(":") ? given[index] !== "" : part === given[index]));
}

const isCovered = (call, [method, template]) => {
  const at = call.indexOf(" ");
  return call.slice(0, at) === method && isAt(template, call.slice(at + 1));
};

/** Endpoints by whether ours serves them: what it does not know it answers with 404 and no body at all. */
export async function servedBy({ port }, endpoints) {
  const [served, unserved] = [[], []];
  for (const [method, template] of endpoints) {
    const path = `/api/auth${template.replaceAll(/:\w+/g, "x")}`;
    const { status, body } = await send(port, method, path, [["host", `localhost:${port}`]]);
    (status === 404 && body === "" ? unserved : served).push([method, template]);
  }
  return { served, unserved };
}

export const uncovered = (served) => served.filter((endpoint) => ![...asked].some((call) => isCovered(call, endpoint)));

/** For the table at the end of `run.mjs`. */
export function summarise(file, { engine, served, unserved, deliberate }) {
  const missing = uncovered(served).map(named);
  writeFileSync(file, JSON.stringify({ engine, ...counts, deliberate, served: served.length, missing, unserved: unserved.map(named) }));
}

export const named = ([method, template]) => `${method} ${template}`;
