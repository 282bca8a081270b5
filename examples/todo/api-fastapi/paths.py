"""Routes by the path as it was sent: `%2F` is a letter of a name, never a border between two.

ASGI servers decode a path before it is routed. Then `/api/alice%2Ftasks` and `/api/alice/tasks` are
the same to us, and not to a proxy in front that has rules for paths.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send


class PathAsSentMiddleware:
    """Has the router see the path with its percent signs; `:name` decodes what it takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("ascii")}
        await self._app(scope, receive, send)


class _Name(Convertor[str]):
    """A decoded part of a path; empty if it is not UTF-8."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        try:
            return unquote(value, errors="strict")
        except UnicodeDecodeError:
            return ""

    def to_string(self, value: str) -> str:
        raise NotImplementedError("no address is made from a name")


class _Id(_Name):
    regex = "[^/]+"


register_url_convertor("name", _Name())
register_url_convertor("id", _Id())
