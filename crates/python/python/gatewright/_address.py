"""Addresses of key sets and of auth servers."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from ._errors import ConfigurationError

_PORTS = {"http": 80, "https": 443}


def split(name: str, address: str) -> SplitResult:
    """An absolute http or https address, or an error that names the setting."""
    try:
        url = urlsplit(address.strip())
        # Reading the port checks it.
        is_absolute = url.scheme in _PORTS and bool(url.hostname) and url.port != 0
    except ValueError:
        is_absolute = False
    if not is_absolute or any(byte <= " " for byte in address.strip()):
        raise ConfigurationError(
            f"{name} must be an http or https address, such as https://auth.example.com"
        )
    if url.username is not None or url.password is not None:
        raise ConfigurationError(f"{name} must not hold a user name or a password")
    return url


def origin(name: str, address: str) -> str:
    """Scheme, host and port, as browsers send them and Better Auth puts them into tokens."""
    url = split(name, address)
    host = _ascii(name, url)
    port = url.port or _PORTS[url.scheme]
    return f"{url.scheme}://{host}" if port == _PORTS[url.scheme] else f"{url.scheme}://{host}:{port}"


def key_set_address(name: str, address: str, *, plain_http: bool) -> SplitResult:
    """An address that keys may be fetched from: over plain http from this machine only."""
    url = split(name, address)
    if url.scheme == "http" and not plain_http and not _is_loopback(url.hostname or ""):
        raise ConfigurationError(
            f"{name}: keys must not be fetched over plain http from another machine. Use https, or "
            "allow_plain_http=True where the network itself is trusted"
        )
    return url


def _ascii(name: str, url: SplitResult) -> str:
    host = url.hostname or ""
    if ":" in host:
        return f"[{host}]"
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ConfigurationError(f"{name} has a host name that does not exist") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
