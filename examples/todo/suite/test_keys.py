"""Published keys: fetched, kept, renewed; and what a broken source cannot do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from backend import Backend, eventually
from conftest import Starter
from issuer import ALGORITHMS, AUDIENCE, ISSUER, Answer, Key, KeyServer, Secret, segment

PATH = "/api/alice/tasks"
COOLDOWN = 10
GOOD = Key("EdDSA")
UNAVAILABLE = (503, {"detail": "Tokens cannot be verified at the moment"})
INVALID = (401, {"detail": "Invalid or expired token"})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_each_kind(api_with_keys: Backend, key_server: KeyServer, algorithm: str) -> None:
    key, other = Key(algorithm), Key(algorithm)
    key_server.publish(*(Key(one) for one in ALGORITHMS if one != algorithm), key)
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200
    assert api_with_keys.send("GET", PATH, key.token("bob")).status_code == 403
    other.kid = key.kid
    answer = api_with_keys.send("GET", PATH, other.token("alice"))
    assert (answer.status_code, answer.json()) == INVALID
    expired = key.token("alice", exp=int(time.time()) - 60)
    assert api_with_keys.send("GET", PATH, expired).status_code == 401
    assert key_server.fetches == 1


def test_a_key_serves_its_own_algorithm_only(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    """An RSA key for RS256 would verify PS256 too, and a public key is a secret to nobody."""
    key = Key("RS256")
    key_server.publish(key)
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200
    key.algorithm = "PS256"
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 401


def test_nothing_is_fetched_before_the_first_token(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    key_server.publish(Key("EdDSA"))
    assert api_with_keys.send("GET", "/health").status_code == 200
    assert api_with_keys.send("GET", PATH).status_code == 401
    assert key_server.fetches == 0


def test_a_first_burst_fetches_once(api_with_keys: Backend, key_server: KeyServer) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    token = key.token("alice")
    assert statuses(api_with_keys, [token] * 100) == [200] * 100
    assert key_server.fetches == 1


def test_invented_keys_do_not_flood_the_source(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    began = time.monotonic()
    _, payload, signature = key.token("alice").split(".")
    invented = [
        f"{segment({'alg': 'EdDSA', 'kid': f'invented-{number}'})}.{payload}.{signature}"
        for number in range(500)
    ]
    assert statuses(api_with_keys, invented) == [401] * 500
    assert key_server.fetches <= 2 + (time.monotonic() - began) // COOLDOWN
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200


def test_keys_are_rotated(api_with_keys: Backend, key_server: KeyServer) -> None:
    """The new key comes in beside the old one, as issuers do it; nobody's valid token is refused."""
    old, new = Key("EdDSA"), Key("ES256")
    key_server.publish(old)
    assert api_with_keys.send("GET", PATH, old.token("alice")).status_code == 200
    key_server.publish(new, old)
    done = threading.Event()
    refused: list[int] = []

    def ask_on() -> None:
        while not done.is_set():
            status = api_with_keys.send("GET", PATH, old.token("alice")).status_code
            if status != 200:
                refused.append(status)

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        eventually(
            lambda: api_with_keys.send("GET", PATH, new.token("alice")).status_code == 200,
            COOLDOWN + 5,
        )
    finally:
        done.set()
        asking.join()
    assert refused == []
    assert key_server.fetches == 2


