// The main job from end to end: the real client signs users up and in at `gatewright serve`, and the
// todo API lets each of them reach their own tasks only. Once with published keys, once with a shared secret.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { symmetricDecrypt } from "better-auth/crypto";
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from "jose";
import { Run } from "./lib/run.mjs";
import { SECRET, startServer, stopServers } from "./lib/servers.mjs";
import { attempts, startTodo } from "./lib/todo.mjs";

const modes = {
  "with published keys (EdDSA)": { sharedSecret: false, alg: "EdDSA", env: {} },
  "with a shared secret (HS256)": { sharedSecret: true, alg: "HS256", env: { GATEWRIGHT__JWT__JWKS__KEY_PAIR_CONFIG__ALG: "HS256" } },
};
const todos = [];
after(() => Promise.all([stopServers(), ...todos.map((todo) => todo.stop())]));

const label = ({ method, path }, { alice, bob, task }) => `${method} ${path.replace(alice.user.id, "{a}").replace(bob.user.id, "{b}").replace(task, "{id}")}`;

/** The server's own signing key, taken from its database or from the secret. */
async function signingKey(run, sharedSecret) {
  if (sharedSecret) return new TextEncoder().encode(SECRET);
  const { privateKey } = await run.database((db) => db.prepare("select * from jwks").get());
  return importJWK(JSON.parse(await symmetricDecrypt({ key: SECRET, data: JSON.parse(privateKey) })), "EdDSA");
}

async function setUp({ sharedSecret, env }) {
  const server = await startServer("gatewright", { env });
  const todo = await startTodo(server.base, { sharedSecret });
  todos.push(todo);
  const run = new Run(server);
  const [alice, bob] = [await run.user("alice"), await run.user("bob")];
  for (const user of [alice, bob]) user.jwt = (await user.client.token()).data.token;
  const created = await todo.call("POST", `/api/${bob.user.id}/tasks`, { token: bob.jwt, json: { title: "Bob's own" } });
  assert.ok([200, 201].includes(created.status), `the control failed: POST of one's own task answered ${created.status}`);
  const task = String(created.json().id);
  const mine = `/api/${alice.user.id}/tasks`;
  return { run, todo, alice, bob, task, mine, provided: await providedRoutes(todo, alice, mine) };
}

/** The routes that exist: those that do something for the owner of a task made for this. */
async function providedRoutes(todo, alice, mine) {
  const own = (await todo.call("POST", mine, { token: alice.jwt, json: { title: "probe" } })).json();
  const provided = [];
  for (const attempt of attempts(alice.user.id, own.id)) {
    const { status } = await todo.call(attempt.method, attempt.path, { token: alice.jwt, json: attempt.json });
    if (![404, 405].includes(status)) provided.push({ ...attempt, status, own: String(own.id) });
  }
  return provided;
}

const errorOf = async (answer) => (await answer).error;

