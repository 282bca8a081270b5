"""One token verified again and again: gatewright beside PyJWT and joserfc, in rounds.

    python bench/python/verify.py [--rounds 5] [--json]

Each round measures all of them one after the other, and what counts is the median of the ratios
within a round: absolute figures say little on a shared machine. Every peer has its key parsed
beforehand and checks issuer, audience and times, as its documentation says.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Callable

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

import gatewright

AUTH = "https://auth.example.com"
SECRET = "a shared secret of at least 32 characters"
SECONDS = 0.2  # a measurement


def claims() -> dict[str, object]:
    """Ten claims, as Better Auth writes them; a token of about 430 bytes."""
    now = int(time.time())
    return {
        "iat": now,
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "emailVerified": True,
        "image": None,
        "role": "user",
        "id": "OMgTJE1KALHBZxr3SxRwGVWUbhlRpkmP",
        "sub": "OMgTJE1KALHBZxr3SxRwGVWUbhlRpkmP",
        "exp": now + 3600,
        "iss": AUTH,
        "aud": AUTH,
    }


def pem(private: object) -> str:
    public = private.public_key()  # type: ignore[attr-defined]
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(*encoding).decode()


def of_pyjwt(token: str, key: object, algorithm: str) -> Callable[[], object]:
    return lambda: jwt.decode(token, key, algorithms=[algorithm], audience=AUTH, issuer=AUTH)


def of_pyjwt_with_jwks(token: str, key: object, algorithm: str) -> Callable[[], object]:
    """As a service does that has fetched published keys: what PyJWT's own client for them does."""
    family = jwt.get_algorithm_by_name(algorithm)
    public = {**family.to_jwk(key, as_dict=True), "kid": "a", "alg": algorithm}
    keys = jwt.PyJWKSet.from_dict({"keys": [public]})

    def verify() -> object:
        found = keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, found, algorithms=[algorithm], audience=AUTH, issuer=AUTH)

    return verify


def of_joserfc(token: str, key: object, algorithm: str) -> Callable[[], object]:
    expected = {"essential": True, "value": AUTH}
    registry = joserfc_jwt.JWTClaimsRegistry(iss=expected, aud=expected)

    def verify() -> None:
        decoded = joserfc_jwt.decode(token, key, algorithms=[algorithm])
        registry.validate(decoded.claims)

    return verify


def ours(token: str, cache_size: int, **source: object) -> Callable[[], object]:
    verifier = gatewright.Verifier(issuer=AUTH, audience=AUTH, cache_size=cache_size, **source)
    return lambda: verifier.verify(token)


def cases() -> dict[str, dict[str, Callable[[], object]]]:
    private = {
        "EdDSA": (Ed25519PrivateKey.generate(), OKPKey),
        "ES256": (ec.generate_private_key(ec.SECP256R1()), ECKey),
        "RS256": (rsa.generate_private_key(65537, 2048), RSAKey),
    }
    token = jwt.encode(claims(), SECRET, "HS256")
    made = {
        "HS256": {
            "gatewright": ours(token, 0, secret=SECRET),
            "gatewright, seen before": ours(token, 4096, secret=SECRET),
            "PyJWT": of_pyjwt(token, SECRET, "HS256"),
            "joserfc": of_joserfc(token, OctKey.import_key(SECRET), "HS256"),
        }
    }
    for algorithm, (key, kind) in private.items():
        token = jwt.encode(claims(), key, algorithm, headers={"kid": "a"})
        public = pem(key)
        made[algorithm] = {
            "gatewright": ours(token, 0, public_key=public),
            "gatewright, seen before": ours(token, 4096, public_key=public),
            "PyJWT": of_pyjwt(token, key.public_key(), algorithm),
            "PyJWT, key by its name": of_pyjwt_with_jwks(token, key.public_key(), algorithm),
            "joserfc": of_joserfc(token, kind.import_key(public), algorithm),
        }
    return made


def microseconds(verify: Callable[[], object]) -> float:
    """The time of a call, over as many as fit into a measurement."""
    verify()
    calls, took = 1, 0.0
    while took < SECONDS:
        began = time.perf_counter()
        for _ in range(calls):
            verify()
        took = time.perf_counter() - began
        if took < SECONDS:
            calls = max(calls * 2, int(calls * SECONDS * 1.1 / max(took, 1e-9)))
    return took / calls * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", action="store_true", help="one object a line, for programs")
    options = arguments.parse_args()
    for algorithm, peers in cases().items():
        rounds = [
            {name: microseconds(verify) for name, verify in peers.items()}
            for _ in range(options.rounds)
        ]
        for name in peers:
            time_of = statistics.median(one[name] for one in rounds)
            ratio = statistics.median(one["PyJWT"] / one[name] for one in rounds)
            row = {
                "algorithm": algorithm,
                "verifier": name,
                "microseconds": round(time_of, 2),
                "times_pyjwt": round(ratio, 2),
            }
            if options.json:
                print(json.dumps(row), flush=True)
            else:
                print(f"{algorithm:6} {name:24} {time_of:8.2f} µs {ratio:8.1f} × PyJWT", flush=True)


if __name__ == "__main__":
    main()
