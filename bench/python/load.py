"""FastAPI under uvicorn, one worker, guarded in several ways; load from wrk, in rounds.

    python bench/python/load.py [--rounds 5] [--seconds 3] [--json]

All servers run at once and are idle but for the one that is measured. Each round measures all of
them, and what counts is the median of the ratios within a round: of answers a second, and of answers
in a second of the server's own computing, which is the same where nobody else uses the machine, and
the steadier one where somebody does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AUTH = "https://auth.example.com"

#: Name, application, size of the token cache, and what it is compared with.
CASES = [
    ("nothing", "nothing", 0, "nothing"),
    ("middleware", "middleware", 4096, "nothing"),
    ("empty async dependency", "empty async dependency", 0, "empty async dependency"),
    (
        "empty async dependency with the request",
        "empty async dependency with the request",
        0,
        "empty async dependency",
    ),
    ("verify_jwt", "verify_jwt", 4096, "empty async dependency"),
    ("verify_user_match", "verify_user_match", 4096, "empty async dependency"),
    ("verify_jwt, never seen before", "verify_jwt", 0, "empty async dependency"),
    ("empty sync dependency", "empty sync dependency", 0, "empty async dependency"),
    ("PyJWT", "PyJWT", 0, "empty async dependency"),
]


class Rate(NamedTuple):
    """Answers a second: of the clock, and of the server's own computing."""

    per_second: float
    per_processor_second: float


class Server:
    """A uvicorn on a free port."""

    def __init__(self, app: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "application.py")],
            env={**os.environ, **environment, "APP": app},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        if not port:
            raise SystemExit(f"the application for {app!r} did not start")
        self.url = f"http://127.0.0.1:{port}/api/ada/tasks"

    def status(self, token: str) -> int:
        request = urllib.request.Request(self.url, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def processor_seconds(self) -> float:
        """How long the server has computed so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rate(self, token: str, seconds: int) -> Rate:
        before = self.processor_seconds()
        load = ["wrk", "--threads", "1", "--connections", "32", "--duration", f"{seconds}s"]
        load += ["--header", f"Authorization: Bearer {token}", self.url]
        output = subprocess.run(load, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in output or "Socket errors" in output:
            raise SystemExit(f"not all answers were a success:\n{output}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", output)
        if found is None:
            raise SystemExit(f"wrk said:\n{output}")
        requests = re.search(r"(\d+) requests in", output)
        assert requests is not None
        computed = self.processor_seconds() - before
        return Rate(float(found[1]), int(requests[1]) / computed)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--json", action="store_true", help="one object a line, for programs")
    options = arguments.parse_args()

    key = Ed25519PrivateKey.generate()
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    now = int(time.time())
    claims = {"sub": "ada", "iss": AUTH, "aud": AUTH, "iat": now, "exp": now + 7200}
    token = jwt.encode(claims, key, "EdDSA")
    environment = {"AUTH": AUTH, "PEM": key.public_key().public_bytes(*encoding).decode()}

    servers: dict[str, Server] = {}
    try:
        for name, app, cache, _ in CASES:
            servers[name] = Server(app, {**environment, "CACHE": str(cache)})
        for name, server in servers.items():
            assert server.status(token) == 200, name
            is_open = name == "nothing" or name.startswith("empty")
            assert server.status("x") == (200 if is_open else 401), name
            server.rate(token, 1)  # warm
        rounds = [
            {name: server.rate(token, options.seconds) for name, server in servers.items()}
            for _ in range(options.rounds)
        ]
    finally:
        for server in servers.values():
            server.process.terminate()
        for server in servers.values():
            server.process.wait()
    for name, _, _, beside in CASES:
        rate = statistics.median(one[name].per_second for one in rounds)
        ratio, computed = (
            statistics.median(one[name][field] / one[beside][field] for one in rounds)
            for field in range(2)
        )
        if options.json:
            row = {"case": name, "per_second": round(rate), "beside": beside}
            row |= {"ratio": round(ratio, 3), "ratio_per_processor_second": round(computed, 3)}
            print(json.dumps(row), flush=True)
        else:
            of = f"of {beside}"
            print(f"{name:40} {rate:6.0f}/s {ratio:7.1%} {computed:7.1%} {of}", flush=True)


if __name__ == "__main__":
    main()
