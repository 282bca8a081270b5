"""Each token of the table of attacks, over HTTP. The table is that of the Rust and Python tests."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backend import Backend
from issuer import KeyServer

TABLE = Path(
    os.environ.get(
        "HOSTILE_TOKENS",
        Path(__file__).resolve().parents[3] / "crates" / "jose" / "tests" / "hostile.json",
    )
)
VERSION = 1


def rows() -> list[dict[str, Any]]:
    """The tokens that a header can carry: HTTP takes white space around one away, or ends there."""
    if not TABLE.exists():
        return []
    return [row for row in read()["tokens"] if row["token"] == row["token"].strip()]


def read() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text())
    return table


def name(row: dict[str, Any]) -> str:
    return f"{row['keys']}-{row['name']}"


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Backend]]:
    """A back end that has the table's secret, and one that has its keys."""
    table = read()
    expected = {"JWT_ISSUER": table["issuer"], "JWT_AUDIENCE": table["audience"]}
    folder = tmp_path_factory.mktemp("hostile")
    server = KeyServer()
    server.publish_set(table["jwks"]["keys"])
    secret = {"BETTER_AUTH_SECRET": table["secret"], **expected}
    started = {
        "secret": Backend(folder / "secret.db", secret, {table["secret"]}).start(),
        "jwks": Backend(folder / "jwks.db", {"JWKS_URL": server.url, **expected}).start(),
    }
    yield started
    for backend in started.values():
        backend.stop()
    server.close()


def test_the_table_is_there() -> None:
    assert TABLE.exists(), f"{TABLE} is missing"
    assert read()["version"] == VERSION
    controls = {row["keys"] for row in rows() if row["expected"] is None}
    assert controls == {"secret", "jwks"}, "without a token that is accepted, nothing is shown"
    assert any(row["expected"] is not None for row in rows())
    assert len(read()["tokens"]) - len(rows()) <= 4, "too many rows are left out"
    names = [name(row) for row in rows()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", rows(), ids=name)
def test_a_token_of_the_table(apis: dict[str, Backend], row: dict[str, Any]) -> None:
    api = apis[row["keys"]]
    user = subject(row["token"]) if row["expected"] is None else "alice"
    path = f"/api/{user}/tasks"
    answer = api.send("GET", path, headers=[("authorization", f"Bearer {row['token']}".rstrip())])
    if row["expected"] is None:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()) == (
            401, {"detail": "Invalid or expired token"},
        )  # fmt: skip
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    # Not one token of the table did any harm to those that come after it.
    assert api.send("GET", "/health").status_code == 200


def subject(token: str) -> str:
    payload = token.split(".")[1]
    text: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    return text
