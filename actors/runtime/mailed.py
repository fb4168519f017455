"""Secret links in mails: the room that makes one says which, the room that mails it writes it.

A token is the HMAC-SHA256 of its id, keyed with a secret of the installation that is kept sealed.
So neither what waits to be mailed nor the ledger of mails holds anything that opens something.
"""

import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

SECRET_NAME = "mailed"
"""The secret of the installation by which tokens are made of ids."""

LINK = "link"
"""Where the data of a notice hold the id of its secret link."""


def token_of(secret: bytes, link_id: UUID) -> str:
    """Write the token of a link: 43 characters."""
    made = hmac.digest(secret, str(link_id).encode(), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def path_of(token: str) -> str:
    """Return where a link leads, below the address of Ritmo."""
    return f"/c/{token}"
