"""An SMTP server for the tests: aiosmtpd, with TLS and a login, that refuses, hangs and goes away as it is told to.

What it does is said in its only argument, in JSON; everything may be left out:

- "tls": "starttls", "implicit" or "none" (as if left out). Its certificate is for 127.0.0.1 and signed by an authority
  of its own, both made when it starts.
- "login": [user, password], which everybody needs then.
- "mail", "data": {"reply", "times"?, "after"?}: what the sender, or the message, is answered, so many times (or always),
  after so many messages were taken.
- "rcpt": {recipient: {"reply", "times"?}}: the same for recipients.
- "cut": n: once n messages were taken, the connection ends without a word at the next one, once.
- "hang": "greeting" or "data": no answer to a connection, or to a message, ever.

It listens on a free port of 127.0.0.1, prints {"port", "authority"} (a certificate in PEM), and ends when its standard
input does. Then it prints what it was told: {"connections", "said", "messages"}, where `said` is all that clients said,
decrypted, and a message is {"from", "to", "user", "encrypted", "headers", "text", "html", "raw"}.
"""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import logging
import ssl
import sys
import tempfile
import threading
import warnings

from aiosmtpd.smtp import MISSING, SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# That a login is asked for in the clear, or a handshake fails, is what some tests are about.
warnings.simplefilter("ignore")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
logging.getLogger("mail.debug").setLevel(logging.CRITICAL)


def certificate(name, issuer, is_authority, key, signer):
    """A certificate for `key`, valid today."""
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def tls():
    """What a server needs for TLS, and the authority that vouches for it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = certificate("test authority", "test authority", True, authority_key, authority_key)
    server = certificate("test server", "test authority", False, key, authority_key)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile() as file:
        file.write(server.public_bytes(pem) + private)
        file.flush()
        context.load_cert_chain(file.name)
    return context, authority.public_bytes(pem).decode()


class Server(SMTP):
    """A connection. Counts, and notes what is said."""

    def __init__(self, desk, **options):
        super().__init__(desk, hostname="test", enable_SMTPUTF8=True, **options)
        self.desk = desk
        desk.connections += 1

    def data_received(self, data):
        self.desk.said += data.decode(errors="replace")
        super().data_received(data)

    async def _handle_client(self):
        if self.desk.orders.get("hang") == "greeting":
            await asyncio.sleep(3600)
        await super()._handle_client()


class Desk:
    """What all connections share: the orders, and what came."""

    def __init__(self, orders):
        self.orders = orders
        self.connections = 0
        self.said = ""
        self.messages = []

    def answer(self, order):
        """What an order says is to be answered now, if anything."""
        if not order or order.get("times") == 0 or len(self.messages) < order.get("after", 0):
            return None
        if "times" in order:
            order["times"] -= 1
        return order["reply"]

    def authenticate(self, server, session, envelope, mechanism, data):
        given = [data.login.decode(), data.password.decode()]
        if given == self.orders["login"]:
            session.user = given[0]
            return AuthResult(success=True)
        # As some servers do, it repeats what it should not.
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 {given[0]} is not known with {given[1]}")

    async def handle_MAIL(self, server, session, envelope, address, options):
        if len(self.messages) >= self.orders.get("cut", float("inf")):
            del self.orders["cut"]
            server.transport.abort()
            return MISSING
        reply = self.answer(self.orders.get("mail"))
        if reply:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.answer(self.orders.get("rcpt", {}).get(address))
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.orders.get("hang") == "data":
            await asyncio.sleep(3600)
        reply = self.answer(self.orders.get("data"))
        if reply:
            return reply
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        # Mail has line ends of its own.
        body = {
            part.get_content_type(): part.get_content().replace("\r\n", "\n")
            for part in parsed.walk()
            if not part.is_multipart()
        }
        self.messages.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "user": getattr(session, "user", None),
                "encrypted": session.ssl is not None or self.orders.get("tls") == "implicit",
                "headers": [[name, str(value)] for name, value in parsed.items()],
                "text": body.get("text/plain"),
                "html": body.get("text/html"),
                "raw": envelope.content.decode(),
            }
        )
        return "250 OK"


async def main(orders):
    desk = Desk(orders)
    context, authority = tls()
    kind = orders.get("tls", "none")
    options = {"tls_context": context, "require_starttls": True} if kind == "starttls" else {}
    if "login" in orders:
        # aiosmtpd does not know that a connection is encrypted from the first byte.
        options |= {"authenticator": desk.authenticate, "auth_required": True, "auth_require_tls": kind == "starttls"}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(desk, loop=loop, **options), "127.0.0.1", 0, ssl=context if kind == "implicit" else None
    )
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "authority": authority}), flush=True)
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    print(json.dumps({"connections": desk.connections, "said": desk.said, "messages": desk.messages}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
