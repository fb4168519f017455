"""A claimed rule on the table: what has come due of it, and what was decided."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from actors.reminders.domain import Rest, Verdict
from actors.reminders.occurrences import Caught, Life
from contracts.notifications import ChannelName
from storage.reminders.claims import Claimed


class Case(NamedTuple):
    """A claimed rule on the table: what has come due of it, by the person's clock.

    `day` is the one that is decided about; None: all was missed.
    """

    claimed: Claimed
    life: Life
    caught: Caught
    day: date | None


class Decided(NamedTuple):
    """A case with its verdict; None: there was nothing to decide, all was missed."""

    case: Case
    verdict: Verdict | None
    channels: tuple[ChannelName, ...] = ()
    rests: Sequence[Rest] = ()
    logged: date | None = None
