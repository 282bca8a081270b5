// A SQLite file in a directory of its own.
import { join } from "node:path";
import Database from "better-sqlite3";
import { temporaryDirectory } from "./directories.mjs";
import { Statement } from "./statement.mjs";

export class Sqlite {
  engine = "sqlite";
  #open;

  static async make() {
    return new Sqlite(join(temporaryDirectory(), "auth.db"));
  }

  constructor(path) {
    this.path = path;
  }
  /** As ours is told of it. */
  get url() {
    return `sqlite:${this.path}`;
  }
  /** As the real server is told of it. */
  get address() {
    return this.path;
  }

  get #connection() {
    return (this.#open ??= new Database(this.path, { timeout: 10_000 }));
  }

  prepare(sql) {
    return new Statement(async (values) => {
      const statement = this.#connection.prepare(sql);
      return statement.reader ? { rows: statement.all(...values) } : { rows: [], changes: statement.run(...values).changes };
    });
  }

  /** Any statements, without values. */
  async exec(sql) {
    this.#connection.exec(sql);
  }

  /** Rows may lose what they refer to meanwhile. */
  async withoutForeignKeys(action) {
    this.#connection.pragma("foreign_keys = off");
    try {
      await action();
    } finally {
      this.#connection.pragma("foreign_keys = on");
    }
  }

  /** Oldest first; a value's type is its storage class. */
  async typedRows(table) {
    const columns = this.#connection.pragma(`table_info("${table}")`).map((column) => column.name);
    const fields = columns.map((name, i) => `"${name}" as v${i}, typeof("${name}") as t${i}`).join(", ");
    const rows = this.#connection.prepare(`select ${fields} from "${table}" order by rowid`).all();
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, { type: row[`t${i}`], value: row[`v${i}`] }])));
  }

  /** Tables, columns, keys and indexes as SQLite describes them. */
  async schema() {
    const names = this.#connection.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name").pluck().all();
    const others = this.#connection.prepare("select name from sqlite_master where type in ('trigger', 'view') order by name").pluck().all();
    return { tables: Object.fromEntries(names.map((name) => [name, this.#table(name)])), others };
  }

  #table(table) {
    const columns = this.#connection.pragma(`table_xinfo("${table}")`).map(({ name, type, notnull, dflt_value, pk, hidden }) => ({ name, type, notnull, dflt_value, pk, hidden }));
    const indexes = this.#connection.pragma(`index_list("${table}")`).map(({ name, unique, origin, partial }) => ({
      name: name.startsWith("sqlite_autoindex_") ? "(automatic)" : name,
      unique,
      origin,
      partial,
      columns: this.#connection.pragma(`index_info("${name}")`).map((column) => column.name),
    }));
    const byContent = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    const constraints = this.#connection.pragma(`foreign_key_list("${table}")`).map(({ table: target, from, to, on_update, on_delete }) => ({ target, from, to, on_update, on_delete }));
    return { columns, indexes: indexes.sort(byContent), constraints: constraints.sort(byContent) };
  }

  /** Every definition, word for word. */
  async dump() {
    return this.#connection.prepare("select type, name, tbl_name, sql from sqlite_master order by type, name").all();
  }

  /** Closes it; the file goes with its directory. */
  async remove() {
    this.#open?.close();
    this.#open = undefined;
  }
}
