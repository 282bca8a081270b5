"""What test_uvicorn.py starts: an application with everything, configured by the environment."""

from __future__ import annotations

import os

from fastapi import Depends, FastAPI, WebSocket

from gatewright.fastapi import CurrentUser, JWTMiddleware, configure, verify_user_match

configure()
app = FastAPI()
if "GUARDED" in os.environ:
    app.add_middleware(JWTMiddleware, exempt=["/health"])


@app.get("/health")
async def health() -> int:
    return os.getpid()


@app.get("/api/{user_id}/tasks", dependencies=[Depends(verify_user_match)])
async def tasks() -> int:
    return os.getpid()


@app.websocket("/live")
async def live(websocket: WebSocket, user: CurrentUser) -> None:
    await websocket.accept(subprotocol="bearer" if websocket.scope["subprotocols"] else None)
    await websocket.send_text(user.id)
    await websocket.close()


@app.websocket("/of/{user_id}", dependencies=[Depends(verify_user_match)])
async def of(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()
