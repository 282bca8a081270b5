"""The extension module, written in Rust. Private: use what ``gatewright`` exports."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, ValuesView
from typing import Any, TypedDict, TypeVar, Union, final, overload

_T = TypeVar("_T")

class Settings(TypedDict):
    algorithms: list[str] | None
    audiences: list[str] | None
    cache_size: int
    clock: Callable[[], float] | None
    issuers: list[str] | None
    leeway_seconds: int
    max_age_seconds: int | None
    max_token_bytes: int
    required_claims: list[str]
    token_type: str | None

@final
class VerifiedToken:
    """The proof that a token was verified, and a read-only mapping of its claims.

    Only a ``Verifier`` makes one. The registered claims are attributes, checked; all claims are
    items: ``token["email"]``, ``token.get("role")``, ``dict(token)``.
    """

    @property
    def subject(self) -> str:
        """Who the token is about (``sub``); never empty."""

    @property
    def id(self) -> str:
        """The subject, under the name that a user's id commonly has."""

    @property
    def issuer(self) -> str | None:
        """Who issued it (``iss``); ``None`` only where any issuer is accepted."""

    @property
    def audience(self) -> tuple[str, ...]:
        """Whom it is for (``aud``), in the token's order."""

    @property
    def expires_at(self) -> int:
        """From when on it is refused (``exp``), in seconds since 1970, without leeway."""

    @property
    def issued_at(self) -> int | None:
        """When it was issued (``iat``), in seconds since 1970, if it says so."""

    @property
    def algorithm(self) -> str:
        """With which algorithm it was signed, such as ``EdDSA``."""

    @property
    def claims(self) -> dict[str, Any]:
        """All claims, in a dictionary of your own."""

    def __getitem__(self, key: str, /) -> Any: ...
    def __len__(self) -> int: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    @overload
    def get(self, key: str, /) -> Any | None: ...
    @overload
    def get(self, key: str, default: _T, /) -> Any | _T: ...
    def keys(self) -> KeysView[str]: ...
    def values(self) -> ValuesView[Any]: ...
    def items(self) -> ItemsView[str, Any]: ...

@final
class Pending:
    """A token that waits for a key set to be fetched."""

Outcome = Union[VerifiedToken, Pending]

@final
class Core:
    """A policy with the source of its keys."""

    @staticmethod
    def with_secret(settings: Settings, secret: bytes) -> Core: ...
    @staticmethod
    def with_pem(settings: Settings, pem: str) -> Core: ...
    @staticmethod
    def with_jwks(settings: Settings, json: bytes) -> Core: ...
    @staticmethod
    def with_fetch(
        settings: Settings, times: tuple[int, int, int], start_fetch: Callable[[Core, int], None]
    ) -> Core: ...
    def verify(self, token: str, on_event_loop: bool) -> Outcome: ...
    def verify_headers(
        self, headers: Iterable[tuple[bytes, bytes]], is_websocket: bool
    ) -> Outcome | None: ...
    def resume(self, pending: Pending) -> Outcome: ...
    def received(self, began: int, json: bytes) -> str | None: ...
    def failed(self) -> None: ...
    def is_fetching(self) -> bool: ...
