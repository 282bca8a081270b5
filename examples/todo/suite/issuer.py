"""An issuer of tokens by PyJWT and cryptography: by code that none of the back ends is made of."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://auth.example"
AUDIENCE = "https://api.example"
ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


class Key:
    """A private key with its name, and how it is published."""

    def __init__(self, algorithm: str, kid: str | None = None) -> None:
        self.algorithm = algorithm
        self.kid = kid or f"{algorithm}-{secrets.token_hex(4)}"
        public: dict[str, Any]
        if algorithm == "EdDSA":
            self.private: Any = ed25519.Ed25519PrivateKey.generate()
            public = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        elif algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        self.public = {**public, "kid": self.kid, "alg": algorithm, "use": "sig"}

    def token(self, subject: str, **changes: Any) -> str:
        headers = {"kid": self.kid}
        return jwt.encode(claims(subject, **changes), self.private, self.algorithm, headers)


class Secret:
    """A shared secret."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(32)

    def token(self, subject: str, **changes: Any) -> str:
        return jwt.encode(claims(subject, **changes), self.text, "HS256")


def claims(subject: str, **changes: Any) -> dict[str, Any]:
    """Claims that are accepted, with changes; `None` takes a claim out."""
    now = int(time.time())
    full = {"sub": subject, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, **changes}
    return {name: value for name, value in full.items() if value is not None}


def segment(value: Any) -> str:
    """A part of a compact token, of anything: PyJWT does not make what must be refused."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class KeyServer:
    """Publishes keys on loopback; or fails in the way that a test chooses."""

    def __init__(self) -> None:
        self.fetches = 0
        self.paths: list[str] = []
        self.answer: Callable[[Answer], None] = Answer.not_found
        self.closing = threading.Event()
        server = self

        class Handler(Answer):
            key_server = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/jwks"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()

    def publish(self, *keys: Key) -> None:
        self.publish_set([key.public for key in keys])

    def publish_set(self, keys: list[dict[str, Any]]) -> None:
        body = json.dumps({"keys": keys}).encode()
        self.answer = lambda answer: answer.reply(200, "application/json", body)

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Answer(BaseHTTPRequestHandler):
    """One answer of the key server."""

    key_server: KeyServer

    def do_GET(self) -> None:
        self.key_server.fetches += 1
        self.key_server.paths.append(self.path)
        try:
            self.key_server.answer(self)
        except ConnectionError:
            pass  # A client that has seen enough hangs up.

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def not_found(self) -> None:
        self.reply(404, "text/plain", b"not found")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the tests count."""
