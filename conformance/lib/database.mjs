// Rows and schema of a SQLite database in a comparable form.

const TABLES = ["user", "account", "session", "verification", "jwks"];

/** All rows of Better Auth's tables, oldest first, each value with its storage class. */
export function rowsOf(database, normaliser) {
  normaliser.place = "rows";
  const tables = {};
  for (const table of TABLES) {
    const columns = database.pragma(`table_info("${table}")`).map((column) => column.name).sort();
    const fields = columns.map((name, i) => `"${name}" as v${i}, typeof("${name}") as t${i}`).join(", ");
    tables[table] = database.prepare(`select ${fields} from "${table}" order by rowid`).all().map((row, index) => {
      const entries = columns.map((name, i) => [name, { type: row[`t${i}`], value: cell(table, name, row[`v${i}`], normaliser, `${table}[${index}].${name}`) }]);
      return Object.fromEntries(entries);
    });
  }
  return tables;
}

function cell(table, column, value, normaliser, path) {
  if (table === "jwks" && column === "publicKey") return { jsonText: normaliser.value(JSON.parse(value), path) };
  return normaliser.value(value, path);
}

/** Empties every table between scenarios: what one leaves behind, or when it did, must not show in the next. */
export function empty(database) {
  for (const table of ["session", "account", "verification", "user", "jwks"]) database.exec(`delete from "${table}"`);
}

/** Tables, columns, keys and indexes as SQLite describes them. */
export function schemaOf(database) {
  const names = database.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name").pluck().all();
  const triggers = database.prepare("select name from sqlite_master where type in ('trigger', 'view') order by name").pluck().all();
  const tables = Object.fromEntries(names.map((name) => [name, tableOf(database, name)]));
  return { tables, triggers };
}

function tableOf(database, table) {
  const columns = database.pragma(`table_xinfo("${table}")`).map(({ name, type, notnull, dflt_value, pk, hidden }) => ({ name, type, notnull, dflt_value, pk, hidden }));
  const indexes = database.pragma(`index_list("${table}")`).map(({ name, unique, origin, partial }) => ({
    name: name.startsWith("sqlite_autoindex_") ? "(automatic)" : name,
    unique,
    origin,
    partial,
    columns: database.pragma(`index_info("${name}")`).map((column) => column.name),
  }));
  const byContent = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const foreignKeys = database.pragma(`foreign_key_list("${table}")`).map(({ table: target, from, to, on_update, on_delete }) => ({ target, from, to, on_update, on_delete }));
  return { columns, indexes: indexes.sort(byContent), foreignKeys: foreignKeys.sort(byContent) };
}
