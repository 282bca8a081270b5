"""A server of one's own: the binary `gatewright serve`, and what comes to a collector."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from typing import Any

SECRET = "a-secret-for-tests-of-48-characters-and-no-more."
PATIENCE = 60


class Served:
    """Listens on a free port, in a directory that goes with it."""

    def __init__(self, **variables: str) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self.binary = os.environ["GATEWRIGHT_BIN"]
        variables = {
            "BETTER_AUTH_SECRET": SECRET,
            "GATEWRIGHT__RATE_LIMIT__ENABLED": "false",
            **variables,
        }
        self._process = subprocess.Popen(
            [self.binary, "serve", "--listen", "127.0.0.1:0"],
            cwd=self._directory.name,
            env=variables,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.about = self._listening()
        # What it logs from now on is read, lest it waits for a reader.
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def _listening(self) -> dict[str, Any]:
        for line in self._process.stderr:
            if line.startswith("{") and json.loads(line)["message"] == "listening":
                return json.loads(line)
        raise AssertionError(f"it ended with {self._process.wait()}")

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Below the base path: status, what the body says (see _body) and headers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"origin": f"http://localhost:{self.port}", **(headers or {})}
        if data is not None:
            headers["content-type"] = "application/json"
        request = urllib.request.Request(
            f"http://{self.about['address']}/api/auth{path}", data, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, _body(answer), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, _body(error), dict(error.headers)

    @property
    def port(self) -> str:
        return self.about["address"].rpartition(":")[2]

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE) == 0
        self._directory.cleanup()


def _body(answer: Any) -> Any:
    """What its JSON says, the text of anything else, or nothing."""
    text = answer.read()
    is_json = answer.headers.get("content-type") == "application/json"
    return json.loads(text) if is_json else text.decode() or None


class Collector:
    """Takes what an exporter posts."""

    def __init__(self) -> None:
        bodies: list[bytes] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                assert self.headers["content-type"] == "application/x-protobuf"
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.bodies = bodies
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
