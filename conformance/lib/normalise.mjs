// Makes exchanges of two servers comparable: what is random or depends on the clock becomes a
// placeholder, everything else stays as it is. A random value is named after the place where it was
// first seen, so a value that should be equal to an earlier one still has to be.
import { createHmac } from "node:crypto";
import { openSessionData } from "./session-data.mjs";

const IGNORED_HEADERS = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);
const RANDOM = /(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])/g;
// A password reset's token is shorter, and is looked for only where one can stand.
const RESET_TOKEN = /(?<=reset-password[:/]|[?&]token=|^)[A-Za-z0-9]{24}(?![A-Za-z0-9])/g;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/;
const SIGNATURE = /\.[A-Za-z0-9+/]{43}=/g;
const SIGNATURE_ENCODED = /\.(?:[A-Za-z0-9]|%2B|%2F){43}%3D/g;
const PASSWORD_HASH = /^[0-9a-f]{32}:[0-9a-f]{128}$/;
const PRIVATE_KEY = /^"([0-9a-f]+)"$/;

/** A part of a session cache that is too long for one cookie. */
const CHUNK = /^[^=]*\.\d+=([^;]+)/;

const short = (text) => (text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length} characters)` : text);

export class Normaliser {
  #seen = new Map();
  #now = () => Date.now();
  place = "start";

  constructor(server, secret, now) {
    this.origins = [server.base, server.url].filter(Boolean);
    this.port = server.port;
    this.secret = secret;
    if (now) this.#now = now;
  }

  #random(value, path) {
    if (!this.#seen.has(value)) this.#seen.set(value, `<random: ${this.place}, ${path}>`);
    return this.#seen.get(value);
  }

  #date(time) {
    const minutes = Math.round((time - this.#now()) / 60_000);
    // So far away lies nothing that was reckoned from now.
    if (Math.abs(minutes) > 90 * 1440) return new Date(time).toISOString();
    if (minutes === 0) return "now";
    return `now${minutes > 0 ? "+" : "-"}${Math.abs(minutes)}min`;
  }

  #isSignature(text, signature) {
    return createHmac("sha256", this.secret).update(text).digest("base64") === signature;
  }

  /** `value.signature` as in signed cookies, or undefined if it is not validly signed. */
  #signed(text, path) {
    const dot = text.lastIndexOf(".");
    if (dot < 0 || !this.#isSignature(text.slice(0, dot), text.slice(dot + 1))) return undefined;
    return { signed: this.value(text.slice(0, dot), path) };
  }

  #jwt(text, path) {
    const [header, payload, signature] = text.split(".");
    const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const claims = decode(payload);
    const lifetime = claims.exp - claims.iat;
    for (const name of ["iat", "exp", "nbf"]) {
      if (Number.isInteger(claims[name])) claims[name] = `<unix ${this.#date(claims[name] * 1000)}>`;
    }
    return {
      jwt: this.value(decode(header), `${path}.header`),
      claims: this.value(claims, `${path}.claims`),
      lifetime,
      signature: `<${Buffer.from(signature, "base64url").length} bytes>`,
    };
  }

  text(value, path = "text") {
    let text = value;
    for (const origin of this.origins) text = text.replaceAll(origin, "<base>");
    text = text.replaceAll(encodeURIComponent(this.origins[0]), "<base, encoded>").replaceAll(this.secret, "<secret>");
    text = text.replaceAll(`localhost:${this.port}`, "<host>");
    text = text.replace(SIGNATURE, ".<signature>").replace(SIGNATURE_ENCODED, ".<signature, encoded>");
    text = text.replace(new RegExp(JWT, "g"), (token) => `<jwt of ${token.length} characters>`);
    text = text.replace(RESET_TOKEN, (token) => this.#random(token, path));
    return text.replace(RANDOM, (random) => this.#random(random, path));
  }

  string(value, path) {
    if (ISO.test(value)) return `<date ${this.#date(Date.parse(value))}>`;
    if (new RegExp(`^${JWT.source}$`).test(value)) {
      try {
        return this.#jwt(value, path);
      } catch {
        return "<jwt that cannot be read>";
      }
    }
    if (PASSWORD_HASH.test(value)) return "<scrypt hash>";
    const key = PRIVATE_KEY.exec(value);
    if (key) return `<"${key[1].length} hex digits">`;
    return this.text(value, path);
  }

  /** Any JSON value; members are visited by name, so that the order on the wire does not matter. */
  value(value, path = "value") {
    if (typeof value === "string") return this.string(value, path);
    if (value instanceof Date) return `<Date ${this.#date(value.getTime())}>`;
    if (Array.isArray(value)) return value.map((item, index) => this.value(item, `${path}[${index}]`));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.keys(value).sort().map((name) => [name, this.#member(name, value[name], value, `${path}.${name}`)]);
    return Object.fromEntries(entries);
  }

  #member(name, value, parent, path) {
    const isKey = typeof parent.kty === "string";
    if (isKey && ["x", "y", "n"].includes(name)) return `<${Buffer.from(value, "base64url").length} bytes>`;
    return this.value(value, path);
  }

  /** What a session cache says, by any strategy; `now` is what its moments are counted from. */
  #sessionData(text, path) {
    const opened = openSessionData(text, this.secret);
    if (!opened) return undefined;
    const moment = (time) => `<${this.#date(time)}>`;
    const { payload, expiresAt, ...rest } = opened;
    return { ...this.value(rest, path), expiresAt: moment(expiresAt), payload: this.value({ ...payload, updatedAt: moment(payload.updatedAt) }, path) };
  }

  /** `whole` is the text of all chunks, where a session cache is so large that it has some. */
  cookie(line, path, whole) {
    const [pair, ...attributes] = line.split("; ");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    const raw = pair.slice(at + 1);
    const decoded = decodeURIComponent(raw);
    const encoded = encodeURIComponent(decoded) === raw ? "encodeURIComponent" : "other";
    const shown = attributes.map((attribute) => this.text(attribute, path));
    const data = decoded && this.#sessionData(whole ?? decoded, path);
    if (data) return { name, value: whole ? { chunk: raw.length, ...data } : data, encoding: encoded, attributes: shown };
    const value = (decoded && this.#signed(decoded, path)) || this.string(decoded, path);
    return { name, value, encoding: encoded, attributes: shown };
  }

  header(name, value) {
    if (name === "set-auth-token") return this.#signed(value, name) ?? this.string(value, name);
    // Both servers started to count within the same second or two, not at the same instant.
    if (name === "x-retry-after" && /^\d+$/.test(value)) return `<up to ${Math.ceil(Number(value) / 5) * 5} s>`;
    return this.string(value, name);
  }

  body(text) {
    if (!text) return { kind: "empty" };
    try {
      return { kind: "json", json: this.value(JSON.parse(text), "body") };
    } catch {
      return { kind: "text", text: this.text(text, "body") };
    }
  }

  exchange(request, response) {
    const body = this.body(response.body);
    const lines = response.headers.filter(([name]) => name === "set-cookie").map(([, line]) => line);
    const whole = lines.map((line) => CHUNK.exec(line)?.[1] ?? "").join("");
    const cookies = lines.map((line, i) => this.cookie(line, `cookie ${i}`, CHUNK.test(line) ? whole : undefined));
    const headers = {};
    for (const [name, value] of [...response.headers].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
      if (IGNORED_HEADERS.has(name) || name === "set-cookie") continue;
      (headers[name] ??= []).push(this.header(name, value));
    }
    return {
      request: {
        line: `${request.method} ${this.text(request.path, "path")}`,
        headers: request.headers.map(([name, value]) => `${name}: ${this.text(value, `request ${name}`)}`),
        body: request.body === undefined || request.body === null ? "" : short(this.text(String(request.body), "request body")),
      },
      response: { status: response.status, statusText: response.statusText, headers, cookies, body },
    };
  }
}
