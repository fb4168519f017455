"""How the users room runs alone: `ritmo run users`.

Or `faststream run actors.users.app:app --factory`, which is the same.
"""

from faststream import FastStream

from actors.runtime.alone import open_alone
from actors.users.handlers import room


def app() -> FastStream:
    """Make the application of this room from the settings in the environment."""
    return open_alone(room)
