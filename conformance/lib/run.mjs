// One scenario on one server: gives it clients and raw requests, and records each exchange by step.
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";
import { RawResponse, send } from "./http.mjs";
import { CookieJar } from "./jar.mjs";
import { Normaliser } from "./normalise.mjs";
import { SECRET } from "./servers.mjs";

export const SESSION = "better-auth.session_token";
export const DONT_REMEMBER = "better-auth.dont_remember";

/** A value signed as Better Auth signs cookies, not percent-encoded. */
export const signed = (value) => `${value}.${createHmac("sha256", SECRET).update(value).digest("base64")}`;

export class Run {
  constructor(server) {
    this.server = server;
    this.base = server.base;
    this.normaliser = new Normaliser(server, SECRET);
    this.steps = [];
    this.current = null;
    this.unawaited = 0;
    this.mailsSeen = new Set(this.#mails());
  }

  #mails() {
    try {
      return readdirSync(this.server.mails).filter((name) => name.endsWith(".eml")).sort();
    } catch (error) {
      if (error.code === "ENOENT") return [];
      throw error;
    }
  }

  /** The next mail that nobody has read: its receiver, and the path, token and callback of its link. */
  mail = async () => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const name = this.#mails().find((name) => !this.mailsSeen.has(name));
      if (name) {
        this.mailsSeen.add(name);
        return readMail(readFileSync(join(this.server.mails, name), "utf8"));
      }
      if (Date.now() > deadline) throw new Error("no mail came within 10 s");
      await new Promise((done) => setTimeout(done, 10));
    }
  };

  /** How many mails nobody has read. Only a later mail shows that an earlier one did not come. */
  unreadMails = () => this.#mails().filter((name) => !this.mailsSeen.has(name)).length;

  /** Names a part of the scenario; its exchanges and its result are compared with the other server's. */
  step = async (name, action) => {
    if (this.steps.some((step) => step.name === name)) throw new Error(`two steps are called "${name}"`);
    if (this.unawaited > 0) throw new Error(`what is done to the database must be awaited before the step "${name}"`);
    const step = { name, exchanges: [] };
    this.steps.push(step);
    this.current = step;
    this.normaliser.place = name;
    try {
      const value = await action();
      if (!(value instanceof RawResponse)) step.result = this.normaliser.value(value, "result");
      return value;
    } finally {
      this.current = null;
    }
  };

  #record(request, response) {
    const exchange = this.normaliser.exchange(request, response);
    const path = new URL(request.path, "http://x").pathname.replace(/^\/api\/auth/, "");
    this.current?.exchanges.push({ ...exchange, call: { method: request.method, path, status: response.status } });
  }

  /** The real client, with a cookie jar, sending Origin as a browser would. */
  client = ({ jar = new CookieJar(), origin = this.base, headers = {}, auth, onSuccess } = {}) => {
    const customFetchImpl = async (url, init = {}) => {
      const sent = new Headers(init.headers);
      const method = init.method ?? "GET";
      if (origin && method !== "GET") sent.set("origin", origin);
      if (jar.header()) sent.set("cookie", jar.header());
      for (const [name, value] of Object.entries(headers)) sent.set(name, value);
      const response = await fetch(url, { ...init, headers: sent });
      const body = await response.clone().text();
      const pairs = [...response.headers].filter(([name]) => name !== "set-cookie");
      pairs.push(...response.headers.getSetCookie().map((value) => ["set-cookie", value]));
      jar.store(response.headers.getSetCookie());
      const path = String(url).slice(this.server.url.length);
      this.#record({ method, path, headers: [...sent], body: init.body }, new RawResponse(response.status, response.statusText, pairs, body));
      return response;
    };
    const client = createAuthClient({
      baseURL: this.server.url,
      plugins: [jwtClient()],
      fetchOptions: { customFetchImpl, auth, onSuccess },
    });
    return { ...bind(client), jar };
  };

  /** Any request. `json` sends JSON; `cookies` is a jar or a Cookie header; `path` is under the base path. */
  raw = async (method, path, { json, body, headers = [], cookies, bearer, absolute = false } = {}) => {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
    const list = pairs.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
    const full = absolute ? path : `/api/auth${path}`;
    if (json !== undefined) {
      body = JSON.stringify(json);
      list.unshift(["content-type", "application/json"]);
    }
    const chunked = list.some(([name]) => name === "transfer-encoding");
    if (body !== undefined && !chunked) list.push(["content-length", String(Buffer.byteLength(body))]);
    const cookie = cookies instanceof CookieJar ? cookies.header() : cookies;
    if (cookie) list.push(["cookie", cookie]);
    if (bearer) list.push(["authorization", `Bearer ${bearer}`]);
    const response = await send(this.server.port, method, full, [["host", `localhost:${this.server.port}`], ...list], body);
    this.#record({ method, path: full, headers: list, body }, response);
    return response;
  };

  /** A POST of JSON as a page of our own origin sends it. */
  post = (path, json, options = {}) => {
    const { headers = {}, ...rest } = options;
    return this.raw("POST", path, { json, headers: { origin: this.base, ...headers }, ...rest });
  };

  /** Lets `action` use the server's database; what it does must be awaited before the next step. */
  database = async (action) => {
    this.unawaited++;
    try {
      return await action(this.server.database);
    } finally {
      this.unawaited--;
    }
  };

  /** Changes the only session of a token, as time would. */
  setSession = (token, columns) =>
    this.database(async (database) => {
      const names = Object.keys(columns);
      const assignments = names.map((name) => `"${name}" = ?`).join(", ");
      const { changes } = await database.prepare(`update "session" set ${assignments} where "token" = ?`).run(...Object.values(columns), token);
      if (changes !== 1) throw new Error(`expected one session to change, ${changes} did`);
    });

  /** Gives the session a new token for whose signature `wanted` is true. */
  retoken = async (token, wanted) => {
    let fresh;
    do fresh = randomBytes(16).toString("hex");
    while (!wanted(signed(fresh).slice(33)));
    await this.setSession(token, { token: fresh });
    return fresh;
  };

  /** Signs a user up by the real client, outside the compared steps; gives client, jar, token and user. */
  user = async (name, options = {}) => {
    const client = this.client(options);
    const email = `${name.replaceAll(" ", "-")}@example.com`;
    this.normaliser.place = `user ${name}`;
    const { data, error } = await client.signUp.email({ name, email, password: `password of ${name}` });
    if (error) throw new Error(`sign-up of ${name} answered ${error.status} ${error.code ?? ""}`);
    this.normaliser.value(data, "sign-up");
    return { client, jar: client.jar, token: data.token, user: data.user, email, password: `password of ${name}` };
  };
}

function readMail(text) {
  const link = /^https?:\S+$/m.exec(text)?.[0];
  if (!link) throw new Error("the mail has no link on a line of its own");
  const url = new URL(link);
  const inPath = /\/reset-password\/([^/]+)$/.exec(url.pathname)?.[1];
  const token = inPath ?? url.searchParams.get("token");
  return { to: /^To: (.*?)\r?$/m.exec(text)[1], link, path: link.slice(url.origin.length), token, callback: url.searchParams.get("callbackURL") };
}

// The client is a proxy that turns every property into a path; spreading it needs the few we use.
function bind(client) {
  const names = ["signUp", "signIn", "signOut", "getSession", "listSessions", "revokeSession", "revokeSessions"];
  names.push("revokeOtherSessions", "token", "jwks", "$fetch", "listAccounts", "unlinkAccount", "updateUser", "updateSession");
  names.push("changePassword", "verifyPassword", "deleteUser", "requestPasswordReset", "resetPassword");
  names.push("sendVerificationEmail", "verifyEmail", "changeEmail");
  return Object.fromEntries(names.map((name) => [name, client[name]]));
}

export const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
