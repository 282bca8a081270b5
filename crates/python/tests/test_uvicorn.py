"""A real uvicorn with two workers, real sockets, and keys from a real server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from conftest import ISSUER, JwksServer, Key, until
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

KEY = Key("a")


class Uvicorn:
    """A running server; its workers share one listening socket."""

    def __init__(self, log: Path, environment: dict[str, str], *options: str) -> None:
        self.log = log
        with socket.create_server(("127.0.0.1", 0)) as listening, log.open("w") as output:
            self.address = f"127.0.0.1:{listening.getsockname()[1]}"
            self._process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "application:app", "--fd", str(listening.fileno())]
                + list(options),
                cwd=Path(__file__).parent,
                env={**os.environ, **environment},
                pass_fds=[listening.fileno()],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str, token: Optional[str] = None) -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response), dict(response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), dict(error.headers)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture(params=["dependencies", "middleware"])
def uvicorn(request: Any, server: JwksServer, tmp_path: Path) -> Iterator[Uvicorn]:
    server.serves(KEY)
    environment = {"JWKS_URL": server.url, "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": ISSUER}
    environment |= {"GUARDED": "1"} if request.param == "middleware" else {}
    running = Uvicorn(tmp_path / "log", environment, "--workers", "2")
    try:
        yield running
    finally:
        running.stop()


def test_two_workers_keep_users_apart(uvicorn: Uvicorn, server: JwksServer) -> None:
    token = KEY.token()
    workers: set[int] = set()

    def both_have_answered() -> bool:
        status, worker, _ = uvicorn.get("/api/ada/tasks", token)
        assert status == 200
        workers.add(worker)
        return len(workers) == 2

    until(both_have_answered, f"two workers answer; see {uvicorn.log}")
    assert server.fetches == 2  # each has its own keys, and fetches them once
    assert uvicorn.get("/health")[0] == 200
    assert uvicorn.get("/api/bob/tasks", token)[:2] == (403, {"detail": "Access denied"})
    status, body, headers = uvicorn.get("/api/ada/tasks")
    assert (status, body) == (401, {"detail": "Not authenticated"})
    assert headers["www-authenticate"] == "Bearer"
    status, body, headers = uvicorn.get("/api/ada/tasks", token[:-4] + "AAAA")
    assert (status, body) == (401, {"detail": "Invalid or expired token"})
    assert headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_websockets(uvicorn: Uvicorn) -> None:
    token = KEY.token()
    url = f"ws://{uvicorn.address}"
    with connect(f"{url}/live", additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        assert socket.recv() == "ada"
    # As browsers can: new WebSocket(url, ["bearer", token])
    protocols = [Subprotocol("bearer"), Subprotocol(token)]
    with connect(f"{url}/live", subprotocols=protocols) as socket:
        assert (socket.recv(), socket.subprotocol) == ("ada", "bearer")
    with connect(f"{url}/of/ada", subprotocols=[*protocols], additional_headers={}) as socket:
        pass
    bad = [Subprotocol("bearer"), Subprotocol(token[:-4] + "AAAA")]
    for path, offered in [("live", None), ("live", bad), ("live", bad[:1]), ("of/bob", protocols)]:
        with pytest.raises(InvalidStatus) as caught:
            with connect(f"{url}/{path}", subprotocols=offered):
                pass
        assert caught.value.response.status_code == 403


def test_the_access_log_holds_no_token(uvicorn: Uvicorn) -> None:
    token = KEY.token()
    assert uvicorn.get("/api/ada/tasks", token)[0] == 200
    assert uvicorn.get("/api/bob/tasks", token)[0] == 403
    until(lambda: " 403 " in uvicorn.log.read_text(), "the log is written")
    assert token[-20:] not in uvicorn.log.read_text()
