"""What environment variables say; the same as in the axum example."""

from __future__ import annotations

import pytest
from conftest import ISSUER, SECRET, hs256

from gatewright import ConfigurationError, InvalidToken, Verifier

AUTH = {"BETTER_AUTH_URL": "https://auth.example.com/"}
JWKS = {"JWKS_URL": "https://keys.example.com/jwks"}
BOTH = {"JWT_ISSUER": "i", "JWT_AUDIENCE": "a"}


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({}, "http://localhost:4000/api/auth/jwks"),
        ({"BETTER_AUTH_URL": " "}, "http://localhost:4000/api/auth/jwks"),
        (AUTH, "https://auth.example.com/api/auth/jwks"),
        ({**AUTH, **JWKS}, "https://keys.example.com/jwks"),
        ({**JWKS, **BOTH}, "https://keys.example.com/jwks"),
        ({"BETTER_AUTH_SECRET": SECRET}, "secret=…"),
        ({"BETTER_AUTH_SECRET": SECRET, **AUTH, **JWKS}, "secret=…"),
    ],
)
def test_where_keys_come_from(variables: dict[str, str], source: str) -> None:
    assert source in repr(Verifier.from_environment(variables))


def test_issuer_and_audience_follow_from_the_auth_server() -> None:
    secret = {"BETTER_AUTH_SECRET": SECRET}
    lax = Verifier.from_environment(secret)
    strict = Verifier.from_environment({**secret, "BETTER_AUTH_URL": f"{ISSUER}:443/base/"})
    assert lax.verify(hs256(iss=None, aud="anything")).subject == "ada"
    assert strict.verify(hs256()).issuer == ISSUER
    for token in (hs256(iss="https://evil.example"), hs256(aud="anything"), hs256(iss=None)):
        with pytest.raises(InvalidToken):
            strict.verify(token)
    named = Verifier.from_environment({**secret, **AUTH, **BOTH})
    assert named.verify(hs256(iss="i", aud="a")).issuer == "i"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"BETTER_AUTH_SECRET": ""}, "at least 32 characters"),
        ({"BETTER_AUTH_SECRET": " " * 40}, "at least 32 characters"),
        ({"BETTER_AUTH_SECRET": "short"}, "at least 32 characters"),
        (JWKS, "JWT_ISSUER"),
        ({**JWKS, "JWT_ISSUER": "i"}, "JWT_AUDIENCE"),
        ({"BETTER_AUTH_URL": "localhost:4000"}, "BETTER_AUTH_URL must be"),
        ({"BETTER_AUTH_URL": "http://auth.example.com"}, "plain http"),
        ({"BETTER_AUTH_URL": "https://auth.example.com:70000"}, "BETTER_AUTH_URL must be"),
    ],
)
def test_mistakes_are_refused(variables: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Verifier.from_environment(variables)
