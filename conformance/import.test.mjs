// Users from elsewhere: ours takes them in with the hashes that they have; once they have signed in, the real
// server, which knows no hash but its own, signs them in as well.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes, scryptSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { newDatabase } from "./lib/database.mjs";
import { temporaryDirectory } from "./lib/directories.mjs";
import { Run } from "./lib/run.mjs";
import { binary, startServer, stopServers, subjectKind } from "./lib/servers.mjs";

const baseUrl = "http://auth.example:4999";
const password = "correct horse ü";
after(stopServers);

const salt = randomBytes(12).toString("base64url");
const scrypt = (length, r) => scryptSync(password, salt, length, { N: 1024, r, p: 1 });
const base64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
// The first two made here; bcrypt by Python's bcrypt, argon2 by argon2-cffi.
const hashes = {
  werkzeug: `scrypt:1024:8:1$${salt}$${scrypt(64, 8).toString("hex")}`,
  phc: `$scrypt$ln=10,r=4,p=1$${base64(salt)}$${base64(scrypt(32, 4))}`,
  bcrypt: "$2b$04$4o38TiXxKztyPTZXQCN3fugDHz6MtwOmho/pqG1lrJbBqHtuH1DKe",
  argon2: "$argon2id$v=19$m=1024,t=2,p=2$gFI6I/vSPphcHln8hGNIXg$Nw2bW+d4el3V2gZeklhprGy5UZK5jaqlG3m7ferPd4E",
};

test("who was taken in signs in with the real server too", { skip: subjectKind === "reference" && "it has no import" }, async () => {
  const database = await newDatabase();
  const [ours, real] = [await startServer(subjectKind, { database, baseUrl }), await startServer("reference", { database, baseUrl })].map((server) => new Run(server));
  const users = Object.entries(hashes).map(([name, hash]) => ({ id: `id-${name}`, email: `${name}@example.com`, name, emailVerified: true, createdAt: "2020-01-02T03:04:05.000Z", password_hash: hash }));
  const file = join(temporaryDirectory(), "users.jsonl");
  writeFileSync(file, users.map((user) => `${JSON.stringify(user)}\n`).join(""));
  const report = execFileSync(binary("GATEWRIGHT_BIN", "gatewright"), ["users", "import", file, "--database", database.url, "--format", "json"], { env: {} });
  assert.equal(JSON.parse(report).imported, users.length);
  for (const { id, email, name } of users) {
    const signIn = (run) => run.post("/sign-in/email", { email, password });
    assert.notEqual((await signIn(real)).status, 200, `${name}: the real server reads no such hash`);
    assert.equal((await signIn(ours)).status, 200, name);
    const { status, body } = await signIn(real);
    assert.equal(status, 200, `${name}: ${body}`);
    const { user } = JSON.parse(body);
    assert.deepEqual([user.id, user.name, user.emailVerified, user.createdAt], [id, name, true, "2020-01-02T03:04:05.000Z"]);
  }
});
