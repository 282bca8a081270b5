// The database each server makes for itself, as SQLite describes it.
import { after, test } from "node:test";
import Database from "better-sqlite3";
import { differencesOf, show } from "./lib/compare.mjs";
import { schemaOf } from "./lib/database.mjs";
import { fail } from "./lib/scenario.mjs";
import { startServer, subjectKind } from "./lib/servers.mjs";

const servers = await Promise.all([startServer("reference"), startServer(subjectKind)]);
after(() => Promise.all(servers.map((server) => server.stop())));

const [real, ours] = servers.map(({ database }) => {
  const db = new Database(database, { readonly: true, timeout: 10_000 });
  try {
    return schemaOf(db);
  } finally {
    db.close();
  }
});

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
test("triggers and views", () => assertSame(real.triggers, ours.triggers));
