"""The examples of README.md, run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE, hs256, secret_verifier
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

README = (PACKAGE / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def run(holding: str, names: dict[str, Any]) -> dict[str, Any]:
    (block,) = [block for block in BLOCKS if holding in block]
    exec(compile(block, "README.md", "exec"), names)
    return names


@pytest.mark.usefixtures("forget_configuration")
def test_the_application() -> None:
    from gatewright.fastapi import configure

    names = run("app = FastAPI()", {})
    run("OptionalUser", names)
    run("WebSocket", names)
    configure(secret_verifier(issuer="https://auth.example.com", audience="https://auth.example.com"))
    app = names["app"]
    assert isinstance(app, FastAPI)
    client = TestClient(app)
    ada = {"Authorization": f"Bearer {hs256(email='ada@example.com')}"}
    assert client.get("/me", headers=ada).json() == {"id": "ada", "email": "ada@example.com"}
    assert client.get("/api/ada/tasks", headers=ada).json() == []
    assert client.get("/api/bob/tasks", headers=ada).status_code == 403
    assert client.get("/news").json() == {"for": "everybody"}
    assert client.get("/shops/ada", headers=ada).json() == {"owner": "ada"}
    assert client.get("/shops/bob", headers=ada).status_code == 403
    assert client.delete("/cache", headers=ada).status_code == 403
    assert client.post("/export", headers=ada).status_code == 403
    protocols = ["bearer", ada["Authorization"].split()[1]]
    with client.websocket_connect("/live", subprotocols=protocols) as websocket:
        assert websocket.receive_text() == "ada"


@pytest.mark.usefixtures("forget_configuration")
def test_the_middleware() -> None:
    names = run("app = FastAPI()", {})
    run("OptionalUser", names)
    run("JWTMiddleware", names)
    client = TestClient(names["app"])
    preflight = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    assert client.options("/me", headers=preflight).status_code == 200
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 200
    assert client.get("/news").status_code == 401


@pytest.mark.usefixtures("forget_configuration")
def test_the_migration_keeps_the_callers_as_they_are() -> None:
    from gatewright.fastapi import configure

    names = run("# middleware/jwt.py", {})
    configure(secret_verifier())
    app = FastAPI()

    @app.get("/api/{user_id}/tasks")
    async def handwritten(user_id: str, payload: dict = Depends(names["verify_jwt"])):  # type: ignore
        names["verify_user_match"](user_id, payload)
        return {"user": payload["sub"], "email": payload.get("email")}

    client = TestClient(app)
    headers = {"Authorization": f"Bearer {hs256()}"}
    assert client.get("/api/ada/tasks", headers=headers).json() == {"user": "ada", "email": None}
    assert client.get("/api/bob/tasks", headers=headers).status_code == 403
    assert client.get("/api/ada/tasks").status_code == 401


def test_without_a_framework(capsys: pytest.CaptureFixture[str]) -> None:
    run("from gatewright import InvalidToken", {})
    assert capsys.readouterr().out == "bad-signature\n"


def test_every_example_is_run() -> None:
    assert len(BLOCKS) == 6


def test_the_package_needs_nothing_but_python() -> None:
    code = "import sys, gatewright, gatewright.asgi; print(sorted({n.split('.')[0] for n in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.home()
    ).stdout
    for other in ("fastapi", "starlette", "pydantic", "jwt", "cryptography"):
        assert f"'{other}'" not in loaded


def test_the_docstrings_examples() -> None:
    import doctest

    import gatewright

    assert doctest.testmod(gatewright, optionflags=doctest.IGNORE_EXCEPTION_DETAIL).failed == 0
