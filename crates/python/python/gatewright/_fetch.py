"""Fetches a key set, on a thread of its own, and wakes everybody who waits for it.

When to fetch is decided in Rust, by the logic that the Rust services use too.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import threading
import weakref
from typing import Callable, Optional
from urllib.parse import SplitResult

from ._native import Core
from ._request import Limits, Refused, get

_log = logging.getLogger("gatewright")


class Fetcher:
    """The source of one verifier's keys; any number of threads and event loops may wait for it."""

    def __init__(self, url: SplitResult, limits: Limits, user_agent: str) -> None:
        self._url = url
        self._limits = limits
        self._user_agent = user_agent
        self._lock = threading.Lock()
        self._wakes: set[Callable[[], None]] = set()
        self._fetching: Optional[Core] = None
        _FETCHERS.add(self)

    @property
    def address(self) -> str:
        """Where the keys come from."""
        return self._url.geturl()

    def start(self, core: Core, began: int) -> None:
        """Called from Rust, which sees to it that one fetch is under way at a time."""
        self._fetching = core
        # A thread of its own: the request that asked first may be given up, and others wait on.
        thread = threading.Thread(
            target=self._run, args=(core, began), name="gatewright-fetch", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter is ending
            core.failed()
            self._settle()
            self._warn(error)

    def wait(self, core: Core) -> None:
        """Returns when no fetch is under way."""
        done = threading.Event()
        if self._is_to_wait(core, done.set):
            done.wait(self._patience)
            self._wakes.discard(done.set)

    async def wait_async(self, core: Core) -> None:
        """The same without blocking the event loop."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(finish)
            except RuntimeError:
                pass  # the loop was closed, and nobody waits there any more

        if not self._is_to_wait(core, wake):
            return
        timer = loop.call_later(self._patience, finish)
        try:
            await done
        finally:
            timer.cancel()
            self._wakes.discard(wake)

    def _is_to_wait(self, core: Core, wake: Callable[[], None]) -> bool:
        # Under the lock that `_settle` takes after the fetch: an end between the question and the
        # addition is not missed.
        with self._lock:
            if not core.is_fetching():
                return False
            self._wakes.add(wake)
            return True

    @property
    def _patience(self) -> float:
        # A name server that does not answer is bounded by nothing else.
        return self._limits.connect_seconds + self._limits.total_seconds + 1

    def _run(self, core: Core, began: int) -> None:
        problem: object = None
        try:
            try:
                body = get(self._url, self._limits, self._user_agent)
            except BaseException:
                core.failed()
                raise
            problem = core.received(began, body)
        except (OSError, Refused, http.client.HTTPException) as error:
            problem = error
        finally:
            self._settle()
        if problem is not None:
            self._warn(problem)

    def _settle(self) -> None:
        with self._lock:
            self._fetching = None
            wakes, self._wakes = self._wakes, set()
        for wake in wakes:
            wake()

    def _warn(self, problem: object) -> None:
        _log.warning("the key set %s was not renewed: %s", self.address, problem)

    def _after_fork(self) -> None:
        # The thread that fetched and the threads that waited stayed in the parent.
        self._lock = threading.Lock()
        self._wakes = set()
        if self._fetching is not None:
            self._fetching.failed()
            self._fetching = None


_FETCHERS: weakref.WeakSet[Fetcher] = weakref.WeakSet()


def _after_fork() -> None:
    for fetcher in list(_FETCHERS):
        fetcher._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
