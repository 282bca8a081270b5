"""A mail server on loopback for the tests: aiosmtpd, told by one argument of JSON how to behave.

It says on stderr, a JSON object a line, where it listens and what it received. In `directory` it
keeps its certificate and that of its authority, `ca.pem`, which it makes at its first start.
"""

import asyncio
import base64
import json
import socket
import ssl
import sys
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult


def say(**event):
    print(json.dumps(event), file=sys.stderr, flush=True)


def context(directory, name):
    chain, authority = directory / "server.pem", directory / "ca.pem"
    if not chain.exists():
        made = trustme.CA()
        made.cert_pem.write_to_path(authority)
        made.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


class Handler:
    def __init__(self, options):
        self.options = options
        # Answers to recipients and to mails, one after another; when they are used up, yes.
        self.to_recipients = list(options.get("to_recipients", []))
        self.to_mails = list(options.get("to_mails", []))

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.to_recipients:
            answer = self.to_recipients.pop(0).replace("ADDRESS", address)
            say(refused=answer)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(self, server, session, envelope):
        if self.options.get("never_answers"):
            say(holding=True)
            await asyncio.Event().wait()
        answer = self.to_mails.pop(0) if self.to_mails else "250 yes"
        say(
            answer=answer,
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            data=base64.b64encode(envelope.original_content).decode(),
            tls=session.ssl is not None or self.options["security"] == "tls",
            user=(session.auth_data or b"").decode() or None,
            hello=session.host_name,
        )
        return answer


def authenticator(expected):
    def check(server, session, envelope, mechanism, data):
        if [data.login.decode(), data.password.decode()] == expected:
            return AuthResult(success=True, auth_data=data.login)
        say(refused="credentials")
        return AuthResult(success=False, handled=False)

    return check


def greet_and(flood_or_inject, options):
    """Not a mail server: what somebody on the way could make of one."""
    tls = context(Path(options["directory"]), "localhost")
    listener = socket.create_server(("127.0.0.1", 0))
    say(port=listener.getsockname()[1])
    while True:
        stream, _ = listener.accept()
        try:
            if flood_or_inject == "flood":
                while True:
                    stream.sendall(b"2" * 65536)
            stream.sendall(b"220 here\r\n")
            stream.recv(1024)
            stream.sendall(b"250-here\r\n250 STARTTLS\r\n")
            stream.recv(1024)
            # What stands behind the answer did not come from within TLS.
            stream.sendall(b"220 go on\r\n250-here\r\n250 AUTH PLAIN\r\n")
            protected = tls.wrap_socket(stream, server_side=True)
            protected.recv(1024)
            # Nothing was said within TLS: whoever goes on has believed the other.
            say(believed=protected.recv(1024).decode())
        except OSError as error:
            say(ended=type(error).__name__)
        stream.close()


async def main(options):
    security = options["security"]
    tls = None
    if security != "none":
        tls = context(Path(options["directory"]), options.get("name", "localhost"))
    login = options.get("login")
    handler = Handler(options)

    def connected():
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=tls if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=authenticator(login) if login else None,
            auth_required=bool(login),
            auth_require_tls=security == "starttls",
        )

    server = await asyncio.get_running_loop().create_server(
        connected,
        "127.0.0.1",
        options.get("port", 0),
        ssl=tls if security == "tls" else None,
    )
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


options = json.loads(sys.argv[1])
if options["security"] in ["flood", "inject"]:
    greet_and(options["security"], options)
asyncio.run(main(options))
