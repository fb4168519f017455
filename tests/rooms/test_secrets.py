"""What could be tried out is not kept: fields that are secret, and the move from plain hashes."""

import hashlib
import importlib
import pkgutil
import re

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

import contracts
from actors.habits.handlers import room as habits_room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.habits import DeleteHabit
from contracts.message import Done, Message, NotFound, new_id, secrets_of
from contracts.passwords import ChangePassword
from contracts.principal import Principal
from storage import embedded, idempotency, secrets
from storage.migrations import VERSIONS, migrate
from storage.session import open_engine, transaction
from tests import databases

SOUNDS_SECRET = re.compile(r"(^|_)(password|token|otp|secret)$")


def kinds(kind: type[Message]) -> set[type[Message]]:
    """List the kinds of a message, and theirs."""
    return {kind}.union(*map(kinds, kind.__subclasses__()))


def test_a_field_that_sounds_secret_is_marked() -> None:
    for module in pkgutil.walk_packages(contracts.__path__, "contracts."):
        importlib.import_module(module.name)
    ours = {one for one in kinds(Message) if one.__module__.startswith("contracts.")}
    found = {
        f"{one.__name__}.{name}"
        for one in ours
        for name in one.model_fields
        if SOUNDS_SECRET.search(name)
    }
    marked = {f"{one.__name__}.{name}" for one in ours for name in secrets_of(one)}
    assert {"ChangePassword.new_password", "Tokens.refresh_token"} <= found
    assert found <= marked
    assert "SetApprise.url" in marked


@pytest.fixture
def old_database(postgres: embedded.Embedded) -> str:
    """Give the address of a database without anything."""
    template = make_url(postgres.url).set(database="template0")
    return databases.create(template.render_as_string(hide_password=False), f"old-{new_id()}")


def to_revision(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_a_request_from_before_is_still_known(old_database: str) -> None:
    """And none of what was kept of a password is left."""
    engine = open_engine(old_database, 4)
    person = Principal(user_id=new_id(), scopes=frozenset({"user"}))
    asked = DeleteHabit(habit_id=new_id())
    secret = ChangePassword(password="swordfish", new_password="another one")
    async with transaction(engine) as tx:
        await tx.run_sync(to_revision, "0005")
        for one in (asked, secret):
            plain = hashlib.sha256(one.model_dump_json().encode()).digest()
            await idempotency.keep(tx, person.user_id, one.address, "k", plain, "{}")
    await migrate(engine)
    async with transaction(engine) as tx:
        assert await idempotency.find(tx, person.user_id, secret.address, "k") is None
        kept = await idempotency.find(tx, person.user_id, asked.address, "k")
        assert kept is not None
        assert kept.request_hash != hashlib.sha256(asked.model_dump_json().encode()).digest()
        assert await secrets.find(tx, "idempotency")
    bus = LocalBus()
    bus.open_room(Edge(habits_room, engine, bus, 4))
    # The habit is nobody's: it is the answer of before that is given.
    assert await bus.ask(asked, person, idempotency_key="k") == Done()
    with pytest.raises(NotFound):
        await bus.ask(asked, person)
    await engine.dispose()


async def test_a_secret_is_made_once(old_database: str) -> None:
    engine = open_engine(old_database, 4)
    await migrate(engine)
    async with transaction(engine) as one:
        first = await secrets.make(one, "other")
        assert await secrets.make(one, "other") == first
    async with transaction(engine) as two:
        assert await secrets.find(two, "other") == first != await secrets.find(two, "idempotency")
        assert len(first) == secrets.BYTES
    await engine.dispose()
