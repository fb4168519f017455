"""Envelopes: a letter becomes a mail (RFC 5322), with nothing in its headers that we did not mean.

Names and subjects may hold anything a person typed: what cannot be shown, line ends first of all,
is taken out before it comes near a header.
"""

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

from actors.notifications.letter import Letter, one_line

MAX_NAME = 100
"""Characters of a name in a header, at most."""


class BadAddress(ValueError):
    """This is no address that a mail can be sent to."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, both fit for a header; the domain is written in ASCII (IDNA)."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.address.rpartition("@")[2]


def mailbox(address: str, name: str = "") -> Mailbox:
    """Read an address. Raises BadAddress if it is none, without naming it."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(not c.isprintable() or c == " " for c in address):
        raise BadAddress("this is no address")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
        Address(username=local, domain=ascii_domain)
    except (UnicodeError, HeaderParseError, ValueError, IndexError):
        raise BadAddress("this is no address") from None
    return Mailbox(one_line(name, MAX_NAME), f"{local}@{ascii_domain}")


def sender_of(given: str) -> Mailbox:
    """Read who mails are from: `Ritmo <ritmo@example.org>`. Raises BadAddress."""
    name, address = parseaddr(given)
    return mailbox(address, name)


def _address(box: Mailbox) -> Address:
    local, _, domain = box.address.rpartition("@")
    return Address(display_name=box.name, username=local, domain=domain)


def enclose(
    letter: Letter,
    sender: Mailbox,
    recipient: Mailbox,
    delivery_id: UUID,
    at: datetime,
    leave: str | None = None,
) -> EmailMessage:
    """Put a letter into an envelope.

    The same delivery has the same Message-ID, whenever it is sent: a second copy can be known as
    one. `leave` is where one unsubscribes with one click (RFC 8058).
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = _address(recipient)
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{delivery_id}@{sender.domain}>"
    # Nobody's holiday message is to answer this (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    if leave is not None:
        mail["List-Unsubscribe"] = f"<{leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    page = mail.get_body(("html",))
    if page is not None:
        for picture in letter.pictures:
            page.add_related(
                picture.data,
                "image",
                "png",
                cid=f"<{picture.cid}>",
                filename=f"{picture.cid}.png",
                disposition="inline",
            )
    return mail
