"""The rules about people."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.users.domain import (
    CURSORS,
    Others,
    changed_by,
    keep_an_admin,
    leave_an_admin,
    may_administer,
    profile_of,
)
from contracts.message import Conflict, Invalid, check_version
from contracts.users import ChangeProfile, ChangeUser, User

ANN = User(
    user_id=UUID(int=7),
    email="ann@example.org",
    name="Ann",
    language="en",
    zone="Europe/Berlin",
    day_start=180,
    week_start="mon",
    role="admin",
    disabled=False,
    created_at=datetime(2031, 5, 5, tzinfo=UTC),
    version=4,
)


def test_what_is_not_given_stays() -> None:
    after = changed_by(ANN, ChangeProfile(name="", day_start=0))
    assert after == ANN.model_copy(update={"name": "", "day_start": 0, "version": 5})
    assert changed_by(ANN, ChangeProfile()) is ANN
    assert changed_by(ANN, ChangeProfile(name="Ann", zone="Europe/Berlin")) is ANN


def test_standing_changes_only_what_is_given() -> None:
    change = ChangeUser(user_id=ANN.user_id, disabled=True)
    assert changed_by(ANN, change) == ANN.model_copy(update={"disabled": True, "version": 5})
    assert changed_by(ANN, ChangeUser(user_id=ANN.user_id, role="admin")) is ANN


def test_a_change_needs_the_version_that_was_seen() -> None:
    check_version(4, None)
    check_version(4, 4)
    for other in (3, 5, 0):
        with pytest.raises(Conflict) as no:
            check_version(4, other)
        assert no.value.code == "version_conflict"


@given(
    st.booleans(),
    st.booleans(),
    st.integers(min_value=0, max_value=3),
    st.integers(min_value=0, max_value=3),
)
def test_people_are_never_left_without_an_admin(
    stays_admin: bool, disabled: bool, admins: int, more: int
) -> None:
    after = ANN.model_copy(
        update={"role": "admin" if stays_admin else "user", "disabled": disabled}
    )
    others = Others(people=admins + more, admins=admins)
    left = admins + may_administer(after)
    if left:
        keep_an_admin(ANN, after, others)
    else:
        with pytest.raises(Conflict):
            keep_an_admin(ANN, after, others)
    if admins or not others.people:
        leave_an_admin(ANN, others)
    else:
        with pytest.raises(Conflict):
            leave_an_admin(ANN, others)
    keep_an_admin(ANN.model_copy(update={"role": "user"}), after, others)
    leave_an_admin(ANN.model_copy(update={"disabled": True}), others)


@given(st.uuids())
def test_a_cursor_is_read_as_it_was_written(user_id: UUID) -> None:
    assert CURSORS.read(CURSORS.write(user_id)) == user_id
    assert CURSORS.read(None) is None


@given(st.text(max_size=40))
def test_any_other_cursor_is_refused(cursor: str) -> None:
    try:
        user_id = CURSORS.read(cursor)
    except Invalid:
        return
    assert user_id is not None
    assert CURSORS.write(user_id) == cursor


def test_a_profile_is_what_a_person_sets() -> None:
    assert profile_of(ANN).model_dump() == {
        name: getattr(ANN, name) for name in ("name", "language", "zone", "day_start", "week_start")
    }
