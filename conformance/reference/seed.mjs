// Fills a database of Better Auth's tables with users who are signed in, for measuring how a server fares as
// they grow: node seed.mjs DATABASE USERS TOKENS. Writes the session tokens of up to 1 000 of them to the
// file TOKENS, a line each.
import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";

const [file, wanted, tokens] = process.argv.slice(2);
const database = new Database(file);
database.pragma("synchronous = off");
database.pragma("cache_size = -200000");
const now = new Date().toISOString();
const ends = new Date(Date.now() + 604_800_000).toISOString();
const there = database.prepare('select count(*) from "user"').pluck().get();
const numbers = "with recursive n(i) as (select ? union all select i + 1 from n where i < ?)";
// Ids and tokens are 32 random characters, so that the rows of one request lie apart in every index.
const random = "lower(hex(randomblob(16)))";
if (there < Number(wanted)) {
  database.exec("begin");
  database
    .prepare(`insert into "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
      ${numbers} select ${random}, 'User ' || i, 'user' || i || '@example.com', 0, ?, ? from n`)
    .run(there + 1, Number(wanted), now, now);
  const without = '"id" not in (select "userId" from "session")';
  database
    .prepare(`insert into "account" ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt")
      select ${random}, "id", 'credential', "id", ${random} || ':' || hex(randomblob(64)), ?, ? from "user" where ${without} and "email" <> 'ada@example.com'`)
    .run(now, now);
  database
    .prepare(`insert into "session" ("id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
      select ${random}, ?, ${random}, ?, ?, '127.0.0.1', 'seed', "id" from "user" where ${without}`)
    .run(ends, now, now);
  database.exec("commit");
  database.exec("analyze");
}
database.pragma("wal_checkpoint(truncate)");
const some = database.prepare('select "token" from "session" order by "id" limit 1000').pluck().all();
writeFileSync(tokens, some.join("\n") + "\n");
database.close();
