"""What the tests share: keys, tokens made by PyJWT, and a real server of key sets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Optional

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

import gatewright._default
from gatewright import Verifier

ISSUER = "https://auth.example.com"
SECRET = "a shared secret of at least 32 characters"
PACKAGE = Path(__file__).parent.parent


def claims(subject: str = "ada", **others: Any) -> dict[str, Any]:
    """A claims set that verifies; ``None`` takes a claim out."""
    now = int(time.time())
    all_of_them = {"iss": ISSUER, "aud": ISSUER, "sub": subject, "iat": now, "exp": now + 900}
    return {name: value for name, value in {**all_of_them, **others}.items() if value is not None}


def hs256(subject: str = "ada", secret: str = SECRET, **others: Any) -> str:
    """A token that is signed with the shared secret."""
    return jwt.encode(claims(subject, **others), secret, "HS256")


def secret_verifier(**options: Any) -> Verifier:
    return Verifier(**{"secret": SECRET, "issuer": ISSUER, "audience": ISSUER, **options})


class Key:
    """An Ed25519 key with a name."""

    def __init__(self, key_id: str) -> None:
        self.id = key_id
        self.private = Ed25519PrivateKey.generate()

    @property
    def pem(self) -> str:
        return (
            self.private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    @property
    def jwk(self) -> dict[str, Any]:
        public = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.id, "alg": "EdDSA", "use": "sig"}

    def token(self, subject: str = "ada", key_id: Optional[str] = None, **others: Any) -> str:
        headers = {"kid": key_id or self.id}
        return jwt.encode(claims(subject, **others), self.private, "EdDSA", headers=headers)


Answer = Callable[[BaseHTTPRequestHandler], None]


class JwksServer:
    """Serves key sets, or whatever a test wants instead, on a free port of this machine."""

    def __init__(self) -> None:
        self.requests: list[BaseHTTPRequestHandler] = []
        #: Ends all answers that hang.
        self.released = threading.Event()
        self.answer: Answer = lambda handler: handler.send_error(404)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self)
                try:
                    outer.answer(self)
                except OSError:
                    pass  # the client went away

            def log_message(self, *_args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/jwks"

    @property
    def fetches(self) -> int:
        return len(self.requests)

    def serves(self, *keys: Key) -> None:
        self.answers(json.dumps({"keys": [key.jwk for key in keys]}).encode())

    def answers(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.answer = lambda handler: respond(handler, body, status, **headers)

    def hangs(self, then: Optional[Answer] = None) -> None:
        def hang(handler: BaseHTTPRequestHandler) -> None:
            assert self.released.wait(30), "nobody released the server"
            if then is not None:
                then(handler)

        self.answer = hang

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def respond(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[JwksServer]:
    server = JwksServer()
    yield server
    server.stop()


@pytest.fixture
def forget_configuration() -> Iterator[None]:
    """Puts the application's one verifier back to what it was."""
    before = gatewright._default._verifier
    gatewright._default._verifier = None
    yield
    gatewright._default._verifier = before


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits for another thread or process, for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        threading.Event().wait(0.005)
