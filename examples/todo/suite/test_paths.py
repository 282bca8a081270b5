"""Paths that name nothing, or name it in an odd way."""

from __future__ import annotations

import pytest
from backend import Backend
from conftest import User

NOT_FOUND = (404, {"detail": "Not found"})
NO_SUCH_TASK = (404, {"detail": "Task not found"})


@pytest.mark.parametrize(
    "path",
    [
        "/", "/api", "/api/", "/api/{u}", "/api/{u}/", "/api/{u}/tasks/", "/api/{u}/tasks/{t}/",
        "/api/{u}/tasks/{t}/x", "/api/{u}/tasks/{t}/complete", "//api/{u}/tasks",
        "/api//{u}/tasks", "/api/{u}//tasks", "/api/{u}/tasks//{t}", "/API/{u}/tasks",
        "/api/{u}/Tasks", "/api/{u}/task", "/api/{u}/tasks.json", "/api/{u}%2Ftasks",
        "/api%2F{u}/tasks", "/api/{u}/tasks%2F", "/api/{u}/tasks%2F{t}", "/api/{u}/tasks%3Fa",
        "/health/", "/health/x", "/Health", "/docs", "/redoc", "/openapi.json", "/metrics",
        "/favicon.ico", "/.env", "/admin",
    ],
)  # fmt: skip
def test_a_path_that_names_nothing(api: Backend, alice: User, path: str) -> None:
    """With a token or without, and never a redirect, which would carry the token elsewhere."""
    path = path.format(u=alice.name, t=alice.make("a")["id"])
    for method in ("GET", "POST", "DELETE"):
        for token in (None, alice.token):
            answer = api.send(method, path, token)
            assert (answer.status_code, answer.json()) == NOT_FOUND
            assert "location" not in answer.headers


def test_an_id_is_written_in_one_way(alice: User) -> None:
    task = alice.make("a")["id"]
    for other in (
        f"+{task}", f"-{task}", f"0{task}", f"%20{task}", f"{task}%20", f"{task}.0", f"{task}e0",
        f"{task}_0", f"0x{task:x}", f"%EF%BC%91", f"%D9%A1", f"{task}%00", f"{task};", "x", "-1",
        "0", "00", "null", "undefined", "NaN", "1e3", "true", "*", "1%20or%201=1", "..",
        "%2e%2e", f"{task}%2F", f"{task}%0a", "9223372036854775808", "9" * 5_000, "%00",
    ):  # fmt: skip
        path = f"{alice.tasks}/{other}"
        for method, json in (("GET", None), ("PATCH", {"title": "b"}), ("DELETE", None)):
            answer = alice.send(method, path, json=json)
            assert (answer.status_code, answer.json()) == NOT_FOUND, other
    assert alice.send("GET").json()[0]["title"] == "a"


def test_an_odd_id_tells_strangers_nothing(api: Backend, alice: User, bob: User) -> None:
    for task in ("x", "0", "9" * 30):
        assert api.send("GET", f"{alice.tasks}/{task}").status_code == 401
        assert bob.send("GET", f"{alice.tasks}/{task}").status_code == 403


def test_what_names_no_user_is_nobodys(api: Backend, alice: User) -> None:
    """Whose a path is that is not UTF-8 cannot be told."""
    for path in ("/api//tasks", "/api//tasks/1", "/api/%ff/tasks", f"{alice.tasks}/%ff",
                 f"/api/{alice.name}%c3/tasks"):  # fmt: skip
        assert api.send("GET", path).status_code == 401
        assert alice.send("GET", path).status_code == 403


def test_the_greatest_id_is_an_id(alice: User) -> None:
    answer = alice.send("GET", f"{alice.tasks}/9223372036854775807")
    assert (answer.status_code, answer.json()) == NO_SUCH_TASK


def test_letters_may_be_encoded(alice: User) -> None:
    task = alice.make("a")
    encoded = "".join(f"%{byte:02X}" for byte in alice.name.encode())
    for name in (encoded, encoded.lower(), alice.name.replace("a", "%61")):
        assert alice.send("GET", f"/api/{name}/tasks/{task['id']}").json() == task
    digits = "".join(f"%{byte:02X}" for byte in str(task["id"]).encode())
    assert alice.send("GET", f"{alice.tasks}/{digits}").json() == task
    # Encoded once is decoded once.
    twice = alice.name.replace("a", "%2561")
    assert alice.send("GET", f"/api/{twice}/tasks").status_code == 403


def test_a_query_changes_nothing(alice: User) -> None:
    task = alice.make("a")
    for query in ("?", "?a=b", "?user_id=x&id=1", "?%ff", "?/../", "?&&&=;"):
        assert alice.send("GET", alice.tasks + query).json() == [task]
