// Databases that older and newer versions of the real server made, with plugins that ours does not serve: ours
// says what they are, changes nothing unasked, takes them over, and hands them back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, describe, test } from "node:test";
import { decodeProtectedHeader } from "jose";
import { engine, newDatabase } from "./lib/database.mjs";
import { Run } from "./lib/run.mjs";
import { SECRET, binary, startServer, stopServers } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
const FOREIGN = ["username", "organization"];

/** What `db` says of each, and what it finds amiss before `db migrate`. */
const VERSIONS = [
  { version: "1.6.34", schema: "Better Auth 1.6 or older, or without its jwt plugin", missing: ["jwks.alg", "jwks.crv"] },
  { version: "1.7.1", schema: "Better Auth 1.7, with account.issuer", missing: [] },
  { version: "1.7.25", schema: "Better Auth 1.7", missing: [] },
];

after(stopServers);

const real = (version, database) => startServer("reference", { database, baseUrl, env: { PLUGINS: JSON.stringify(FOREIGN), ...(version === "1.7.25" ? {} : { VERSION: version }) } });
const ours = (database, options = {}) => startServer("gatewright", { database, baseUrl, ...options });

/** `gatewright` with these arguments on this database: exit code, what it printed as JSON, and its words. */
function gatewright(database, ...args) {
  const env = { DATABASE_URL: database.url, BETTER_AUTH_SECRET: SECRET };
  const { status, stdout, stderr } = spawnSync(binary("GATEWRIGHT_BIN", "gatewright"), args, { env, encoding: "utf8", timeout: 30_000 });
  return { status, json: () => JSON.parse(stdout), stderr };
}
const db = (database, ...args) => gatewright(database, "db", ...args, "--format", "json");

/** Every definition, and every row of every table. */
async function everything(database) {
  const { tables, others } = await database.schema();
  const rows = {};
  for (const table of Object.keys(tables)) rows[table] = await database.prepare(`select * from "${table}"`).all();
  return { tables, others, rows };
}
const columnsOf = ({ tables }) => Object.fromEntries(Object.entries(tables).map(([name, { columns }]) => [name, columns.map((column) => column.name)]));

const sessionOf = async (run, jar) => (await run.raw("GET", "/get-session", { cookies: jar })).json();
const tokenOf = async (run, jar) => (await run.raw("GET", "/token", { cookies: jar })).json().token;
const keyIds = async (run) => (await run.raw("GET", "/jwks")).json().keys.map((key) => key.kid);
const signIn = (run, { email, password }) => run.post("/sign-in/email", { email, password });

