"""What each part may do at the broker: its user may ask all that the part asks."""

import ast
import importlib
from pathlib import Path

import pytest

import actors
from actors import ROOMS
from actors.runtime.rabbit.users import asked_by
from contracts.message import Asked

IN_ANOTHER = {
    *("analytics.get_habit_insight", "analytics.get_summary"),
    *("analytics.get_associations", "analytics.get_mood_report"),
}
"""What is not asked by itself, but stands in `analytics.render_report`."""


def asked_in(room: str) -> set[str]:
    """Find the addresses of other rooms' contracts that the code of a room imports."""
    found: set[str] = set()
    for file in (Path(actors.__path__[0]) / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("contracts."):
                module = importlib.import_module(node.module or "")
                for name in node.names:
                    made = getattr(module, name.name)
                    if isinstance(made, type) and issubclass(made, Asked):
                        found.add(getattr(made, "address", f"{room}."))
    return {address for address in found if not address.startswith(f"{room}.")}


@pytest.mark.parametrize("room", ROOMS)
def test_the_user_of_a_room_may_ask_what_the_room_asks(room: str) -> None:
    assert asked_in(room) - asked_by(room) - IN_ANOTHER == set()
    assert asked_by(room)


def test_courier_and_clock_ask_nothing() -> None:
    assert asked_by("courier") == asked_by("clock") == frozenset()
