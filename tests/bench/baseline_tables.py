"""What the yardstick remembers, and the one statement that says how habits stand."""

import uuid
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

State = Literal["done", "partial", "skipped", "failed"]

FADE = 0.5 ** (1 / 13)
"""What is left of a daily habit's score after a day without it (Loop Habit Tracker)."""


class Base(DeclarativeBase):
    """All tables of the yardstick."""


class Habit(Base):
    """A daily habit: at least `target` of `unit` a day."""

    __tablename__ = "habits"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(30), default="")
    target: Mapped[float] = mapped_column(Float)
    position: Mapped[int]
    archived: Mapped[bool] = mapped_column(default=False)


class CheckIn(Base):
    """What was logged for a habit on a day."""

    __tablename__ = "check_ins"
    habit_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("habits.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[float] = mapped_column(Float)
    state: Mapped[State] = mapped_column(String(10))
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )


ON_DAY = bindparam("on", type_=Date)


def standings(which: ColumnElement[bool]) -> Select[Any]:
    """Select `habit_id`, `streak` and `score` of habits as of the day `on`.

    Done days, newest first, minus their rank: a constant marks a run without a gap. The score is
    Loop's recurrence written out: each day's part of the target, faded by its age.
    """
    kept = (
        select(
            CheckIn.habit_id,
            CheckIn.day,
            CheckIn.state,
            func.least(CheckIn.value / Habit.target, 1.0).label("part"),
            func.row_number()
            .over(partition_by=(CheckIn.habit_id, CheckIn.state), order_by=CheckIn.day.desc())
            .label("rank"),
            func.max(CheckIn.day)
            .filter(CheckIn.state == "done")
            .over(partition_by=CheckIn.habit_id)
            .label("latest"),
        )
        .join(Habit, Habit.id == CheckIn.habit_id)
        .where(which, CheckIn.day <= ON_DAY)
        .subquery()
    )
    running = (
        (kept.c.state == "done")
        & (kept.c.day + cast(kept.c.rank, Integer) == kept.c.latest + 1)
        & (kept.c.latest >= ON_DAY - 1)
    )
    age = cast(ON_DAY - kept.c.day, Float)
    faded = (1 - FADE) * func.power(FADE, age) * kept.c.part
    return select(
        kept.c.habit_id,
        func.count().filter(running).label("streak"),
        func.sum(faded).label("score"),
    ).group_by(kept.c.habit_id)


# Made once: putting such a statement together takes longer than running it.
STANDING_OF_HABIT = standings(Habit.id == bindparam("habit_id"))
STANDINGS_OF_USER = standings(Habit.user_id == bindparam("user_id"))
