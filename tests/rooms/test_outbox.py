"""The outbox: what waits there, and what a broker has had and no room has taken in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.ping import look
from contracts.message import new_id
from contracts.users import UserDeleted
from ops.health import Deployment, seen_states
from storage import outbox
from storage.session import transaction

pytestmark = pytest.mark.asyncio


async def test_facts_that_no_room_has_heard_are_counted(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with transaction(engine) as tx:
        assert await outbox.unheard(tx) == (0, 0.0)
        await outbox.tell(tx, *(UserDeleted(user_id=new_id()) for _ in range(3)))
        await tx.execute(text("UPDATE bus.outbox SET told_at = told_at - interval '1 hour'"))
    async with transaction(engine) as tx:
        first, *others = await outbox.claim(tx, 3)
        now = datetime.now(UTC)
        await outbox.keep_sent(tx, others, now - timedelta(hours=3))
    async with transaction(engine) as tx:
        assert (await outbox.backlog(tx))[0] == 1
        count, age = await outbox.unheard(tx)
        assert count == 2
        assert 3600 <= age < 7200, "since they were told; not since they were sent"
        seen = await look(tx, tmp_path)
        assert (seen.waiting, seen.unheard) == (1, 2)
        await outbox.forget(tx, [first, *others])
        assert await outbox.unheard(tx) == (0, 0.0)
    late = seen.model_copy(update={"unheard_for": 600.0})
    told = {state.part: state for state in seen_states(late, Deployment(apart=True))}
    assert told["queues"].said("ru").startswith("2 сообщения лежат в очередях")
