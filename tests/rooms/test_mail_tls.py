"""Mails over TLS against a real server: verified, or not sent; with a login where one is needed."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from actors.notifications.smtp import SmtpLine, server_of
from tests.smtp_server import mail_server

pytestmark = pytest.mark.asyncio

USER, PASSWORD = "post", "a key of its own"


def certificate(folder: Path, address: str) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for an address: what a server needs, and the file that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.example.org")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def letter() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ritmo@example.org", "ann@example.org", "Hello"
    mail.set_content("Hello.")
    return mail.as_bytes()


async def sent(url: str) -> tuple[str, str]:
    """Send a mail; return what became of it."""
    line = SmtpLine(server_of(url))
    try:
        outcome = await line.send(letter(), "ritmo@example.org", "ann@example.org")
    finally:
        await line.close()
    return outcome.kind, outcome.detail


async def test_a_mail_goes_over_starttls_to_a_server_that_is_trusted(tmp_path: Path) -> None:
    context, public = certificate(tmp_path, "127.0.0.1")
    async with mail_server(tls_context=context, require_starttls=True) as server:
        url = f"smtp://127.0.0.1:{server.port}?tls=starttls&ca={public}"
        assert (await sent(url))[0] == "sent"
        assert len(server.taken) == 1


async def test_a_mail_goes_over_tls_from_the_start(tmp_path: Path) -> None:
    context, public = certificate(tmp_path, "127.0.0.1")
    async with mail_server(wrapped=context) as server:
        assert (await sent(f"smtps://127.0.0.1:{server.port}?ca={public}"))[0] == "sent"
        assert len(server.taken) == 1


@pytest.mark.parametrize("trusted", [False, True], ids=["unknown authority", "another address"])
async def test_who_cannot_prove_who_it_is_gets_no_mail(tmp_path: Path, trusted: bool) -> None:
    context, public = certificate(tmp_path, "127.0.0.2")
    query = f"?tls=starttls{f'&ca={public}' if trusted else ''}"
    async with mail_server(tls_context=context) as server:
        kind, _ = await sent(f"smtp://127.0.0.1:{server.port}{query}")
        assert kind == "later"
    async with mail_server(wrapped=context) as server:
        kind, _ = await sent(f"smtps://127.0.0.1:{server.port}{query.replace('tls=starttls', '')}")
        assert kind == "later"
        assert server.taken == []


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
async def test_a_login_is_given_over_tls(tmp_path: Path, password: str) -> None:
    context, public = certificate(tmp_path, "127.0.0.1")

    def known(
        server: object, session: object, envelope: object, mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)  # the server answers

    login = {"authenticator": known, "auth_required": True}
    given: dict[str, Any] = {**login, "tls_context": context, "require_starttls": True}
    async with mail_server(**given) as server:
        words = password.replace(" ", "%20")
        where = f"{USER}:{words}@127.0.0.1:{server.port}?tls=starttls&ca={public}"
        kind, detail = await sent(f"smtp://{where}")
        assert (kind == "sent") is (password == PASSWORD)
        assert password not in detail
        assert len(server.taken) == (password == PASSWORD)
