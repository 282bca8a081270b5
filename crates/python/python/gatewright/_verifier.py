"""The verifier, as Python code uses it."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Union

from . import _address
from ._errors import ConfigurationError, WrongUser
from ._fetch import Fetcher
from ._native import Core, Pending, VerifiedToken
from ._request import Limits

if TYPE_CHECKING:
    from ._native import Outcome, Settings

LEAST_SECRET_CHARACTERS: Final = 32
MAX_LEEWAY: Final = 60


class Anything(enum.Enum):
    """The type of ``ANY``."""

    ANY = "ANY"

    def __repr__(self) -> str:
        return "gatewright.ANY"


#: Any value will do, even none: said in the place of an issuer or an audience.
ANY: Final = Anything.ANY

Expected = Union[str, Iterable[str], Anything]

_UNDECIDED: Final[Mapping[str, str]] = {
    "issuer": "issuer must be decided: the address of the auth server as it stands in `iss`, such as "
    '"https://auth.example.com", a list of several, or gatewright.ANY',
    "audience": "audience must be decided: the name of this service as it stands in `aud`, a list of "
    "several, or gatewright.ANY, which accepts tokens made for other services",
}


class Verifier:
    """Verifies tokens with one policy and one source of keys. Safe to use from many threads.

    Give exactly one source of keys:

    * ``secret``: the secret that the issuer signs with (HS256 unless ``algorithms`` says otherwise);
      at least 32 characters.
    * ``public_key``: one public key in PEM.
    * ``jwks``: public keys, as a JWK Set (a dict, or JSON).
    * ``jwks_url``: where the issuer publishes them. Fetched at the first token, renewed on the side,
      asked for again when a token names an unknown key.

    ``issuer`` and ``audience`` must be decided: a text, several, or ``gatewright.ANY``. ``sub`` and
    ``exp`` are required always.

    :param algorithms: the algorithms to accept. By default any for which there is a key: each key is
        for one, and the token's header is compared with it, never obeyed.
    :param leeway: by how many seconds clocks may differ, at most 60.
    :param max_age: refuses a token that was issued longer ago than so many seconds, whatever its
        ``exp`` says; ``iat`` is then required.
    :param required_claims: claims that must be there besides ``sub`` and ``exp``, such as ``jti``.
    :param token_type: demands this ``typ``, such as ``at+jwt``.
    :param cache_size: how many verified tokens are remembered, so that a client's next request costs
        a look-up; 0 remembers none. A hit is checked against the clock, and changed keys forget all.
        A usual token takes about 1.2 kB.
    :param max_token_bytes: longer tokens are refused before anything is read.
    :param fresh_seconds: so long a fetched key set serves before its source must have been asked
        again: the grace of a key that the issuer withdrew. From four fifths of it on the set is
        renewed on the side, and nobody waits.
    :param stale_seconds: after this an old key set no longer serves, however long the source is down.
    :param cooldown_seconds: at most one fetch in this time, whatever tokens ask for.
    :param connect_timeout: how many seconds connecting to ``jwks_url`` may take.
    :param total_timeout: how many seconds a whole fetch may take.
    :param allow_plain_http: lets keys be fetched over plain http from another machine.
    :param clock: what time it is, in seconds since 1970; for tests.
    """

    __slots__ = ("__weakref__", "_core", "_fetcher", "_shown")

    if not TYPE_CHECKING:

        def __new__(cls, *_args: object, **options: object) -> Verifier:
            # The signature would say the same as "missing a keyword argument"; not what to do.
            for name, what_to_do in _UNDECIDED.items():
                if name not in options:
                    raise ConfigurationError(what_to_do)
            return super().__new__(cls)

    def __init__(
        self,
        *,
        issuer: Expected,
        audience: Expected,
        secret: Optional[str] = None,
        public_key: Optional[str] = None,
        jwks: Union[Mapping[str, Any], str, bytes, None] = None,
        jwks_url: Optional[str] = None,
        algorithms: Optional[Iterable[str]] = None,
        leeway: int = 10,
        max_age: Optional[int] = None,
        required_claims: Iterable[str] = (),
        token_type: Optional[str] = None,
        cache_size: int = 4096,
        max_token_bytes: int = 16 * 1024,
        fresh_seconds: int = 300,
        stale_seconds: int = 86_400,
        cooldown_seconds: int = 10,
        connect_timeout: float = 2.0,
        total_timeout: float = 5.0,
        allow_plain_http: bool = False,
        clock: Optional[Callable[[], float]] = None,
    ) -> None:
        sources = {
            "secret": secret,
            "public_key": public_key,
            "jwks": jwks,
            "jwks_url": jwks_url,
        }
        given = [name for name, value in sources.items() if value is not None]
        if len(given) != 1:
            raise ConfigurationError(
                f"give exactly one of {', '.join(sources)}; "
                + (f"given: {', '.join(given)}" if given else "none was given")
            )
        settings: Settings = {
            "algorithms": None if algorithms is None else _texts("algorithms", algorithms),
            "audiences": None if isinstance(audience, Anything) else _texts("audience", audience),
            "cache_size": _whole("cache_size", cache_size, 0, 1_000_000),
            "clock": clock,
            "issuers": None if isinstance(issuer, Anything) else _texts("issuer", issuer),
            "leeway_seconds": _whole("leeway", leeway, 0, MAX_LEEWAY),
            "max_age_seconds": None if max_age is None else _whole("max_age", max_age, 1, 2**31),
            "max_token_bytes": _whole("max_token_bytes", max_token_bytes, 1, 1024 * 1024),
            "required_claims": _required(required_claims),
            "token_type": token_type,
        }
        self._fetcher: Optional[Fetcher] = None
        if secret is not None:
            self._core = Core.with_secret(settings, _secret(secret))
            self._shown = "secret=…"
        elif public_key is not None:
            self._core = Core.with_pem(settings, _pem(public_key))
            self._shown = "public_key=…"
        elif jwks is not None:
            self._core = Core.with_jwks(settings, _json(jwks))
            self._shown = "jwks=…"
        else:
            assert jwks_url is not None
            url = _address.key_set_address("jwks_url", jwks_url, plain_http=allow_plain_http)
            limits = Limits(
                _positive("connect_timeout", connect_timeout),
                _positive("total_timeout", total_timeout),
            )
            times = (
                _whole("fresh_seconds", fresh_seconds, 1, 2**31),
                _whole("stale_seconds", stale_seconds, 1, 2**31),
                _whole("cooldown_seconds", cooldown_seconds, 1, 2**31),
            )
            self._fetcher = Fetcher(url, limits, "gatewright")
            self._core = Core.with_fetch(settings, times, self._fetcher.start)
            self._shown = f"jwks_url={self._fetcher.address!r}"

    @classmethod
    def from_environment(cls, environment: Optional[Mapping[str, str]] = None) -> Verifier:
        """The verifier that environment variables describe.

        * ``BETTER_AUTH_SECRET``: HS256 with this shared secret. Where it is set, it decides. Issuer
          and audience are then checked if the variables below say what they should be.
        * else ``JWKS_URL``, or ``BETTER_AUTH_URL`` (default ``http://localhost:4000``), whose keys are
          at ``/api/auth/jwks`` below it, and whose origin is issuer and audience.
        * ``JWT_ISSUER`` and ``JWT_AUDIENCE`` say otherwise.
        """
        variables = os.environ if environment is None else environment

        def named(name: str) -> Optional[str]:
            value = variables.get(name, "")
            return value if value.strip() else None

        def expected(name: str, auth: Optional[str]) -> Optional[str]:
            return named(name) or (_address.origin("BETTER_AUTH_URL", auth) if auth else None)

        secret = variables.get("BETTER_AUTH_SECRET")
        auth = named("BETTER_AUTH_URL")
        if secret is not None:
            # Blank is a mistake that must not pass for a choice.
            _check_secret("BETTER_AUTH_SECRET", secret)
            return cls(
                secret=secret,
                issuer=expected("JWT_ISSUER", auth) or ANY,
                audience=expected("JWT_AUDIENCE", auth) or ANY,
            )
        jwks_url = named("JWKS_URL")
        if auth is None and jwks_url is None:
            auth = "http://localhost:4000"
        issuer, audience = expected("JWT_ISSUER", auth), expected("JWT_AUDIENCE", auth)
        for name, value in (("JWT_ISSUER", issuer), ("JWT_AUDIENCE", audience)):
            if value is None:
                raise ConfigurationError(
                    f"JWKS_URL also needs {name}, or BETTER_AUTH_URL from which it follows"
                )
        assert issuer is not None and audience is not None
        if jwks_url is None:
            assert auth is not None
            jwks_url = f"{auth.strip().rstrip('/')}/api/auth/jwks"
        try:
            return cls(jwks_url=jwks_url, issuer=issuer, audience=audience)
        except ConfigurationError as error:
            # By the names that were set.
            raise ConfigurationError(
                f"JWKS_URL, or what follows from BETTER_AUTH_URL, cannot be used: {error}"
            ) from None

    def verify(self, token: str) -> VerifiedToken:
        """The proof that the token is valid; raises ``InvalidToken`` or ``KeysUnavailable``.

        It may wait for keys to be fetched: on an event loop use :meth:`averify`.
        """
        outcome = self._core.verify(token, False)
        while isinstance(outcome, Pending):
            assert self._fetcher is not None
            self._fetcher.wait(self._core)
            outcome = self._core.resume(outcome)
        return outcome

    async def averify(self, token: str) -> VerifiedToken:
        """As :meth:`verify`; a fetch never blocks the event loop."""
        return await self._settled(self._core.verify(token, True))

    async def _settled(self, outcome: Outcome) -> VerifiedToken:
        while isinstance(outcome, Pending):
            assert self._fetcher is not None
            await self._fetcher.wait_async(self._core)
            outcome = self._core.resume(outcome)
        return outcome

    def __repr__(self) -> str:
        return f"<Verifier {self._shown}>"


def check_user(user_id: object, token: object) -> VerifiedToken:
    """Returns the token if it is about this user; raises ``WrongUser`` otherwise.

    Only what a verifier returned is taken for a token: a dictionary proves nothing.
    """
    if not isinstance(token, VerifiedToken):
        raise TypeError(
            "the second argument must be the verified token, as verify_jwt or a Verifier returns it; "
            f"it is of type {type(token).__name__}"
        )
    if user_id is None or isinstance(user_id, (bool, bytes)):
        raise TypeError("the first argument must be the id of a user, such as the path's user_id")
    if str(user_id) != token.subject:
        raise WrongUser
    return token


def _texts(name: str, given: Union[str, Iterable[str]]) -> list[str]:
    texts = [given] if isinstance(given, str) else list(given)
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ConfigurationError(f"{name} must be a text or several, none of them empty")
    return texts


def _required(names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise ConfigurationError("required_claims must be a list of names, not one text")
    names = list(names)
    return _texts("required_claims", names) if names else []


def _pem(key: str) -> str:
    if not isinstance(key, str):
        raise ConfigurationError("public_key must be a text in PEM")
    return key


def _whole(name: str, given: int, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise ConfigurationError(f"{name} must be a whole number from {least} to {most}")
    return given


def _positive(name: str, given: float) -> float:
    if not 0 < given <= 60:
        raise ConfigurationError(f"{name} must be a number of seconds, at most 60")
    return float(given)


def _check_secret(name: str, secret: str) -> None:
    if len(secret.strip()) < LEAST_SECRET_CHARACTERS:
        raise ConfigurationError(
            f"{name} must have at least {LEAST_SECRET_CHARACTERS} characters; "
            "`openssl rand -base64 32` makes one. It must be the one that the auth server signs with"
        )


def _secret(secret: str) -> bytes:
    if not isinstance(secret, str):
        raise ConfigurationError("secret must be a text, as the issuer has it")
    _check_secret("secret", secret)
    try:
        return secret.encode()
    except UnicodeEncodeError:
        raise ConfigurationError("secret must be valid Unicode") from None


def _json(jwks: Union[Mapping[str, Any], str, bytes]) -> bytes:
    if isinstance(jwks, bytes):
        return jwks
    if isinstance(jwks, str):
        return jwks.encode("utf-8", "replace")
    try:
        return json.dumps(dict(jwks)).encode()
    except (TypeError, ValueError):
        raise ConfigurationError("jwks must be a JWK Set: a dict, or JSON") from None
