"""No request waits for ever: not for its own body, not for the database."""

from __future__ import annotations

import asyncio

from errors import detail
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = 15


class DeadlineMiddleware:
    """Answers 503 for a request that is not answered in time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_answered = False

        async def send_and_tell(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            async with asyncio.timeout(SECONDS):
                await self._app(scope, receive, send_and_tell)
        except TimeoutError:
            if is_answered:
                raise
            late = detail(503, "The request took too long", {"Retry-After": "1"})
            await late(scope, receive, send)
