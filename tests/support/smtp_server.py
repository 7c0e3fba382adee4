#!/usr/bin/env python3
"""A mail server on a free loopback port that wants TLS and a login, for tests.

    smtp_server.py starttls|implicit|plain CERTIFICATE KEY

Prints {"port": N}, then one line of JSON for each mail that it took. The user is kimbap, the
password s3cret. Mail to nobody@… is refused for good, to later@… for now.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(**fields):
    print(json.dumps(fields), flush=True)


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        if address.startswith("later@"):
            return "450 mailbox busy"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            tls=session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
            user=session.auth_data.decode() if session.auth_data else "",
            data=envelope.content.decode(),
        )
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    if not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    if (data.login, data.password) != (b"kimbap", b"s3cret"):
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=data.login)


async def main(mode, certificate, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    options = {"authenticator": authenticate, "auth_required": True}
    if mode == "starttls":
        options.update(tls_context=context, require_starttls=True)
    else:
        options.update(auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Mailbox(), hostname="mail.test", **options),
        "127.0.0.1",
        0,
        ssl=context if mode == "implicit" else None,
    )
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:4]))
