"""A back end as a real process: started on a free port with an empty database, and watched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

EXAMPLES = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
SECONDS_TO_ANSWER = 30
# A shorter text may stand somewhere by chance.
SHORTEST_SECRET = 16

# What axum's and uvicorn's line of start-up have in common.
ADDRESS = re.compile(r"(?:listening|running) on (http://127\.0\.0\.1:\d+)")
# What a process that lost its way prints: a traceback, a panic, a failed task.
LOST = re.compile(r"Traceback|panicked|RUST_BACKTRACE|was never awaited|never retrieved")
# What names the back end's keys; each process gets only those that its test chose.
CONFIGURED = (
    "BETTER_AUTH_SECRET", "BETTER_AUTH_URL", "CORS_ORIGIN", "JWKS_URL", "JWT_AUDIENCE",
    "JWT_ISSUER", "RUST_LOG", "TODO_DATABASE", "TODO_LISTEN",
)  # fmt: skip


def command() -> list[str]:
    """What starts the back end that the environment names."""
    match os.environ.get("TODO_BACKEND"):
        case "axum":
            binary = os.environ.get("TODO_API_BIN", "todo-api-axum")
            if shutil.which(binary) is None:
                raise RuntimeError(
                    f"{binary} is no program; build it by `cargo build --release -p todo-api-axum`"
                    " and set TODO_API_BIN to target/release/todo-api-axum"
                )
            return [binary]
        case "fastapi":
            python = os.environ.get("TODO_PYTHON", sys.executable)
            app_dir = str(EXAMPLES / "api-fastapi")
            # Port 0: the system picks a free one, and uvicorn says which.
            return [python, "-m", "uvicorn", "--app-dir", app_dir, "--port", "0", "main:app"]
        case other:
            raise RuntimeError(f"TODO_BACKEND must be axum or fastapi, not {other!r}")


@dataclass
class Backend:
    """One process. Everything that it ever says is kept, and looked through at its end."""

    database: Path
    environment: Mapping[str, str]
    secrets: set[str] = field(default_factory=set)
    output: list[str] = field(default_factory=list)

    _client: httpx.Client = field(init=False)

    def start(self) -> Backend:
        inherited = {k: v for k, v in os.environ.items() if k not in CONFIGURED}
        own = {"TODO_LISTEN": "127.0.0.1:0", "TODO_DATABASE": f"sqlite:{self.database}"}
        self._process = subprocess.Popen(
            command(),
            env={**inherited, **own, **self.environment, "PYTHONUNBUFFERED": "1"},
            cwd=self.database.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._address: str | None = None
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._told.wait(SECONDS_TO_START) or self._address is None:
            self._end()
            raise RuntimeError(f"{command()[0]} did not start; it said:\n{self.said()}")
        # A connection for each request: a server may hang up after one whose body it did not read.
        self._client = httpx.Client(
            base_url=self._address,
            timeout=SECONDS_TO_ANSWER,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        return self

    def send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Sequence[tuple[str, str | bytes]] = (),
    ) -> httpx.Response:
        """Sends the path as it stands, without any normalisation, and looks at what comes back."""
        request = self._client.build_request(method, "/", json=json, content=content)
        request.extensions["target"] = path.encode()
        if token is not None:
            request.headers["authorization"] = f"Bearer {token}"
            if len(token) >= SHORTEST_SECRET:
                self.secrets.add(token)
        if headers:
            added = [(name.encode(), value if isinstance(value, bytes) else value.encode())
                     for name, value in headers]  # fmt: skip
            request.headers = httpx.Headers([*request.headers.raw, *added])
        response = self._client.send(request)
        self.look_at(response)
        return response

    def look_at(self, response: httpx.Response) -> None:
        """What holds for every answer, whatever was asked."""
        method, status = response.request.method, response.status_code
        for secret in self.secrets:
            assert secret not in response.text, "an answer holds a token or a secret"
        assert not LOST.search(response.text), response.text
        assert ("www-authenticate" in response.headers) == (status == 401), response.headers
        assert ("retry-after" in response.headers) == (status == 503), response.headers
        if status >= 400 and method not in ("HEAD", "OPTIONS"):
            assert response.headers["content-type"] == "application/json"
            body = response.json()
            assert isinstance(body, dict) and list(body) == ["detail"], body
            assert isinstance(body["detail"], str) and 1 <= len(body["detail"]) <= 100, body

    @property
    def address(self) -> str:
        assert self._address is not None
        return self._address

    def said(self) -> str:
        return "".join(self.output)

    def stop(self) -> None:
        """Ends it as an operator would, and looks through all that it said."""
        self._client.close()
        self._process.send_signal(signal.SIGTERM)
        code = self._end()
        assert code in (0, -signal.SIGTERM), f"it ended with {code}:\n{self.said()}"
        assert not LOST.search(self.said()), self.said()
        for secret in self.secrets:
            assert secret not in self.said(), "the log holds a token or a secret"
            signature = secret.rpartition(".")[2]
            if len(signature) >= SHORTEST_SECRET:
                assert signature not in self.said(), "the log holds a signature"

    def _end(self) -> int:
        try:
            return self._process.wait(SECONDS_TO_STOP if self._told.is_set() else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output.append(line)
            if self._address is None and (found := ADDRESS.search(line)):
                self._address = found[1]
                self._told.set()
        self._told.set()


def eventually(holds: Any, within_seconds: float) -> None:
    """Asks again until it holds: another process has no event to wait for."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not hold within {within_seconds} s"
        time.sleep(0.05)
