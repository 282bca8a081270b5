"""Who gets in, and what the others are told."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from backend import Backend
from conftest import User
from issuer import Secret, claims, segment

NOT_AUTHENTICATED = {"detail": "Not authenticated"}
INVALID = {"detail": "Invalid or expired token"}
BARE = "Bearer"
INVALID_TOKEN = 'Bearer error="invalid_token"'
WHOLE = {"title": "changed", "completed": True}
ROUTES = [
    ("GET", "", None), ("HEAD", "", None), ("POST", "", {"title": "new"}),
    ("GET", "/1", None), ("HEAD", "/1", None), ("PUT", "/1", WHOLE), ("PATCH", "/1", WHOLE),
    ("DELETE", "/1", None),
]  # fmt: skip
WRONG_METHODS = [
    ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("TRACE", ""), ("QUERY", ""), ("PROPFIND", ""),
    ("POST", "/1"), ("TRACE", "/1"), ("QUERY", "/1"), ("NONSENSE", "/1"),
]  # fmt: skip


def assert_unauthorized(answer: Any, challenge: str) -> None:
    assert answer.status_code == 401, answer.text
    assert answer.headers.get_list("www-authenticate") == [challenge]
    assert "allow" not in answer.headers
    if answer.request.method != "HEAD":
        assert answer.json() == (NOT_AUTHENTICATED if challenge == BARE else INVALID)


@pytest.mark.parametrize(("method", "task", "json"), ROUTES)
def test_no_route_is_open(api: Backend, alice: User, method: str, task: str, json: Any) -> None:
    path = alice.tasks + task
    assert_unauthorized(api.send(method, path, json=json), BARE)
    assert_unauthorized(api.send(method, path, "x", json=json), INVALID_TOKEN)
    assert alice.send("GET").json() == []


@pytest.mark.parametrize(("method", "task"), WRONG_METHODS)
def test_a_wrong_method_tells_strangers_nothing(
    api: Backend, alice: User, bob: User, method: str, task: str
) -> None:
    path = alice.tasks + task
    assert_unauthorized(api.send(method, path), BARE)
    assert_unauthorized(api.send(method, path, "x"), INVALID_TOKEN)
    answer = alice.send(method, path)
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method not allowed"})
    allowed = {"GET", "HEAD", "PUT", "PATCH", "DELETE"} if task else {"GET", "HEAD", "POST"}
    assert {one.strip() for one in answer.headers["allow"].split(",")} == allowed
    # What a path can do depends on no user, so this is no secret from one who is known.
    assert bob.send(method, path).status_code == 405


def test_health_is_open(api: Backend) -> None:
    for token in (None, "x"):
        answer = api.send("GET", "/health", token)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = api.send("POST", "/health")
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method not allowed"})
    assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def test_a_bad_body_is_no_way_around_the_guard(api: Backend, alice: User, bob: User) -> None:
    """Nobody's body is read before it is clear whose it is."""
    json = ("content-type", "application/json")
    for content, headers in [(b"{", [json]), (b"x" * 20_000, [json]), (b"{}", []), (b"", [])]:
        for method, path in (("POST", alice.tasks), ("PUT", f"{alice.tasks}/1")):
            answer = api.send(method, path, content=content, headers=headers)
            assert_unauthorized(answer, BARE)
            assert bob.send(method, path, content=content, headers=headers).status_code == 403


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "BeArEr"])
def test_the_scheme_is_written_in_any_case(alice: User, scheme: str) -> None:
    for space in (" ", "   "):
        headers = [("authorization", f"{scheme}{space}{alice.token}")]
        assert alice.api.send("GET", alice.tasks, headers=headers).status_code == 200


def credentials(token: str) -> dict[str, tuple[list[bytes], str]]:
    """What may stand in the Authorization headers, and how it is answered."""
    good = token.encode()
    return {
        "empty": ([b""], BARE),
        "basic": ([b"Basic YTpi"], BARE),
        "token-alone": ([good], BARE),
        "digest": ([b"Digest " + good], BARE),
        "no-space": ([b"Bearer" + good], BARE),
        "other-scheme-like-it": ([b"Bearerx " + good], BARE),
        "scheme-alone": ([b"Bearer"], INVALID_TOKEN),
        "two-tokens": ([b"Bearer " + good + b" " + good], INVALID_TOKEN),
        "list-of-two": ([b"Bearer " + good + b", Bearer " + good], INVALID_TOKEN),
        "comma-behind": ([b"Bearer " + good + b","], INVALID_TOKEN),
        "quoted": ([b'Bearer "' + good + b'"'], INVALID_TOKEN),
        "tab": ([b"Bearer\t" + good], BARE),
        "tab-after-space": ([b"Bearer \t" + good], INVALID_TOKEN),
        "latin-1": ([b"Bearer " + good + b"\xe9"], INVALID_TOKEN),
        "utf-8": (["Bearer é".encode()], INVALID_TOKEN),
        "percent": ([b"Bearer " + good.replace(b".", b"%2e")], INVALID_TOKEN),
        "padding": ([b"Bearer " + good + b"="], INVALID_TOKEN),
        "twice-the-same": ([b"Bearer " + good, b"Bearer " + good], INVALID_TOKEN),
        "good-then-basic": ([b"Bearer " + good, b"Basic YTpi"], INVALID_TOKEN),
        "basic-then-good": ([b"Basic YTpi", b"Bearer " + good], INVALID_TOKEN),
        "bad-then-good": ([b"Bearer x", b"Bearer " + good], INVALID_TOKEN),
        "good-then-empty": ([b"Bearer " + good, b""], INVALID_TOKEN),
        "long": ([b"Bearer " + b"a" * 20_000], INVALID_TOKEN),
        "many-dots": ([b"Bearer " + b"." * 8_000], INVALID_TOKEN),
    }


