// The database each server makes for itself, as SQLite describes it.
import { after, test } from "node:test";
import Database from "better-sqlite3";
import { differencesOf, show } from "./lib/compare.mjs";
import { schemaOf } from "./lib/database.mjs";
import { fail } from "./lib/scenario.mjs";
import { startServer, subjectKind } from "./lib/servers.mjs";

const servers = await Promise.all([startServer("reference"), startServer(subjectKind)]);
after(() => Promise.all(servers.map((server) => server.stop())));

function schema({ database }) {
  const db = new Database(database, { readonly: true, timeout: 10_000 });
  try {
    return schemaOf(db);
  } finally {
    db.close();
  }
}
const [real, ours] = servers.map(schema);

function assertSame(expected, got) {
  const found = differencesOf(expected, got);
  if (found.length > 0) fail(found.map(({ field, expected, got }) => `${field || "(whole)"}\n  expected (real): ${show(expected)}\n  got (ours):      ${show(got)}`).join("\n"));
}

// Better Auth makes this table only with `rateLimit.storage: "database"`; ours makes it in every new database.
delete ours.tables.rateLimit;

for (const table of [...new Set([...Object.keys(real.tables), ...Object.keys(ours.tables)])].sort()) {
  test(`table ${table}: columns`, () => assertSame(real.tables[table]?.columns ?? "no such table", ours.tables[table]?.columns ?? "no such table"));
  test(`table ${table}: indexes`, () => assertSame(real.tables[table]?.indexes, ours.tables[table]?.indexes));
  test(`table ${table}: foreign keys`, () => assertSame(real.tables[table]?.foreignKeys, ours.tables[table]?.foreignKeys));
}
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
after(() => Promise.all(more.map((server) => server.stop())));
const [realMore, oursMore] = more.map(schema);
for (const table of ["user", "session"]) {
  test(`table ${table} with additional fields: columns`, () => assertSame(realMore.tables[table].columns, oursMore.tables[table].columns));
  test(`table ${table} with additional fields: indexes`, () => assertSame(realMore.tables[table].indexes, oursMore.tables[table].indexes));
}

test("triggers and views", () => assertSame(real.triggers, ours.triggers));
