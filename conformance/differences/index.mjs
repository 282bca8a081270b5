// Where Gatewright deliberately answers other than Better Auth 1.7.25. `scenario`, `step` and `field`
// say which differences are meant (field: see `npm test` output, e.g. exchanges[0].status); `assert`
// gets our recorded step and says what ours must answer instead. With `engine` it is one engine's alone. See README.md.
import assert from "node:assert/strict";

const answer = (step) => step.exchanges[0].response;
const header = (step, name) => answer(step).headers[name]?.join(", ");

const requestHeader = (exchange, name) => exchange.request.headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);

/** What a page on a trusted origin needs to read an answer. */
function mayBeRead(step) {
  for (const exchange of step.exchanges) {
    const { headers, body } = exchange.response;
    const allowed = headers["access-control-allow-origin"];
    if (!allowed) continue;
    assert.deepEqual(allowed, [requestHeader(exchange, "origin")], "the request's own origin is allowed, no other");
    assert.notEqual(body.json?.code, "INVALID_ORIGIN", "an origin that is refused is not allowed to read the answer");
    assert.deepEqual(headers["access-control-allow-credentials"], ["true"]);
    const exposed = (headers["access-control-expose-headers"] ?? []).join(", ").toLowerCase();
    for (const name of ["set-auth-token", "set-auth-jwt", "x-retry-after"]) assert.ok(exposed.includes(name), `${name} is exposed`);
  }
}