async function checks(mode) {
  const { sharedSecret, alg } = mode;
  const world = await setUp(mode);
  const { run, todo, alice, bob, task, mine, provided } = world;
  const bobsTasks = async () => (await todo.call("GET", `/api/${bob.user.id}/tasks`, { token: bob.jwt })).json();
  const resign = async (change) => {
    const claims = { ...decodeJwt(alice.jwt), ...change };
    return new SignJWT(claims).setProtectedHeader(decodeProtectedHeader(alice.jwt)).sign(await signingKey(run, sharedSecret));
  };

  test("1. sign-up creates a user, and a token can be had", async () => {
    const client = run.client();
    const { data, error } = await client.signUp.email({ name: "Carol", email: "carol@example.com", password: "correct horse" });
    assert.equal(error, null);
    assert.equal(data.user.email, "carol@example.com");
    assert.equal(await run.database((db) => db.prepare('select count(*) from "user" where id = ?').pluck().get(data.user.id)), 1);
    const { token } = (await client.token()).data;
    assert.equal(decodeProtectedHeader(token).alg, alg);
    assert.equal(decodeJwt(token).sub, data.user.id);
    const answer = await todo.call("GET", `/api/${data.user.id}/tasks`, { token });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), []);
  });

  test("2. good credentials sign in", async () => {
    const client = run.client();
    const { data, error } = await client.signIn.email({ email: alice.email, password: alice.password });
    assert.equal(error, null);
    assert.equal(data.user.id, alice.user.id);
    const { token } = (await client.token()).data;
    assert.equal((await todo.call("GET", mine, { token })).status, 200);
  });

  test("3. bad credentials get an error that does not say which part was wrong", async () => {
    const attempt = (email, password) => run.post("/sign-in/email", { email, password });
    const wrongPassword = await attempt(alice.email, "not the password");
    const unknownUser = await attempt("nobody@example.com", alice.password);
    assert.equal(wrongPassword.status, 401);
    assert.equal(unknownUser.status, 401);
    assert.equal(unknownUser.body, wrongPassword.body);
    assert.equal(unknownUser.statusText, wrongPassword.statusText);
    const kept = ({ headers }) => headers.filter(([name]) => !["date", "x-request-id"].includes(name));
    assert.deepEqual(kept(unknownUser), kept(wrongPassword));
    const byClient = (email, password) => errorOf(run.client().signIn.email({ email, password }));
    const error = await byClient(alice.email, "not the password");
    assert.equal(error.status, 401);
    assert.deepEqual(await byClient("nobody@example.com", alice.password), error);
  });

  describe("4. every route and method wants a token", () => {
    test("reading, creating, changing and removing are provided", () => {
      const methods = new Set(provided.map(({ method }) => method));
      for (const method of ["GET", "POST", "DELETE"]) assert.ok(methods.has(method), `${method} is not provided`);
      assert.ok(methods.has("PUT") || methods.has("PATCH"), "neither PUT nor PATCH is provided");
      for (const { method, path, status } of provided) assert.ok(status < 300, `${method} ${path} of the owner answered ${status}`);
    });
    const bad = { "no token": undefined, "an empty token": "", "nonsense": "nonsense", "a token of three dots": "a.b.c", "a session token": alice.token };
    for (const { method, path, json, own } of provided) {
      for (const [name, token] of Object.entries(bad)) {
        test(`${label({ method, path }, { ...world, task: own })} with ${name}`, async () => {
          const answer = await todo.call(method, path, { token, json });
          assert.equal(answer.status, 401);
          assert.match(answer.challenge ?? "(no WWW-Authenticate)", /^Bearer/);
        });
      }
    }
  });

  describe("5. an expired token is refused", () => {
    const now = Math.floor(Date.now() / 1000);
    test("the control: the same token, signed anew and not expired, is accepted", async () => {
      assert.equal((await todo.call("GET", mine, { token: await resign({ exp: now + 600 }) })).status, 200);
    });
    for (const seconds of [60, 3600, 86_400 * 365]) {
      test(`expired ${seconds} s ago`, async () => {
        const answer = await todo.call("GET", mine, { token: await resign({ iat: now - seconds - 900, exp: now - seconds }) });
        assert.equal(answer.status, 401);
        assert.match(answer.challenge ?? "(no WWW-Authenticate)", /invalid_token/);
      });
    }
    test("one that never expires is refused", async () => {
      assert.equal((await todo.call("GET", mine, { token: await resign({ exp: undefined }) })).status, 401);
    });
    test("one for another audience is refused", async () => {
      assert.equal((await todo.call("GET", mine, { token: await resign({ aud: "https://other.example" }) })).status, 401);
    });
    test("one of another issuer is refused", async () => {
      assert.equal((await todo.call("GET", mine, { token: await resign({ iss: "https://other.example" }) })).status, 401);
    });
  });

  describe("6. one user cannot reach another's data", async () => {
    const before = await bobsTasks();
    test("the control: Bob sees his task", () => assert.deepEqual(before.map(({ id, title }) => [String(id), title]), [[task, "Bob's own"]]));
    for (const [index, attempt] of attempts(bob.user.id, task).entries()) {
      const same = attempts(alice.user.id, provided[0].own)[index];
      const exists = provided.some(({ method, path }) => method === same.method && path === same.path);
      const expected = exists ? [403] : [401, 403, 404, 405];
      test(`Alice: ${label(attempt, world)} is ${expected.join(" or ")}`, async () => {
        const answer = await todo.call(attempt.method, attempt.path, { token: alice.jwt, json: attempt.json });
        assert.ok(expected.includes(answer.status), `answered ${answer.status}`);
        assert.ok(!answer.text.includes("Bob's own"), "the answer shows Bob's task");
        if (exists && attempt.method !== "HEAD") assert.equal(typeof answer.json().detail, "string");
      });
      test(`Bob's tasks are as before: ${label(attempt, world)}`, async () => assert.deepEqual(await bobsTasks(), before));
    }
    for (const { method, path, json, own } of provided.filter(({ path }) => path !== mine)) {
      test(`Alice: ${label({ method, path }, { ...world, task: own })} of Bob's task is 404`, async () => {
        const answer = await todo.call(method, path.replace(`/tasks/${own}`, `/tasks/${task}`), { token: alice.jwt, json });
        assert.equal(answer.status, 404);
        assert.deepEqual(await bobsTasks(), before);
      });
    }
    const tricks = [`/api/${bob.user.id}%20/tasks`, `/api/${bob.user.id}/tasks/`, `/api//${bob.user.id}/tasks`, `/api/${alice.user.id}%2f..%2f${bob.user.id}/tasks`, `/api/${bob.user.id.toUpperCase()}/tasks`, `/api/*/tasks`];
    for (const path of tricks) {
      test(`Alice: a path that is written oddly: ${path.replaceAll(bob.user.id, "{b}").replaceAll(bob.user.id.toUpperCase(), "{B}").replaceAll(alice.user.id, "{a}")}`, async () => {
        const answer = await todo.call("GET", path, { token: alice.jwt });
        assert.ok(answer.status >= 400 && answer.status < 500, `answered ${answer.status}`);
        assert.ok(!answer.text.includes("Bob's own"));
      });
    }
    test("a token of Bob's altered to Alice's id is refused", async () => {
      const [header, payload, signature] = bob.jwt.split(".");
      const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), sub: alice.user.id, id: alice.user.id };
      const forged = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
      const answer = await todo.call("GET", mine, { token: forged });
      assert.equal(answer.status, 401);
      assert.match(answer.challenge ?? "(no WWW-Authenticate)", /^Bearer/);
    });
    test("a token without a signature is refused", async () => {
      const payload = alice.jwt.split(".")[1];
      const header = Buffer.from('{"alg":"none"}').toString("base64url");
      assert.equal((await todo.call("GET", mine, { token: `${header}.${payload}.` })).status, 401);
    });
  });
}

for (const [name, mode] of Object.entries(modes)) describe(`main job ${name}`, () => checks(mode));
