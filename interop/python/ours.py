"""Ours, on a pipe: crates/jose/examples/interop.rs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

ISSUER = "https://issuer.example"
AUDIENCE = "https://audience.example"
MACS = {"HS256": 32, "HS384": 48, "HS512": 64}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
RSA = ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]
SIGNATURES = ["EdDSA", *CURVES, *RSA]


def claims() -> dict[str, Any]:
    """Claims that both sides accept, with something of each JSON type."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": ["https://other.example", AUDIENCE],
        "sub": "user-1",
        "iat": now,
        "exp": now + 300,
        "name": 'Zoë 😀 "quoted" \\ / \u2028',
        "roles": ["a", {"deep": [None, True, 1.5, -0.25, 2**53]}],
    }


def tampered(token: str) -> str:
    """Another first character of the signature."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


class Ours:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [os.environ["INTEROP_BIN"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())

    def _get(self, member: str, **request: Any) -> Any:
        answer = self.ask(**request)
        assert member in answer, f"{request['do']}: {answer}"
        return answer[member]

    def sign(self, **request: Any) -> str:
        return self._get("token", do="sign", **request)

    def publish(self, key: Any, alg: str) -> dict[str, Any]:
        return self._get("key", do="publish", key=key, alg=alg)

    def thumbprint(self, key: dict[str, Any]) -> str:
        return self._get("thumbprint", do="thumbprint", key=key)

    def verify(self, member: str = "claims", **request: Any) -> Any:
        policy = {"issuer": ISSUER, "audience": AUDIENCE, "now": int(time.time())}
        return self._get(member, do="verify", **policy, **request)

    def refuse(self, **request: Any) -> str:
        return self.verify("rejection", **request)

    def end(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0
