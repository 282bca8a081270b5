// Compares what was recorded of one step on both servers, and says what differs.

const ABSENT = Symbol("absent");
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Every place where two normalised values differ: [{field, expected, got}]. */
export function differencesOf(expected, got, field = "") {
  if (isObject(expected) && isObject(got)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])].sort();
    return names.flatMap((name) => {
      const left = Object.hasOwn(expected, name) ? expected[name] : ABSENT;
      const right = Object.hasOwn(got, name) ? got[name] : ABSENT;
      return differencesOf(left, right, field ? `${field}.${name}` : name);
    });
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    const longest = Math.max(expected.length, got.length);
    return Array.from({ length: longest }).flatMap((_, index) => {
      const left = index < expected.length ? expected[index] : ABSENT;
      const right = index < got.length ? got[index] : ABSENT;
      return differencesOf(left, right, `${field}[${index}]`);
    });
  }
  return Object.is(expected, got) ? [] : [{ field, expected, got }];
}

const comparable = (step) => ({
  exchanges: step.exchanges.map((exchange) => exchange.response),
  ...(step.result === undefined ? {} : { result: step.result }),
  ...(step.rows === undefined ? {} : { rows: step.rows }),
  ...(step.failure === undefined ? {} : { failure: step.failure }),
});

/** Compares two recordings of a step; the requests are ours and not compared. */
export const compareSteps = (expected, got) => differencesOf(comparable(expected), comparable(got));

export const show = (value) => (value === ABSENT ? "(absent)" : value === undefined ? "(undefined)" : JSON.stringify(value));

export function responseLines({ response }) {
  const lines = [`${response.status} ${response.statusText}`];
  for (const [name, values] of Object.entries(response.headers)) for (const value of values) lines.push(`${name}: ${typeof value === "string" ? value : show(value)}`);
  for (const cookie of response.cookies) {
    lines.push(`set-cookie: ${cookie.name}=${typeof cookie.value === "string" ? cookie.value : show(cookie.value)}`);
    lines.push(`    ${cookie.attributes.join("; ")}`);
  }
  lines.push("");
  const { body } = response;
  if (body.kind === "json") lines.push(...JSON.stringify(body.json, null, 2).split("\n"));
  else lines.push(body.kind === "empty" ? "(no body)" : body.text);
  return lines;
}

function columns(left, right, width = 76) {
  const wrap = (line) => line.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""];
  const lines = [];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const a = wrap(left[index] ?? "");
    const b = wrap(right[index] ?? "");
    const mark = left[index] === right[index] ? " " : "|";
    for (let i = 0; i < Math.max(a.length, b.length); i++) lines.push(`${(a[i] ?? "").padEnd(width)} ${mark} ${b[i] ?? ""}`.trimEnd());
  }
  return lines;
}

/** What a failing step prints. */
export function report(scenario, expected, got, differences) {
  const lines = [`${scenario} > ${expected?.name ?? got.name}: ${differences.length} difference(s)`];
  for (const { field, expected: left, got: right } of differences) {
    lines.push(`  ${field || "(whole)"}`, `    expected (real): ${show(left)}`, `    got (ours):      ${show(right)}`);
  }
  const count = Math.max(expected?.exchanges.length ?? 0, got?.exchanges.length ?? 0);
  for (let index = 0; index < count; index++) {
    const a = expected?.exchanges[index];
    const b = got?.exchanges[index];
    const { request } = a ?? b;
    lines.push("", `--> ${request.line}`, ...request.headers.map((header) => `    ${header}`), ...(request.body ? [`    ${request.body}`] : []));
    lines.push(...columns(["REAL", ...(a ? responseLines(a) : ["(no such exchange)"])], ["OURS", ...(b ? responseLines(b) : ["(no such exchange)"])]));
  }
  return lines.join("\n");
}