@pytest.mark.parametrize("name", credentials("a.b.c"))
def test_a_credential_is_exactly_one_bearer_token(alice: User, name: str) -> None:
    values, challenge = credentials(alice.token)[name]
    headers = [("authorization", value) for value in values]
    assert_unauthorized(alice.api.send("GET", alice.tasks, headers=headers), challenge)


def test_a_token_elsewhere_is_not_read(alice: User) -> None:
    path = f"{alice.tasks}?access_token={alice.token}&token={alice.token}"
    headers = [
        ("cookie", f"token={alice.token}; better-auth.session_token={alice.token}"),
        ("x-authorization", f"Bearer {alice.token}"),
        ("proxy-authorization", f"Bearer {alice.token}"),
    ]
    # The path is the client's own leak, and a server that logs paths logs it: not this token.
    alice.api.secrets.discard(alice.token)
    assert_unauthorized(alice.api.send("GET", path, headers=headers[:1]), BARE)
    assert_unauthorized(alice.api.send("GET", alice.tasks, headers=headers), BARE)
    body = {"title": "a", "access_token": alice.token}
    assert_unauthorized(alice.api.send("POST", alice.tasks, json=body), BARE)


NOW = int(time.time())
REFUSED: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 120},
    "expired-long-ago": {"exp": 0},
    "no-expiry": {"exp": None},
    "not-yet": {"nbf": NOW + 600},
    "from-the-future": {"iat": NOW + 600},
    "other-issuer": {"iss": "https://evil.example"},
    "issuer-with-slash": {"iss": "https://auth.example/"},
    "no-issuer": {"iss": None},
    "other-audience": {"aud": "https://evil.example"},
    "other-audiences": {"aud": ["https://evil.example", "https://auth.example"]},
    "no-audience": {"aud": None},
    "empty-audience": {"aud": []},
    "no-subject": {"sub": None},
    "empty-subject": {"sub": ""},
}


@pytest.mark.parametrize("name", REFUSED)
def test_claims_that_are_refused(api: Backend, secret: Secret, alice: User, name: str) -> None:
    token = secret.token(alice.name, **REFUSED[name])
    assert_unauthorized(api.send("GET", alice.tasks, token), INVALID_TOKEN)


@pytest.mark.parametrize("name", ["sub", "exp", "nbf", "iat", "iss", "aud"])
def test_claims_of_another_type_are_refused(
    api: Backend, secret: Secret, alice: User, name: str
) -> None:
    values: list[Any] = [{}, [1], True, "soon" if name in ("exp", "nbf", "iat") else 1]
    for value in values:
        payload = {**claims(alice.name), name: value}
        head = segment({"alg": "HS256", "typ": "JWT"})
        signing_input = f"{head}.{segment(payload)}"
        hs256 = jwt.get_algorithm_by_name("HS256")
        signature = hs256.sign(signing_input.encode(), hs256.prepare_key(secret.text))
        token = f"{signing_input}.{segment(signature)}"
        assert_unauthorized(api.send("GET", alice.tasks, token), INVALID_TOKEN)


def test_claims_that_are_accepted(api: Backend, secret: Secret, alice: User) -> None:
    for changes in (
        {"aud": ["https://other.example", "https://api.example"]},
        {"exp": NOW + 86_400 * 365},
        {"nbf": NOW - 60},
        {"iat": None},
        {"name": "Alice", "roles": ["admin"], "nested": {"a": [1, {"b": None}]}},
    ):
        token = secret.token(alice.name, **changes)
        assert api.send("GET", alice.tasks, token).status_code == 200, changes


def test_forged_tokens(api: Backend, alice: User) -> None:
    head, payload, signature = alice.token.split(".")
    none = segment({"alg": "none", "typ": "JWT"})
    other = jwt.encode(claims(alice.name), "another secret, which is long enough", "HS256")
    longer = jwt.encode(claims(alice.name), b"another secret, which is long enough" * 2, "HS512")
    changed = segment(claims(alice.name, admin=True))
    for token in (
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{segment({'alg': 'NONE'})}.{payload}.",
        f"{segment({'alg': 'hs256'})}.{payload}.{signature}",
        f"{segment({})}.{payload}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}..{signature}",
        f".{payload}.{signature}",
        f"{head}.{changed}.{signature}",
        f"{head}.{payload}.{signature[:-4]}",
        f"{head}.{payload}.{signature}.{signature}",
        f"{head}.{payload}.{signature[::-1]}",
        other,
        longer,
        "..",
    ):
        assert_unauthorized(api.send("GET", alice.tasks, token), INVALID_TOKEN)
