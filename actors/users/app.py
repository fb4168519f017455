"""How the users room runs alone: `ritmo run users`, or `faststream run actors.users.app:app --factory`."""

from faststream import FastStream

from actors.users.handlers import room
from actors.runtime.alone import open_alone


def app() -> FastStream:
    """Make the application of this room from the settings in the environment."""
    return open_alone(room)
