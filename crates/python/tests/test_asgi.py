"""The middleware, around an application that knows nothing of FastAPI."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

import pytest
from conftest import ISSUER, JwksServer, Key, hs256, secret_verifier
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient

from gatewright import ConfigurationError, VerifiedToken, Verifier
from gatewright.asgi import JWTMiddleware

Sent = list[dict[str, Any]]
ADA = [(b"authorization", f"Bearer {hs256()}".encode())]


class Application:
    """Remembers what reached it."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await send({"type": "reached"})


def call(middleware: JWTMiddleware, headers: Any = (), kind: str = "http", **others: Any) -> Sent:
    sent: Sent = []
    scope = {"type": kind, "method": "GET", "path": "/", "headers": headers, **others}

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(middleware(scope, receive, send))
    return sent


def guarded(verifier: Optional[Verifier] = None, **options: Any) -> tuple[JWTMiddleware, Application]:
    app = Application()
    return JWTMiddleware(app, verifier or secret_verifier(), **options), app


def is_open(middleware: JWTMiddleware, **scope: Any) -> bool:
    return bool(call(middleware, **scope)[0]["type"] == "reached")


def test_the_user_is_in_the_state_of_the_request() -> None:
    middleware, app = guarded()
    shared = {"pool": "of the server"}
    assert call(middleware, ADA, state=shared) == [{"type": "reached"}]
    assert call(middleware, [list(ADA[0])]) == [{"type": "reached"}]
    state = app.scopes[0]["state"]
    assert isinstance(state["user"], VerifiedToken) and state["user"].id == "ada"
    assert state["pool"] == "of the server" and "user" not in shared


def test_without_a_token_nothing_is_reached() -> None:
    middleware, app = guarded()
    for headers, challenge in [
        ([], b"Bearer"),
        ([(b"authorization", b"Bearer x")], b'Bearer error="invalid_token"'),
        ([*ADA, *ADA], b'Bearer error="invalid_token"'),
        ([*ADA, (b"Authorization", b"Bearer x")], b'Bearer error="invalid_token"'),
        ([(b"authorization", b"Bearer \xff")], b'Bearer error="invalid_token"'),
        ([(b"sec-websocket-protocol", b"bearer, " + hs256().encode())], b"Bearer"),
    ]:
        start, body = call(middleware, headers)
        assert start["status"] == 401
        assert dict(start["headers"])[b"www-authenticate"] == challenge
        assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert app.scopes == []


def test_no_keys_are_503(server: JwksServer) -> None:
    middleware, app = guarded(Verifier(jwks_url=server.url, issuer=ISSUER, audience=ISSUER))
    start, _ = call(middleware, [(b"authorization", f"Bearer {Key('a').token()}".encode())])
    assert start["status"] == 503
    assert int(dict(start["headers"])[b"retry-after"]) in range(1, 11)
    assert app.scopes == []


def test_exempt_paths() -> None:
    middleware, _ = guarded(exempt=["/health"], exempt_below=["/docs", "/static/"])
    for path in ("/health", "/docs", "/docs/", "/docs/oauth2-redirect", "/static", "/static/a.js"):
        assert is_open(middleware, path=path), path
    for path in ("/", "/health/", "/healthy", "/HEALTH", "/docs-internal", "/api/health", "//docs"):
        assert not is_open(middleware, path=path), path
    # Behind a proxy that strips nothing, and mounted: as the router compares paths.
    assert is_open(middleware, path="/v1/health", root_path="/v1")
    assert not is_open(middleware, path="/v1/health")
    assert not is_open(middleware, path="/docs-internal", root_path="/docs")


def test_mistakes_in_paths_are_refused() -> None:
    for options in ({"exempt": "/health"}, {"exempt": ["health"]}, {"exempt_below": [""]}):
        with pytest.raises(ConfigurationError):
            guarded(**options)


def test_preflight_passes_only_if_told() -> None:
    headers = [(b"origin", b"https://a.example"), (b"access-control-request-method", b"GET")]
    strict, lax = guarded()[0], guarded(allow_preflight=True)[0]
    assert not is_open(strict, headers=headers, method="OPTIONS")
    assert is_open(lax, headers=headers, method="OPTIONS")
    for method, some in [("GET", headers), ("OPTIONS", headers[:1]), ("OPTIONS", headers[1:])]:
        assert not is_open(lax, headers=some, method=method)


def test_a_websocket_is_closed_before_it_is_accepted() -> None:
    middleware, app = guarded()
    assert call(middleware, kind="websocket")[0]["type"] == "websocket.close"
    protocols = [(b"sec-websocket-protocol", b"bearer, " + hs256().encode())]
    assert is_open(middleware, headers=ADA, kind="websocket")
    assert is_open(middleware, headers=protocols, kind="websocket")
    assert not is_open(middleware, headers=ADA + protocols, kind="websocket")
    assert [scope["state"]["user"].id for scope in app.scopes] == ["ada", "ada"]


def test_other_kinds_of_connections() -> None:
    middleware, _ = guarded()
    assert is_open(middleware, kind="lifespan")
    with pytest.raises(RuntimeError):
        call(middleware, kind="webtransport")


def test_cors_outside_answers_preflight_and_marks_a_401() -> None:
    app = FastAPI()

    @app.get("/me")
    async def me(request: Request) -> str:
        return str(request.state.user.id)

    app.add_middleware(JWTMiddleware, verifier=secret_verifier())
    app.add_middleware(
        CORSMiddleware, allow_origins=["https://a.example"], allow_headers=["authorization"]
    )
    client = TestClient(app)
    origin = {"Origin": "https://a.example"}
    asking = {**origin, "Access-Control-Request-Method": "GET"}
    assert client.options("/me", headers=asking).status_code == 200
    refused = client.get("/me", headers=origin)
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert client.get("/me", headers={"Authorization": f"Bearer {hs256()}"}).json() == "ada"
