"""What goes wrong, as `{"detail": "…"}`."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

log = logging.getLogger("todo")


def detail(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": text}, status, headers)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(SQLAlchemyError, _store_failed)


async def _not_found(_: Request, error: Exception) -> Response:
    """Starlette's own for a path that it does not know says `Not Found`."""
    assert isinstance(error, HTTPException)
    text = "Not found" if error.detail == "Not Found" else error.detail
    return detail(404, text, dict(error.headers or {}))


async def _store_failed(_: Request, error: Exception) -> Response:
    """For the log, without a traceback: it would tell no operator more."""
    log.error("the database failed: %s", error)
    return detail(500, "Internal server error")
