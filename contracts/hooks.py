"""Hooks: addresses that check a habit in, for buttons, NFC tags and home automation.

Whoever knows the secret of a hook may check in that one habit, for today, and see how its day
stands. Nothing else of the account is opened.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.check_ins import CheckedIn
from contracts.habit import Line, Measure, Step
from contracts.marks import Logged
from contracts.message import SECRET, Command, Done, Message, Query, Reply
from contracts.scopes import ACCOUNT
from contracts.time import Day

MAX_HOOKS = 10
"""Hooks of one habit."""

HookSecret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""256 random bits (base64url), shown once; of them only the SHA-256 is kept."""


class Hook(Message):
    """A hook of a habit; its secret is never shown again."""

    hook_id: UUID
    """Which hook."""
    habit_id: UUID
    """The habit that it checks in."""
    name: Line
    """Where the button is, or what it is; perhaps empty."""
    created_at: AwareDatetime
    """When it was made."""
    used_at: AwareDatetime | None = None
    """When it was used last; null: never."""


class MadeHook(Reply):
    """A new hook: the only time that its secret is shown."""

    made: Hook
    secret: Annotated[str, SECRET] = Field(repr=False)


class CreateHook(Command[MadeHook]):
    """Make a hook of a habit. It outlives the token that asks: so a person has to.

    Refuses with `NotFound`, or with `Conflict` (`too_many_hooks`).
    """

    address: ClassVar[str] = "habits.create_hook"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True
    habit_id: UUID
    name: Line = ""


class Hooks(Reply):
    """The hooks of a habit, the newest first."""

    hooks: tuple[Hook, ...]
    """The hooks, the newest first."""


class ListHooks(Query[Hooks]):
    """List the hooks of a habit. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.list_hooks"
    habit_id: UUID


class RevokeHook(Command[Done]):
    """End a hook at once. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.revoke_hook"
    habit_id: UUID
    hook_id: UUID


class HookShown(Reply):
    """What a hook checks in, and what its day says; nothing else about the account.

    `adds`: pressing it adds one. `number`: it needs a number, in `measure` (in `unit`; seconds, if
    it is timed). `logged`: what today says; None: nothing.
    """

    habit: Line
    day: Day
    measure: Measure
    unit: str = ""
    adds: bool = False
    number: bool = False
    logged: Logged | None = None


class LookAtHook(Query[HookShown]):
    """Say what a hook checks in; nothing is done. The secret says who asks.

    Refuses with `NotFound` (`hook_unknown`): there is none, it was revoked, its habit lies in the
    bin, or its owner is disabled.
    """

    address: ClassVar[str] = "habits.look_at_hook"
    public: ClassVar[bool] = True
    secret: Annotated[HookSecret, SECRET] = Field(repr=False)


class UseHook(Command[CheckedIn]):
    """Check in the habit of a hook, for its owner's today.

    `by` is added. Without it, what counts is counted up by one; anything else is done, as much as
    is asked for, and what is logged already is never lowered. With a `key` it takes effect once
    however often it is asked. Refuses as `LookAtHook` and `Increment` do, and with `Invalid`
    (`value_missing`) where only a number can tell.
    """

    address: ClassVar[str] = "habits.use_hook"
    public: ClassVar[bool] = True
    secret: Annotated[HookSecret, SECRET] = Field(repr=False)
    by: Step | None = None
    key: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
