"""Verifies JWTs: as fast as Rust, as strict as the standards. For FastAPI see ``gatewright.fastapi``.

>>> verifier = Verifier(
...     secret="a secret of at least 32 characters",
...     issuer="https://auth.example.com",
...     audience="https://auth.example.com",
... )
>>> verifier.verify("not.a.token")
Traceback (most recent call last):
gatewright._errors.InvalidToken: it is not a signed token (malformed-token)
"""

from collections.abc import Mapping

from ._errors import (
    ConfigurationError,
    GatewrightError,
    InvalidToken,
    KeysUnavailable,
    WrongUser,
)
from ._native import VerifiedToken
from ._verifier import ANY, Verifier, check_user

Mapping.register(VerifiedToken)

__all__ = [
    "ANY",
    "ConfigurationError",
    "GatewrightError",
    "InvalidToken",
    "KeysUnavailable",
    "VerifiedToken",
    "Verifier",
    "WrongUser",
    "check_user",
]
