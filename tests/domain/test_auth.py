"""The rules of accounts, sessions and tokens."""

import unicodedata
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.auth.domain import (
    ABSOLUTE,
    IDLE,
    LONGEST,
    SHORTEST,
    Bearer,
    checked_email,
    claims,
    clean_email,
    digest,
    expiry,
    same_form,
    successor,
    weakness,
)
from contracts.message import Invalid

EMAIL = "ann@example.org"
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        ("ann+tag@example.org", "ann+tag@example.org"),
        ("аня@пример.рф", "аня@пример.рф"),
        ("ann@xn--e1afmkfd.xn--p1ai", "ann@пример.рф"),
        ("cafe\u0301@example.org", "caf\u00e9@example.org"),
    ],
)
def test_an_address_has_one_form(given: str, kept: str) -> None:
    assert clean_email(given) == checked_email(given) == kept
    assert clean_email(kept) == kept


@pytest.mark.parametrize(
    "given",
    ["", "ann", "ann@", "@example.org", "a b@example.org", "ann@example.org\0", "ann@example..org"]
    + ["ann@example.org\n", "Ann <ann@example.org>", "ann@[127.0.0.1]"],
)
def test_what_is_no_address(given: str) -> None:
    assert clean_email(given) is None
    with pytest.raises(Invalid) as no:
        checked_email(given)
    assert (no.value.code, no.value.fields[0].pointer) == ("invalid_email", "/email")


@given(st.text(max_size=SHORTEST - 1) | st.text(min_size=LONGEST + 1, max_size=LONGEST + 50))
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    if same_form(password) == password:
        assert weakness(password, EMAIL) is not None


@given(st.text(max_size=150))
def test_a_password_has_one_form_and_loses_nothing(password: str) -> None:
    assert same_form(unicodedata.normalize("NFD", password)) == same_form(password)
    assert same_form(same_form(password)) == same_form(password)


@given(MOMENTS, st.timedeltas(timedelta(0), ABSOLUTE))
def test_a_session_ends_after_both_limits(began: datetime, later: timedelta) -> None:
    ends = expiry(began, began + later)
    assert ends <= began + ABSOLUTE
    assert ends <= began + later + IDLE
    assert ends in {began + ABSOLUTE, began + later + IDLE}


@given(st.text(max_size=100), st.binary(min_size=32, max_size=32))
def test_a_token_has_one_successor_of_256_bits(token: str, salt: bytes) -> None:
    following = successor(token, salt)
    assert following == successor(token, salt)
    assert len(urlsafe_b64decode(following + "=")) == 32
    assert following != successor(token + "x", salt)
    assert following != successor(token, salt + b"x")
    assert following != token
    assert digest(following) != digest(token)


@pytest.mark.parametrize(("role", "scope"), [("user", "user"), ("admin", "user admin")])
def test_claims_last_ten_minutes_and_name_the_scopes(role: str, scope: str) -> None:
    now = datetime(2031, 5, 5, 12, tzinfo=UTC)
    bearer = Bearer(UUID(int=1), UUID(int=2), role, now - timedelta(days=2))
    made = claims(bearer, now, UUID(int=3))
    assert made["exp"] - made["iat"] == 600
    assert made["iat"] - made["auth_time"] == 2 * 86400
    assert (made["sub"], made["sid"], made["scope"]) == (str(UUID(int=1)), str(UUID(int=2)), scope)
