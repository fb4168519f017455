"""The yardstick: check-ins and today as a plain monolith.

FastAPI, the SQLAlchemy ORM and asyncpg in one process, as one would write it for a small product:
a pool, cached statements, one transaction a request, three statements for a check-in and two for
today. It has no idempotency, no history, no facts and one kind of habit; that is its advantage.

    python -m tests.bench.baseline --database URL --port PORT --key FILE
"""

import argparse
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.bench.baseline_tables import (
    STANDING_OF_HABIT,
    STANDINGS_OF_USER,
    Base,
    CheckIn,
    Habit,
    State,
)

AUDIENCE = "baseline"
CONNECTIONS = 16

bearer = HTTPBearer()


class CheckInBody(BaseModel):
    """What is logged for a day: an amount, or how it went."""

    value: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False)
    state: State | None = None

    @model_validator(mode="after")
    def _something(self) -> "CheckInBody":
        """Refuse a body that says nothing."""
        if self.value is None and self.state is None:
            raise ValueError("give a value or a state")
        return self


class CheckedIn(BaseModel):
    """A day as it now stands; `score` is Loop's, 0 to 1."""

    day: date
    value: float
    state: State
    streak: int
    score: float


class HabitToday(BaseModel):
    """A habit and how it stands on a day."""

    habit_id: uuid.UUID
    name: str
    unit: str
    target: float
    value: float | None
    state: State | None
    streak: int
    score: float


class Today(BaseModel):
    """A person's day."""

    day: date
    habits: list[HabitToday]


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield a session in a transaction, committed before the answer is sent."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    async with sessions.begin() as session:
        yield session


async def user_of(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> uuid.UUID:
    """Return whose access token this is; 401 for any other."""
    try:
        claims = jwt.decode(
            credentials.credentials,
            request.app.state.key,
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            options={"require": ["exp", "sub"]},
        )
        return uuid.UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise HTTPException(401, "This access token is not valid.") from error


Session = Annotated[AsyncSession, Depends(session_of, scope="function")]
User = Annotated[uuid.UUID, Depends(user_of)]


def today_of() -> date:
    """Return today; everyone here lives in UTC."""
    return datetime.now(UTC).date()


def settled(habit: Habit, body: CheckInBody) -> tuple[float, State]:
    """Return the value and the state that a check-in amounts to."""
    value = body.value if body.value is not None else (habit.target if body.state == "done" else 0)
    if body.state is not None:
        return value, body.state
    return value, "done" if value >= habit.target else "partial" if value > 0 else "failed"


async def check_in(
    habit_id: uuid.UUID, day: date, body: CheckInBody, user_id: User, session: Session
) -> CheckedIn:
    """Log a day of one's own habit; again replaces it."""
    habit = await session.scalar(
        select(Habit).where(Habit.id == habit_id, Habit.user_id == user_id)
    )
    if habit is None:
        raise HTTPException(404, "There is no such habit.")
    value, state = settled(habit, body)
    row = insert(CheckIn).values(habit_id=habit_id, day=day, value=value, state=state)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["habit_id", "day"],
            set_={
                "value": row.excluded.value,
                "state": row.excluded.state,
                "updated_at": func.now(),
            },
        )
    )
    found = await session.execute(STANDING_OF_HABIT, {"habit_id": habit_id, "on": today_of()})
    standing = found.one()
    return CheckedIn(
        day=day, value=value, state=state, streak=standing.streak, score=standing.score
    )


async def today(user_id: User, session: Session, day: date | None = None) -> Today:
    """Show one's habits on a day, by default today."""
    shown = day or today_of()
    logged = and_(CheckIn.habit_id == Habit.id, CheckIn.day == shown)
    rows = await session.execute(
        select(Habit, CheckIn)
        .outerjoin(CheckIn, logged)
        .where(Habit.user_id == user_id, Habit.archived.is_(False))
        .order_by(Habit.position)
    )
    found = await session.execute(STANDINGS_OF_USER, {"user_id": user_id, "on": shown})
    stands = {row.habit_id: (row.streak, row.score) for row in found}
    habits = [on_a_day(habit, entry, *stands.get(habit.id, (0, 0.0))) for habit, entry in rows]
    return Today(day=shown, habits=habits)


def on_a_day(habit: Habit, entry: CheckIn | None, streak: int, score: float) -> HabitToday:
    """Put together what is shown of a habit."""
    return HabitToday(
        habit_id=habit.id,
        name=habit.name,
        unit=habit.unit,
        target=habit.target,
        value=entry.value if entry else None,
        state=entry.state if entry else None,
        streak=streak,
        score=score,
    )


def baseline(database: str, key: str) -> FastAPI:
    """Make the application over a database; `key` verifies access tokens (PEM)."""
    engine = create_async_engine(
        database,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"server_settings": {"random_page_cost": "1.1", "jit": "off"}},
    )

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as tx:
            await tx.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=life)
    app.state.key = jwt.algorithms.OKPAlgorithm().prepare_key(key)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.put("/v1/habits/{habit_id}/check-ins/{day}")(check_in)
    app.get("/v1/today")(today)
    app.get("/readyz")(lambda: {"status": "ready"})
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", type=Path, required=True)
    given = parser.parse_args()
    uvicorn.run(
        baseline(given.database, given.key.read_text()),
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
