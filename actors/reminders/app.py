"""How the reminders room runs alone: `ritmo run reminders`.

Or `faststream run actors.reminders.app:app --factory`, which is the same.
"""

from faststream import FastStream

from actors.reminders.handlers import room
from actors.runtime.alone import open_alone


def app() -> FastStream:
    """Make the application of this room from the settings in the environment."""
    return open_alone(room)
