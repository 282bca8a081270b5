"""A middleware for any ASGI application: Starlette, FastAPI, Litestar, Quart.

It guards everything behind it but what is exempt. In FastAPI, dependencies say more: which route is
whose, and a lock on the documentation page. See ``gatewright.fastapi``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, MutableMapping
from typing import Any, Callable, Optional

from ._default import configure, default_verifier
from ._denial import Denial, denial
from ._errors import ConfigurationError, GatewrightError
from ._native import VerifiedToken
from ._verifier import Verifier

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["JWTMiddleware", "configure"]


class JWTMiddleware:
    """Answers 401 to a request without a valid token, and 503 while there are no keys.

    The token is ``request.state.user`` for what comes behind. With FastAPI or Starlette::

        app.add_middleware(JWTMiddleware, exempt=["/health"], exempt_below=["/docs"])
        app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], ...)

    **Order**: what is added last is outermost. Add ``CORSMiddleware`` after this one: it answers
    preflight requests, which carry no token, and puts its headers on a 401 too.

    :param verifier: by default the one of ``configure``, or of the environment.
    :param exempt: paths that need no token, compared exactly.
    :param exempt_below: the same with all that is below: ``/docs`` is ``/docs`` and ``/docs/…``, but
        not ``/docs-internal``.
    :param allow_preflight: lets preflight requests through, where CORS is answered further inside.
    """

    def __init__(
        self,
        app: App,
        verifier: Optional[Verifier] = None,
        *,
        exempt: Iterable[str] = (),
        exempt_below: Iterable[str] = (),
        allow_preflight: bool = False,
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._exempt = frozenset(_paths("exempt", exempt))
        self._exempt_below = tuple(
            f"{path.rstrip('/')}/" for path in _paths("exempt_below", exempt_below)
        )
        self._allow_preflight = allow_preflight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            return await self._app(scope, receive, send)
        if kind not in ("http", "websocket"):
            raise RuntimeError(f"a connection of the kind {kind!r} cannot be guarded")
        if self._is_exempt(scope):
            return await self._app(scope, receive, send)
        verifier = self._verifier or default_verifier()
        try:
            outcome = verifier._core.verify_headers(scope["headers"], kind == "websocket")
            if outcome is not None and not isinstance(outcome, VerifiedToken):
                outcome = await verifier._settled(outcome)
        except GatewrightError as error:
            return await _deny(denial(error), scope, receive, send)
        if outcome is None:
            return await _deny(denial(None), scope, receive, send)
        # A state of its own: one that the server shares among requests must not hold a user.
        scope["state"] = {**scope.get("state", {}), "user": outcome}
        await self._app(scope, receive, send)

    def _is_exempt(self, scope: Scope) -> bool:
        if self._allow_preflight and _is_preflight(scope):
            return True
        if not self._exempt and not self._exempt_below:
            return False
        path = _route_path(scope)
        return path in self._exempt or (
            bool(self._exempt_below) and f"{path}/".startswith(self._exempt_below)
        )


def _paths(name: str, paths: Iterable[str]) -> list[str]:
    if isinstance(paths, str):
        raise ConfigurationError(f"{name} must be a list of paths, not one text")
    paths = list(paths)
    if not all(path.startswith("/") for path in paths):
        raise ConfigurationError(f"{name}: a path starts with /")
    return paths


def _route_path(scope: Scope) -> str:
    """The path as Starlette's router compares it: without what the application is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if not root or not path.startswith(root):
        return path
    rest = path[len(root) :]
    return rest if rest.startswith("/") or not rest else path


def _is_preflight(scope: Scope) -> bool:
    if scope.get("method") != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names


async def _deny(denied: Denial, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted: the server answers 403.
        await receive()
        return await send({"type": "websocket.close", "code": denied.close_code, "reason": ""})
    body = denied.body()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in denied.headers.items()),
    ]
    await send({"type": "http.response.start", "status": denied.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
