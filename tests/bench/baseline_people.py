"""How people come to the yardstick: their rows are written straight into its tables."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench.baseline import AUDIENCE
from tests.bench.baseline_tables import CheckIn, Habit
from tests.bench.load import Person
from tests.bench.people import HABITS
from tests.bench.shelves import TARGET, habit_name, history


def new_key(public: Path) -> Ed25519PrivateKey:
    """Make a key that signs access tokens; write its public half as PEM."""
    key = Ed25519PrivateKey.generate()
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return key


def token_of(key: Ed25519PrivateKey, user_id: uuid.UUID) -> str:
    """Sign an access token with the claims that Ritmo's have, too."""
    now = datetime.now(UTC)
    claims = {
        "iss": AUDIENCE,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(uuid.uuid4()),
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + timedelta(minutes=10),
        "scope": "user",
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": "1"})


def settle_in(
    database: str, key: Ed25519PrivateKey, number: int, days: int
) -> Callable[[], list[Person]]:
    """Write people with so many days of history; return who gets them fresh tokens."""
    crowd = {uuid.uuid4(): [uuid.uuid4() for _ in range(HABITS)] for _ in range(number)}
    asyncio.run(write(database, crowd, days))

    def fresh() -> list[Person]:
        return [
            Person(token=token_of(key, user_id), habits=[str(habit) for habit in habits])
            for user_id, habits in crowd.items()
        ]

    return fresh


async def write(database: str, crowd: dict[uuid.UUID, list[uuid.UUID]], days: int) -> None:
    """Write habits and their history; the planner gets to know them at once."""
    past = history(datetime.now(UTC).date(), days)
    engine = create_async_engine(database)
    async with engine.begin() as tx:
        for user_id, habits in crowd.items():
            await tx.execute(insert(Habit), habit_rows(user_id, habits))
            for habit in habits:
                rows = [
                    {"habit_id": habit, "day": day, "value": float(pages), "state": "done"}
                    for day, pages in past
                ]
                await tx.execute(insert(CheckIn), rows)
        await tx.execute(text("ANALYZE"))
    await engine.dispose()


def habit_rows(user_id: uuid.UUID, habits: list[uuid.UUID]) -> list[dict[str, object]]:
    """Lay out somebody's habits."""
    return [
        {
            "id": habit,
            "user_id": user_id,
            "name": habit_name(position),
            "unit": "pages",
            "target": float(TARGET),
            "position": position,
            "archived": False,
        }
        for position, habit in enumerate(habits, 1)
    ]
