"""Keys that are fetched: from a real server, which does all that a server can do wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import ISSUER, Clock, JwksServer, Key, respond, until

from gatewright import InvalidToken, KeysUnavailable, VerifiedToken, Verifier

KEY, NEXT, FORGED = Key("2026-01"), Key("2026-02"), Key("2026-01")


def verifier_of(url: str, **options: Any) -> Verifier:
    return Verifier(**{"jwks_url": url, "issuer": ISSUER, "audience": ISSUER, **options})


@pytest.fixture
def verifier(server: JwksServer, clock: Clock) -> Iterator[Verifier]:
    server.serves(KEY)
    yield verifier_of(server.url, clock=clock)


def refused(verifier: Verifier, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(token)
    return caught.value.code


def test_one_fetch_serves_all(server: JwksServer, verifier: Verifier) -> None:
    assert server.fetches == 0
    for subject in ("ada", "bob", "ada"):
        assert verifier.verify(KEY.token(subject)).subject == subject
    assert refused(verifier, FORGED.token()) == "bad-signature"
    assert server.fetches == 1
    request = server.requests[0]
    assert request.headers["User-Agent"] == "gatewright"
    assert "Authorization" not in request.headers and "Cookie" not in request.headers


def test_many_who_wait_cause_one_fetch(server: JwksServer, verifier: Verifier) -> None:
    server.hangs(then=server.answer)

    async def on_a_loop() -> list[VerifiedToken]:
        return await asyncio.gather(*(verifier.averify(KEY.token()) for _ in range(50)))

    with ThreadPoolExecutor(24) as threads:
        in_threads = [threads.submit(verifier.verify, KEY.token()) for _ in range(20)]
        on_loops = [threads.submit(asyncio.run, on_a_loop()) for _ in range(4)]
        until(lambda: server.fetches == 1, "the fetch begins")
        server.released.set()
        assert {one.result().subject for one in in_threads} == {"ada"}
        assert {one.subject for many in on_loops for one in many.result()} == {"ada"}
    assert server.fetches == 1


def test_the_event_loop_runs_on_while_a_fetch_hangs(server: JwksServer, verifier: Verifier) -> None:
    server.hangs(then=server.answer)

    async def beats() -> None:
        waiting = asyncio.ensure_future(verifier.averify(KEY.token()))
        # Only this loop releases the server. If the fetch blocked the loop, it would end by its
        # timeout, without keys.
        while server.fetches == 0:
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
            assert not waiting.done()
        server.released.set()
        assert (await waiting).subject == "ada"

    asyncio.run(beats())


def test_a_hit_needs_no_switch_of_tasks(verifier: Verifier) -> None:
    verifier.verify(KEY.token())
    coroutine = verifier.averify(KEY.token())
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    assert done.value.value.subject == "ada"


def test_a_thousand_unknown_keys_cause_one_fetch_per_cooldown(
    server: JwksServer, verifier: Verifier, clock: Clock
) -> None:
    tokens = [KEY.token(key_id=f"made-up-{number}") for number in range(1000)]

    async def all_at_once() -> set[object]:
        tries = [verifier.averify(token) for token in tokens]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        return {getattr(outcome, "code", outcome) for outcome in outcomes}

    verifier.verify(KEY.token())
    for fetches in (2, 3):
        clock.advance(10)
        for _ in range(3):
            assert asyncio.run(all_at_once()) == {"unknown-key"}
        assert server.fetches == fetches
    with ThreadPoolExecutor(32) as threads:
        clock.advance(10)
        codes = set(threads.map(lambda token: refused(verifier, token), tokens[:200]))
    assert (codes, server.fetches) == ({"unknown-key"}, 4)
    assert verifier.verify(KEY.token()).subject == "ada"


def test_a_rotated_key_is_found_and_a_withdrawn_one_forgotten(
    server: JwksServer, verifier: Verifier, clock: Clock
) -> None:
    old = KEY.token()
    assert verifier.verify(old).subject == "ada"
    server.serves(KEY, NEXT)
    clock.advance(10)
    assert verifier.verify(NEXT.token("bob")).subject == "bob"
    assert verifier.verify(old).subject == "ada"
    server.serves(NEXT)
    clock.advance(250)
    # What grows old serves on, and is renewed on the side.
    assert verifier.verify(old).subject == "ada"
    until(lambda: server.fetches == 3 and not verifier._core.is_fetching(), "the renewal")
    assert refused(verifier, old) == "unknown-key"
    assert verifier.verify(NEXT.token("bob")).subject == "bob"


def test_after_its_grace_no_withdrawn_key_is_accepted_even_once(
    server: JwksServer, verifier: Verifier, clock: Clock
) -> None:
    old = KEY.token()
    assert verifier.verify(old).subject == "ada"
    server.serves(NEXT)
    clock.advance(300)
    assert refused(verifier, old) == "unknown-key"
    assert server.fetches in (2, 3)


def test_no_valid_token_is_refused_while_keys_rotate(
    server: JwksServer, verifier: Verifier, clock: Clock
) -> None:
    keys = [Key(f"key-{number}") for number in range(6)]
    current = [keys[0]]
    server.serves(keys[0])
    ended = threading.Event()
    verified = [0] * 4

    def verify_all_the_time(worker: int) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            # A new token each time or the same: remembered tokens must live through it too.
            token = current[0].token(f"user-{number % 3}")
            assert verifier.verify(token).subject == f"user-{number % 3}"
            verified[worker] += 1

    with ThreadPoolExecutor(4) as threads:
        workers = [threads.submit(verify_all_the_time, worker) for worker in range(4)]
        try:
            for before, after in zip(keys, keys[1:]):
                seen = list(verified)
                until(
                    lambda: any(w.done() for w in workers)
                    or all(now > then for now, then in zip(verified, seen)),
                    "every worker verifies",
                )
                server.serves(before, after)  # the old one has its grace
                clock.advance(10)
                current[0] = after
        finally:
            ended.set()
        for worker in workers:
            worker.result()
    assert refused(verifier, keys[0].token()) == "unknown-key"


HTML = b"<html><body>" + b"x" * 1000
PRIVATE = b'{"keys":[{"kty":"oct","k":"' + b"A" * 64 + b'","alg":"HS256","kid":"2026-01"}]}'


def endless_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"x: " + b"y" * 1000 + b"\r\n")


def ten_mebibytes(handler: BaseHTTPRequestHandler) -> None:
    respond(handler, b'{"keys":[' + b" " * 10 * 1024 * 1024 + b"]}")


def nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."

WRONG = {
    "500": lambda handler: respond(handler, b'{"keys":[]}', 500),
    "html": lambda handler: respond(handler, HTML),
    "garbage": lambda handler: respond(handler, bytes(range(256))),
    "no key": lambda handler: respond(handler, b'{"keys":[]}'),
    "a secret": lambda handler: respond(handler, PRIVATE),
    "10 MiB": ten_mebibytes,
    "endless headers": endless_headers,
    "hangs up": nothing,
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
def test_a_broken_source_lets_nobody_in_and_takes_nobody_down(
    server: JwksServer, verifier: Verifier, clock: Clock, answer: Any, caplog: Any
) -> None:
    working, server.answer = server.answer, answer
    with caplog.at_level(logging.WARNING, "gatewright"):
        for token in (KEY.token(), FORGED.token(), KEY.token()):
            with pytest.raises(KeysUnavailable) as caught:
                verifier.verify(token)
            assert caught.value.retry_after in range(1, 11)
        assert server.fetches == 1
        # What no key could make good is the token's fault all the same.
        for token, code in (("undefined", "malformed-token"), (UNSIGNED, "unsigned")):
            assert refused(verifier, token) == code
        until(lambda: "was not renewed" in caplog.text, "the log says so")
    server.answer = working
    clock.advance(10)
    assert verifier.verify(KEY.token()).subject == "ada"
    # Once it has worked, the old keys serve while the source is down.
    server.answer = answer
    clock.advance(3600)
    token = KEY.token(exp=int(clock.now) + 900)
    for fetches in (3, 4):
        assert verifier.verify(token).subject == "ada"
        until(lambda: server.fetches == fetches and not verifier._core.is_fetching(), "a fetch")
        clock.advance(10)
    assert refused(verifier, FORGED.token(exp=int(clock.now) + 900)) == "bad-signature"
    # But not for ever.
    clock.advance(86_400)
    with pytest.raises(KeysUnavailable):
        verifier.verify(KEY.token(exp=int(clock.now) + 900))


def test_a_redirect_is_not_followed(server: JwksServer, verifier: Verifier) -> None:
    other = JwksServer()
    try:
        other.serves(KEY)
        for status in (301, 302, 307, 308):
            server.answers(b"", status, Location=other.url)
            with pytest.raises(KeysUnavailable):
                verifier_of(server.url).verify(KEY.token())
        assert (server.fetches, other.fetches) == (4, 0)
    finally:
        other.stop()


def test_a_source_that_drips_is_given_up(server: JwksServer) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.released.wait(0.02):  # each byte in time, the whole never
            handler.wfile.write(b" ")

    server.answer = drip
    with pytest.raises(KeysUnavailable):
        verifier_of(server.url, total_timeout=0.3).verify(KEY.token())


def test_a_source_that_hangs_is_given_up(server: JwksServer) -> None:
    server.hangs()
    verifier = verifier_of(server.url, total_timeout=0.3)

    async def several() -> list[object]:
        tries = [verifier.averify(KEY.token()) for _ in range(10)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    assert {type(outcome) for outcome in asyncio.run(several())} == {KeysUnavailable}
    assert server.fetches == 1


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        verifier = verifier_of(f"http://127.0.0.1:{free.getsockname()[1]}/jwks")
        with pytest.raises(KeysUnavailable):
            verifier.verify(KEY.token())


def test_a_request_that_is_given_up_leaves_the_fetch_to_the_others(
    server: JwksServer, verifier: Verifier
) -> None:
    server.hangs(then=server.answer)

    async def first_goes() -> None:
        first = asyncio.ensure_future(verifier.averify(KEY.token()))
        second = asyncio.ensure_future(verifier.averify(KEY.token("bob")))
        while server.fetches == 0:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.released.set()
        assert (await second).subject == "bob"

    asyncio.run(first_goes())
    assert server.fetches == 1
    assert verifier._fetcher is not None and not verifier._fetcher._wakes


def test_a_loop_that_ended_harms_nobody(server: JwksServer, verifier: Verifier) -> None:
    server.hangs(then=server.answer)

    async def give_up() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(verifier.averify(KEY.token()), 0.05)

    asyncio.run(give_up())
    server.released.set()
    assert verifier.verify(KEY.token()).subject == "ada"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_in_the_midst_of_a_fetch_can_fetch_again(
    server: JwksServer, verifier: Verifier, clock: Clock
) -> None:
    working = server.answer
    server.hangs()
    subjects: list[str] = []
    waiting = threading.Thread(
        target=lambda: subjects.append(verifier.verify(KEY.token()).subject)
    )
    waiting.start()
    until(lambda: server.fetches == 1, "the fetch begins")
    server.answer = working
    clock.advance(10)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if verifier.verify(KEY.token()).subject == "ada" else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    server.released.set()
    waiting.join()
    assert subjects == ["ada"]
    assert os.waitstatus_to_exitcode(status) == 0
