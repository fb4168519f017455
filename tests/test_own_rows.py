"""Whatever is kept of a person is theirs to take away, or there is a reason why not."""

import re

from sqlalchemy import Table

from ops.platform import rooms
from storage.base import metadata
from storage.own_rows import readable
from tests.test_shape import stored

SECRETS = re.compile(r"password|secret|hash|token|seed|verifier|challenge")
OF_THE_RUNTIME = {
    "bus.answers": "answers for whoever asks again within a day",
    "bus.outbox": "what is on its way to rooms",
    "bus.parked": "what a room could not take in, for the operator",
    "bus.import_parts": "a file that is being brought in",
}
"""Tables of no room that hold something of people, and are no one's to take."""


def of_people() -> dict[str, Table]:
    """Return the tables that hold rows of a person: by their id, or by what is theirs."""
    stored()
    found = {t.fullname: t for t in metadata.sorted_tables if "user_id" in t.columns}
    while more := {
        table.fullname: table
        for table in metadata.sorted_tables
        if table.fullname not in found
        and any(key.column.table.fullname in found for key in table.foreign_keys)
    }:
        found |= more
    return found


def test_every_table_with_rows_of_a_person_is_exported_or_there_is_a_reason() -> None:
    tables, told = of_people(), set(OF_THE_RUNTIME)
    assert len(tables) > 40
    for room in rooms():
        if room.known is not None:
            told |= {f"{room.name}.{noun.table}" for noun in room.known.replica.nouns}
        told |= {one.table.fullname for one in room.belongings.sections.values()}
        reasons = room.belongings.left_out
        assert all(len(why) > 10 for why in reasons.values())
        told |= {f"{room.name}.{name}" for name in reasons}
        assert set(reasons) <= {table.name for table in metadata.sorted_tables}
    assert set(tables) - told == set()


def test_no_secret_is_exported() -> None:
    columns = [
        (section.table.columns[name], f"{room.name}.{section.name}.{name}")
        for room in rooms()
        for section in room.belongings.sections.values()
        for name in section.columns
    ]
    assert len(columns) > 150
    assert [said for column, said in columns if SECRETS.search(column.name)] == []
    assert all(readable(column) for column, _ in columns)
    hidden = [
        name
        for room in rooms()
        for section in room.belongings.sections.values()
        for name in section.without.split()
        if name not in section.table.columns
    ]
    assert hidden == [], "these columns are left out, but there are none"
