"""What a client may send, and how it learns that it may not."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest
from conftest import User

SHAPE = (422, {"detail": "The body is not of the expected shape"})
TITLE = (422, {"detail": "The title must have 1 to 200 characters"})
TOO_LARGE = (413, {"detail": "The body is too large"})
NOT_JSON = (415, {"detail": "The body must be sent as application/json"})
LIMIT = 16 * 1024

DEEP = b"[" * 5_000 + b"]" * 5_000
BODIES: list[tuple[str, bytes, tuple[int, object]]] = [
    ("POST", b"{}", SHAPE),
    ("POST", b"", SHAPE),
    ("POST", b" ", SHAPE),
    ("POST", b"null", SHAPE),
    ("POST", b"true", SHAPE),
    ("POST", b'"title"', SHAPE),
    ("POST", b"1", SHAPE),
    ("POST", b"[]", SHAPE),
    ("POST", b'[["title","a"]]', SHAPE),
    ("POST", b'["title"]', SHAPE),
    ("POST", b'{"title":1}', SHAPE),
    ("POST", b'{"title":1.5}', SHAPE),
    ("POST", b'{"title":true}', SHAPE),
    ("POST", b'{"title":null}', SHAPE),
    ("POST", b'{"title":["a"]}', SHAPE),
    ("POST", b'{"title":{"a":"b"}}', SHAPE),
    ("POST", b'{"Title":"a"}', SHAPE),
    ("POST", b'{"title":"a"', SHAPE),
    ("POST", b'{"title":"a",}', SHAPE),
    ("POST", b'{"title":"a"}}', SHAPE),
    ("POST", b'{"title":"a"} {"title":"b"}', SHAPE),
    ("POST", b'{"title":"a"}//', SHAPE),
    ("POST", b"{'title':'a'}", SHAPE),
    ("POST", b'{title:"a"}', SHAPE),
    ("POST", b'title=a', SHAPE),
    ("POST", b'{"title":"a","title":"b"}', SHAPE),
    ("POST", b'{"title":"a","t\\u0069tle":"b"}', SHAPE),
    ("POST", b'{"title":"a\nb"}', SHAPE),
    ("POST", b'{"title":"\\x41"}', SHAPE),
    ("POST", b'{"title":"\\ud800"}', SHAPE),
    ("POST", b'{"title":"\\udc00\\ud800"}', SHAPE),
    ("POST", b'{"title":"\xff"}', SHAPE),
    ("POST", b'{"title":"\xc0\xaf"}', SHAPE),
    ("POST", b'{"title":"\xed\xa0\x80"}', SHAPE),
    ("POST", b'{"title":"a","x":"\xff"}', SHAPE),
    ("POST", b'\xef\xbb\xbf{"title":"a"}', SHAPE),
    ("POST", '{"title":"a"}'.encode("utf-16"), SHAPE),
    ("POST", '{"title":"a"}'.encode("utf-32-le"), SHAPE),
    ("POST", b'{"title":"a","\\ud800":1}', SHAPE),
    ("POST", b'{"title":NaN}', SHAPE),
    ("POST", b'{"title":"a","x":NaN}', SHAPE),
    ("POST", b'{"title":"a","x":-Infinity}', SHAPE),
    ("POST", b'{"title":"a","x":01}', SHAPE),
    ("POST", DEEP, SHAPE),
    ("POST", b'{"title":' + DEEP + b"}", SHAPE),
    ("POST", b"[" * LIMIT, SHAPE),
    ("POST", b'{"title":' * 1_500, SHAPE),
    ("POST", b'{"title":' + b"1" * 5_000 + b"}", SHAPE),
    ("POST", b'{"title":1e999}', SHAPE),
    ("POST", b'{"title":""}', TITLE),
    ("POST", b'{"title":" \\n\\t\\u00a0"}', TITLE),
    ("POST", json.dumps({"title": "a" * 201}).encode(), TITLE),
    ("POST", json.dumps({"title": "ä" * 201}).encode(), TITLE),
    ("POST", json.dumps({"title": "🦀" * 201}).encode(), TITLE),
    ("PUT", b"{}", SHAPE),
    ("PUT", b'{"title":"a"}', SHAPE),
    ("PUT", b'{"completed":true}', SHAPE),
    ("PUT", b'{"title":"a","completed":null}', SHAPE),
    ("PUT", b'{"title":"a","completed":1}', SHAPE),
    ("PUT", b'{"title":"a","completed":0}', SHAPE),
    ("PUT", b'{"title":"a","completed":"true"}', SHAPE),
    ("PUT", b'{"title":"a","completed":true,"completed":false}', SHAPE),
    ("PUT", b'{"title":"","completed":true}', TITLE),
    ("PATCH", b"", SHAPE),
    ("PATCH", b"[]", SHAPE),
    ("PATCH", b'{"title":null}', SHAPE),
    ("PATCH", b'{"completed":null}', SHAPE),
    ("PATCH", b'{"completed":"yes"}', SHAPE),
    ("PATCH", b'{"completed":1}', SHAPE),
    ("PATCH", b'{"title":"  "}', TITLE),
]


@pytest.mark.parametrize(
    ("method", "body", "expected"), BODIES, ids=[f"{m} {b[:40]!a}" for m, b, _ in BODIES]
)
def test_a_body_that_is_refused(
    alice: User, method: str, body: bytes, expected: tuple[int, object]
) -> None:
    task = alice.make("before")
    path = alice.tasks if method == "POST" else f"{alice.tasks}/{task['id']}"
    answer = alice.send(method, path, content=body, headers=[("content-type", "application/json")])
    assert (answer.status_code, answer.json()) == expected
    assert alice.send("GET").json() == [task]


@pytest.mark.parametrize(
    "body",
    [
        b' \n{ "title" : "a" }\t\r\n',
        b'{"t\\u0069tle":"\\u0061"}',
        b'{"title":"a","x":{"y":[1,2.5e3,null,true,{"z":{}}]}}',
        b'{"title":"a","x":' + b"1" * 5_000 + b"}",
        b'{"title":"a","x":1e400,"x":"\\ud800"}',
        b'{"title":"a","x":' + b"[" * 100 + b"]" * 100 + b"}",
    ],
    ids=lambda body: ascii(body[:40]),
)
def test_a_body_that_is_accepted(alice: User, body: bytes) -> None:
    answer = alice.send("POST", content=body, headers=[("content-type", "application/json")])
    assert (answer.status_code, answer.json()["title"]) == (201, "a")


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "text/plain", "text/json", "application/jsonp", "application/x-json",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json",
        "application/", "text/plain; application/json", "application/json/x", "*/*",
        "application/json+xml", "application/+json", "application/ json", "application/json, x/y",
    ],
)  # fmt: skip
def test_only_json_is_taken(alice: User, content_type: str | None) -> None:
    headers = [] if content_type is None else [("content-type", content_type)]
    for body in (b'{"title":"a"}', b"{", b"x" * (LIMIT + 1)):
        answer = alice.send("POST", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == NOT_JSON
    assert alice.send("GET").json() == []


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
        "application/json;charset=UTF-8", "application/ld+json", "application/vnd.api+json",
        "application/json ;charset=utf-8", "application/json;\tcharset=utf-8", "application/json;",
        'application/json; charset="utf-8"', "application/json; charset", "application/json; =;;",
    ],
)  # fmt: skip
def test_json_has_several_names(alice: User, content_type: str) -> None:
    headers = [("content-type", content_type)]
    assert alice.send("POST", content=b'{"title":"a"}', headers=headers).status_code == 201


def test_a_body_is_16_kib_at_most(alice: User) -> None:
    headers = [("content-type", "application/json")]
    body = b'{"title":"a"}'
    fits = body + b" " * (LIMIT - len(body))
    assert alice.send("POST", content=fits, headers=headers).status_code == 201
    task = f"{alice.tasks}/{alice.send('GET').json()[0]['id']}"
    for method, path in (("POST", alice.tasks), ("PUT", task), ("PATCH", task)):
        for large in (fits + b" ", b"x" * 1_000_000):
            answer = alice.send(method, path, content=large, headers=headers)
            assert (answer.status_code, answer.json()) == TOO_LARGE


def test_a_body_in_chunks_is_no_larger(alice: User) -> None:
    """No Content-Length says how much comes."""
    answer = exchange(alice, b'{"title":"a"}')
    assert answer.startswith(b"HTTP/1.1 201 ")
    answer = exchange(alice, b'{"title":"a"}' + b" " * LIMIT)
    assert answer.startswith(b"HTTP/1.1 413 ") and b'{"detail":"The body is too large"}' in answer


def test_what_needs_no_body_reads_none(alice: User) -> None:
    task = f"{alice.tasks}/{alice.make('a')['id']}"
    for method, path, status in (("GET", task, 200), ("GET", alice.tasks, 200), ("DELETE", task, 204)):
        answer = alice.send(method, path, content=b"{", headers=[("content-type", "text/plain")])
        assert answer.status_code == status


def test_a_body_that_never_ends_is_given_up(alice: User) -> None:
    address = urlsplit(alice.api.address)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(
            f"POST {alice.tasks} HTTP/1.1\r\nhost: todo\r\nauthorization: Bearer {alice.token}\r\n"
            'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"title":'.encode()
        )
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1\r\n" in answer.lower()
    assert answer.endswith(b'\r\n\r\n{"detail":"The request took too long"}')


def exchange(user: User, body: bytes) -> bytes:
    """A POST in chunks of 1 KiB over a connection of its own, and all that comes back."""
    address = urlsplit(user.api.address)
    assert address.hostname and address.port
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            f"POST {user.tasks} HTTP/1.1\r\nhost: todo\r\nauthorization: Bearer {user.token}\r\n"
            "content-type: application/json\r\nconnection: close\r\n"
            "transfer-encoding: chunked\r\n\r\n".encode()
        )
        answer = b""
        try:
            for start in range(0, len(body), 1024):
                piece = body[start : start + 1024]
                connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
            while more := connection.recv(65_536):
                answer += more
        except ConnectionError:
            pass  # It may hang up on what is too large, once it has said so.
        return answer
