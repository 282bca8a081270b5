// Ours, on a pipe: crates/jose/examples/interop.rs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://audience.example";

export const MACS = { HS256: 32, HS384: 48, HS512: 64 };
export const SIGNATURES = [
  "EdDSA",
  ...["ES256", "ES384", "ES512"],
  ...["PS256", "PS384", "PS512"],
  ...["RS256", "RS384", "RS512"],
];

export const now = () => Math.floor(Date.now() / 1000);

/** Claims that both sides accept, with something of each JSON type. */
export const claims = () => ({
  iss: ISSUER,
  aud: ["https://other.example", AUDIENCE],
  sub: "user-1",
  iat: now(),
  exp: now() + 300,
  name: "Zoë \u{1f600} \"quoted\" \\ / \u2028",
  roles: ["a", { deep: [null, true, 1.5, -0.25, 1e21] }],
});

export class Ours {
  #child;
  #lines;

  constructor() {
    const binary = process.env.INTEROP_BIN;
    if (!binary) throw new Error("INTEROP_BIN is not set: run `cargo xtask test --only interop`");
    this.#child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", (error) => {
      throw error;
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("our process ended");
    return JSON.parse(value);
  }

  /** The answer's one member, or the error that came instead. */
  async #get(member, request) {
    const answer = await this.ask(request);
    if (!(member in answer)) throw new Error(`${request.do}: ${JSON.stringify(answer)}`);
    return answer[member];
  }

  publish = (key, alg) => this.#get("key", { do: "publish", key, alg });
  sign = (request) => this.#get("token", { do: "sign", ...request });
  thumbprint = (key) => this.#get("thumbprint", { do: "thumbprint", key });
  verify = (request) =>
    this.#get("claims", { do: "verify", issuer: ISSUER, audience: AUDIENCE, now: now(), ...request });
  refuse = (request) =>
    this.#get("rejection", { do: "verify", issuer: ISSUER, audience: AUDIENCE, now: now(), ...request });
  payload = (request) => this.#get("payload", { do: "verify-payload", ...request });

  async end() {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }
}

/** Another first character of the signature. */
export function tampered(token) {
  const dot = token.lastIndexOf(".") + 1;
  return token.slice(0, dot) + (token[dot] === "A" ? "B" : "A") + token.slice(dot + 1);
}
