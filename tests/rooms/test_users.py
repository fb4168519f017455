"""The users room over a bus: profiles, administration, and going for good."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from contracts.accounts import UserRegistered
from contracts.message import (
    Asked,
    Conflict,
    Denied,
    Done,
    Fact,
    Gone,
    Invalid,
    NotFound,
    new_id,
)
from contracts.principal import Principal
from contracts.users import (
    ChangeProfile,
    ChangeUser,
    CreateProfile,
    DeleteMe,
    DeleteUser,
    GetProfile,
    GetUser,
    ListUsers,
    Profile,
    ProfileChanged,
    User,
    UserChanged,
    UserDeleted,
)
from storage.outbox import tell

pytestmark = pytest.mark.asyncio

Carry = Callable[[], Awaitable[None]]
ADMIN = Principal(user_id=new_id(), scopes=frozenset({"user", "admin"}), service="ops")


def somebody() -> Principal:
    """A caller who has just registered."""
    return Principal(user_id=new_id(), session_id=new_id(), scopes=frozenset({"user"}))


async def create(bus: LocalBus, who: Principal, email: str = "ann@example.org") -> User:
    """Make a profile."""
    return await bus.ask(CreateProfile(email=email, name="Ann", zone="Europe/Berlin"), who)


async def heard(bus: LocalBus, fact: type[Fact]) -> list[Fact]:
    """Collect the facts of a type from now on."""
    facts: list[Fact] = []

    async def keep(one: Fact) -> None:
        facts.append(one)

    await bus.overhear(fact, keep)
    return facts


async def test_a_profile_is_made_once(bus: LocalBus, carry: Carry) -> None:
    told = await heard(bus, ProfileChanged)
    who = somebody()
    first = await create(bus, who)
    again = await bus.ask(CreateProfile(email="else@example.org", name="Else"), who)
    await carry()
    assert again == first == await bus.ask(GetProfile(), who)
    assert (first.user_id, first.role, first.version) == (who.user_id, "user", 1)
    assert [fact.user_id for fact in told] == [who.user_id]


async def test_twenty_at_once_make_one_profile(bus: LocalBus, carry: Carry) -> None:
    told = await heard(bus, ProfileChanged)
    who = somebody()
    made = await asyncio.gather(*(create(bus, who) for _ in range(20)))
    await carry()
    assert set(made) == {made[0]}
    assert len(told) == 1


async def test_a_registration_heals_a_missing_profile(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    who = somebody()
    fact = UserRegistered(
        user_id=who.user_id, email="a@example.org", name="Ann", zone="Asia/Tokyo", language="ru"
    )
    async with engine.begin() as tx:
        await tell(tx, fact)
    await carry()
    mine = await bus.ask(GetProfile(), who)
    assert (mine.email, mine.zone, mine.language) == ("a@example.org", "Asia/Tokyo", "ru")


async def test_a_change_tells_the_whole_profile(bus: LocalBus, carry: Carry) -> None:
    told = await heard(bus, ProfileChanged)
    who = somebody()
    await create(bus, who)
    after = await bus.ask(ChangeProfile(day_start=180, week_start="sun", name=""), who)
    await carry()
    assert (after.name, after.day_start, after.week_start) == ("", 180, "sun")
    assert (after.zone, after.version) == ("Europe/Berlin", 2)
    last = told[-1]
    assert isinstance(last, ProfileChanged)
    assert last.version == 2
    assert last.profile == Profile(zone="Europe/Berlin", day_start=180, week_start="sun")


async def test_a_change_of_nothing_is_no_change(bus: LocalBus) -> None:
    who = somebody()
    before = await create(bus, who)
    assert await bus.ask(ChangeProfile(name="Ann"), who) == before


async def test_a_change_of_another_version_conflicts(bus: LocalBus) -> None:
    who = somebody()
    await create(bus, who)
    await bus.ask(ChangeProfile(name="Anna", expected_version=1), who)
    with pytest.raises(Conflict) as no:
        await bus.ask(ChangeProfile(name="Anne", expected_version=1), who)
    assert (no.value.code, no.value.params) == ("version_conflict", {"version": 2, "expected": 1})
    assert (await bus.ask(GetProfile(), who)).name == "Anna"


async def test_an_account_that_has_changed_is_not_deleted_unseen(bus: LocalBus) -> None:
    who = somebody()
    await create(bus, who)
    await bus.ask(ChangeProfile(name="Anna"), who)
    with pytest.raises(Conflict) as no:
        await bus.ask(DeleteMe(expected_version=1), who)
    assert no.value.code == "version_conflict"
    assert await bus.ask(DeleteMe(expected_version=2), who) == Done()


async def test_of_many_changes_of_one_version_one_wins(bus: LocalBus) -> None:
    who = somebody()
    await create(bus, who)
    changes = (ChangeProfile(name=f"Ann {n}", expected_version=1) for n in range(12))
    outcomes = await asyncio.gather(
        *(bus.ask(change, who) for change in changes), return_exceptions=True
    )
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 11


async def test_nobody_has_no_profile(bus: LocalBus) -> None:
    for message in (GetProfile(), ChangeProfile(name="Ann")):
        with pytest.raises(NotFound):
            await bus.ask(message, somebody())


async def test_only_administrators_administer(bus: LocalBus) -> None:
    who = somebody()
    await create(bus, who)
    messages: tuple[Asked[Any], ...] = (
        ListUsers(),
        GetUser(user_id=who.user_id),
        ChangeUser(user_id=who.user_id, role="admin"),
        DeleteUser(user_id=who.user_id),
    )
    for message in messages:
        with pytest.raises(Denied):
            await bus.ask(message, who)


async def test_pages_go_newest_first_to_the_end(bus: LocalBus) -> None:
    people = [somebody() for _ in range(7)]
    for number, who in enumerate(people):
        await create(bus, who, f"n{number}@example.org")
    seen: list[UUID] = []
    cursor: str | None = None
    sizes = []
    while True:
        page = await bus.ask(ListUsers(limit=3, cursor=cursor), ADMIN)
        seen += [user.user_id for user in page.users]
        sizes.append(len(page.users))
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [who.user_id for who in reversed(people)]
    assert sizes == [3, 3, 1]


async def test_search_takes_words_as_they_are(bus: LocalBus) -> None:
    await create(bus, somebody(), "ann_b@example.org")
    await create(bus, somebody(), "annxb@example.org")
    for words, count in (("ann", 2), ("ANN_B", 1), ("%", 0), ("\\", 0), ("' OR 1=1", 0), ("\0", 2)):
        assert len((await bus.ask(ListUsers(search=words), ADMIN)).users) == count, words


@pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "A" * 500, "../../..", "\0"])
async def test_a_made_up_cursor_is_refused(bus: LocalBus, cursor: str) -> None:
    with pytest.raises(Invalid):
        await bus.ask(ListUsers(cursor=cursor), ADMIN)


async def test_a_user_is_found_by_id_and_by_address(bus: LocalBus) -> None:
    who = somebody()
    made = await create(bus, who)
    assert await bus.ask(GetUser(user_id=who.user_id), ADMIN) == made
    assert await bus.ask(GetUser(email="ANN@example.org"), ADMIN) == made
    for unknown in (GetUser(user_id=new_id()), GetUser(email="no@example.org")):
        with pytest.raises(NotFound):
            await bus.ask(unknown, ADMIN)
    with pytest.raises(Invalid):
        await bus.ask(GetUser(), ADMIN)


async def test_a_change_of_standing_is_told_in_order(bus: LocalBus, carry: Carry) -> None:
    told = await heard(bus, UserChanged)
    who = somebody()
    await create(bus, who)
    await bus.ask(ChangeUser(user_id=who.user_id, role="admin"), ADMIN)
    await bus.ask(ChangeUser(user_id=who.user_id, role="admin"), ADMIN)
    await create(bus, other := somebody(), "bob@example.org")
    await bus.ask(ChangeUser(user_id=other.user_id, role="admin"), ADMIN)
    changed = await bus.ask(ChangeUser(user_id=who.user_id, disabled=True), ADMIN)
    await carry()
    assert (changed.role, changed.disabled, changed.version) == ("admin", True, 3)
    mine = [
        (fact.version, fact.role, fact.disabled)
        for fact in told
        if isinstance(fact, UserChanged) and fact.user_id == who.user_id
    ]
    assert mine == [(2, "admin", False), (3, "admin", True)]


async def admin(bus: LocalBus, email: str) -> Principal:
    """Make an administrator."""
    who = somebody()
    await create(bus, who, email)
    await bus.ask(ChangeUser(user_id=who.user_id, role="admin"), ADMIN)
    return who


async def test_the_last_admin_stays_one(bus: LocalBus) -> None:
    last = await admin(bus, "ann@example.org")
    await create(bus, somebody(), "bob@example.org")
    messages: tuple[Asked[Any], ...] = (
        ChangeUser(user_id=last.user_id, role="user"),
        ChangeUser(user_id=last.user_id, disabled=True),
        DeleteUser(user_id=last.user_id),
    )
    for message in messages:
        with pytest.raises(Conflict) as no:
            await bus.ask(message, ADMIN)
        assert no.value.code == "last_admin"
    with pytest.raises(Conflict):
        await bus.ask(DeleteMe(), last)


async def test_a_disabled_admin_does_not_count(bus: LocalBus) -> None:
    last = await admin(bus, "ann@example.org")
    away = await admin(bus, "bob@example.org")
    await bus.ask(ChangeUser(user_id=away.user_id, disabled=True), ADMIN)
    with pytest.raises(Conflict):
        await bus.ask(ChangeUser(user_id=last.user_id, role="user"), ADMIN)


async def test_two_admins_cannot_step_down_at_once(bus: LocalBus) -> None:
    both = [await admin(bus, f"{name}@example.org") for name in ("ann", "bob")]
    outcomes = await asyncio.gather(
        *(bus.ask(ChangeUser(user_id=who.user_id, role="user"), ADMIN) for who in both),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "User"]


async def test_the_only_person_may_go(bus: LocalBus) -> None:
    only = await admin(bus, "ann@example.org")
    await bus.ask(DeleteMe(), only)
    with pytest.raises(NotFound):
        await bus.ask(GetProfile(), only)


async def test_who_is_deleted_stays_so(bus: LocalBus, engine: AsyncEngine, carry: Carry) -> None:
    told = await heard(bus, UserDeleted)
    who, other = somebody(), somebody()
    await create(bus, who)
    kept = await create(bus, other, "bob@example.org")
    await bus.ask(DeleteMe(), who)
    async with engine.begin() as tx:
        late = UserRegistered(
            user_id=who.user_id, email="ann@example.org", name="", zone="UTC", language="en"
        )
        await tell(tx, late)
    await carry()
    with pytest.raises(NotFound):
        await bus.ask(GetProfile(), who)
    with pytest.raises(Gone):
        await create(bus, who)
    assert [fact.user_id for fact in told] == [who.user_id]
    assert await bus.ask(GetProfile(), other) == kept
    assert [one.email for one in (await bus.ask(ListUsers(), ADMIN)).users] == ["bob@example.org"]


async def test_an_unknown_user_cannot_be_changed_or_deleted(bus: LocalBus) -> None:
    unknown = new_id()
    messages: tuple[Asked[Any], ...] = (
        ChangeUser(user_id=unknown, role="admin"),
        DeleteUser(user_id=unknown),
    )
    for message in messages:
        with pytest.raises(NotFound):
            await bus.ask(message, ADMIN)
