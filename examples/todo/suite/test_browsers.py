"""Which pages a browser lets read the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from backend import Backend
from conftest import User
from issuer import Secret

OWN = "http://localhost:3000"
FOREIGN = [
    "https://evil.example", "null", "http://localhost:3001", "https://localhost:3000",
    "http://localhost", "http://localhost:3000.evil.example", "http://evil.example:3000",
    "http://LOCALHOST:3000", "http://localhost:3000/", "",
]  # fmt: skip


def names(value: str) -> set[str]:
    return {one.strip().lower() for one in value.split(",")}


def preflight(api: Backend, origin: str, path: str = "/api/x/tasks") -> Mapping[str, str]:
    answer = api.send(
        "OPTIONS",
        path,
        headers=[
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,content-type"),
        ],
    )
    if origin == OWN:
        assert answer.status_code == 200
    return answer.headers


def test_the_front_end_may_ask(api: Backend) -> None:
    for path in ("/api/x/tasks", "/api/x/tasks/1", "/health"):
        headers = preflight(api, OWN, path)
        assert headers["access-control-allow-origin"] == OWN
        assert headers["access-control-allow-credentials"] == "true"
        methods = names(headers["access-control-allow-methods"])
        assert methods == {"get", "post", "put", "patch", "delete"}
        assert {"authorization", "content-type"} <= names(headers["access-control-allow-headers"])
        assert headers["access-control-max-age"] == "600"
        assert "origin" in names(headers["vary"])


def test_options_reach_nothing(api: Backend, alice: User) -> None:
    """What is a preflight is decided by the library for CORS: by the method alone in one back end,
    by the headers in the other, which then asks for a token like everywhere."""
    task = alice.make("hers")
    for path in (alice.tasks, f"{alice.tasks}/{task['id']}"):
        answer = api.send("OPTIONS", path)
        assert (answer.status_code, answer.text) in [
            (200, ""), (401, '{"detail":"Not authenticated"}'),
        ]  # fmt: skip
    assert alice.send("GET").json() == [task]


@pytest.mark.parametrize("origin", FOREIGN)
def test_no_other_page_may(api: Backend, alice: User, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(api, origin)
    for headers in (
        alice.send("GET", headers=[("origin", origin)]).headers,
        api.send("GET", alice.tasks, headers=[("origin", origin)]).headers,
    ):
        assert "access-control-allow-origin" not in headers
        assert names(headers["vary"]) == {"origin"}


def test_the_front_end_reads_every_answer(api: Backend, alice: User, bob: User) -> None:
    origin = [("origin", OWN)]
    json = ("content-type", "application/json")
    for expected, answer in (
        (200, alice.send("GET", headers=origin)),
        (200, api.send("GET", "/health", headers=origin)),
        (201, alice.send("POST", json={"title": "a"}, headers=origin)),
        (401, api.send("GET", alice.tasks, headers=origin)),
        (401, api.send("GET", alice.tasks, "x", headers=origin)),
        (403, bob.send("GET", alice.tasks, headers=origin)),
        (404, alice.send("GET", f"{alice.tasks}/1000000", headers=origin)),
        (404, api.send("GET", "/nothing", headers=origin)),
        (405, alice.send("TRACE", headers=origin)),
        (413, alice.send("POST", content=b"x" * 20_000, headers=[*origin, json])),
        (415, alice.send("POST", content=b"x", headers=origin)),
        (422, alice.send("POST", content=b"x", headers=[*origin, json])),
    ):
        assert answer.status_code == expected
        assert answer.headers["access-control-allow-origin"] == OWN, expected
        assert answer.headers["access-control-allow-credentials"] == "true"
        exposed = names(answer.headers["access-control-expose-headers"])
        assert exposed == {"retry-after", "www-authenticate"}
        assert names(answer.headers["vary"]) == {"origin"}


def test_a_shared_cache_tells_origins_apart(alice: User) -> None:
    """Also what comes from no page must not be kept for one."""
    answer = alice.send("GET")
    assert "access-control-allow-origin" not in answer.headers
    assert names(answer.headers["vary"]) == {"origin"}


def test_another_front_end_can_be_chosen(
    start: Callable[[Mapping[str, str]], Backend], secret: Secret
) -> None:
    origin = "https://app.example"
    api = start({"BETTER_AUTH_SECRET": secret.text, "CORS_ORIGIN": f"{origin}/"})
    answer = api.send("GET", "/health", headers=[("origin", origin)])
    assert answer.headers["access-control-allow-origin"] == origin
    answer = api.send("GET", "/health", headers=[("origin", OWN)])
    assert "access-control-allow-origin" not in answer.headers
