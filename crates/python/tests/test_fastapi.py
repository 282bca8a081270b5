"""The dependencies, in a FastAPI application."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Annotated, Any

import pytest
from conftest import ISSUER, JwksServer, Key, hs256, secret_verifier
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security
from fastapi.dependencies import models as fastapi_models
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.testclient import TestClient

import gatewright.fastapi as gateway
from gatewright import VerifiedToken, Verifier
from gatewright.fastapi import (
    Auth,
    CurrentUser,
    OptionalUser,
    configure,
    optional_jwt,
    require_roles,
    require_scopes,
    user_match,
    verify_jwt,
    verify_user_match,
)

pytestmark = pytest.mark.usefixtures("forget_configuration")

ADA = {"Authorization": f"Bearer {hs256()}"}
BARE, INVALID = "Bearer", 'Bearer error="invalid_token"'


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/me")
    async def me(user: CurrentUser) -> dict[str, Any]:
        return {"id": user.id, "claims": user.claims}

    @app.get("/payload")
    async def payload(payload: Annotated[dict[str, Any], Depends(verify_jwt)]):  # type: ignore[no-untyped-def]
        return payload

    @app.get("/payload/any")
    async def payload_any(payload: Annotated[Any, Depends(verify_jwt)]) -> Any:
        return payload

    @app.get("/payload/dict")
    async def payload_dict(payload: Annotated[dict[str, Any], Depends(verify_jwt)]) -> dict[str, Any]:
        return payload

    @app.get("/payload/typed")
    async def payload_typed(user: CurrentUser) -> VerifiedToken:
        return user

    @app.get("/payload/within")
    async def payload_within(user: CurrentUser) -> dict[str, Any]:
        return {"users": [user]}

    @app.get("/news")
    async def news(user: OptionalUser) -> Any:
        return user.id if user else None

    @app.get("/api/{user_id}/tasks", dependencies=[Depends(verify_user_match)])
    async def tasks() -> str:
        return "tasks"

    @app.get("/by-hand/{user_id}/sync")
    def by_hand(user_id: str, payload: Annotated[Any, Depends(verify_jwt)]) -> str:
        verify_user_match(user_id, payload)
        return "tasks"

    @app.get("/by-hand/{user_id}/forgotten")
    async def forgotten(user_id: str, payload: Annotated[Any, Depends(verify_jwt)]) -> str:
        verify_user_match(payload, user_id)
        return "tasks"

    @app.get("/by-hand/{user_id}/awaited")
    async def awaited(user_id: str, payload: Annotated[Any, Depends(verify_jwt)]) -> str:
        return (await verify_user_match(user_id=user_id, payload=payload)).subject

    @app.get("/numbers/{user_id:int}", dependencies=[Depends(verify_user_match)])
    async def numbers(user_id: int) -> int:
        return user_id

    @app.get("/shops/{owner_id}")
    async def shop(owner: Annotated[VerifiedToken, Depends(user_match("owner_id"))]) -> str:
        return owner.id

    @app.get("/no-parameter", dependencies=[Depends(verify_user_match)])
    async def no_parameter() -> str:
        return "open"

    @app.get("/admin", dependencies=[Depends(require_roles("admin", "owner"))])
    async def admin() -> str:
        return "admin"

    @app.get("/export", dependencies=[Depends(require_scopes("tasks:read", "tasks:write"))])
    async def export() -> str:
        return "export"

    @app.get("/security", dependencies=[Security(verify_jwt, scopes=["tasks:read"])])
    async def security() -> str:
        return "security"

    router = APIRouter(prefix="/of/{user_id}", dependencies=[Depends(verify_user_match)])

    @router.get("")
    async def of() -> str:
        return "of"

    app.include_router(router)
    return app


@pytest.fixture
def client() -> TestClient:
    configure(secret_verifier())
    return TestClient(application(), raise_server_exceptions=False)


def answer(client: TestClient, path: str, headers: Any = None) -> tuple[int, Any, Any]:
    response = client.get(path, headers=headers)
    return response.status_code, response.json(), response.headers.get("WWW-Authenticate")


GUARDED = ["/me", "/payload", "/api/ada/tasks", "/by-hand/ada/sync", "/by-hand/ada/forgotten"]
GUARDED += ["/by-hand/ada/awaited", "/shops/ada", "/admin", "/export", "/security", "/of/ada"]
GUARDED += ["/no-parameter", "/numbers/7"]


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_valid_token_it_is_401(client: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": hs256()}):
        assert answer(client, path, headers) == (401, {"detail": "Not authenticated"}, BARE)
    for value in ("Bearer x", "Bearer", "Bearer null", f"Bearer {hs256(exp=1)}", "Bearer a b"):
        refused = answer(client, path, {"Authorization": value})
        assert refused == (401, {"detail": "Invalid or expired token"}, INVALID)
    two = [("Authorization", ADA["Authorization"])] * 2
    assert answer(client, path, two)[0] == 401


def test_the_scheme_is_read_as_http_says(client: TestClient) -> None:
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer  "):
        assert answer(client, "/me", {"Authorization": f"{scheme} {hs256()}"})[0] == 200


def test_with_one_it_is_who_they_are(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {hs256(email='ada@example.com')}"}
    status, body, _ = answer(client, "/me", headers)
    assert (status, body["id"], body["claims"]["email"]) == (200, "ada", "ada@example.com")


@pytest.mark.parametrize("path", ["", "/any", "/dict", "/typed", "/within"])
def test_a_handler_can_return_it(client: TestClient, path: str) -> None:
    body = answer(client, f"/payload{path}", ADA)[1]
    assert (body["users"][0] if path == "/within" else body)["sub"] == "ada"


def test_nobody_sends_one_in_a_body() -> None:
    app = FastAPI()

    @app.post("/")
    async def forgot_depends(user: VerifiedToken) -> str:
        return user.id

    response = TestClient(app).post("/", json={"sub": "ada", "id": "ada"})
    assert response.status_code == 422


def test_optional_is_nobody_or_somebody_and_never_a_bad_token(client: TestClient) -> None:
    assert answer(client, "/news")[:2] == (200, None)
    assert answer(client, "/news", ADA)[:2] == (200, "ada")
    assert answer(client, "/news", {"Authorization": "Bearer x"})[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/{}/tasks",
        "/by-hand/{}/sync",
        "/by-hand/{}/forgotten",
        "/by-hand/{}/awaited",
        "/shops/{}",
        "/of/{}",
    ],
)
def test_a_path_is_its_users(client: TestClient, path: str) -> None:
    assert answer(client, path.format("ada"), ADA)[0] == 200
    for other in ("bob", "ADA", "ada%20", "%61da%00"):
        refused = answer(client, path.format(other) + "?user_id=ada&owner_id=ada", ADA)
        assert refused == (403, {"detail": "Access denied"}, None)


def test_a_converted_parameter_is_compared_as_text(client: TestClient) -> None:
    seven = {"Authorization": f"Bearer {hs256('7')}"}
    assert answer(client, "/numbers/7", seven)[0] == 200
    assert answer(client, "/numbers/8", seven)[0] == 403


def test_a_route_without_the_parameter_is_closed(client: TestClient) -> None:
    for query in ("", "?user_id=ada"):
        assert answer(client, f"/no-parameter{query}", ADA)[0] == 500


def test_roles_and_scopes(client: TestClient) -> None:
    def status(path: str, **claims: Any) -> int:
        return answer(client, path, {"Authorization": f"Bearer {hs256(**claims)}"})[0]

    for role in ("admin", "user,admin", "user, owner", ["owner"]):
        assert status("/admin", role=role) == 200
    others: list[Any] = ["user", "administrator", "", None, ["x"], {"admin": 1}, 7]
    for other in others:
        assert status("/admin", role=other) == 403
    for scopes in ({"scope": "tasks:write tasks:read x"}, {"scp": ["tasks:read", "tasks:write"]}):
        assert status("/export", **scopes) == status("/security", **scopes) == 200
    assert status("/export", scope="tasks:read") == 403
    assert status("/security", scope="tasks:reading") == 403
    assert status("/export", scope="tasks:read", scp="tasks:write") == 200
    assert status("/export", scope="tasks:read tasks:write", scp=7) == 403
    assert status("/export", scope=["tasks:read", "tasks:write", 7]) == 403
    assert status("/admin", role="user", roles=["admin"]) == 200
    wanted = 'Bearer error="insufficient_scope", scope="tasks:read tasks:write"'
    assert answer(client, "/export", ADA) == (403, {"detail": "Access denied"}, wanted)
    assert answer(client, "/admin", ADA) == (403, {"detail": "Access denied"}, None)


@pytest.mark.parametrize("factory", [require_roles, require_scopes])
def test_nothing_required_is_a_mistake(factory: Any) -> None:
    for names in ([], [""], ["ok", ""]):
        with pytest.raises(ValueError):
            factory(*names)


def test_nothing_can_be_slipped_into_a_challenge() -> None:
    for scope in ('a"b', "a\\b", "a b", "a\nb", "é"):
        with pytest.raises(ValueError):
            require_scopes(scope)


def test_called_in_a_handler_it_has_checked_when_it_returns() -> None:
    token = secret_verifier().verify(hs256())
    for arguments in (("bob", token), (token, "bob")):
        with pytest.raises(HTTPException) as caught:
            verify_user_match(*arguments)
        assert caught.value.status_code == 403
    assert asyncio.run(as_coroutine(verify_user_match("ada", token))) is token
    forgotten = verify_jwt(hs256())  # a coroutine, for somebody forgot to await it
    for proof in ({"sub": "ada"}, "ada", None, forgotten):
        with pytest.raises(TypeError):
            verify_user_match("ada", proof)
    with pytest.raises(TypeError):
        verify_user_match("ada")
    forgotten.close()


async def as_coroutine(awaitable: Any) -> Any:
    return await awaitable


def test_a_text_or_fastapis_credentials_can_be_verified_by_hand() -> None:
    configure(secret_verifier())
    assert asyncio.run(verify_jwt(hs256())).id == "ada"
    given = HTTPAuthorizationCredentials(scheme="Bearer", credentials=hs256())
    assert asyncio.run(verify_jwt(given)).id == "ada"
    with pytest.raises(HTTPException) as caught:
        asyncio.run(verify_jwt("x"))
    assert (caught.value.status_code, caught.value.headers) == (401, {"WWW-Authenticate": INVALID})


DEPENDENCIES = [verify_jwt, optional_jwt, verify_user_match, user_match("x"), require_roles("x")]


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_fastapi_awaits_each_dependency_on_the_event_loop(dependency: Any) -> None:
    if hasattr(fastapi_models, "_is_coroutine_callable"):
        assert fastapi_models._is_coroutine_callable(dependency)
    # As all versions of FastAPI ask: https://fastapi.tiangolo.com/async/#dependencies
    assert inspect.iscoroutinefunction(dependency.__call__)
    threads: list[threading.Thread] = []

    class Watching(Verifier):
        @property
        def _core(self) -> Any:
            threads.append(threading.current_thread())
            return secret_verifier()._core

        @_core.setter
        def _core(self, core: Any) -> None: ...

    configure(Watching(secret="x" * 32, issuer=ISSUER, audience=ISSUER))
    app = FastAPI()

    @app.get("/{user_id}/{x}")
    async def route(user: Any = Depends(dependency)) -> str:
        threads.append(threading.current_thread())
        return "ok"

    headers = {"Authorization": f"Bearer {hs256(role='x')}"}
    assert TestClient(app).get("/ada/ada", headers=headers).status_code == 200
    assert len(threads) >= 2 and len(set(threads)) == 1


def test_the_documentation_page_shows_the_lock(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes == {"JWT": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path, operations in document["paths"].items():
        (security,) = operations["get"]["security"]
        assert set(security) == {"JWT"}, path
    (parameter,) = document["paths"]["/api/{user_id}/tasks"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("user_id", "path", True)
    assert parameter["schema"]["type"] == "string"
    assert "parameters" not in document["paths"]["/me"]["get"]


def test_no_keys_are_503_with_the_time_of_the_next_attempt(server: JwksServer) -> None:
    server.answers(b"", 500)
    configure(jwks_url=server.url, issuer=ISSUER, audience=ISSUER)
    response = TestClient(application()).get("/me", headers=ADA)
    assert response.status_code == 503
    assert response.json() == {"detail": "Tokens cannot be verified at the moment"}
    assert int(response.headers["Retry-After"]) in range(1, 11)
    assert "WWW-Authenticate" not in response.headers


def test_published_keys(server: JwksServer) -> None:
    key = Key("a")
    server.serves(key)
    configure(jwks_url=server.url, issuer=ISSUER, audience=ISSUER)
    client = TestClient(application())
    headers = {"Authorization": f"Bearer {key.token()}"}
    assert client.get("/api/ada/tasks", headers=headers).status_code == 200
    assert client.get("/api/bob/tasks", headers=headers).status_code == 403
    assert client.get("/me", headers=ADA).status_code == 401
    assert server.fetches == 1


def test_without_configure_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BETTER_AUTH_URL", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BETTER_AUTH_SECRET", "the one of the environment, 32 and more")
    client = TestClient(application())
    other = hs256(secret="the one of the environment, 32 and more")
    assert client.get("/me", headers={"Authorization": f"Bearer {other}"}).status_code == 200
    assert client.get("/me", headers=ADA).status_code == 401
    configure(secret_verifier())
    assert client.get("/me", headers=ADA).status_code == 200
    monkeypatch.setenv("BETTER_AUTH_SECRET", "short")
    with pytest.raises(gatewright_error()):
        configure()
    assert client.get("/me", headers=ADA).status_code == 200


def gatewright_error() -> type[Exception]:
    from gatewright import ConfigurationError

    return ConfigurationError


def test_two_issuers_in_one_application() -> None:
    staff = Auth(secret_verifier(secret="the secret of the staff, 32 and more"), scheme_name="Staff")
    configure(secret_verifier())
    app = FastAPI()

    @app.get("/customer")
    async def customer(user: CurrentUser) -> str:
        return user.id

    @app.get("/staff/{user_id}", dependencies=[Depends(staff.verify_user_match)])
    async def member(user: VerifiedToken = Depends(staff.verify_jwt)) -> str:
        return user.id

    client = TestClient(app)
    theirs = {"Authorization": f"Bearer {hs256(secret='the secret of the staff, 32 and more')}"}
    assert [client.get("/customer", headers=one).status_code for one in (ADA, theirs)] == [200, 401]
    assert [client.get("/staff/ada", headers=one).status_code for one in (ADA, theirs)] == [401, 200]
    schemes = client.get("/openapi.json").json()["components"]["securitySchemes"]
    assert set(schemes) == {"JWT", "Staff"}


def test_a_handler_of_exceptions_finds_the_code(client: TestClient) -> None:
    codes: list[object] = []

    async def handler(_request: Request, error: Exception) -> Any:
        codes.append(getattr(error.__cause__, "code", None))
        return JSONResponse({}, 401)

    assert isinstance(client.app, FastAPI)
    client.app.exception_handlers[HTTPException] = handler
    client.get("/me", headers={"Authorization": f"Bearer {hs256(exp=1)}"})
    assert codes == ["expired"]


def test_everything_promised_is_there() -> None:
    assert all(hasattr(gateway, name) for name in gateway.__all__)
