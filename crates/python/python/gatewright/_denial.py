"""What a client that is turned away is told, and what it is not.

The wording is constant, and that of ``gatewright-guard``: which check failed is for the log, not for
whoever sent the token.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import NamedTuple, Optional

from ._errors import GatewrightError, InvalidToken, KeysUnavailable, WrongUser

_log = logging.getLogger("gatewright")


class Denial(NamedTuple):
    """A response, and the code with which a WebSocket is closed in its place."""

    status: int
    detail: str
    headers: dict[str, str]
    close_code: int = 1008

    def body(self) -> bytes:
        """The JSON that is sent."""
        return json.dumps({"detail": self.detail}, separators=(",", ":")).encode()


def denial(error: Optional[GatewrightError]) -> Denial:
    """The response for an error; ``None`` is a request without a bearer token."""
    if error is None:
        # RFC 6750 section 3.1: no error code for a request without authentication information.
        return _logged("no-credential", Denial(401, "Not authenticated", {_CHALLENGE: "Bearer"}))
    if isinstance(error, InvalidToken):
        headers = {_CHALLENGE: 'Bearer error="invalid_token"'}
        return _logged(error.code, Denial(401, "Invalid or expired token", headers))
    if isinstance(error, WrongUser):
        return _logged("wrong-user", Denial(403, "Access denied", {}))
    if isinstance(error, KeysUnavailable):
        headers = {"Retry-After": str(error.retry_after)}
        detail = "Tokens cannot be verified at the moment"
        return _logged("keys-unavailable", Denial(503, detail, headers, close_code=1013))
    raise error


def insufficient_scope(scopes: Iterable[str]) -> Denial:
    """The response for a valid token that lacks one of these scopes (RFC 6750 section 3.1)."""
    challenge = f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"'
    return _logged("insufficient-scope", Denial(403, "Access denied", {_CHALLENGE: challenge}))


def missing_role() -> Denial:
    """The response for a valid token of somebody who has none of the roles."""
    return _logged("missing-role", Denial(403, "Access denied", {}))


def is_scope(text: str) -> bool:
    """RFC 6749 section 3.3: nothing can be slipped into a challenge."""
    return bool(text) and all("!" <= byte <= "~" and byte not in '"\\' for byte in text)


_CHALLENGE = "WWW-Authenticate"


def _logged(code: str, denied: Denial) -> Denial:
    _log.debug("request denied: %s", code)
    return denied