export const differences = [
  {
    id: "preflight-is-answered",
    reason: "Better Auth leaves CORS preflight to the host around it and answers 404; ours is the host, and a page on a trusted origin could not call it otherwise.",
    scenario: /^preflight$/,
    step: /^from a trusted origin$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 204);
      assert.equal(header(step, "access-control-allow-origin"), "https://app.example");
      assert.equal(header(step, "access-control-allow-credentials"), "true");
      for (const method of ["GET", "POST"]) assert.ok(header(step, "access-control-allow-methods").includes(method), method);
      for (const name of ["content-type", "authorization"]) assert.ok(header(step, "access-control-allow-headers").toLowerCase().includes(name), name);
      assert.equal(answer(step).cookies.length, 0);
      assert.equal(answer(step).body.kind, "empty");
    },
  },
  {
    id: "trusted-origin-may-read-answers",
    reason: "The same for the answers themselves: a page on a trusted origin may read them, with credentials, and the headers that carry tokens.",
    scenario: /^preflight$/,
    step: /^(GET from|POST from|an error to|of) (a trusted|an) origin/,
    field: /\.headers\.access-control-(allow-origin|allow-credentials|expose-headers)/,
    assert(step) {
      assert.equal(header(step, "access-control-allow-origin"), "https://app.example");
      mayBeRead(step);
    },
  },
  {
    id: "every-trusted-pattern-may-read-answers",
    reason: "As above, for each kind of pattern of a trusted origin.",
    scenario: /^(oddly written )?trusted origins$/,
    step: /^origin /,
    field: /\.headers\.access-control-(allow-origin|allow-credentials|expose-headers)/,
    assert: mayBeRead,
  },
  {
    id: "answers-vary-by-origin",
    reason: "Because answers to trusted origins carry other headers, a cache in between must know that they depend on Origin.",
    scenario: /^/,
    step: /^/,
    field: /\.headers\.vary$/,
    assert(step) {
      for (const { response } of step.exchanges) assert.deepEqual(response.headers.vary, ["origin"]);
    },
  },
  {
    id: "malformed-password-hash-is-a-wrong-password",
    reason: "Better Auth throws on a stored hash it cannot read and answers 500 without a body; ours answers as to a wrong password, so that nothing is learnt about the row.",
    scenario: /^sign-in: accounts that cannot$/,
    step: /^hash (that is not one|without a key)$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 401);
      assert.deepEqual(answer(step).body, { kind: "json", json: { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" } });
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "bodies-are-limited",
    reason: "Better Auth reads a body of any size into memory; ours stops at 1 MiB, so that a stranger cannot fill it.",
    scenario: /^large bodies$/,
    step: /^2 000 000 bytes$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 413);
      assert.equal(answer(step).body.json?.code, "PAYLOAD_TOO_LARGE");
    },
  },
  {
    id: "answers-carry-a-request-id",
    reason: "Every answer names the id under which its request is in our log, for whoever has to look it up.",
    scenario: /^/,
    step: /^/,
    field: /\.headers\.x-request-id$/,
    assert(step) {
      for (const { response } of step.exchanges) assert.match(response.headers["x-request-id"]?.join() ?? "(none)", /^[0-9a-f]{16}$/);
    },
  },
  {
    id: "json-is-strict",
    reason: "JavaScript takes more than JSON: infinite numbers, bytes that are no UTF-8, halves of surrogate pairs, nesting without end. Nobody means them, and what is stored would not be what was sent; ours refuses them.",
    scenario: /^/,
    step: /^(sign-in: "1e999"|invalid UTF-8|nested 5 000 deep|sign-(up|in) with a lone surrogate)$/,
    field: /^(exchanges\[0\]\.|result)/,
    assert(step) {
      assert.equal(answer(step).status, 400);
      assert.equal(answer(step).body.json?.code, "BAD_REQUEST");
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "profile-fields-are-text",
    reason: "Better Auth takes any value for name and image: numbers are stored as text like 1.0, flags as 1, and the rest, with a null for a name, fails with 500. Ours says what is wrong with it, and stores nothing.",
    scenario: /^update-user: fields that are no text$/,
    step: /^(name|image) is /,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 400);
      assert.equal(answer(step).body.json?.code, "VALIDATION_ERROR");
      assert.match(answer(step).body.json.message, /^\[body\.(name|image)\] Invalid input: expected string, received \w+$/);
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "location-is-ascii",
    reason: "Better Auth writes a location header as Latin-1 and fails with 500 beyond it; ours writes percent-encoded UTF-8, as a browser would.",
    scenario: /^/,
    step: /^good sign-in to (https:\/\/app\.example)?\/(ä|😀)$/,
    field: /^(exchanges\[0\]\.|result)/,
    assert(step) {
      assert.equal(answer(step).status, 200);
      assert.match(header(step, "location"), /^(https:\/\/app\.example)?\/(%C3%A4|%F0%9F%98%80)$/);
    },
  },
  {
    id: "paths-are-taken-as-sent",
    reason: "Better Auth resolves dots in a path before it looks for the endpoint; ours does not, so that what a proxy in front has let through is what is asked for.",
    scenario: /^/,
    step: /^GET \/(\.|x\/\.\.)\/ok$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 404);
      assert.equal(answer(step).body.kind, "empty");
    },
  },
  {
    id: "strict-json-stores-nothing",
    reason: "What was refused left no row.",
    scenario: /^beyond JSON$/,
    step: /^rows$/,
    field: /^rows/,
    assert(step) {
      assert.equal(step.rows.user.length, 0);
    },
  },
  {
    id: "location-beyond-latin-1-signs-in",
    reason: "Where Better Auth fails after it has made the session, ours answers with it: the same row, seen in an answer.",
    scenario: /^redirect beyond Latin-1$/,
    step: /^rows$/,
    field: /^rows\.session/,
    assert(step) {
      assert.equal(step.rows.session.length, 2);
    },
  },
  {
    id: "user-agents-are-utf-8",
    reason: "Better Auth stores what a client calls itself as Latin-1; ours as UTF-8, which is what clients send.",
    scenario: /^user agent in UTF-8$/,
    step: /^rows$/,
    field: /^rows\.session\[\d\]\.userAgent/,
    assert(step) {
      assert.ok(step.rows.session.some((row) => row.userAgent.value === "\u00dcn\u00efcode"));
    },
  },
  {
    id: "trusted-origins-are-trimmed",
    reason: "Better Auth never matches an origin that was written with a space beside the comma; ours takes it as it was meant.",
    scenario: /^oddly written trusted origins$/,
    step: /^origin https:\/\/spaced\.example$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 200);
      assert.equal(header(step, "access-control-allow-origin"), "https://spaced.example");
    },
  },
  {
    id: "a-taken-address-is-said",
    reason: "Where somebody else has taken an address before its owner opens the link, Better Auth fails with 500 and no body; ours says what is wrong, to whoever can read that address's mail.",
    scenario: /^change-email to an address that is taken meanwhile$/,
    step: /^the (link|token alone|token of an old link)$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      if (step.name === "the link") {
        assert.equal(answer(step).status, 302);
        assert.equal(header(step, "location"), "/?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      } else {
        assert.equal(answer(step).status, 401);
        assert.equal(answer(step).body.json?.code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      }
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "a-change-of-address-has-a-known-kind",
    reason: "Better Auth treats a link of any kind that it does not know as one of its old ones, and changes the address at once; ours refuses what it does not know.",
    scenario: /^change-email by a link of no known kind$/,
    step: /^(the token|the next mail|rows)$/,
    field: /^(exchanges\[|result|rows\.user\[0\])/,
    assert(step) {
      if (step.name === "rows") {
        assert.equal(step.rows.user[0].email.value, "ada@example.com");
      } else if (step.name === "the token") {
        assert.equal(answer(step).status, 401);
        assert.equal(answer(step).body.json?.code, "INVALID_TOKEN");
      } else {
        assert.equal(step.result, "is the one that was asked for");
      }
    },
  },
  {
    id: "the-error-page-is-our-own",
    reason: "The page that says what went wrong is a plainer one, names no other site, and comes with a policy that lets it do nothing, since anybody can make a link to it with any text.",
    scenario: /^error page$/,
    step: /^page /,
    field: /^exchanges\[0\]\.(body|headers\.(content-type|content-security-policy|x-content-type-options|referrer-policy|cache-control)(\[0\])?$)/,
    assert(step) {
      assert.equal(answer(step).status, 200);
      assert.equal(header(step, "content-type"), "text/html; charset=utf-8");
      assert.match(header(step, "content-security-policy"), /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
      assert.equal(header(step, "x-content-type-options"), "nosniff");
      assert.equal(header(step, "referrer-policy"), "no-referrer");
      assert.equal(header(step, "cache-control"), "no-store");
      const { text } = answer(step).body;
      assert.match(text, /<code>(INVALID_TOKEN|UNKNOWN|state_not_found)<\/code>/);
      assert.ok(!/<(script|img|a|iframe|link)\b|https?:/.test(text), text);
    },
  },
  {
    id: "additional-fields-have-their-type",
    reason: "Better Auth takes any value for an additional field: text is stored as a number, numbers as text, and what the database then refuses fails with 422 or 500. Ours says what is wrong with it, and stores nothing.",
    scenario: /^additional fields of a type that they are not$/,
    step: /^(sign-up|update|session), /,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 400);
      assert.equal(answer(step).body.json?.code, "VALIDATION_ERROR");
      assert.match(answer(step).body.json.message, /^\[body\.\w+\] (Invalid input: expected \w+( value)?, received \w+|Invalid date)$/);
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "numbers-are-whole-on-postgres",
    reason: "The column of a number is a 32-bit integer on PostgreSQL. Better Auth sends it any number and answers what the database then refuses with 422 or 500; ours says what is wrong with it.",
    engine: "postgres",
    scenario: /^additional fields on (sign-up|update-user|update-session)$/,
    step: /^(a number with a fraction|a large number|one of them and a field)$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 400);
      assert.equal(answer(step).body.json?.code, "VALIDATION_ERROR");
      assert.match(answer(step).body.json.message, /^\[body\.\w+\] Invalid input: expected int, received number$/);
    },
  },
  {
    id: "additional-fields-of-another-type-are-not-stored",
    reason: "What was refused left no row, and changed none.",
    scenario: /^additional fields of a type that they are not$/,
    step: /^rows$/,
    field: /^rows\./,
    assert(step) {
      assert.equal(step.rows.user.length, 1);
      assert.equal(step.rows.user[0].nickname.value, "Countess");
      assert.equal(step.rows.user[0].age.value, 36);
    },
  },
  {
    id: "a-unique-field-that-is-taken-is-said",
    reason: "Where an update gives an additional field a value that another has and that may be there once, Better Auth fails with 500 and no body; ours answers as to a sign-up with one.",
    scenario: /^additional fields that are there once$/,
    step: /^changed to one that is not$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 422);
      assert.deepEqual(answer(step).body.json, { code: "FAILED_TO_UPDATE_USER", message: "Failed to update user" });
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "an-ended-session-changes-nothing",
    reason: "Better Auth believes the cookie cache where a session lists the others, unlinks accounts or changes fields, and then writes a new cookie: who has one keeps a session for ever that was ended. Ours asks the database first.",
    scenario: /^cookie cache(: \w+| that was believed once too often)$/,
    step: /^(ended, and the others are not listed|list-sessions|unlink-account|update-user|update-session)$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 401);
      assert.deepEqual(answer(step).body.json, { code: "UNAUTHORIZED", message: "Unauthorized" });
      assert.equal(header(step, "set-auth-token"), undefined);
      assert.ok(answer(step).cookies.length > 0);
      for (const { value, attributes } of answer(step).cookies) assert.deepEqual([value, attributes[0]], ["", "Max-Age=0"], "every cookie is cleared");
    },
  },
  {
    id: "an-ended-session-changed-no-row",
    reason: "The same, seen in the database.",
    scenario: /^cookie cache that was believed once too often$/,
    step: /^rows$/,
    field: /^rows\.user\[0\]\.(name|updatedAt)\./,
    assert(step) {
      assert.equal(step.rows.user[0].name.value, "ada");
    },
  },
  {
    id: "a-deferred-refresh-refreshes",
    reason: "Where refreshes are deferred, Better Auth answers the POST that is to make one from the cookie cache as long as that is good, and makes none; ours asks the database and makes it.",
    scenario: /^refresh that is deferred, and a cookie cache$/,
    step: /^POST with the cookie$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 200);
      assert.equal(answer(step).body.json.session.expiresAt, "<date now+10080min>");
      assert.ok(answer(step).cookies.some(({ name }) => name.endsWith("session_token")));
    },
  },
  {
    id: "a-cookie-cache-is-bounded",
    reason: "Better Auth writes a cookie cache of any size in up to 100 cookies; ours writes none beyond 6 KiB, for servers and proxies refuse requests with longer heads, and the user would be locked out by their own picture.",
    scenario: /^cookie cache that is too large$/,
    step: /^(a picture|read)$/,
    field: /^exchanges\[0\]\.cookies/,
    assert(step) {
      assert.equal(answer(step).status, 200);
      const data = answer(step).cookies.filter(({ name }) => name.includes("session_data"));
      for (const { value, attributes } of data) assert.deepEqual([value, attributes[0]], ["", "Max-Age=0"], "what there was of it is cleared");
    },
  },
  {
    id: "a-cookie-cache-never-outlasts-its-age",
    reason: "Better Auth lets the cookie cache of a session that ends with the browser be believed for a minute, or five, also where the configuration says less.",
    scenario: /^cookie cache of less than a minute, not to be remembered$/,
    step: /^(sign-in|get-session)$/,
    field: /^exchanges\[0\]\.cookies\[\d\]\.value\.(expiresAt|lasts)$/,
    assert(step) {
      const data = answer(step).cookies.find(({ name }) => name.endsWith("session_data"));
      assert.equal(data.value.lasts, "20 s");
    },
  },
  {
    id: "requests-are-counted-without-addresses-being-remembered",
    reason: "Where sessions are not to remember addresses, Better Auth counts no requests either, and passwords can be tried without end; ours counts them by address as always, and stores none with a session.",
    scenario: /^no addresses, and requests are counted$/,
    step: /^try [45]$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 429);
      assert.deepEqual(answer(step).body.json, { message: "Too many requests. Please try again later." });
    },
  },
  {
    id: "lockout",
    reason: "After ten wrong passwords of an account ours lets the next try wait, and looks at no password meanwhile; the real server lets strangers guess on. It is answered as a rate limit is, which clients know.",
    scenario: /^wrong passwords without end$/,
    step: /during the delay$/,
    field: /^exchanges\[0\]\./,
    assert(step) {
      assert.equal(answer(step).status, 429);
      assert.deepEqual(answer(step).body.json, { message: "Too many requests. Please try again later." });
      assert.ok(header(step, "x-retry-after"));
      assert.deepEqual(answer(step).cookies, []);
    },
  },
  {
    id: "lockout-starts-no-session",
    reason: "The right password was not looked at, so that there is no session of it.",
    scenario: /^wrong passwords without end$/,
    step: /^rows$/,
    field: /^rows\.session/,
    assert(step) {
      assert.equal(step.rows.session.length, 1);
    },
  },
];
