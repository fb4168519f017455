"""The AsyncAPI document of the platform, made by FastStream from what the rooms declare."""

from functools import lru_cache

from faststream.rabbit import RabbitBroker
from faststream.specification import AsyncAPI

from actors.runtime.rabbit.router import router_of
from ops.platform import rooms
from ops.version import version


@lru_cache(maxsize=1)
def document() -> str:
    """Return the document as JSON."""
    broker = RabbitBroker(logger=None)
    for room in rooms():
        broker.include_router(router_of(room, 1))
    specification = AsyncAPI(
        broker,
        title="Ritmo",
        version=version(),
        description="What the rooms of Ritmo answer and hear.",
    )
    return specification.to_specification().to_json()
