"""Stand-ins at the seam: a bus that answers from a table, and a verifier that knows two tokens."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from contracts.check_ins import CheckedIn, CheckIn
from contracts.habit import Habit, Version
from contracts.message import Asked, Fact, Refused, Reply, Unauthenticated, Unavailable
from contracts.principal import Principal
from contracts.tokens import Tokens
from contracts.users import GetProfile, User

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)

ADA = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
HABIT = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
BEARER = {"Authorization": "Bearer good"}
Answer = Callable[[Any], Reply] | Reply | Exception


class StandInBus:
    """Answers by contract; keeps what it was asked, by whom and under which key."""

    def __init__(self) -> None:
        self.answers: dict[type[Any], Answer] = {}
        self.asked: list[tuple[Asked[Any], Principal | None, str | None]] = []
        self.listeners: dict[str, list[Callable[[Any], Awaitable[None]]]] = {}
        self.missed: Callable[[], None] = lambda: None

    @property
    def last(self) -> Any:
        return self.asked[-1][0]

    async def ask(
        self,
        message: Asked[R],
        principal: Principal | None = None,
        *,
        deadline: float | None = None,
        idempotency_key: str | None = None,
    ) -> R:
        answer = self.answers.get(type(message))
        if answer is not None or not isinstance(message, GetProfile):
            # Whoever says no asks in which language; nobody's is known unless a test says so.
            self.asked.append((message, principal, idempotency_key))
        if answer is None:
            raise Unavailable("room_down", "This part of Ritmo is not running; try again.")
        if isinstance(answer, Exception):
            raise answer
        return cast(R, answer if isinstance(answer, Reply) else answer(message))

    async def overhear(
        self,
        fact: type[F],
        listener: Callable[[F], Awaitable[None]],
        *,
        missed: Callable[[], None] | None = None,
    ) -> None:
        self.listeners.setdefault(fact.address, []).append(listener)
        if missed is not None:
            self.missed = missed

    async def tell(self, fact: Fact) -> None:
        """Let whoever listens overhear a fact."""
        for listener in self.listeners.get(fact.address, []):
            await listener(fact)


class StandInVerifier:
    """Knows the token `good`, and nobody else."""

    async def verify(self, token: str) -> Principal:
        if token != "good":
            raise Unauthenticated("invalid_token", "This token is not valid; log in again.")
        return Principal(user_id=ADA, scopes=frozenset({"user"}))


def user(**words: Any) -> User:
    plain: dict[str, Any] = {
        "user_id": ADA,
        "email": "ada@example.org",
        "name": "Ada",
        "language": "en",
        "zone": "UTC",
        "day_start": 0,
        "week_start": "mon",
        "role": "user",
        "disabled": False,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "version": 3,
    }
    return User(**plain | words)


def tokens() -> Tokens:
    return Tokens(
        user_id=ADA, session_id=HABIT, access_token="good", refresh_token="r", expires_in=600
    )


def habit(**words: Any) -> Habit:
    begun = date(2026, 1, 1)
    plain: dict[str, Any] = {
        "name": "Read",
        "habit_id": HABIT,
        "start_day": begun,
        "order": 0,
        "archived": False,
        "versions": (Version(effective_from=begun, anchor=begun),),
        "streak": 1,
        "best_streak": 2,
        "score": 0.5,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "version": 3,
    }
    return Habit(**plain | words)


def checked_in(asked: CheckIn) -> CheckedIn:
    return CheckedIn(
        habit_id=asked.habit_id,
        day=asked.day or date(2026, 1, 1),
        value=asked.value,
        state=asked.state or "done",
        streak=1,
        best_streak=1,
        score=0.1,
    )


def refusal(kind: type[Refused], code: str = "some_code", **more: Any) -> Refused:
    return kind(code, "Please try something else.", **more)
