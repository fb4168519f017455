"""A broker that may be killed at any moment."""

import json
from collections.abc import Mapping, Sequence

import aio_pika

from actors.runtime.rabbit.topology import QueueRoute, declare
from tests.backends import Private

SYNC = "[dets:sync(Table) || Table <- dets:all()]."
"""Writes down which quorum queues there are."""


async def settle(node: Private, routes: Sequence[QueueRoute]) -> None:
    """Declare the queues of facts and jobs, and see to it that they survive a kill.

    RabbitMQ 3.10 enters a quorum queue into its register on disk a moment after it was declared; a
    node killed before that has a queue afterwards which nobody can consume. That moment is over
    long before a broker dies in earnest, but not in a test.
    """
    async with await aio_pika.connect(node.url) as connection:
        channel = await connection.channel()
        await declare(channel, routes)
    node.evaluate(SYNC)


def known(node: Private, wanted: Mapping[str, object]) -> None:
    """Have a node read definitions, as it does at its start."""
    file = node.folder / "definitions.json"
    file.write_text(json.dumps(wanted))
    done = node.evaluate(
        f'{{ok, Read}} = file:read_file("{file}"), rabbit_definitions:import_raw(Read).'
    )
    assert done.endswith("ok"), done
