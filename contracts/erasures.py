"""What is said when a person's rows are erased: each room confirms, and a certificate tells of it.

The certificate is read by a secret that is given with the end of the account, and holds nothing
that tells whose it is.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.message import SECRET, Command, Job, Message, Query, Reply
from contracts.scopes import ACCOUNT

KEEP_CERTIFICATE_DAYS = 90
"""Days for which a certificate can be read."""


class ErasureTicket(Reply):
    """The secret by which a certificate is read."""

    token: Annotated[str, SECRET] = Field(repr=False)


class OpenErasure(Command[ErasureTicket]):
    """Begin a certificate, when an account ends: the caller's; for administrators, another.

    Refuses with `Denied`.
    """

    address: ClassVar[str] = "backup.open_erasure"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True
    user_id: UUID | None = None


class TableErasure(Message):
    """What became of a person's rows in a table."""

    table: str
    """The table."""
    erased: int
    """How many rows were erased."""
    left: int
    """How many are left: a row that holds the id alone, so that what comes late is not kept."""


class RoomErasure(Message):
    """What a room has erased."""

    room: str
    """The room."""
    erased_at: AwareDatetime
    """When it did so."""
    tables: tuple[TableErasure, ...]
    """By table; tables without any rows of the person are left out."""


class Erasure(Reply):
    """A certificate of what was erased where."""

    opened_at: AwareDatetime
    """When the end of the account was asked for."""
    complete: bool
    """True: every part of Ritmo has confirmed."""
    rooms: tuple[RoomErasure, ...]
    """What was erased, by the parts of Ritmo that have confirmed."""
    waiting: tuple[str, ...]
    """Parts of Ritmo that have not confirmed yet."""
    backups: str
    """What backups from before may still hold, and until when."""
    expires_at: AwareDatetime
    """When this certificate is dropped."""


class GetErasure(Query[Erasure]):
    """Get a certificate by its secret. Refuses with `NotFound` (`erasure_not_found`)."""

    address: ClassVar[str] = "backup.get_erasure"
    public: ClassVar[bool] = True
    token: Annotated[str, SECRET] = Field(max_length=100, repr=False)
    language: str = "en"


class ConfirmErasure(Job):
    """Note what a room has erased of a person."""

    address: ClassVar[str] = "backup.confirm_erasure"
    room: str
    tables: tuple[TableErasure, ...]