for (const { version, schema, missing } of VERSIONS) {
  describe(`a database of ${version}`, async () => {
    const database = await newDatabase();
    const before = await real(version, database);
    const run = new Run(before);
    const ada = await run.user("ada");
    const brian = await run.user("brian");
    await run.post("/request-password-reset", { email: brian.email, redirectTo: "/new" });
    const letter = await run.mail();
    const kid = decodeProtectedHeader(await tokenOf(run, ada.jar)).kid;
    await before.stop();
    const untouched = await everything(database);

    test("is named, and told apart from ours", () => {
      const { status, json } = db(database, "status");
      assert.equal(status, 0);
      const said = json();
      assert.deepEqual([said.schema, said.own_tables], [schema, false]);
      const known = said.tables.filter((table) => table.known).map((table) => table.name);
      assert.deepEqual(known.sort(), ["account", "jwks", "session", "user", "verification"]);
      assert.equal(said.tables.find((table) => table.name === "user").rows, 2);
      assert.ok(said.tables.some((table) => table.name === "organization" && !table.known));
    });

    test("is checked column by column", () => {
      const { status, json } = db(database, "check");
      const found = json().differences.map((one) => [one.message, one.mend]);
      assert.deepEqual(found, missing.map((column) => [`column ${column} is missing`, "gatewright db migrate adds it"]));
      assert.deepEqual([status, json().usable], missing.length > 0 ? [1, false] : [0, true]);
    });

    if (missing.length > 0) {
      test("is refused, and it is said what to run", async () => {
        await assert.rejects(ours(database), (error) => missing.every((column) => error.message.includes(column)) && error.message.includes("gatewright db migrate"));
      });
    }

    test("is looked at without a change", async () => {
      db(database, "migrate", "--dry-run");
      assert.deepEqual(await everything(database), untouched);
    });

    if (missing.length > 0) {
      test("gets what is missing, and nothing of that is changed which is there", async () => {
        assert.equal(db(database, "migrate").status, 0);
        assert.deepEqual(db(database, "check").json().differences, []);
        const now = await everything(database);
        for (const [table, rows] of Object.entries(untouched.rows)) {
          const added = missing.filter((column) => column.startsWith(`${table}.`)).map((column) => [column.split(".")[1], null]);
          assert.deepEqual(now.rows[table], rows.map((row) => ({ ...row, ...Object.fromEntries(added) })), table);
        }
      });
    }

    let carl;
    test("is served: sessions, passwords, keys and letters go on", async () => {
      const shape = columnsOf(await everything(database));
      const server = await ours(database);
      const run = new Run(server);
      assert.equal((await sessionOf(run, ada.jar)).user.id, ada.user.id);
      assert.equal((await signIn(run, ada)).status, 200);
      assert.equal((await run.post("/reset-password", { newPassword: "a new password", token: letter.token })).status, 200);
      assert.equal(decodeProtectedHeader(await tokenOf(run, ada.jar)).kid, kid);
      assert.deepEqual(await keyIds(run), [kid]);
      carl = await run.user("carl");
      await server.stop();
      assert.deepEqual(columnsOf(await everything(database)), shape, "no column and no table came or went");
    });

    test("goes back to where it came from", async () => {
      const server = await real(version, database);
      const run = new Run(server);
      assert.equal((await sessionOf(run, carl.jar)).user.id, carl.user.id);
      assert.equal((await sessionOf(run, ada.jar)).user.id, ada.user.id);
      assert.equal((await signIn(run, carl)).status, 200);
      assert.equal((await signIn(run, { ...brian, password: "a new password" })).status, 200);
      assert.equal(decodeProtectedHeader(await tokenOf(run, carl.jar)).kid, kid);
      assert.deepEqual(await keyIds(run), [kid]);
      await server.stop();
      const now = await everything(database);
      for (const table of ["organization", "member", "invitation"]) assert.deepEqual(now.rows[table], untouched.rows[table], table);
      for (const name of Object.keys(untouched.tables)) assert.ok(untouched.tables[name].columns.every(({ name: column }) => now.tables[name].columns.some((other) => other.name === column)), name);
    });

    test("is not opened with another secret, and it is said how to mend that", async () => {
      const refused = ours(database, { env: { BETTER_AUTH_SECRET: "another-0123456789abcdef0123456789abcdef" } });
      await assert.rejects(refused, (error) => error.message.includes(`the signing key ${kid} cannot be decrypted with this secret`) && error.message.includes("gatewright keys rotate"));
      assert.deepEqual((await everything(database)).rows.jwks.map((row) => row.id), [kid]);
    });
  });
}

describe("what does not fit is named", async () => {
  const database = await newDatabase();
  await (await real("1.7.25", database)).stop();
  const type = engine === "sqlite" ? "blob" : "bytea";
  const cases = [
    [`alter table "session" drop column "userAgent"`, "column session.userAgent is missing", "gatewright db migrate adds it"],
    [`alter table "account" rename column "providerId" to "provider"`, "column account.providerId is missing", "Better Auth's own migration adds it (npx auth migrate)"],
    [`alter table "verification" add column "tenant" integer not null${engine === "sqlite" ? " default 0" : ""}`, engine === "sqlite" ? null : "column verification.tenant needs a value in each row, and Gatewright has none for it", "give it a default, or let it be null"],
    [`alter table "user" drop column "name"; alter table "user" add column "name" ${type}`, `column user.name is of the type ${type}, not text`, "change its type, or copy the rows into a new database"],
    [`drop table "jwks"`, "table jwks is missing", "gatewright db migrate adds it"],
  ];
  for (const [change, message, mend] of cases) {
    test(change, async () => {
      await database.exec(change);
      const { status, json } = db(database, "check");
      const { differences } = json();
      if (message === null) return assert.ok(!differences.some((one) => one.table === "verification"), "a column with a default is nobody's business");
      assert.equal(status, 1);
      assert.ok(differences.some((one) => one.message === message && one.mend === mend), JSON.stringify(differences));
      await assert.rejects(ours(database), (error) => error.message.includes(message), "nor does it serve");
    });
  }
});
