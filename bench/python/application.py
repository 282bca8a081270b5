"""One FastAPI application, guarded as APP says; load.py starts it and loads it."""

from __future__ import annotations

import os
import socket
from typing import Any

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gatewright.fastapi import JWTMiddleware, configure, verify_jwt, verify_user_match

APP = os.environ["APP"]
AUTH = os.environ["AUTH"]
PEM = os.environ["PEM"]

app = FastAPI()
configure(public_key=PEM, issuer=AUTH, audience=AUTH, cache_size=int(os.environ["CACHE"]))
bearer = HTTPBearer()
key = jwt.algorithms.OKPAlgorithm().prepare_key(PEM)


async def empty() -> None:
    """A dependency that does nothing, which is what one costs."""


def empty_sync() -> None:
    """The same in the thread pool."""


async def pyjwt(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict[str, Any]:
    """As the tutorials write it."""
    try:
        return jwt.decode(
            credentials.credentials, key, algorithms=["EdDSA"], audience=AUTH, issuer=AUTH
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error


async def everything(request: Request) -> None:
    """An empty dependency that asks for the request, as each that looks at it must."""


DEPENDENCIES = {
    "nothing": [],
    "middleware": [],
    "empty async dependency": [Depends(empty)],
    "empty async dependency with the request": [Depends(everything)],
    "empty sync dependency": [Depends(empty_sync)],
    "verify_jwt": [Depends(verify_jwt)],
    "verify_user_match": [Depends(verify_user_match)],
    "PyJWT": [Depends(pyjwt)],
}

if APP == "middleware":
    app.add_middleware(JWTMiddleware)


@app.get("/api/{user_id}/tasks", dependencies=DEPENDENCIES[APP])
async def tasks(user_id: str) -> list[str]:
    return []


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listening.getsockname()[1], flush=True)
    # Not by `--fd`: uvicorn takes such a socket for one without TCP, and leaves Nagle's delay on.
    config = uvicorn.Config(app, access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])
