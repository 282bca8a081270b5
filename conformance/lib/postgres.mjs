// A database of its own in the PostgreSQL that GATEWRIGHT_TEST_POSTGRES names.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { Statement } from "./statement.mjs";

const SERVER = process.env.GATEWRIGHT_TEST_POSTGRES;

/** Times as text with every digit that is stored, whatever JavaScript's Date could hold; counts as numbers. */
const types = {
  getTypeParser(oid, format) {
    if (oid === pg.types.builtins.TIMESTAMPTZ) return iso;
    if (oid === pg.types.builtins.INT8) return Number;
    return pg.types.getTypeParser(oid, format);
  },
};

/** `2026-01-01 00:00:00.12+00` as `2026-01-01T00:00:00.120Z`: three digits, or more where there are more. */
function iso(text) {
  const [, date, time, fraction = ""] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text);
  return `${date}T${time}.${fraction.padEnd(3, "0")}Z`;
}

/** A connection that keeps the tests from ending only while it is asked something. */
class Connection {
  #client;
  #waiting = 0;
  #ready;

  constructor(url) {
    this.#client = new pg.Client({ connectionString: url, types, options: "-c TimeZone=UTC -c DateStyle=ISO" });
    this.#client.on("error", () => {}); // a server that is gone shows in the next query
    this.#ready = this.#client.connect();
  }

  async query(sql, values) {
    await this.#ready;
    const { stream } = this.#client.connection;
    if (this.#waiting++ === 0) stream.ref();
    try {
      return await this.#client.query(sql, values);
    } finally {
      if (--this.#waiting === 0) stream.unref();
    }
  }

  async end() {
    await this.#ready.catch(() => {});
    this.#client.connection.stream.ref();
    await this.#client.end();
  }
}

async function administer(sql) {
  if (!SERVER) throw new Error("set GATEWRIGHT_TEST_POSTGRES to the URL of a PostgreSQL whose user may create databases: `cargo xtask postgres COMMAND` starts one for a command, `--engine sqlite` does without");
  const connection = new Connection(SERVER);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

export class Postgres {
  engine = "postgres";
  #open;

  static async make() {
    const name = `conformance_${randomBytes(8).toString("hex")}`;
    await administer(`create database ${name}`);
    const url = new URL(SERVER);
    url.pathname = `/${name}`;
    return new Postgres(name, url.href);
  }

  constructor(name, url) {
    this.name = name;
    this.url = url;
  }
  /** As the real server is told of it. */
  get address() {
    return this.url;
  }

  get #connection() {
    return (this.#open ??= new Connection(this.url));
  }

  async #query(sql, values) {
    const { rows, rowCount } = await this.#connection.query(sql, values);
    return { rows, changes: rowCount };
  }

  prepare(sql) {
    let count = 0;
    const numbered = sql.replaceAll("?", () => `$${++count}`);
    return new Statement((values) => this.#query(numbered, values));
  }

  /** Any statements, without values. */
  async exec(sql) {
    await this.#connection.query(sql);
  }

  /** Rows may lose what they refer to meanwhile. */
  async withoutForeignKeys(action) {
    await this.exec("set session_replication_role = replica");
    try {
      await action();
    } finally {
      await this.exec("reset session_replication_role");
    }
  }

  async #columns(table) {
    const sql = `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as notnull, pg_get_expr(adbin, adrelid) as default, attidentity as identity, attgenerated as generated
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`;
    return (await this.#query(sql, [`"${table}"`])).rows;
  }

  /** Oldest first; a value's type is its column's, and "null" for none. */
  async typedRows(table) {
    const columns = await this.#columns(table);
    const { rows } = await this.#query(`select * from "${table}" order by "createdAt", ctid`);
    return rows.map((row) => Object.fromEntries(columns.map(({ name, type }) => [name, { type: row[name] === null ? "null" : type, value: row[name] }])));
  }

  /** Tables, columns, keys and indexes as PostgreSQL describes them. */
  async schema() {
    const relations = (await this.#query("select relname as name, relkind as kind from pg_class where relnamespace = 'public'::regnamespace and relkind not in ('i', 'I') order by relname")).rows;
    const tables = {};
    for (const { name } of relations.filter(({ kind }) => kind === "r")) {
      const indexes = (await this.#query("select pg_get_indexdef(indexrelid) as definition, indisunique, indisprimary from pg_index where indrelid = $1::regclass order by 1", [`"${name}"`])).rows;
      const constraints = (await this.#query("select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass order by 1", [`"${name}"`])).rows;
      tables[name] = { columns: await this.#columns(name), indexes, constraints };
    }
    const triggers = (await this.#query("select tgname as name from pg_trigger where not tgisinternal order by 1")).rows;
    const functions = (await this.#query("select proname as name from pg_proc where pronamespace = 'public'::regnamespace order by 1")).rows;
    return { tables, others: [...relations.filter(({ kind }) => kind !== "r"), ...triggers, ...functions] };
  }

  /** Every definition. */
  async dump() {
    return this.schema();
  }

  async remove() {
    await this.#open?.end();
    this.#open = undefined;
    await administer(`drop database if exists ${this.name} with (force)`);
  }
}
