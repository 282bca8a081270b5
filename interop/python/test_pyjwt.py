"""PyJWT, with keys of cryptography: what most FastAPI services verify with."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ours import AUDIENCE, CURVES, ISSUER, MACS, SIGNATURES, Ours, claims, tampered

TYPES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@dataclass
class Made:
    """A key in every form that PyJWT and cryptography write."""

    signing: Any
    verifying: Any
    private: dict[str, Any]
    public: dict[str, Any]


def made(alg: str) -> Made:
    if alg in MACS:
        secret = secrets.token_bytes(MACS[alg])
        k = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
        jwk = {"kty": "oct", "alg": alg, "k": k}
        return Made(secret, secret, {"jwk": jwk}, {"jwk": jwk})
    key: Any
    if alg == "EdDSA":
        key, algorithm = ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm
    elif alg in CURVES:
        key, algorithm = ec.generate_private_key(TYPES[alg]()), ECAlgorithm
    else:
        key, algorithm = rsa.generate_private_key(65537, 2048), RSAAlgorithm
    public = key.public_key()
    private_forms: dict[str, Any] = {
        "jwk": json.loads(algorithm.to_jwk(key)),
        "pkcs8": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    public_forms: dict[str, Any] = {
        "jwk": json.loads(algorithm.to_jwk(public)),
        "spki": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }
    if alg != "EdDSA":
        traditional = PrivateFormat.TraditionalOpenSSL
        pem = key.private_bytes(Encoding.PEM, traditional, NoEncryption())
        private_forms["traditional"] = pem.decode()
    if isinstance(key, rsa.RSAPrivateKey):
        pem = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        public_forms["pkcs1"] = pem.decode()
    return Made(key, public, private_forms, public_forms)


@pytest.fixture(scope="module", params=[*MACS, *SIGNATURES])
def case(request: pytest.FixtureRequest) -> tuple[str, Made]:
    return request.param, made(request.param)


def test_their_token_verifies_here_with_every_form_of_the_key(
    ours: Ours, case: tuple[str, Made]
) -> None:
    alg, key = case
    for form, public in key.public.items():
        sent = claims()
        token = jwt.encode(sent, key.signing, alg, headers={"kid": "theirs"})
        assert ours.verify(token=token, keys=public, alg=alg) == sent, form
        rejection = ours.refuse(token=tampered(token), keys=public, alg=alg)
        assert rejection == "bad-signature", form


def test_our_token_verifies_there_signed_with_every_form_of_the_key(
    ours: Ours, case: tuple[str, Made]
) -> None:
    alg, key = case
    for form, private in key.private.items():
        sent = claims()
        token = ours.sign(key=private, alg=alg, kid="ours", typ="JWT", claims=sent)
        policy: dict[str, Any] = {"algorithms": [alg], "issuer": ISSUER, "audience": AUDIENCE}
        assert jwt.decode(token, key.verifying, **policy) == sent, form
        assert jwt.get_unverified_header(token) == {"alg": alg, "kid": "ours", "typ": "JWT"}
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(tampered(token), key.verifying, **policy)


def test_our_published_set_is_read_there(ours: Ours, case: tuple[str, Made]) -> None:
    alg, key = case
    if alg in MACS:
        answer = ours.ask(do="publish", key=key.private["jwk"], alg=alg)
        assert answer == {"error": "a secret has no public form"}
        return
    published = ours.publish({**key.private["jwk"], "kid": "ours"}, alg)
    found = jwt.PyJWKSet.from_dict({"keys": [published]})["ours"]
    token = ours.sign(key=key.private["jwk"], alg=alg, kid="ours", claims=claims())
    decoded = jwt.decode(token, found, algorithms=[alg], issuer=ISSUER, audience=AUDIENCE)
    assert decoded["sub"] == "user-1"


@pytest.mark.parametrize("alg", [*MACS, *SIGNATURES])
def test_what_they_refuse_of_the_claims_we_refuse_too(ours: Ours, alg: str) -> None:
    key = made(alg)
    policy: dict[str, Any] = {"algorithms": [alg], "issuer": ISSUER, "audience": AUDIENCE}
    for change, rejection in [
        ({"exp": 1}, "expired"),
        ({"nbf": 2**32}, "not-yet-valid"),
        ({"iat": 2**32}, "issued-in-future"),
        ({"iss": "https://other.example"}, "wrong-issuer"),
        ({"aud": "https://other.example"}, "wrong-audience"),
    ]:
        token = ours.sign(key=key.private["jwk"], alg=alg, claims={**claims(), **change})
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(token, key.verifying, **policy)
        assert ours.refuse(token=token, keys=key.public["jwk"], alg=alg) == rejection
