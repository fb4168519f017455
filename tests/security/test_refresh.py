"""A copied refresh token ends its session; an impatient client never does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.embedded import connect_url
from storage.session import open_engine
from tests.journeys.running import PASSWORD, Up
from tests.security.attempts import MEASURED, Attempts, figure

RACES, THEFTS = (1000, 50) if MEASURED else (20, 5)
TWINS = 4
"""Requests with the same token at once."""


def opened(running: Up, email: str) -> str:
    """Open an account; return the refresh token of its session."""
    words = {"email": email, "password": PASSWORD}
    answer = running.client.post("/v1/auth/register", json=words)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["refresh_token"]
    return token


def refreshed(running: Up, token: str) -> tuple[int, str]:
    """Refresh; return the status, and the next token or the code of the refusal."""
    answer = running.client.post("/v1/auth/refresh", json={"refresh_token": token})
    said = answer.json()
    return answer.status_code, said.get("refresh_token") or said["code"]


async def age(data: Path) -> None:
    """Let a minute pass since each token was used."""
    url = connect_url(data / "postgres")
    assert url is not None
    engine = open_engine(url, 1)
    earlier = text("UPDATE auth.refresh_tokens SET used_at = used_at - interval '1 minute'")
    async with engine.begin() as tx:
        await tx.execute(earlier)
    await engine.dispose()


@contextmanager
def twins() -> Iterator[ThreadPoolExecutor]:
    """Let several ask at once."""
    with ThreadPoolExecutor(TWINS) as threads:
        yield threads


def test_an_impatient_client_is_never_logged_out(ritmo: Up) -> None:
    token, lost = opened(ritmo, "impatient@example.org"), 0
    with Attempts("refreshes that race") as attempts, twins() as threads:
        for number in range(RACES):
            answers = list(threads.map(refreshed, [ritmo] * TWINS, [token] * TWINS))
            lost += any(status != 200 for status, _ in answers)
            attempts.note(f"race {number}: {answers}", len(set(answers)) == 1)
            token = answers[0][1]
    if MEASURED:
        figure("refresh_false_logouts", lost, "of 1000 races", "<=", 0)


@pytest.mark.asyncio
async def test_a_copy_ends_the_session_for_the_thief_and_the_owner(ritmo: Up) -> None:
    copied = [opened(ritmo, f"copied{n}@example.org") for n in range(THEFTS)]
    following = [refreshed(ritmo, token)[1] for token in copied]
    await age(ritmo.output.with_suffix(""))
    ended = 0
    with Attempts("copied refresh tokens") as attempts:
        for old, new in zip(copied, following, strict=True):
            thief, owner = refreshed(ritmo, old), refreshed(ritmo, new)
            ended += (thief[0], owner[0]) == (401, 401)
            attempts.note(f"copy: {thief}", thief == (401, "token_reused"))
            attempts.note(f"next: {owner}", owner == (401, "invalid_token"))
    if MEASURED:
        figure("refresh_thefts_that_end_the_session", 100 * ended / THEFTS, "%", ">=", 100)
