"""Which new passwords are refused: common ones, rows of keys, and what repeats itself."""

import random
import secrets
import string
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.auth.domain import (
    LONGEST,
    SHORTEST,
    is_row_of_keys,
    same_form,
    unit_of,
    weakness,
)
from actors.auth.password_blocklist import FILE, Blocklist, written
from actors.auth.password_policy import PasswordPolicy
from contracts.message import Invalid
from ops.password_blocklist import chosen

EMAIL = "ann@example.org"
GOOD = "correct horse battery staple"

COMMON = (
    "password1 12345678 qwerty123 iloveyou sunshine football1 trustno1 superman starwars"
    " letmein123 welcome1 monkey123 dragon123 princess1 baseball michelle jennifer computer"
    " corvette mercedes abcd1234 1q2w3e4r 1qaz2wsx zaq12wsx q1w2e3r4 p@ssw0rd passw0rd changeme"
    " internet liverpool whatever chocolate butterfly elizabeth alexander metallica elephant"
    " blink182 йцукенгш пароль123 парольпароль привет123 наташа123"
)
ROWS = (
    "asdfghjkl qwertyuiop zxcvbnmasdf lkjhgfdsa 987654321 qweasdzxc qwe123rty456"
    " Йцукенгшщз ячсмитьбю абвгдежз жёедгвба ежзийклм"
)
REPEATED = ("zzzzzzzz", "abababab", "abcabcab", "xK9#qLpxK9#qLp", "\N{SNOWMAN}" * 9, "да" * 10)
WORDS = st.text(min_size=SHORTEST, max_size=LONGEST)

policy = PasswordPolicy()


async def why(password: str) -> str:
    """Return why a new password is refused; empty if it is not."""
    try:
        kept = await policy.checked(password, EMAIL, "/new_password")
    except Invalid as no:
        refusal = no.refusal()
        assert (refusal.code, refusal.fields[0].pointer) == ("weak_password", "/new_password")
        assert password not in refusal.model_dump_json()
        return refusal.fields[0].detail
    assert kept == same_form(password)
    return ""


@pytest.mark.asyncio
@pytest.mark.parametrize("password", COMMON.split())
async def test_what_everybody_tries_is_refused(password: str) -> None:
    for form in (password, password.upper(), password.title(), 2 * password):
        assert await why(form)


@pytest.mark.asyncio
@pytest.mark.parametrize("password", COMMON.split()[::7])
async def test_what_only_looks_another_is_refused(password: str) -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) if one.isascii() else one for one in password)
    for form in (wide, f"  {password} ", f"{password}\u200b", f"\ufeff{password}"):
        assert await why(form)


@pytest.mark.asyncio
@pytest.mark.parametrize("password", [*ROWS.split(), *REPEATED])
async def test_rows_of_keys_and_what_repeats_itself_are_refused(password: str) -> None:
    assert await why(password)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "Tr0ub4dor&3x",
        "мама мыла раму зимой",
        "qwert dvorak colemak",
        "asd is not jkl;",
        "日本語のパスワード例",
    ],
)
async def test_other_passwords_will_do(password: str) -> None:
    assert await why(password) == ""


@pytest.mark.asyncio
async def test_few_random_passwords_are_taken_for_common_ones() -> None:
    common = Blocklist()
    letters = string.ascii_letters + string.digits
    tried = 20_000
    wrong = [
        word
        for word in ("".join(secrets.choice(letters) for _ in range(10)) for _ in range(tried))
        if await common.holds(word)
    ]
    assert len(wrong) <= tried // 1000


def test_the_list_is_as_long_as_it_says_and_sorted() -> None:
    held = FILE.read_bytes()
    sums = [held[place : place + 4] for place in range(0, len(held), 4)]
    assert 99_900 <= len(sums) <= 100_000
    assert sums == sorted(set(sums))


def test_a_list_is_written_from_lists() -> None:
    words = list(chosen([["Password1", "short", "password1"], ["password1", "another1"]]))
    assert words == ["password1", "another1"]
    held = written(words)
    assert len(held) == 2 * array("I").itemsize


@given(WORDS)
def test_any_password_of_its_own_will_do(password: str) -> None:
    if len(unit_of(password)) >= SHORTEST and not is_row_of_keys(password):
        assert weakness(password, EMAIL) is None


@given(st.text(min_size=1, max_size=7), st.integers(2, 20), st.integers(0, 6))
def test_what_is_short_stays_short_however_often_it_is_said(
    word: str, times: int, more: int
) -> None:
    said = (word * times) + word[: more % len(word)]
    assert len(unit_of(said)) <= len(word)
    assert weakness(said, EMAIL) is not None


@given(st.randoms(use_true_random=False))
def test_a_password_among_others_is_no_row(chance: random.Random) -> None:
    assert not is_row_of_keys("".join(chance.sample("qzmpwxnoeirt", 3)) + " is no row")
