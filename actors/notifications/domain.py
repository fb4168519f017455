"""What becomes of a delivery after an attempt: pure.

    pending ─┬─> sending ─┬─> sent
    retry ───┘            ├─> retry       a passing fault: again after 1, 5, 15, 60, 60 … minutes
                          ├─> failed      refused for good, or given up
                          ├─> suppressed  the address takes no mail, now or ever
                          └─> expired     it would come too late to be of use

Whoever sends dies rarely, but may do so after a server took the mail and before that was written
down. Such an attempt, and one that lost its line at that moment, is `unsure`: the same mail goes
once more, with the same Message-ID, so a crash costs one duplicate at most.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.notifications import DeliveryState

SPACING = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""Pauses after a passing fault; the last one again and again (RFC 5321, section 4.5.4.1)."""

GIVE_UP = timedelta(days=3)
"""What has no end of its usefulness is tried for so long."""

HANDED = timedelta(hours=1)
"""For how long it is waited to hear how something ended that was handed on."""

MAX_UNSURE = 3
"""Attempts of which nobody knows how they ended, before a delivery is left alone."""

Kind = Literal["sent", "handed", "later", "refused", "no_mailbox", "unsure", "unfit"]
Stage = Literal["greeting", "sender", "recipient", "data"]

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """How an attempt ended.

    `handed`: another room sends it, and says later how that ended; `later`: a passing fault;
    `refused`: not this one; `no_mailbox`: nothing, ever; `unsure`: the line was lost when it may
    have been taken; `unfit`: it cannot be sent as it is. `detail` is a code for programs, without
    anything personal. `wait`: what the other side asks for.
    `for_all`: whatever is sent now through the same channel ends like this.
    """

    kind: Kind
    detail: str = ""
    wait: timedelta | None = None
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery after an attempt: the number of attempts, and of unsure ones before this."""

    attempts: int
    unsure: int
    created_at: datetime
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class Next:
    """What a delivery is now, and when it is tried again if it is open."""

    state: DeliveryState
    due_at: datetime
    detail: str
    unsure: bool = False
    suppress: bool = False

    @property
    def over(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.state not in ("retry", "sending")


def after(outcome: DeliveryOutcome, tried: Tried, now: datetime) -> Next:
    """Decide what becomes of a delivery."""
    if outcome.kind == "sent":
        return Next("sent", now, outcome.detail)
    if outcome.kind == "handed":
        return Next("sending", now + HANDED, outcome.detail)
    if outcome.kind == "no_mailbox":
        return Next("suppressed", now, outcome.detail, suppress=True)
    if outcome.kind in ("refused", "unfit"):
        return Next("failed", now, outcome.detail)
    unsure = outcome.kind == "unsure"
    if tried.unsure + unsure > MAX_UNSURE:
        return Next("failed", now, "unsure", unsure=unsure)
    pause = max(SPACING[min(tried.attempts, len(SPACING)) - 1], outcome.wait or timedelta(0))
    due = now + pause
    if due > (tried.useful_until or tried.created_at + GIVE_UP):
        state: DeliveryState = "failed" if tried.useful_until is None else "expired"
        return Next(state, now, outcome.detail, unsure=unsure)
    return Next("retry", due, outcome.detail, unsure=unsure)


def before(tried: Tried, now: datetime, *, suppressed: bool) -> Next | None:
    """Decide, before it is sent, whether a claimed delivery is to be sent at all; None: it is."""
    if tried.useful_until is not None and now > tried.useful_until:
        return Next("expired", now, "too_late")
    if suppressed:
        return Next("suppressed", now, "address_suppressed")
    if tried.unsure > MAX_UNSURE:
        return Next("failed", now, "unsure")
    return None


def judge(code: int, message: str, stage: Stage) -> DeliveryOutcome:
    """Judge an SMTP answer by its code and enhanced code (RFC 5321; RFC 3463).

    Only what says that the mailbox is not there suppresses an address: a sender that is refused,
    a policy (x.7.x) or a mail that is too large is not the recipient's doing. A greeting or a
    login that fails is our affair, and may be mended.
    """
    enhanced = _ENHANCED.match(message)
    detail = f"smtp_{code}" + (f"_{'.'.join(enhanced.groups())}" if enhanced else "")
    subject, number = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    if code < 400:
        return DeliveryOutcome("unsure", detail)
    if code < 500 or stage == "greeting" or code in (530, 534, 535, 538):
        return DeliveryOutcome("later", detail)
    if (subject, number) == ("2", "2") or (code == 552 and subject != "3"):
        return DeliveryOutcome("later", detail)
    if subject == "1" and number in ("1", "2", "3", "6", "10") and stage != "sender":
        return DeliveryOutcome("no_mailbox", detail)
    if code in (550, 551, 553) and stage == "recipient" and subject in ("", "0", "1", "2"):
        return DeliveryOutcome("no_mailbox", detail)
    return DeliveryOutcome("refused", detail)
