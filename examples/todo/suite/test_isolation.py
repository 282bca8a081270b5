"""Two users, every route: what is Alice's stays hers, unseen and unchanged."""

from __future__ import annotations

import secrets

import pytest
from conftest import User

WHOLE = {"title": "taken over", "completed": True}
ROUTES = [
    ("GET", None), ("HEAD", None), ("PUT", WHOLE), ("PATCH", WHOLE), ("PATCH", {}),
    ("DELETE", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "json"), [*ROUTES, ("POST", {"title": "taken over"})])
def test_nobody_reaches_the_path_of_another(
    alice: User, bob: User, method: str, json: object
) -> None:
    marker = secrets.token_hex(8)
    task = alice.make(marker)
    path = alice.tasks if method == "POST" else f"{alice.tasks}/{task['id']}"
    missing = f"{alice.tasks}/{task['id'] + 1_000_000}"
    answers = [bob.send(method, one, json=json) for one in (path, missing, alice.tasks)
               if method in ("GET", "HEAD", "POST") or one != alice.tasks]  # fmt: skip
    if method == "POST":
        answers = [bob.send(method, alice.tasks, json=json)]
    for answer in answers:
        assert answer.status_code == 403
        assert marker not in answer.text and marker not in str(answer.headers)
        # A task that is there and one that is not look the same.
        assert answer.content == answers[0].content
        if method != "HEAD":
            assert answer.json() == {"detail": "Access denied"}
    assert alice.send("GET").json() == [task]


@pytest.mark.parametrize(("method", "json"), ROUTES)
def test_nobody_finds_the_task_of_another_on_their_own_path(
    alice: User, bob: User, method: str, json: object
) -> None:
    marker = secrets.token_hex(8)
    task = alice.make(marker)
    answer = bob.send(method, f"{bob.tasks}/{task['id']}", json=json)
    assert answer.status_code == 404
    assert marker not in answer.text
    if method != "HEAD":
        assert answer.json() == {"detail": "Task not found"}
    assert alice.send("GET").json() == [task]


def test_lists_are_apart(alice: User, bob: User) -> None:
    hers, his = alice.make("hers"), bob.make("his")
    assert alice.send("GET").json() == [hers]
    assert bob.send("GET").json() == [his]
    assert bob.send("GET", f"{bob.tasks}?user_id={alice.name}").json() == [his]


def test_a_name_that_nearly_fits_does_not(alice: User, bob: User) -> None:
    alice.make("hers")
    name = alice.name
    for near in (
        name.upper(), name.capitalize(), f"{name}%20", f"%20{name}", f"{name}%00", name[:-1],
        f"{name}x", f"{name}%0a", f"{name}.", f"{name}%2f", f"{name};", f"{name}%ff", "%ff",
        name.replace("a", "%D0%B0"), "%25", "*", "null", "undefined", "me", "0", "-", "%2e",
        f"{bob.name}%2f..%2f{name}", f"..%2f{name}", f"{name},{bob.name}",
    ):  # fmt: skip
        answer = bob.send("GET", f"/api/{near}/tasks")
        assert (answer.status_code, answer.json()) == (403, {"detail": "Access denied"}), near
        answer = alice.send("GET", f"/api/{near}/tasks")
        assert (answer.status_code, answer.json()) == (403, {"detail": "Access denied"}), near


def test_the_user_of_a_body_or_a_header_counts_for_nothing(alice: User, bob: User) -> None:
    headers = [("x-user-id", alice.name), ("x-forwarded-user", alice.name)]
    body = {"title": "a", "user_id": alice.name, "user": alice.name, "sub": alice.name}
    made = bob.send("POST", json=body, headers=headers)
    assert made.json()["user_id"] == bob.name
    assert alice.send("GET").json() == []
