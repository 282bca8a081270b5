"""Fetching over TLS and through a proxy, against real sockets."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import ISSUER, Key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gatewright import KeysUnavailable, Verifier

KEY = Key("a")


def certificate(folder: Path, name: x509.GeneralName) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test of gatewright")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()), False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), True
        )
        .sign(private, hashes.SHA256())
    )
    public_file, private_file = folder / "certificate.pem", folder / "key.pem"
    public_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private_file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public_file, private_file


class Keys(BaseHTTPRequestHandler):
    """Serves one key set."""

    def do_GET(self) -> None:
        body = json.dumps({"keys": [KEY.jwk]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        pass  # a client that does not trust us hangs up


class Tls:
    """A server with a certificate for 127.0.0.1 or for somebody else."""

    def __init__(self, files: tuple[Path, Path]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.certificate = files[0]
        self.server = Quiet(("127.0.0.1", 0), Keys)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def tls(tmp_path: Path, request: Any) -> Iterator[Tls]:
    name = getattr(request, "param", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    server = Tls(certificate(tmp_path, name))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def verifier_of(port: int, **options: Any) -> Verifier:
    url = f"https://127.0.0.1:{port}/jwks"
    return Verifier(jwks_url=url, issuer=ISSUER, audience=ISSUER, **options)


def test_a_trusted_certificate(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
    assert verifier_of(tls.port).verify(KEY.token()).subject == "ada"


def test_a_certificate_that_nobody_trusts(tls: Tls) -> None:
    with pytest.raises(KeysUnavailable):
        verifier_of(tls.port).verify(KEY.token())


@pytest.mark.parametrize("tls", [x509.DNSName("auth.example.com")], indirect=True)
def test_a_certificate_of_somebody_else(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
    with pytest.raises(KeysUnavailable):
        verifier_of(tls.port).verify(KEY.token())


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        verifier = verifier_of(silent.getsockname()[1], total_timeout=0.3)
        with pytest.raises(KeysUnavailable):
            verifier.verify(KEY.token())


class Proxy(BaseHTTPRequestHandler):
    """Connects, and passes on what comes from either side."""

    seen: list[tuple[str, Any]] = []

    def do_CONNECT(self) -> None:
        self.seen.append((self.path, self.headers["Proxy-Authorization"]))
        host, port = self.path.split(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pass_on, args=(there, self.connection))
            back.start()
            pass_on(self.connection, there)
            back.join()

    def log_message(self, *_args: Any) -> None:
        pass


def pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while some := source.recv(65536):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side has gone


def test_through_a_proxy(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Quiet(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
    thread.start()
    Proxy.seen.clear()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
        address = f"127.0.0.1:{proxy.server_address[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:p%40ss@{address}")
        assert verifier_of(tls.port).verify(KEY.token()).subject == "ada"
        assert Proxy.seen == [(f"127.0.0.1:{tls.port}", "Basic YWRhOnBAc3M=")]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert verifier_of(tls.port).verify(KEY.token()).subject == "ada"
        assert len(Proxy.seen) == 1
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv("HTTPS_PROXY", f"socks5://{address}")
        with pytest.raises(KeysUnavailable):
            verifier_of(tls.port).verify(KEY.token())
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
