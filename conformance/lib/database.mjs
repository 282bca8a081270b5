// The databases of the servers under test, on the engine that is being compared: SQLite or PostgreSQL.
// Both kinds offer the same: `prepare(sql)` as better-sqlite3 has it, with ? for values, but asynchronous;
// the SQL itself must be good on both (booleans are `true` and `false`, the oldest row has the least "createdAt").
import { Postgres } from "./postgres.mjs";
import { Sqlite } from "./sqlite.mjs";

const kinds = { sqlite: Sqlite, postgres: Postgres };

export const engine = process.env.CONFORMANCE_ENGINE ?? "sqlite";
if (!Object.hasOwn(kinds, engine)) throw new Error(`CONFORMANCE_ENGINE is ${engine}, not one of ${Object.keys(kinds).join(", ")}`);

const TABLES = ["user", "account", "session", "verification", "jwks"];
const made = new Set();

/** An empty database for one server, or for several that share it. */
export async function newDatabase() {
  const database = await kinds[engine].make();
  made.add(database);
  return database;
}

export async function removeDatabases() {
  for (const database of made) await database.remove();
  made.clear();
}

/** All rows of Better Auth's tables, oldest first, each value with its type. */
export async function rowsOf(database, normaliser) {
  normaliser.place = "rows";
  const tables = {};
  for (const table of TABLES) {
    const rows = await database.typedRows(table);
    tables[table] = rows.map((row, index) => {
      const cells = Object.keys(row).sort().map((name) => {
        const { type, value } = row[name];
        return [name, { type, value: cell(table, name, value, normaliser, `${table}[${index}].${name}`) }];
      });
      return Object.fromEntries(cells);
    });
  }
  return tables;
}

function cell(table, column, value, normaliser, path) {
  if (table === "jwks" && column === "publicKey") return { jsonText: normaliser.value(JSON.parse(value), path) };
  return normaliser.value(value, path);
}

/** Empties every table between scenarios: what one leaves behind, or when it did, must not show in the next. */
export async function empty(database) {
  for (const table of ["session", "account", "verification", "user", "jwks"]) await database.prepare(`delete from "${table}"`).run();
}
