// Runs scenarios on both servers at once and makes one test of each step.
import { describe, test } from "node:test";
import { differences } from "../differences/index.mjs";
import { compareSteps, report } from "./compare.mjs";
import { countDeliberate, countScenario, countStep, named, servedBy, summarise, uncovered } from "./coverage.mjs";
import { empty, engine, rowsOf } from "./database.mjs";
import { Run } from "./run.mjs";
import { startServer, stopServers, subjectKind } from "./servers.mjs";

/** A named list of steps; `servers` are options of both servers, `fresh` wants a pair of its own. */
export const scenario = (name, steps, { servers = {}, fresh = false } = {}) => ({ name, steps, servers, fresh });

const pairs = new Map();
const used = new Set();

async function pairFor({ name, servers, fresh }) {
  const key = JSON.stringify(fresh ? { name, servers } : servers);
  const died = pairs.get(key)?.some((server) => server.hasEnded());
  if (died) await Promise.all(pairs.get(key).map((server) => server.stop()));
  if (died || !pairs.has(key)) pairs.set(key, await Promise.all([startServer("reference", servers), startServer(subjectKind, servers)]));
  return pairs.get(key);
}

export async function stopAll() {
  pairs.clear();
  await stopServers();
}

async function record(scenario, server) {
  const run = new Run(server);
  await run.database(empty);
  let failure;
  try {
    await scenario.steps(run);
  } catch (error) {
    failure = String(error?.message ?? error);
  }
  const rows = { name: "rows", exchanges: [], rows: await run.database((database) => rowsOf(database, run.normaliser)) };
  const outcome = { name: "ran to its end", exchanges: [], ...(failure && { failure: run.normaliser.text(failure) }) };
  return { steps: [...run.steps, rows, outcome], failure };
}

/** Runs a scenario on one server only. */
export async function recordAlone(scenario, kind) {
  const server = await startServer(kind, scenario.servers);
  try {
    return await record(scenario, server);
  } finally {
    await server.stop();
  }
}

const onThisEngine = (list) => list.filter((difference) => (difference.engine ?? engine) === engine);

/** Takes the deliberate differences out of `found`, asserting each; gives what is left. */
export function withoutDeliberate(scenarioName, step, found, list = differences) {
  let rest = found;
  for (const entry of onThisEngine(list)) {
    if (!entry.scenario.test(scenarioName) || !entry.step.test(step.name)) continue;
    const covered = rest.filter(({ field }) => entry.field.test(field));
    if (covered.length === 0) continue;
    used.add(entry.id);
    entry.assert(step);
    countDeliberate(covered.length);
    rest = rest.filter((difference) => !covered.includes(difference));
  }
  return rest;
}

export function fail(message) {
  const error = new Error(message);
  error.stack = message;
  throw error;
}

/** Fails with a readable report if the two recordings of a step differ. */
export function assertSame(scenarioName, real, ours) {
  if (!ours) return fail(report(scenarioName, real, undefined, [{ field: "step", expected: "was reached", got: "was not reached" }]));
  if (!real) return fail(report(scenarioName, undefined, ours, [{ field: "step", expected: "was not reached", got: "was reached" }]));
  let found = compareSteps(real, ours);
  countStep(real);
  if (subjectKind !== "reference") found = withoutDeliberate(scenarioName, ours, found);
  if (found.length > 0) fail(report(scenarioName, real, ours, found));
}

/** One suite a scenario, one test a step. */
export function compareScenario(scenario) {
  test(scenario.name, async (t) => {
    const pair = await pairFor(scenario);
    countScenario();
    const [real, ours] = await Promise.all(pair.map((server) => record(scenario, server)));
    if (real.failure) fail(`the real server did not finish "${scenario.name}": ${real.failure}`);
    const names = [...new Set([...real.steps, ...ours.steps].map((step) => step.name))];
    const find = (recording, name) => recording.steps.find((step) => step.name === name);
    for (const name of names) await t.test(name, () => assertSame(scenario.name, find(real, name), find(ours, name)));
  });
}

/** A deliberate difference that no longer shows is a mistake in the list. */
export function compareList() {
  describe("deliberate differences still differ", () => {
    for (const { id } of onThisEngine(differences)) {
      test(id, () => {
        if (!used.has(id)) fail(`differences/index.mjs lists "${id}", but no step differs in that way any more: remove it or mend its matcher`);
      });
    }
  });
}

/** Nothing that ours serves may go without a comparison. Counts for the table that `run.mjs` prints. */
export function compareCoverage() {
  describe("every endpoint that ours serves is asked successfully in a compared scenario", async () => {
    const [real, ours] = await Promise.all([startServer("reference"), startServer(subjectKind, { deleteUser: true })]);
    const { served, unserved } = await servedBy(ours, real.endpoints());
    // The real server in place of ours serves what ours does not yet.
    for (const endpoint of subjectKind === "reference" ? [] : served) {
      test(named(endpoint), () => {
        if (uncovered([endpoint]).length > 0) fail("no compared step asks it and is answered with less than 400: add one to scenarios/");
      });
    }
    test("counted", () => {
      if (served.length === 0) fail("ours serves no endpoint of the real server");
      const file = process.env.CONFORMANCE_SUMMARY;
      if (file) summarise(file, { engine, served, unserved, deliberate: used.size });
    });
  });
}
