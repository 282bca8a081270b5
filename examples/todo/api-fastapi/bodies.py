"""JSON bodies, read when it is clear whose request it is.

A body that is declared as a parameter is read by FastAPI before any dependency runs: strangers
would have theirs read and judged, and the errors would quote what was sent. A dependency is run in
its place in the signature, behind that of the user.
"""

from __future__ import annotations

import json
from typing import Any, Generic, NoReturn, TypeVar

from fastapi import HTTPException, Request
from pydantic import ValidationError
from sqlmodel import SQLModel

MAX_BYTES = 16 * 1024

M = TypeVar("M", bound=SQLModel)


class JsonBody(Generic[M]):
    """A dependency: the body as a model, or 413, 415 or 422."""

    def __init__(self, model: type[M]) -> None:
        self._model = model

    async def __call__(self, request: Request) -> M:
        if not _is_json(request.headers.get("content-type", "")):
            raise HTTPException(415, "The body must be sent as application/json")
        body = await _read(request)
        try:
            return self._model.model_validate(_members(body, self._model))
        except ValidationError as error:
            titles = [one["msg"] for one in error.errors() if one["type"] == "invalid_title"]
            if len(titles) == error.error_count():
                raise HTTPException(422, titles[0]) from None
            raise _unexpected_shape() from None
        except (ValueError, RecursionError):
            raise _unexpected_shape() from None


def _unexpected_shape() -> HTTPException:
    return HTTPException(422, "The body is not of the expected shape")


def _is_json(content_type: str) -> bool:
    """Parameters mean nothing to JSON (RFC 8259 section 11); suffixes are those of RFC 6839."""
    kind, _, subtype = content_type.partition(";")[0].strip(" \t").lower().partition("/")
    has_suffix = subtype.endswith("+json") and subtype != "+json"
    return kind == "application" and (subtype == "json" or has_suffix)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "The body is too large")
    return bytes(body)


def _members(body: bytes, model: type[SQLModel]) -> dict[str, Any]:
    """An object's members, as strictly as JSON is: no other encoding, no NaN, nothing
    twice; and without null, which no member of ours may be."""
    pairs = json.loads(
        body.decode(),
        # In order that two members of one name are seen. JSON itself makes no tuple.
        object_pairs_hook=tuple,
        parse_constant=_refuse,
        # No number is expected, and long integers are dear.
        parse_int=float,
    )
    if not isinstance(pairs, tuple):
        raise ValueError("not an object")
    "".join(name for name, _ in pairs).encode()  # A name with a lone surrogate is no text.
    known = [(name, value) for name, value in pairs if name in model.model_fields]
    members = dict(known)
    if len(members) != len(known) or None in members.values():
        raise ValueError("a member twice, or null")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
