"""One GET with the standard library, bounded in time and size, that follows no redirect."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
from typing import NamedTuple, Optional
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


class Limits(NamedTuple):
    """Bounds on one request."""

    connect_seconds: float = 2.0
    total_seconds: float = 5.0
    max_bytes: int = 256 * 1024


class Refused(Exception):
    """There is an answer, and it is not one to use."""


def get(url: SplitResult, limits: Limits, user_agent: str) -> bytes:
    """The body of a 200. Raises ``Refused``, ``OSError`` or ``http.client.HTTPException``."""
    connection = _connection(url, limits)
    # Timeouts of sockets start anew with each byte: a source that sends one a second would hold the
    # request for hours.
    end = threading.Timer(limits.total_seconds, connection.abort)
    end.daemon = True
    end.start()
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = {"Accept": "application/json", "User-Agent": user_agent}
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            if response.status != 200:
                raise Refused(f"the source answered {response.status}")
            body = response.read(limits.max_bytes + 1)
        if connection.is_aborted:
            raise TimeoutError(f"no whole answer within {limits.total_seconds:g} seconds")
        if len(body) > limits.max_bytes:
            raise Refused(f"the answer has more than {limits.max_bytes} bytes")
        return body
    except (OSError, http.client.HTTPException):
        if connection.is_aborted:
            raise TimeoutError(f"no answer within {limits.total_seconds:g} seconds") from None
        raise
    finally:
        end.cancel()
        connection.close()


class _Abortable(http.client.HTTPConnection):
    """A connection that another thread can end."""

    is_aborted = False
    _open: Optional[socket.socket] = None

    def connect(self) -> None:
        super().connect()
        self._open = self.sock
        self._started()

    def _started(self) -> None:
        # From here on the whole time counts, not the time for connecting.
        self.sock.settimeout(None)
        if self.is_aborted:
            self.abort()

    def abort(self) -> None:
        self.is_aborted = True
        if self._open is not None:
            try:
                self._open.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself


class _AbortableTls(_Abortable):
    """The same over TLS; a handshake can be ended too."""

    server_name: str = ""

    def _started(self) -> None:
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(
            self.sock, server_hostname=self.server_name, do_handshake_on_connect=False
        )
        self._open = self.sock
        super()._started()
        self.sock.do_handshake()


def _connection(url: SplitResult, limits: Limits) -> _Abortable:
    host = url.hostname or ""
    if url.scheme == "http":
        return _Abortable(host, url.port or 80, timeout=limits.connect_seconds)
    port = url.port or 443
    proxy = _proxy(host)
    if proxy is None:
        connection = _AbortableTls(host, port, timeout=limits.connect_seconds)
    else:
        connection = _AbortableTls(
            proxy.hostname or "", proxy.port or 80, timeout=limits.connect_seconds
        )
        connection.set_tunnel(host, port, headers=_authorization(proxy))
    connection.server_name = host
    return connection


def _proxy(host: str) -> Optional[SplitResult]:
    """What HTTPS_PROXY and NO_PROXY say, as other clients understand them."""
    address = getproxies().get("https")
    if not address or proxy_bypass(host):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    if proxy.scheme != "http":
        raise Refused(f"a proxy of the kind {proxy.scheme!r} is not supported")
    return proxy


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
