"""Dependencies for FastAPI.

::

    from fastapi import Depends, FastAPI
    from gatewright.fastapi import CurrentUser, verify_user_match

    app = FastAPI()

    @app.get("/me")
    async def me(user: CurrentUser):
        return {"id": user.id, "email": user.get("email")}

    @app.get("/api/{user_id}/tasks", dependencies=[Depends(verify_user_match)])
    async def tasks(user_id: str): ...

A request without a valid token gets 401, one for somebody else's path 403, and 503 says that there
are no keys to verify with. What is verified with is said by :func:`configure` or the environment.

A WebSocket is closed before it is accepted (the client sees 403). Browsers cannot set headers for
one; they may send the token as a subprotocol: ``new WebSocket(url, ["bearer", token])``, which the
endpoint accepts with ``await websocket.accept(subprotocol="bearer")``.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Generator, Iterable, Sequence
from typing import Annotated, Any, Callable, Optional, Union

from fastapi import Depends, HTTPException, WebSocketException
from fastapi.openapi.models import HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, SecurityScopes
from fastapi.security.base import SecurityBase
from pydantic import WithJsonSchema

from ._default import configure, default_verifier
from ._denial import Denial, denial, insufficient_scope, is_scope, missing_role
from ._errors import GatewrightError
from ._native import VerifiedToken
from ._pydantic import teach
from ._verifier import Verifier, check_user

from .asgi import JWTMiddleware

__all__ = [
    "Auth",
    "CurrentUser",
    "JWTMiddleware",
    "OptionalUser",
    "VerifiedToken",
    "configure",
    "optional_jwt",
    "require_roles",
    "require_scopes",
    "user_match",
    "verify_jwt",
    "verify_user_match",
]

_log = logging.getLogger("gatewright")

#: Why a verified token does not say enough; ``None`` if it does.
Check = Callable[[VerifiedToken], Optional[Denial]]

_CONNECTION = "gatewright_connection"
_SCOPES = "gatewright_scopes"


class Auth:
    """The dependencies of one verifier. An application with several issuers has one for each::

        staff = Auth(Verifier(jwks_url=…, issuer=…, audience=…), scheme_name="Staff")
        Staff = Annotated[VerifiedToken, Depends(staff.verify_jwt)]

    Without a verifier it uses the one of :func:`configure`, or of the environment; this module's own
    names are those of such an ``Auth``.
    """

    def __init__(self, verifier: Optional[Verifier] = None, *, scheme_name: str = "JWT") -> None:
        self._verifier = verifier
        self._scheme_name = scheme_name
        #: The token, or 401.
        self.verify_jwt = VerifyJwt(self, scheme_name)
        #: The token; ``None`` for a request without one. A bad one is still answered 401.
        self.optional_jwt = OptionalJwt(self, scheme_name)
        #: The token, if its subject is the path's ``user_id``; 403 if not.
        self.verify_user_match = self.user_match("user_id")

    def user_match(self, parameter: str) -> VerifyUserMatch:
        """As ``verify_user_match``, for a path that calls its user otherwise."""
        if not parameter.isidentifier():
            raise ValueError("the parameter's name must be an identifier, such as owner_id")
        return VerifyUserMatch(self, self._scheme_name, parameter)

    def require_scopes(self, *scopes: str) -> VerifyJwt:
        """The token, if its ``scope`` and ``scp`` have all of these; 403 if not.

        Either is one text with spaces between, or a list.
        """
        if not scopes or not all(is_scope(scope) for scope in scopes):
            raise ValueError("scopes are visible ASCII without spaces, quotes and backslashes")
        return VerifyJwt(self, self._scheme_name, lambda token: _lacks_scope(token, scopes))

    def require_roles(self, *roles: str, claims: Iterable[str] = ("roles", "role")) -> VerifyJwt:
        """The token, if one of these roles is in its ``roles`` or ``role``; 403 if not.

        Either is a list, or one text with commas between as Better Auth's admin plugin writes it.
        """
        wanted, places = frozenset(roles), tuple(claims)
        if not all(wanted) or not wanted or not places or isinstance(claims, str):
            raise ValueError("require_roles takes one role or several, none of them empty")

        def lacks_role(token: VerifiedToken) -> Optional[Denial]:
            return missing_role() if wanted.isdisjoint(_granted(token, places, ",")) else None

        return VerifyJwt(self, self._scheme_name, lacks_role)

    async def _token(
        self, connection: HTTPConnection, scopes: Optional[SecurityScopes]
    ) -> Optional[VerifiedToken]:
        """The token of a connection; ``None`` if it does not try to authenticate."""
        scope = connection.scope
        verifier = self._verifier or default_verifier()
        try:
            outcome = verifier._core.verify_headers(scope["headers"], scope["type"] == "websocket")
            if outcome is not None and not isinstance(outcome, VerifiedToken):
                outcome = await verifier._settled(outcome)
        except GatewrightError as error:
            raise _exception(connection, denial(error)) from error
        # `Security(verify_jwt, scopes=[…])` must not be a wish that nobody reads.
        if outcome is not None and scopes is not None and scopes.scopes:
            lacks = _lacks_scope(outcome, scopes.scopes)
            if lacks is not None:
                raise _exception(connection, lacks)
        return outcome

    async def _token_of_text(self, token: str) -> VerifiedToken:
        try:
            return await (self._verifier or default_verifier()).averify(token)
        except GatewrightError as error:
            raise _http_exception(denial(error)) from error


class _Dependency(SecurityBase):
    """A dependency that FastAPI shows as a security scheme: the lock of the documentation page."""

    def __init__(self, auth: Auth, scheme_name: str) -> None:
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = scheme_name
        self._auth = auth
        self.__signature__ = inspect.Signature(self._parameters())

    def _parameters(self) -> list[inspect.Parameter]:
        # Written out, for FastAPI looks for the names of annotations where a function was defined.
        return [_parameter(_CONNECTION, HTTPConnection), _parameter(_SCOPES, SecurityScopes)]


class VerifyJwt(_Dependency):
    """``Depends(verify_jwt)``; as a function, ``await verify_jwt(token)`` checks a text."""

    def __init__(self, auth: Auth, scheme_name: str, check: Optional[Check] = None) -> None:
        super().__init__(auth, scheme_name)
        self._check = check

    async def __call__(
        self,
        gatewright_connection: Union[HTTPConnection, HTTPAuthorizationCredentials, str],
        gatewright_scopes: Optional[SecurityScopes] = None,
    ) -> VerifiedToken:
        given = gatewright_connection
        if isinstance(given, HTTPConnection):
            token = await self._auth._token(given, gatewright_scopes)
            if token is None:
                raise _exception(given, denial(None))
            lacks = self._check(token) if self._check is not None else None
            if lacks is not None:
                raise _exception(given, lacks)
            return token
        text = given.credentials if isinstance(given, HTTPAuthorizationCredentials) else given
        token = await self._auth._token_of_text(text)
        lacks = self._check(token) if self._check is not None else None
        if lacks is not None:
            raise _http_exception(lacks)
        return token


class OptionalJwt(_Dependency):
    """``Depends(optional_jwt)``, for routes that are open and know their user if there is one."""

    async def __call__(
        self,
        gatewright_connection: HTTPConnection,
        gatewright_scopes: Optional[SecurityScopes] = None,
    ) -> Optional[VerifiedToken]:
        return await self._auth._token(gatewright_connection, gatewright_scopes)


class VerifyUserMatch(_Dependency):
    """``Depends(verify_user_match)``, or ``verify_user_match(user_id, payload)`` in a handler.

    Called in a handler it has checked when it returns, whether or not it is awaited: a forgotten
    ``await`` must not open somebody else's data.
    """

    def __init__(self, auth: Auth, scheme_name: str, parameter: str) -> None:
        self._parameter = parameter
        super().__init__(auth, scheme_name)
        # FastAPI looks at the attribute `__call__` to decide between awaiting and a thread, and
        # Python calls the one of the class. So what FastAPI sees is a coroutine function, and what
        # runs may check first.
        self.__dict__["__call__"] = self._match

    def _parameters(self) -> list[inspect.Parameter]:
        # For the documentation page. The value is not used: on a path without the parameter it would
        # be taken from the query, where anybody can write it.
        user = inspect.Parameter(
            self._parameter,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Any, WithJsonSchema({"type": "string"})],
        )
        return [*super()._parameters(), user]

    def __call__(self, *given: object, **named: object) -> Awaitable[VerifiedToken]:
        connection, scopes = named.get(_CONNECTION), named.get(_SCOPES)
        if isinstance(connection, HTTPConnection):
            return self._match(connection, scopes if isinstance(scopes, SecurityScopes) else None)
        values = [*given, *named.values()]
        if len(values) != 2:
            raise TypeError("verify_user_match takes the user's id and the verified token")
        # Hand-written helpers have them in either order, and only one of the two can be the proof.
        user_id, token = values if not isinstance(values[0], VerifiedToken) else reversed(values)
        try:
            return _Checked(check_user(user_id, token))
        except GatewrightError as error:
            raise _http_exception(denial(error)) from error

    async def _match(
        self, connection: HTTPConnection, scopes: Optional[SecurityScopes] = None
    ) -> VerifiedToken:
        token = await self._auth._token(connection, scopes)
        if token is None:
            raise _exception(connection, denial(None))
        user_id = connection.path_params.get(self._parameter)
        if user_id is None:
            # A route that forgot its parameter must not look open.
            _log.error("the route has no path parameter %r, hence it is closed", self._parameter)
            raise _exception(connection, Denial(500, "Internal server error", {}, 1011))
        try:
            return check_user(user_id, token)
        except GatewrightError as error:
            raise _exception(connection, denial(error)) from error


class _Checked(Awaitable[VerifiedToken]):
    """A check that was made: awaiting it gives the token."""

    __slots__ = ("_token",)

    def __init__(self, token: VerifiedToken) -> None:
        self._token = token

    def __await__(self) -> Generator[Any, None, VerifiedToken]:
        return self._token
        yield


def _parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _lacks_scope(token: VerifiedToken, scopes: Sequence[str]) -> Optional[Denial]:
    if _granted(token, ("scope", "scp"), " ").issuperset(scopes):
        return None
    return insufficient_scope(scope for scope in scopes if is_scope(scope))


def _granted(token: VerifiedToken, claims: Iterable[str], separator: str) -> frozenset[str]:
    """The names in these claims; a claim of another shape grants nothing, nor do the others then."""
    granted: set[str] = set()
    for claim in claims:
        value = token.get(claim)
        if isinstance(value, str):
            granted.update(filter(None, (name.strip() for name in value.split(separator))))
        elif isinstance(value, list) and all(isinstance(name, str) for name in value):
            granted.update(value)
        elif value is not None:
            return frozenset()
    return frozenset(granted)


def _exception(
    connection: HTTPConnection, denied: Denial
) -> Union[HTTPException, WebSocketException]:
    if connection.scope["type"] == "websocket":
        return WebSocketException(denied.close_code, denied.detail)
    return _http_exception(denied)


def _http_exception(denied: Denial) -> HTTPException:
    return HTTPException(denied.status, denied.detail, denied.headers or None)


teach()
_auth = Auth()
verify_jwt = _auth.verify_jwt
optional_jwt = _auth.optional_jwt
verify_user_match = _auth.verify_user_match
user_match = _auth.user_match
require_scopes = _auth.require_scopes
require_roles = _auth.require_roles

#: The user of a request: ``async def me(user: CurrentUser)``.
CurrentUser = Annotated[VerifiedToken, Depends(verify_jwt)]

#: The user of a request, or ``None`` for one without a token.
OptionalUser = Annotated[Optional[VerifiedToken], Depends(optional_jwt)]
