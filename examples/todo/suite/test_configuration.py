"""What the environment may say; a mistake ends the process before it listens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from backend import CONFIGURED, LOST, SECONDS_TO_START, Backend, command
from conftest import User
from issuer import ISSUER, Key, KeyServer, Secret

Starter = Callable[[Mapping[str, str]], Backend]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BETTER_AUTH_SECRET", ""),
        ("BETTER_AUTH_SECRET", "short-but-nobodys-business"),
        ("BETTER_AUTH_SECRET", " " * 40),
        ("BETTER_AUTH_URL", "localhost:4000"),
        ("BETTER_AUTH_URL", "http://auth.example"),
        ("BETTER_AUTH_URL", "https://user:nobodys-business@auth.example"),
        ("JWKS_URL", "https://auth.example/jwks"),
        ("JWKS_URL", "/jwks"),
        ("CORS_ORIGIN", "*"),
        ("CORS_ORIGIN", "null"),
        ("CORS_ORIGIN", "localhost:3000"),
        ("CORS_ORIGIN", "file:///app"),
        ("TODO_DATABASE", "postgres://localhost/todo"),
        ("TODO_DATABASE", "todo.db"),
        ("TODO_DATABASE", "sqlite:"),
    ],
)
def test_a_mistake_is_refused(tmp_path: Path, name: str, value: str) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in CONFIGURED}
    ended = subprocess.run(
        command(),
        env={**inherited, "TODO_LISTEN": "127.0.0.1:0", name: value},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_START,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2, said
    assert "nobodys-business" not in said
    assert not LOST.search(said), said
    assert name in said or value in said, "it does not say which variable"
    assert list(tmp_path.iterdir()) == [], "it began nevertheless"


def test_a_database_in_memory(start: Starter, secret: Secret) -> None:
    api = start({"BETTER_AUTH_SECRET": secret.text, "TODO_DATABASE": "sqlite::memory:"})
    alice = User(api, secret, "alice")
    task = alice.make("a")
    assert alice.send("GET").json() == [task]
    assert not list(api.database.parent.iterdir())


def test_a_secret_checks_the_issuer_only_where_it_is_known(
    start: Starter, secret: Secret
) -> None:
    api = start({"BETTER_AUTH_SECRET": secret.text})
    token = secret.token("alice", iss="https://any.example", aud=None)
    assert api.send("GET", "/api/alice/tasks", token).status_code == 200
    api = start({"BETTER_AUTH_SECRET": secret.text, "BETTER_AUTH_URL": f"{ISSUER}/some/path"})
    assert api.send("GET", "/api/alice/tasks", token).status_code == 401
    own = secret.token("alice", aud=ISSUER)
    assert api.send("GET", "/api/alice/tasks", own).status_code == 200


def test_a_secret_fetches_no_keys(start: Starter, secret: Secret, key_server: KeyServer) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    api = start({"BETTER_AUTH_SECRET": secret.text, "JWKS_URL": key_server.url})
    assert api.send("GET", "/api/alice/tasks", key.token("alice")).status_code == 401
    assert api.send("GET", "/api/alice/tasks", secret.token("alice")).status_code == 200
    assert key_server.fetches == 0


def test_the_address_of_the_auth_server_is_all_that_is_needed(
    start: Starter, key_server: KeyServer
) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    auth = key_server.url.removesuffix("/jwks")
    api = start({"BETTER_AUTH_URL": f"{auth}/"})
    assert api.send("GET", "/api/alice/tasks", key.token("alice")).status_code == 401
    token = key.token("alice", iss=auth, aud=auth)
    assert api.send("GET", "/api/alice/tasks", token).status_code == 200
    assert key_server.paths == ["/api/auth/jwks"]