def test_a_source_that_fails_takes_no_key_away(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200
    key_server.answer = Answer.not_found
    for _ in range(20):
        assert api_with_keys.send("GET", PATH, Key("EdDSA").token("alice")).status_code == 401
        assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200


def test_without_keys_the_fault_is_nobodys_token(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    """503 while there never were any, and 200 when they come after the time that it named."""
    key = Key("EdDSA")
    token = key.token("alice")
    answer = api_with_keys.send("GET", PATH, token)
    assert (answer.status_code, answer.json()) == UNAVAILABLE
    retry_after = int(answer.headers["retry-after"])
    assert 1 <= retry_after <= COOLDOWN
    # Who sends none is told so.
    assert api_with_keys.send("GET", PATH).status_code == 401
    assert api_with_keys.send("GET", PATH, token).status_code == 503
    assert key_server.fetches == 1
    key_server.publish(key)
    eventually(
        lambda: api_with_keys.send("GET", PATH, token).status_code == 200, retry_after + 2
    )
    assert key_server.fetches == 2


def hang(answer: Answer) -> None:
    """Takes the request, and is silent."""
    answer.key_server.closing.wait(60)


def hang_inside(answer: Answer) -> None:
    """Begins an answer, and goes on by a byte now and then."""
    answer.send_response(200)
    answer.send_header("content-length", "100000")
    answer.end_headers()
    answer.wfile.write(b'{"keys":[')
    while not answer.key_server.closing.wait(0.2):
        answer.wfile.write(b" ")


def ten_mebibytes(answer: Answer) -> None:
    answer.reply(200, "application/json", b'{"keys":[' + b" " * (10 * 1024 * 1024) + b"]}")


def endless(answer: Answer) -> None:
    answer.send_response(200)
    answer.send_header("transfer-encoding", "chunked")
    answer.end_headers()
    while not answer.key_server.closing.is_set():
        answer.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def hang_up(answer: Answer) -> None:
    answer.close_connection = True


def redirect(answer: Answer) -> None:
    """To another address of the same server, which would answer with good keys."""
    if answer.path == "/elsewhere":
        publish_good(answer)
        return
    answer.send_response(302)
    answer.send_header("location", "/elsewhere")
    answer.send_header("content-length", "0")
    answer.end_headers()


def publish_good(answer: Answer, status: int = 200) -> None:
    """The keys that the test's tokens are signed with."""
    answer.reply(status, "application/json", json.dumps({"keys": [GOOD.public]}).encode())


def text(status: int, content_type: str, body: bytes) -> Callable[[Answer], None]:
    return lambda answer: answer.reply(status, content_type, body)


BROKEN: dict[str, Callable[[Answer], None]] = {
    "hang": hang,
    "hang-inside": hang_inside,
    "hang-up": hang_up,
    "ten-mebibytes": ten_mebibytes,
    "endless": endless,
    "redirect": redirect,
    "500": text(500, "application/json", b'{"keys":[]}'),
    "500-with-good-keys": lambda answer: publish_good(answer, 500),
    "204": text(204, "application/json", b""),
    "html": text(200, "text/html", b"<!doctype html><title>Sign in</title>"),
    "empty": text(200, "application/json", b""),
    "no-keys": text(200, "application/json", b'{"keys":[]}'),
    "null": text(200, "application/json", b"null"),
    "garbage": text(200, "application/json", bytes(range(256)) * 100),
    "deep": text(200, "application/json", b"[" * 200_000),
    "useless-keys": text(200, "application/json", b'{"keys":[{"kty":"OKP"},{"kty":"RSA","n":""}]}'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_source_lets_nobody_in_and_takes_nothing_down(
    api_with_keys: Backend, key_server: KeyServer, name: str
) -> None:
    key_server.answer = BROKEN[name]
    token = GOOD.token("alice")
    with ThreadPoolExecutor(10) as clients:
        waiting = [clients.submit(api_with_keys.send, "GET", PATH, token) for _ in range(10)]
        while not all(one.done() for one in waiting):
            health = api_with_keys.send("GET", "/health")
            assert health.status_code == 200
            assert health.elapsed < timedelta(seconds=2)
        for one in waiting:
            answer = one.result()
            assert (answer.status_code, answer.json()) == UNAVAILABLE
            assert 1 <= int(answer.headers["retry-after"]) <= COOLDOWN
    assert key_server.fetches <= 2


def test_a_published_secret_is_no_key(
    api_with_keys: Backend, key_server: KeyServer
) -> None:
    """Who can publish keys chooses among public ones: a shared secret that all can read is none."""
    secret, key = Secret(), Key("EdDSA")
    oct_key = {"kty": "oct", "kid": "s", "alg": "HS256", "k": segment(secret.text.encode())}
    key_server.publish_set([oct_key, key.public])
    assert api_with_keys.send("GET", PATH, key.token("alice")).status_code == 200
    assert api_with_keys.send("GET", PATH, secret.token("alice")).status_code == 401
    assert api_with_keys.send("GET", PATH, secret.token("alice", kid="s")).status_code == 401


def test_keys_without_an_issuer_are_not_taken(start: Starter, key_server: KeyServer) -> None:
    key = Key("EdDSA")
    key_server.publish(key)
    api = start({"JWKS_URL": key_server.url, "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": AUDIENCE})
    for changes in ({"iss": "https://evil.example"}, {"aud": "https://evil.example"}):
        assert api.send("GET", PATH, key.token("alice", **changes)).status_code == 401


def statuses(api: Backend, tokens: list[str]) -> list[int]:
    with ThreadPoolExecutor(32) as clients:
        answers = clients.map(lambda token: api.send("GET", PATH, token), tokens)
        return [answer.status_code for answer in answers]
