"""The verifier without a framework: which tokens it accepts, and what it gives."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from conftest import ISSUER, SECRET, Clock, Key, claims, hs256, secret_verifier
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import OctKey, OKPKey

import gatewright
from gatewright import (
    ANY,
    ConfigurationError,
    InvalidToken,
    VerifiedToken,
    Verifier,
    WrongUser,
    check_user,
)

LONG_SECRET = "a shared secret of no less than sixty-four characters, as HS512 demands it"


def code_of(verifier: Verifier, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(token)
    return caught.value.code


def public_pem(private: Any) -> str:
    pem: bytes = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_tokens_that_pyjwt_signs_with_a_secret(algorithm: str) -> None:
    verifier = secret_verifier(secret=LONG_SECRET, algorithms=[algorithm])
    token = verifier.verify(jwt.encode(claims(), LONG_SECRET, algorithm))
    assert (token.subject, token.algorithm) == ("ada", algorithm)


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [
        *((name, RSA) for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("ES384", ec.generate_private_key(ec.SECP384R1())),
        ("ES512", ec.generate_private_key(ec.SECP521R1())),
        ("EdDSA", Key("a").private),
    ],
)
def test_tokens_that_pyjwt_signs_with_a_private_key(algorithm: str, private: Any) -> None:
    verifier = Verifier(
        public_key=public_pem(private), algorithms=[algorithm], issuer=ISSUER, audience=ISSUER
    )
    signed = jwt.encode(claims(), private, algorithm)
    assert verifier.verify(signed).algorithm == algorithm
    head, payload, signature = signed.split(".")
    forged = f"{head}.{payload[:-2]}AA.{signature}"
    assert code_of(verifier, forged) == "bad-signature"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_tokens_that_joserfc_signs() -> None:
    secret = OctKey.import_key(SECRET)
    signed = joserfc_jwt.encode({"alg": "HS256"}, claims(email="ada@example.com"), secret)
    assert secret_verifier().verify(signed)["email"] == "ada@example.com"
    key = OKPKey.generate_key("Ed25519", {"kid": "a", "alg": "EdDSA", "use": "sig"})
    signed = joserfc_jwt.encode(
        {"alg": "EdDSA", "kid": "a"}, claims(), key, algorithms=["EdDSA"]
    )
    jwks = {"keys": [key.as_dict(private=False)]}
    for given in (jwks, json.dumps(jwks), json.dumps(jwks).encode()):
        verifier = Verifier(jwks=given, issuer=ISSUER, audience=ISSUER)
        assert verifier.verify(signed).subject == "ada"


def test_the_token_says_what_was_checked() -> None:
    made = claims(aud=[ISSUER, "https://other.example"], role="admin", nested={"list": [1, None]})
    token = secret_verifier().verify(jwt.encode(made, SECRET, "HS256"))
    assert (token.subject, token.id, token.issuer) == ("ada", "ada", ISSUER)
    assert token.audience == (ISSUER, "https://other.example")
    assert (token.expires_at, token.issued_at) == (made["exp"], made["iat"])
    assert token.algorithm == "HS256"
    assert token.claims == made


def test_it_is_a_mapping_as_the_payload_of_pyjwt_is() -> None:
    made = claims(email="ada@example.com")
    token = secret_verifier().verify(jwt.encode(made, SECRET, "HS256"))
    assert isinstance(token, Mapping)
    assert token["sub"] == "ada" and token.get("email") == "ada@example.com"
    assert token.get("role") is None and token.get("role", "user") == "user"
    assert "email" in token and "role" not in token
    assert len(token) == len(made) and list(token) == list(made)
    assert dict(token) == made == {**token} and token == made and token != {}
    assert list(token.items()) == list(made.items())
    assert (list(token.keys()), list(token.values())) == (list(made), list(made.values()))
    with pytest.raises(KeyError, match="role"):
        token["role"]


def test_nothing_changes_what_it_says() -> None:
    token = secret_verifier().verify(hs256())
    token.claims["sub"] = "bob"
    assert (token["sub"], token.subject) == ("ada", "ada")
    with pytest.raises(TypeError):
        token["sub"] = "bob"  # type: ignore[index]
    with pytest.raises(AttributeError):
        token.subject = "bob"  # type: ignore[misc]


def test_nobody_makes_one_by_hand() -> None:
    with pytest.raises(TypeError):
        VerifiedToken()
    with pytest.raises(TypeError):
        type("Forged", (VerifiedToken,), {})
    with pytest.raises(TypeError):
        pickle.dumps(secret_verifier().verify(hs256()))


def test_unusual_numbers_and_texts_arrive() -> None:
    token = jwt.encode(claims(big=10**30, float=1.5, text="é\u2028"), SECRET, "HS256")
    verified = secret_verifier().verify(token)
    assert (verified["big"], verified["float"], verified["text"]) == (10**30, 1.5, "é\u2028")
    payload = json.dumps(claims()).replace("}", f', "huge": {"9" * 5000}}}')
    signed = jwt.PyJWS().encode(payload.encode(), SECRET, "HS256")
    assert secret_verifier().verify(signed)["huge"] == float("inf")


def test_issuer_and_audience_are_compared() -> None:
    verifier = secret_verifier(issuer=["https://a.example", ISSUER], audience=["x", ISSUER])
    assert verifier.verify(hs256()).subject == "ada"
    assert code_of(verifier, hs256(iss="https://evil.example")) == "wrong-issuer"
    assert code_of(verifier, hs256(aud="https://evil.example")) == "wrong-audience"
    anything = secret_verifier(issuer=ANY, audience=ANY)
    assert anything.verify(hs256(iss=None, aud=None)).issuer is None


def test_a_missing_claim_is_named() -> None:
    with pytest.raises(InvalidToken) as caught:
        secret_verifier().verify(hs256(sub=None))
    assert (caught.value.code, caught.value.claim) == ("missing-claim", "sub")
    assert code_of(secret_verifier(required_claims=["jti"]), hs256()) == "missing-claim"
    assert secret_verifier(required_claims=["jti"]).verify(hs256(jti="1"))["jti"] == "1"


def test_leeway_age_and_type() -> None:
    now = int(time.time())
    assert secret_verifier(leeway=60).verify(hs256(exp=now - 30))
    assert code_of(secret_verifier(), hs256(exp=now - 30)) == "expired"
    assert code_of(secret_verifier(), hs256(nbf=now + 30)) == "not-yet-valid"
    assert code_of(secret_verifier(), hs256(iat=now + 30)) == "issued-in-future"
    assert code_of(secret_verifier(max_age=60), hs256(iat=now - 600)) == "too-old"
    access = jwt.encode(claims(), SECRET, "HS256", headers={"typ": "at+jwt"})
    assert code_of(secret_verifier(), access) == "wrong-type"
    assert secret_verifier(token_type="at+jwt").verify(access)


def test_a_remembered_token_expires_all_the_same(clock: Clock) -> None:
    verifier = secret_verifier(clock=clock)
    token = hs256()
    for _ in range(3):
        assert verifier.verify(token).subject == "ada"
    clock.advance(900 + 10)
    assert code_of(verifier, token) == "expired"


def test_what_is_no_token() -> None:
    verifier = secret_verifier(max_token_bytes=1000)
    for text in ("", "a.b.c", "a.b", "\ud800", "é.é.é", "a.b.c.d", "\0"):
        assert code_of(verifier, text) == "malformed-token"
    assert code_of(verifier, "a" * 1001) == "token-too-large"
    others: list[Any] = [None, b"a.b.c", 1, {}]
    for other in others:
        with pytest.raises(TypeError):
            verifier.verify(other)


def test_on_an_event_loop() -> None:
    verifier = secret_verifier()
    assert asyncio.run(verifier.averify(hs256())).subject == "ada"
    with pytest.raises(InvalidToken, match="not a signed token"):
        asyncio.run(verifier.averify("x"))


def test_the_user_is_compared() -> None:
    token = secret_verifier().verify(hs256())
    assert check_user("ada", token) is token
    for other in ("bob", "", "ADA", "ada "):
        with pytest.raises(WrongUser):
            check_user(other, token)
    assert check_user(7, secret_verifier().verify(hs256("7"))).subject == "7"
    for user, proof in [("ada", {"sub": "ada"}), ("ada", "ada"), (None, token), (b"ada", token)]:
        with pytest.raises(TypeError):
            check_user(user, proof)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "issuer must be decided"),
        ({"issuer": ISSUER, "secret": SECRET}, "audience must be decided"),
        ({"issuer": ISSUER, "audience": ISSUER}, "exactly one of"),
        ({"secret": SECRET, "jwks": {}}, "given: secret, jwks"),
        ({"secret": "short"}, "at least 32 characters"),
        ({"secret": " " * 40}, "at least 32 characters"),
        ({"secret": SECRET.encode()}, "must be a text"),
        ({"secret": SECRET, "algorithms": ["none"]}, "algorithms"),
        ({"secret": SECRET, "algorithms": ["RS256"]}, "RS256"),
        ({"secret": SECRET, "algorithms": ["HS512"]}, "64 bytes"),
        ({"secret": SECRET, "algorithms": []}, "algorithms must be"),
        ({"secret": SECRET, "issuer": ""}, "issuer must be"),
        ({"secret": SECRET, "audience": []}, "audience must be"),
        ({"secret": SECRET, "leeway": 61}, "from 0 to 60"),
        ({"secret": SECRET, "leeway": -1}, "from 0 to 60"),
        ({"secret": SECRET, "required_claims": "jti"}, "list of names"),
        ({"secret": SECRET, "max_age": 0}, "max_age"),
        ({"secret": SECRET, "cache_size": -1}, "cache_size"),
        ({"jwks": {}}, "jwks"),
        ({"jwks": {"keys": []}}, "no key that can be used"),
        ({"jwks": "<html>"}, "jwks"),
        ({"jwks": {"keys": [object()]}}, "jwks must be"),
        ({"public_key": "x"}, "public_key"),
        ({"jwks_url": "auth.example.com/jwks"}, "http or https address"),
        ({"jwks_url": "file:///etc/passwd"}, "http or https address"),
        ({"jwks_url": "http://auth.example.com/jwks"}, "plain http"),
        ({"jwks_url": "http://localhost.evil.example/jwks"}, "plain http"),
        ({"jwks_url": "https://a:b@auth.example.com/jwks"}, "user name or a password"),
        ({"jwks_url": "https://auth.example.com/jwks", "total_timeout": 0}, "total_timeout"),
        ({"jwks_url": "https://auth.example.com/jwks", "cooldown_seconds": 0}, "cooldown_seconds"),
    ],
)
def test_mistakes_are_refused_with_advice(options: dict[str, Any], says: str) -> None:
    if set(options) - {"issuer", "audience"} and says != "audience must be decided":
        options = {"issuer": ISSUER, "audience": ISSUER, **options}
    with pytest.raises(ConfigurationError, match=says) as caught:
        Verifier(**options)
    assert SECRET not in str(caught.value)


def test_a_private_key_is_not_taken_for_a_public_one() -> None:
    private = Key("a").private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ConfigurationError, match="private key") as caught:
        Verifier(public_key=private.decode(), issuer=ANY, audience=ANY)
    assert private.decode().splitlines()[1] not in str(caught.value)


def test_no_text_shows_a_secret_a_token_or_a_claim() -> None:
    verifier = secret_verifier()
    signed = hs256(email="ada@example.com")
    token = verifier.verify(signed)
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(signed[:-4] + "AAAA")
    for shown in (repr(verifier), str(verifier), repr(token), str(caught.value), repr(caught.value)):
        for hidden in (SECRET, signed, signed[:20], "ada@example.com"):
            assert hidden not in shown
    assert "ada" in repr(token)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.code, str(error)) == (caught.value.code, str(caught.value))
    assert repr(ANY) == "gatewright.ANY" and gatewright.__doc__
