// All scenarios, in the order of their files; CONFORMANCE_ONLY chooses those whose name contains it.
import { readdirSync } from "node:fs";

const folder = new URL("../scenarios/", import.meta.url);
const all = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) {
  all.push(...(await import(new URL(file, folder))).default);
}
const names = all.map(({ name }) => name);
const twice = names.find((name, index) => names.indexOf(name) !== index);
if (twice) throw new Error(`two scenarios are called "${twice}"`);

export const only = process.env.CONFORMANCE_ONLY;
export const scenarios = all.filter(({ name }) => !only || name.includes(only));
if (scenarios.length === 0) throw new Error(`no scenario's name contains "${only}"`);
