"""Links in mails: what one is for, and what pressing it did; whoever holds it acts with it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from contracts.digests import DigestEvery
from contracts.habit import Line, Measure
from contracts.language import Language
from contracts.marks import Logged, MarkOutcome
from contracts.message import SECRET, Command, Query, Reply
from contracts.time import Day

Token = Annotated[
    str, StringConstraints(min_length=20, max_length=1024, pattern=r"^[A-Za-z0-9_.-]+$")
]
"""What a link in a mail carries: signed, for one purpose, and not for ever."""

Purpose = Literal["done", "skip", "snooze", "earlier", "later", "never", "unsubscribe"]
"""What a link does: log the day as done or skipped, let a reminder come again, move it for good or
switch it off, end a digest.
"""


class Link(Reply):
    """What a link in a mail is for; nothing else about the account.

    `used`: what it is for is so already, or it has acted before. `number`: the habit takes a number
    in its `measure` (in `unit`; seconds, if it is timed), `usual` is what stands for done. `logged`
    is what its day says, `wanted` what pressing it makes of that; None: nothing, or only a number
    can tell. `outcome`: what pressing it did; None: it was only looked at. `every`: the digest that
    ends.
    """

    purpose: Purpose
    language: Language
    habit: Line = ""
    day: Day | None = None
    number: bool = False
    measure: Measure = "yes_no"
    unit: str = ""
    usual: float | None = None
    logged: Logged | None = None
    wanted: Logged | None = None
    outcome: MarkOutcome | None = None
    every: DigestEvery | None = None
    used: bool = False


class LookAtLink(Query[Link]):
    """Say what a link is for; nothing is done. The token says who asks.

    Refuses with `NotFound` (`link_unknown`), or with `Gone` (`link_expired`, `link_void`).
    """

    address: ClassVar[str] = "notifications.look_at_link"
    public: ClassVar[bool] = True
    token: Annotated[Token, SECRET] = Field(repr=False)


class ActOnLink(Command[Link]):
    """Do what a link is for, once; the second time nothing is done.

    `value` goes with done, `minutes` or `until` with snooze (an hour, if neither is given). What is
    logged for the day is lowered or erased only if it is `replaces`, which whoever presses has
    seen. `undo` takes back what done or skip has logged. Refuses as `LookAtLink` does, with
    `Invalid` (`value_missing`, `value_not_whole`), with `Unavailable` while the room that logs is
    away, or with `Denied` (`may_not_act_for`) for who is disabled; then the link stays good.
    """

    address: ClassVar[str] = "notifications.act_on_link"
    public: ClassVar[bool] = True
    token: Annotated[Token, SECRET] = Field(repr=False)
    value: float | None = Field(default=None, ge=0, le=1_000_000_000, allow_inf_nan=False)
    minutes: int | None = Field(default=None, ge=15, le=1440, strict=True)
    until: Literal["tomorrow"] | None = None
    replaces: Logged | None = None
    undo: bool = False
