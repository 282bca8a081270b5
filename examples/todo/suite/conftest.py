"""What the tests ask for: a back end with a shared secret, back ends with published keys, users."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from backend import Backend, command
from issuer import AUDIENCE, ISSUER, KeyServer, Secret

Starter = Callable[[Mapping[str, str]], Backend]


def pytest_sessionstart() -> None:
    """Says what is missing once, and not with each test."""
    try:
        command()
    except RuntimeError as error:
        pytest.exit(str(error), returncode=2)


class User:
    """Somebody with a token and a path of their own. Each test makes its own users, so that no
    test sees what another did."""

    def __init__(self, api: Backend, issuer: Secret, name: str) -> None:
        self.api = api
        self.name = f"{name}-{secrets.token_hex(4)}"
        self.token = issuer.token(self.name)
        self.tasks = f"/api/{self.name}/tasks"

    def send(self, method: str, path: str | None = None, **more: Any) -> Any:
        return self.api.send(method, path or self.tasks, self.token, **more)

    def make(self, title: str) -> dict[str, Any]:
        answer = self.send("POST", json={"title": title})
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        return task


@pytest.fixture(scope="session")
def secret() -> Secret:
    return Secret()


@pytest.fixture(scope="session")
def api(secret: Secret, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The back end that most tests share."""
    environment = {
        "BETTER_AUTH_SECRET": secret.text,
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
    }
    database = tmp_path_factory.mktemp("api") / "todo.db"
    backend = Backend(database, environment, {secret.text}).start()
    yield backend
    backend.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Starts a back end of the test's own."""
    started: list[Backend] = []

    def start(environment: Mapping[str, str]) -> Backend:
        kept = {environment[name] for name in ("BETTER_AUTH_SECRET",) if name in environment}
        database = tmp_path / f"todo-{len(started)}.db"
        started.append(Backend(database, environment, kept).start())
        return started[-1]

    yield start
    for backend in started:
        backend.stop()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def api_with_keys(start: Starter, key_server: KeyServer) -> Backend:
    """A back end that takes the keys of `key_server`."""
    return start({"JWKS_URL": key_server.url, "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": AUDIENCE})


@pytest.fixture
def alice(api: Backend, secret: Secret) -> User:
    return User(api, secret, "alice")


@pytest.fixture
def bob(api: Backend, secret: Secret) -> User:
    return User(api, secret, "bob")
