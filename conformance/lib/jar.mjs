// A cookie jar with as much as a browser needs for one origin.
export class CookieJar {
  #cookies = new Map();

  store(setCookies) {
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const name = pair.slice(0, at);
      if (attributes.some((attribute) => attribute.toLowerCase() === "max-age=0")) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(at + 1));
    }
    return this;
  }
  get(name) {
    return this.#cookies.get(name);
  }
  set(name, value) {
    this.#cookies.set(name, value);
    return this;
  }
  header() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  copy() {
    const jar = new CookieJar();
    for (const [name, value] of this.#cookies) jar.set(name, value);
    return jar;
  }
}
