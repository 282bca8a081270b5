"""The verifier of an application that has one: given by ``configure``, else from the environment."""

from __future__ import annotations

import threading
from typing import Any, Optional

from ._errors import ConfigurationError
from ._verifier import Verifier

_lock = threading.Lock()
_verifier: Optional[Verifier] = None


def configure(verifier: Optional[Verifier] = None, /, **options: Any) -> Verifier:
    """Decides what ``verify_jwt`` and the rest of this module verify with.

    ``configure(issuer=…, audience=…, jwks_url=…)`` takes what ``Verifier`` takes;
    ``configure(verifier)`` takes one that is made; ``configure()`` reads the environment, as
    ``Verifier.from_environment`` says. Called at start-up, it makes a mistake show at start-up: what
    is never configured reads the environment at the first request.
    """
    global _verifier
    if verifier is not None and options:
        raise ConfigurationError("give a verifier, or what one is made of, not both")
    if verifier is None:
        verifier = Verifier(**options) if options else Verifier.from_environment()
    with _lock:
        _verifier = verifier
    return verifier


def default_verifier() -> Verifier:
    """The verifier of this process."""
    verifier = _verifier
    if verifier is not None:
        return verifier
    made = Verifier.from_environment()
    with _lock:
        # Another thread may have been faster: all must wait for the same fetch.
        return _verifier or _keep(made)


def _keep(verifier: Verifier) -> Verifier:
    global _verifier
    _verifier = verifier
    return verifier
