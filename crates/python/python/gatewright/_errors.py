"""What can go wrong, one class for each thing that a caller could do about it."""

from __future__ import annotations

from typing import Optional


class GatewrightError(Exception):
    """The base of all exceptions of this package. None of their texts repeats a token or a key."""


class InvalidToken(GatewrightError):
    """The token does not verify: answer 401."""

    def __init__(self, code: str, message: str, claim: Optional[str] = None) -> None:
        super().__init__(code, message, claim)
        #: A stable name in kebab case, such as ``expired``, ``bad-signature``, ``wrong-audience``.
        self.code = code
        #: The claim that is missing or malformed, if it is about one.
        self.claim = claim
        self._message = message

    def __str__(self) -> str:
        return f"{self._message} ({self.code})"


class KeysUnavailable(GatewrightError):
    """There are no keys to verify with, and never were: answer 503. Nobody's token is at fault."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        #: In how many seconds another attempt makes sense.
        self.retry_after = retry_after

    def __str__(self) -> str:
        return "there are no keys to verify tokens with"


class WrongUser(GatewrightError):
    """The token is valid, and what is asked for belongs to somebody else: answer 403."""

    def __init__(self) -> None:
        super().__init__("it belongs to another user")


class ConfigurationError(GatewrightError, ValueError):
    """The verifier cannot be made like this; the text says what to do."""
