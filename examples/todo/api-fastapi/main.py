"""A todo API in which each user reaches only their own tasks. See README.md."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config import Config, ConfigError
from deadline import DeadlineMiddleware
from errors import add_error_handlers
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from gatewright import ConfigurationError
from gatewright.fastapi import configure
from paths import PathAsSentMiddleware
from routes import router
from store import Store


def create_app(config: Config) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Store.open(config.database) as app.state.store:
            yield

    # A path with a slash too many names nothing: a redirect would be one more way to the same task.
    # The schema and its pages are for development: with `openapi_url` they come back.
    app = FastAPI(lifespan=lifespan, redirect_slashes=False, openapi_url=None)
    app.include_router(router)
    add_error_handlers(app)
    app.add_middleware(PathAsSentMiddleware)
    app.add_middleware(DeadlineMiddleware)
    # Added last, hence outermost: a preflight has no token, and a browser must be able to read a 401.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[config.cors_origin],
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After", "WWW-Authenticate"],
        max_age=600,
    )
    return app


try:
    configure()
    app = create_app(Config.from_variables(os.environ))
except (ConfigError, ConfigurationError) as error:
    print(f"todo-api-fastapi: {error}", file=sys.stderr)
    raise SystemExit(2) from None
