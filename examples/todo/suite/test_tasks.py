"""The life of a task."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest
from backend import Backend
from conftest import User
from issuer import Secret

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_from_nothing_to_nothing(alice: User) -> None:
    assert alice.send("GET").json() == []

    made = alice.send("POST", json={"title": "  buy milk \n"})
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/json"
    task = made.json()
    path = f"{alice.tasks}/{task['id']}"
    assert list(task) == ["id", "user_id", "title", "completed", "created_at", "updated_at"]
    assert task == {
        "id": task["id"],
        "user_id": alice.name,
        "title": "buy milk",
        "completed": False,
        "created_at": task["created_at"],
        "updated_at": task["created_at"],
    }
    assert isinstance(task["id"], int)
    assert MOMENT.fullmatch(task["created_at"])
    at = datetime.fromisoformat(task["created_at"].replace("Z", "+00:00"))
    assert abs(datetime.now(timezone.utc) - at) < timedelta(seconds=30)
    assert alice.send("GET", path).json() == task

    part = alice.send("PATCH", path, json={"completed": True})
    assert part.status_code == 200
    assert part.json() == {**task, "completed": True, "updated_at": part.json()["updated_at"]}
    assert part.json()["updated_at"] >= task["updated_at"]

    part = alice.send("PATCH", path, json={"title": " buy oats "})
    assert (part.json()["title"], part.json()["completed"]) == ("buy oats", True)
    part = alice.send("PATCH", path, json={})
    assert (part.json()["title"], part.json()["completed"]) == ("buy oats", True)

    whole = alice.send("PUT", path, json={"title": "buy rice", "completed": False})
    assert whole.status_code == 200
    assert (whole.json()["title"], whole.json()["completed"]) == ("buy rice", False)
    assert whole.json()["created_at"] == task["created_at"]
    assert alice.send("GET").json() == [whole.json()]

    gone = alice.send("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-type" not in gone.headers
    assert alice.send("GET").json() == []
    for method, json in [("GET", None), ("PUT", {"title": "a", "completed": True}),
                         ("PATCH", {"title": "a"}), ("DELETE", None)]:  # fmt: skip
        answer = alice.send(method, path, json=json)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Task not found"})


def test_a_list_is_in_the_order_of_making(alice: User) -> None:
    made = [alice.make(title) for title in ("b", "a", "c")]
    assert alice.send("GET").json() == made
    assert [task["id"] for task in made] == sorted(task["id"] for task in made)


def test_the_id_of_a_deleted_task_never_comes_back(alice: User) -> None:
    first = alice.make("first")
    alice.send("DELETE", f"{alice.tasks}/{first['id']}")
    assert alice.make("second")["id"] > first["id"]


def test_a_head_is_a_get_without_its_body(alice: User) -> None:
    task = alice.make("title")
    for path in (alice.tasks, f"{alice.tasks}/{task['id']}", "/health"):
        get, head = alice.send("GET", path), alice.send("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))


def test_members_that_mean_nothing_are_ignored(alice: User, bob: User) -> None:
    """A client may send back the whole task that it has; it changes nobody and no moment."""
    task = alice.make("title")
    path = f"{alice.tasks}/{task['id']}"
    body = {**task, "title": "new", "id": 1, "user_id": bob.name, "created_at": "never"}
    for method in ("PUT", "PATCH"):
        changed = alice.send(method, path, json=body).json()
        assert {**changed, "updated_at": ""} == {**task, "title": "new", "updated_at": ""}
    made = alice.send("POST", json=body).json()
    assert (made["user_id"], made["title"], made["completed"]) == (alice.name, "new", False)
    assert bob.send("GET").json() == []


@pytest.mark.parametrize(
    "title",
    [
        "'); DROP TABLE tasks; --",
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} %s %(a)s {0}",
        'quotes " and \\ and /',
        "tab\tand\nlines",
        "nul \x00 inside",
        "مرحبا 你好 🦀 é e\u0301",
        "ä" * 200,
        "🦀" * 200,
        "\u200b",
        "\x1f",
    ],
    ids=lambda title: ascii(title)[:20],
)
def test_a_title_is_data(alice: User, title: str) -> None:
    task = alice.make(title)
    assert task["title"] == title
    assert alice.send("GET", f"{alice.tasks}/{task['id']}").json() == task
    assert alice.send("GET").json() == [task]


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\x85"])
def test_space_around_a_title_is_none_of_it(alice: User, space: str) -> None:
    assert alice.make(f"{space}a{space}b{space}")["title"] == f"a{space}b"


@pytest.mark.parametrize("name", ["ünïcode", "🦀", "a b", "a.b@c", "..", "a/b", "a%2Fb", "a;b", "a+b"])
def test_a_user_id_may_be_any_text(api: Backend, secret: Secret, name: str) -> None:
    path = "/api/" + "".join(f"%{byte:02x}" for byte in name.encode()) + "/tasks"
    answer = api.send("POST", path, secret.token(name), json={"title": "mine"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["user_id"] == name
    assert api.send("GET", path, secret.token(f"{name}x")).status_code == 403


def test_tasks_are_there_after_a_restart(
    start: Callable[[Mapping[str, str]], Backend], secret: Secret
) -> None:
    environment = {"BETTER_AUTH_SECRET": secret.text}
    first = start(environment)
    task = User(first, secret, "alice")
    made = task.make("lasting")
    second = start({**environment, "TODO_DATABASE": f"sqlite:{first.database}"})
    path = f"{task.tasks}/{made['id']}"
    assert second.send("GET", path, task.token).json() == made


def test_many_writers_lose_nothing(alice: User) -> None:
    def write(titles: range) -> None:
        for number in titles:
            alice.make(str(number))

    writers = [threading.Thread(target=write, args=(range(n, 80, 8),)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    titles = [task["title"] for task in alice.send("GET").json()]
    assert sorted(titles, key=int) == [str(number) for number in range(80)]


def test_a_locked_database_holds_up_nothing_else(
    start: Callable[[Mapping[str, str]], Backend], secret: Secret
) -> None:
    api = start({"BETTER_AUTH_SECRET": secret.text})
    alice = User(api, secret, "alice")
    alice.make("before")
    other = sqlite3.connect(api.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    made: list[int] = []
    writer = threading.Thread(
        target=lambda: made.append(alice.send("POST", json={"title": "late"}).status_code)
    )
    writer.start()
    try:
        for _ in range(20):
            assert api.send("GET", "/health").elapsed < timedelta(seconds=2)
        assert made == []
    finally:
        other.execute("ROLLBACK")
        other.close()
        writer.join()
    assert made == [201]


def test_a_broken_database_is_nobodys_business(
    start: Callable[[Mapping[str, str]], Backend], secret: Secret
) -> None:
    api = start({"BETTER_AUTH_SECRET": secret.text})
    alice = User(api, secret, "alice")
    task = alice.make("before")
    other = sqlite3.connect(api.database)
    other.execute("DROP TABLE tasks")
    other.close()
    for method, path, json in [
        ("GET", alice.tasks, None),
        ("POST", alice.tasks, {"title": "confidential"}),
        ("PATCH", f"{alice.tasks}/{task['id']}", {"title": "confidential"}),
    ]:
        answer = alice.send(method, path, json=json)
        assert (answer.status_code, answer.json()) == (500, {"detail": "Internal server error"})
    assert api.send("GET", "/health").status_code == 200
    assert "confidential" not in api.said()
    assert "no such table" in api.said(), "an operator learns nothing"
