// The todo API under test, and calls to it.
import { join } from "node:path";
import { temporaryDirectory } from "./directories.mjs";
import { binary, freePort, launch, SECRET } from "./servers.mjs";

export async function startTodo(authBase, { sharedSecret }) {
  const port = await freePort();
  const env = { TODO_LISTEN: `127.0.0.1:${port}`, TODO_DATABASE: `sqlite:${join(temporaryDirectory(), "todo.db")}`, BETTER_AUTH_URL: authBase };
  if (sharedSecret) env.BETTER_AUTH_SECRET = SECRET;
  const child = launch(binary("TODO_API_BIN", "todo-api-axum"), [], env);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  while (!(await fetch(`${url}/health`).then((response) => response.ok, () => false))) {
    if (child.hasEnded() || Date.now() > deadline) {
      await child.stop();
      throw new Error(`the todo API did not become ready. Its output:\n${child.output().replaceAll(SECRET, "<secret>")}`);
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  const call = async (method, path, { token, json } = {}) => {
    const headers = {};
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (json !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(url + path, { method, headers, body: json === undefined ? undefined : JSON.stringify(json) });
    const text = await response.text();
    return { status: response.status, challenge: response.headers.get("www-authenticate"), text, json: () => JSON.parse(text) };
  };
  return { url, call, stop: child.stop };
}

const BODIES = { POST: { title: "changed" }, PUT: { title: "changed", completed: true }, PATCH: { title: "changed", completed: true } };

/** Every method on every path that may exist below a user. */
export function attempts(user, task) {
  // The task itself comes last, and its DELETE last of all.
  const paths = [`/api/${user}/tasks`, `/api/${user}/tasks/${task}/complete`, `/api/${user}/tasks/${task}`];
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
  return paths.flatMap((path) => methods.map((method) => ({ method, path, json: BODIES[method] })));
}
