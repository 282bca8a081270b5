// What the real client cannot send: any method, path, header (also repeated) and body.
import { request } from "node:http";

export class RawResponse {
  constructor(status, statusText, headers, body) {
    Object.assign(this, { status, statusText, headers, body });
  }
  header(name) {
    return this.headers.find(([key]) => key === name)?.[1];
  }
  setCookies() {
    return this.headers.filter(([key]) => key === "set-cookie").map(([, value]) => value);
  }
  json() {
    return JSON.parse(this.body);
  }
}

/** One HTTP/1.1 exchange on a connection of its own. `headers` is a list of pairs. */
export function send(port, method, path, headers, body) {
  return new Promise((done, fail) => {
    const ask = request({ host: "127.0.0.1", port, method, path, agent: false, setHost: false });
    const grouped = new Map();
    for (const [name, value] of headers) grouped.set(name, [...(grouped.get(name) ?? []), value]);
    for (const [name, values] of grouped) ask.setHeader(name, values.length === 1 ? values[0] : values);
    ask.on("error", fail);
    ask.on("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const raw = response.rawHeaders;
        const pairs = [];
        for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i].toLowerCase(), raw[i + 1]]);
        done(new RawResponse(response.statusCode, response.statusMessage, pairs, Buffer.concat(chunks).toString("utf8")));
      });
    });
    ask.end(body);
  });
}
