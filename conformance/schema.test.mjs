// The database each server makes for itself, as the engine describes it.
import { after, test } from "node:test";
import { differencesOf, show } from "./lib/compare.mjs";
import { fail } from "./lib/scenario.mjs";
import { startServer, stopServers, subjectKind } from "./lib/servers.mjs";

after(stopServers);
const servers = await Promise.all([startServer("reference"), startServer(subjectKind)]);
const schema = ({ database }) => database.schema();
const [real, ours] = await Promise.all(servers.map(schema));

// In alphabetical order: ours reads them from a file that has no other.
const additionalFields = {
  age: { type: "number", required: false },
  badge: { type: "string", required: false, unique: true },
  bornAt: { type: "date" },
  joinedAt: { type: "date", defaultValue: "now" },
  marks: { type: "number[]", required: false },
  nickname: { type: "string", required: true, fieldName: "nick_name" },
  plan: { type: "string", defaultValue: "basic" },
  subscribed: { type: "boolean", required: true, defaultValue: false },
  tags: { type: "string[]" },
};
const optional = Object.fromEntries(Object.entries(additionalFields).map(([name, field]) => [name, { ...field, required: false }]));
const withFields = { settings: { user: { additionalFields }, session: { additionalFields: optional } } };
const more = await Promise.all([startServer("reference", withFields), startServer(subjectKind, withFields)]);
const [realMore, oursMore] = await Promise.all(more.map(schema));

function assertSame(expected, got) {
  const found = differencesOf(expected, got);
  if (found.length > 0) fail(found.map(({ field, expected, got }) => `${field || "(whole)"}\n  expected (real): ${show(expected)}\n  got (ours):      ${show(got)}`).join("\n"));
}

// Better Auth makes this table only with `rateLimit.storage: "database"`; ours makes it in
// every new database, beside the tables of its own.
delete ours.tables.rateLimit;
for (const table of Object.keys(ours.tables)) if (table.startsWith("gatewright_")) delete ours.tables[table];

const isOurs = ({ name }) => name.startsWith("gatewright_");
ours.others = ours.others.filter((other) => !isOurs(typeof other === "string" ? { name: other } : other));

for (const table of [...new Set([...Object.keys(real.tables), ...Object.keys(ours.tables)])].sort()) {
  test(`table ${table}: columns`, () => assertSame(real.tables[table]?.columns ?? "no such table", ours.tables[table]?.columns ?? "no such table"));
  test(`table ${table}: indexes`, () => assertSame(real.tables[table]?.indexes, ours.tables[table]?.indexes));
  test(`table ${table}: constraints`, () => assertSame(real.tables[table]?.constraints, ours.tables[table]?.constraints));
}
for (const table of ["user", "session"]) {
  test(`table ${table} with additional fields: columns`, () => assertSame(realMore.tables[table].columns, oursMore.tables[table].columns));
  test(`table ${table} with additional fields: indexes`, () => assertSame(realMore.tables[table].indexes, oursMore.tables[table].indexes));
  test(`table ${table} with additional fields: constraints`, () => assertSame(realMore.tables[table].constraints, oursMore.tables[table].constraints));
}

test("nothing else", () => assertSame(real.others, ours.others));
