"""What the environment says, checked before anything starts.

What concerns tokens is read by `gatewright.fastapi.configure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """What is wrong with the environment, and what to do about it."""


@dataclass(frozen=True)
class Config:
    """How to run, decided."""

    database: str
    """A file, or `:memory:`."""
    cors_origin: str

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Config:
        """Reads variables by name. A blank one counts as unset."""

        def named(name: str, default: str) -> str:
            value = variables.get(name, "")
            return value if value.strip() else default

        return cls(
            database=_database_file(named("TODO_DATABASE", "sqlite:todo.db")),
            cors_origin=_origin("CORS_ORIGIN", named("CORS_ORIGIN", "http://localhost:3000")),
        )


def _database_file(address: str) -> str:
    scheme, _, file = address.partition(":")
    file = file.removeprefix("//")
    if scheme != "sqlite" or not file:
        raise ConfigError("TODO_DATABASE must be sqlite:FILE, such as sqlite:todo.db")
    return file


def _origin(name: str, address: str) -> str:
    """The origin of an address, as browsers send it."""
    try:
        url = urlsplit(address.strip())
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.scheme not in _DEFAULT_PORTS or not url.hostname or not url.hostname.isascii():
        raise ConfigError(
            f"{name} must be an http or https address, such as http://localhost:3000"
        )
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    if port is None or port == _DEFAULT_PORTS[url.scheme]:
        return f"{url.scheme}://{host}"
    return f"{url.scheme}://{host}:{port}"


_DEFAULT_PORTS = {"http": 80, "https": 443}
