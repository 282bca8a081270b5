// The database each server makes for itself, as the engine describes it.
import { after, test } from "node:test";
import { differencesOf, show } from "./lib/compare.mjs";
import { fail } from "./lib/scenario.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

after(stopServers);
const servers = await Promise.all([startServer("reference"), startServer(subjectKind)]);
const [real, ours] = await Promise.all(servers.map(({ database }) => database.schema()));

function assertSame(expected, got) {
  const found = differencesOf(expected, got);
  if (found.length > 0) fail(found.map(({ field, expected, got }) => `${field || "(whole)"}\n  expected (real): ${show(expected)}\n  got (ours):      ${show(got)}`).join("\n"));
}

for (const table of [...new Set([...Object.keys(real.tables), ...Object.keys(ours.tables)])].sort()) {
  test(`table ${table}: columns`, () => assertSame(real.tables[table]?.columns ?? "no such table", ours.tables[table]?.columns ?? "no such table"));
  test(`table ${table}: indexes`, () => assertSame(real.tables[table]?.indexes, ours.tables[table]?.indexes));
  test(`table ${table}: constraints`, () => assertSame(real.tables[table]?.constraints, ours.tables[table]?.constraints));
}
test("nothing else", () => assertSame(real.others, ours.others));
