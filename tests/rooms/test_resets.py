"""Forgotten passwords, other addresses, and what the owner of an account is told by mail."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from pyotp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.addresses import ADDRESS_LIFE, UNDO_LIFE
from actors.auth.agents import family_of
from actors.auth.domain import GRACE
from actors.auth.post import MAX_FROM_USER, MAX_TO_ADDRESS
from actors.auth.resets import RESET_LIFE
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from contracts.accounts import BeginSession, OpenAccount
from contracts.addresses import ChangeEmail
from contracts.message import new_id
from contracts.passkeys import AddPasskey, BeginPasskey, ListPasskeys
from contracts.passwords import ChangePassword, ForgotPassword, ResetPassword, SetPassword
from contracts.personal_tokens import CreatePersonalToken, ListPersonalTokens
from contracts.principal import Principal
from contracts.registrations import Confirm, LookAtMailLink
from contracts.sessions import EndAllSessions, ListEndedSessions, Login, Refresh
from contracts.telegram import ChatChanged
from contracts.tokens import Device, Tokens
from contracts.totp import BeginTotp, ConfirmTotp
from contracts.users import ChangeProfile, ChangeUser, GetProfile
from storage.auth import identities
from storage.auth.identities import IdentityRow
from storage.outbox import tell
from storage.session import transaction
from tests.authenticator import Authenticator
from tests.rooms.mailing import BASE
from tests.rooms.people import ADMIN, AWAY, PASSWORD, code_of, login, register, who
from tests.rooms.posting import PostBox, post_box, token_in

NEXT = "a password that is new"

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def box(engine: AsyncEngine) -> AsyncIterator[PostBox]:
    async with post_box(engine) as opened:
        yield opened


async def forget(box: PostBox, email: str = "ann@example.org", device: Device = AWAY) -> None:
    """Ask for a new password."""
    await box.bus.ask(ForgotPassword(email=email, device=device))


def reset(token: str, password: str = NEXT) -> ResetPassword:
    """Set a new password by a link."""
    return ResetPassword(token=token, new_password=password)


async def test_a_new_password_ends_all_sessions_and_opens_none(box: PostBox) -> None:
    ann = await box.joined()
    await forget(box)
    mail = await box.one()
    assert (mail.recipient, mail.mail["Subject"]) == ("ann@example.org", "Set a new password")
    token = token_in(mail)
    assert (await box.bus.ask(LookAtMailLink(token=token))).purpose == "reset"
    assert await code_of(box.bus.ask(reset(token, "short"))) == "weak_password"
    assert await code_of(box.bus.ask(reset(token, "ann@example.org"))) == "weak_password"
    assert await code_of(box.bus.ask(Confirm(token=token))) == "link_void"
    await box.bus.ask(reset(token))
    assert ann.session_id in (await box.bus.ask(ListEndedSessions())).session_ids
    assert await code_of(box.bus.ask(Refresh(refresh_token=ann.refresh_token))) == "invalid_token"
    assert await code_of(login(box.bus)) == "wrong_credentials"
    await login(box.bus, NEXT)
    assert await code_of(box.bus.ask(reset(token))) == "link_void"
    subjects = {str(one.mail["Subject"]) for one in await box.arrived()}
    assert subjects == {"Your password was changed", "A new sign-in"}


async def test_nobody_learns_who_has_an_account(box: PostBox) -> None:
    await box.joined()
    for email in ("nobody@example.org", "no address", "ann@example.org"):
        await forget(box, email)
    assert [mail.recipient for mail in await box.arrived()] == ["ann@example.org"]


async def test_few_links_are_mailed_and_one_voids_all(box: PostBox) -> None:
    await box.joined()
    for number in range(MAX_TO_ADDRESS + 3):
        await forget(box, device=Device(address=f"192.0.2.{number}"))
    tokens = [token_in(mail) for mail in await box.arrived()]
    assert len({*tokens}) == MAX_TO_ADDRESS
    codes = await asyncio.gather(*(code_of(box.bus.ask(reset(one))) for one in tokens))
    assert sorted(codes) == ["", *["link_void"] * (MAX_TO_ADDRESS - 1)]


async def test_a_link_is_void_after_half_an_hour_or_a_change_of_password(box: PostBox) -> None:
    ann = await box.joined()
    await forget(box)
    token = await box.token()
    box.later(RESET_LIFE)
    assert await code_of(box.bus.ask(reset(token))) == "link_void"
    await forget(box)
    token = await box.token()
    change = ChangePassword(password=PASSWORD, new_password=NEXT)
    await box.bus.ask(change, who(ann))
    assert await code_of(box.bus.ask(reset(token, "another one again"))) == "link_void"


async def test_a_second_factor_is_asked_for_all_the_same(box: PostBox) -> None:
    ann = await box.joined()
    begun = await box.bus.ask(BeginTotp(), fresh(ann))
    await box.bus.ask(ConfirmTotp(code=TOTP(begun.secret).now()), fresh(ann))
    assert (await box.one()).mail["Subject"] == "How you sign in was changed"
    await forget(box)
    await box.bus.ask(reset(await box.token()))
    assert await code_of(login(box.bus, NEXT)) == "otp_required"


def fresh(tokens: Tokens) -> Principal:
    """Return whom tokens name, who has just shown who they are."""
    return who(tokens).model_copy(update={"auth_time": int(time.time())})


async def test_who_may_not_come_in_gets_no_link(box: PostBox) -> None:
    ann = await box.joined()
    await box.bus.ask(ChangeUser(user_id=ann.user_id, disabled=True), ADMIN)
    await box.carry()
    await forget(box)
    assert await box.arrived() == []


async def test_the_operator_sets_a_password(box: PostBox, engine: AsyncEngine) -> None:
    ann = await box.joined()
    ops, telegram = RoomBus(box.bus, "ops", engine), RoomBus(box.bus, "telegram", engine)
    proof = await telegram.prove(SetPassword, ann.user_id)
    command = SetPassword(proof=proof, new_password=NEXT)
    assert await code_of(box.bus.ask(command)) == "may_not_act"
    proof = await ops.prove(OpenAccount, ann.user_id)
    assert await code_of(box.bus.ask(SetPassword(proof=proof, new_password=NEXT))) == (
        "invalid_proof"
    )
    proof = await ops.prove(SetPassword, ann.user_id)
    await box.bus.ask(SetPassword(proof=proof, new_password=NEXT))
    await login(box.bus, NEXT)
    proof = await ops.prove(SetPassword, new_id())
    assert await code_of(box.bus.ask(SetPassword(proof=proof, new_password=NEXT))) == (
        "account_not_found"
    )


# -- another address ------------------------------------------------------------------------------


async def test_an_address_is_another_once_it_is_confirmed(box: PostBox) -> None:
    ann = await box.joined()
    stale = who(ann).model_copy(update={"auth_time": int(time.time()) - 601})
    assert await code_of(box.bus.ask(ChangeEmail(email="new@example.org"), stale)) == (
        "proof_required"
    )
    await box.bus.ask(ChangeEmail(email="New@example.org"), fresh(ann))
    mail = await box.one()
    assert (mail.recipient, mail.mail["Subject"]) == ("new@example.org", "Confirm your new address")
    assert (await box.bus.ask(GetProfile(), who(ann))).email == "ann@example.org"
    await login(box.bus)
    await box.arrived()
    await box.bus.ask(Confirm(token=token_in(mail)))
    undo = await box.one()
    assert (undo.recipient, undo.mail["Subject"]) == ("ann@example.org", "Your address was changed")
    assert "new@example.org" not in undo.part("html")
    assert (await box.bus.ask(GetProfile(), who(ann))).email == "new@example.org"
    assert await code_of(login(box.bus)) == "wrong_credentials"
    await box.bus.ask(Login(email="new@example.org", password=PASSWORD))
    await forget(box, "new@example.org")
    arrived = [mail.recipient for mail in await box.arrived()]
    assert {*arrived} == {"new@example.org"}
    for other in (token_in(mail), token_in(undo)):  # each link is for one thing
        assert await code_of(box.bus.ask(reset(other))) == "link_void"
    # The old address has a way back, which ends whatever whoever did this has opened.
    await box.bus.ask(Confirm(token=token_in(undo)))
    await box.carry()
    assert await code_of(box.bus.ask(Refresh(refresh_token=ann.refresh_token))) == "invalid_token"
    assert (await login(box.bus)).user_id == ann.user_id
    assert await code_of(box.bus.ask(Confirm(token=token_in(undo)))) == "link_void"


async def test_who_had_the_address_first_has_the_last_word(box: PostBox) -> None:
    ann = await box.joined()
    ways = []
    for email in ("second@example.org", "third@example.org"):
        await box.bus.ask(ChangeEmail(email=email), fresh(ann))
        await box.bus.ask(Confirm(token=await box.token()))
        ways.append(token_in(await box.one()))
    first, second = ways
    await box.bus.ask(Confirm(token=second))
    await box.bus.ask(Confirm(token=first))
    await login(box.bus)
    await box.carry()
    assert await code_of(box.bus.ask(Confirm(token=second))) == "link_void"
    assert (await box.bus.ask(GetProfile(), who(ann))).email == "ann@example.org"


async def test_the_way_back_is_open_for_some_days(box: PostBox) -> None:
    ann = await box.joined()
    await box.bus.ask(ChangeEmail(email="new@example.org"), fresh(ann))
    await box.bus.ask(Confirm(token=await box.token()))
    undo = token_in(await box.one())
    box.later(UNDO_LIFE)
    assert await code_of(box.bus.ask(Confirm(token=undo))) == "link_void"


async def test_the_way_back_takes_away_every_way_in_that_was_added(
    box: PostBox, engine: AsyncEngine
) -> None:
    ann = await box.joined()

    async def added(name: str) -> None:
        made = CreatePersonalToken(name=name, scopes=("habits:read",))
        await box.bus.ask(made, fresh(ann))
        options = (await box.bus.ask(BeginPasskey(), fresh(ann))).public_key
        credential = Authenticator(origin=BASE).create(options)
        await box.bus.ask(AddPasskey(name=name, credential=credential), fresh(ann))
        now = datetime.now(UTC)
        row = IdentityRow(new_id(), ann.user_id, "https://id.example.org", name, "", now, None)
        async with transaction(engine) as tx:
            assert await identities.add(tx, ann.user_id, row)

    await added("mine")
    box.later(ADDRESS_LIFE)
    await box.bus.ask(ChangeEmail(email="thief@example.org"), fresh(ann))
    await added("a thief's")
    (asked,) = [one for one in await box.arrived() if one.recipient == "thief@example.org"]
    await box.bus.ask(Confirm(token=token_in(asked)))
    undo = token_in(await box.one())
    begun = await box.bus.ask(BeginTotp(), fresh(ann))
    await box.bus.ask(ConfirmTotp(code=TOTP(begun.secret).now()), fresh(ann))
    await box.bus.ask(Confirm(token=undo))
    await box.carry()
    again = await login(box.bus)  # without a code
    tokens = (await box.bus.ask(ListPersonalTokens(), who(again))).tokens
    passkeys = (await box.bus.ask(ListPasskeys(), who(again))).passkeys
    async with transaction(engine) as tx:
        linked = await identities.list_of(tx, ann.user_id)
    assert [one.name for one in tokens] == ["mine"]
    assert [one.name for one in passkeys] == ["mine"]
    assert [one.subject for one in linked] == ["mine"]


@pytest.mark.parametrize(
    "ends", [ChangePassword(password=PASSWORD, new_password=NEXT), EndAllSessions(but_this=True)]
)
async def test_a_change_that_waits_ends_with_the_sessions(
    box: PostBox, ends: ChangePassword | EndAllSessions
) -> None:
    ann = await box.joined()
    await box.bus.ask(ChangeEmail(email="thief@example.org"), fresh(ann))
    token = await box.token()
    await box.bus.ask(ends, fresh(ann))
    assert await code_of(box.bus.ask(Confirm(token=token))) == "link_void"
    assert (await box.bus.ask(GetProfile(), who(ann))).email == "ann@example.org"


async def test_without_a_mail_server_the_address_is_changed_at_once(bus: LocalBus) -> None:
    ann = await register(bus)
    for _ in range(2):
        asked = await bus.ask(ChangeEmail(email="new@example.org"), who(ann))
        assert not asked.mailed
    await bus.ask(Login(email="new@example.org", password=PASSWORD))


async def test_a_taken_address_is_not_told(box: PostBox) -> None:
    ann, bob = await box.joined(), await box.joined("bob@example.org")
    free = await box.bus.ask(ChangeEmail(email="new@example.org"), fresh(ann))
    taken = await box.bus.ask(ChangeEmail(email="bob@example.org"), fresh(ann))
    assert free == taken
    mails = {mail.recipient: mail for mail in await box.arrived()}
    assert mails["bob@example.org"].mail["Subject"] == "You have an account already"
    # The link before is void: only the newest address that was named can be confirmed.
    assert await code_of(box.bus.ask(Confirm(token=token_in(mails["new@example.org"])))) == (
        "link_void"
    )
    assert (await box.bus.ask(GetProfile(), who(bob))).email == "bob@example.org"


async def test_nobody_writes_to_many_strangers(box: PostBox) -> None:
    ann = await box.joined()
    commands = [ChangeEmail(email=f"{n}@example.net") for n in range(MAX_FROM_USER + 1)]
    codes = [await code_of(box.bus.ask(one, fresh(ann))) for one in commands]
    assert codes == [*[""] * MAX_FROM_USER, "too_many_mails"]
    assert len(await box.arrived()) == MAX_FROM_USER


async def test_of_two_who_want_an_address_one_gets_it(box: PostBox) -> None:
    ann, bob = await box.joined(), await box.joined("bob@example.org")
    tokens = []
    for one in (ann, bob):
        await box.bus.ask(ChangeEmail(email="new@example.org"), fresh(one))
        tokens.append(await box.token())
    codes = await asyncio.gather(*(code_of(box.bus.ask(Confirm(token=one))) for one in tokens))
    assert sorted(codes) == ["", "email_taken"]


# -- notices --------------------------------------------------------------------------------------


async def test_a_new_device_is_told_of_and_a_known_one_is_not(box: PostBox) -> None:
    ann = await box.joined()
    russian = ChangeProfile(language="ru", zone="Europe/Moscow")
    await box.bus.ask(russian, who(ann))
    await box.carry()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    device = Device(address="198.51.100.9", agent=firefox)
    tokens = await login(box.bus, device=device)
    mail = await box.one()
    assert mail.mail["Subject"] == "Новый вход"
    words = mail.part("plain")
    assert "Firefox, Linux" in words
    assert "5 мая, 15:00" in words
    assert "198.51" not in words
    command = Login(
        email="ann@example.org",
        password=PASSWORD,
        device=device,
        device_token=tokens.device_token,
    )
    await box.bus.ask(command)
    assert await box.arrived() == []


async def test_a_vouched_sign_in_by_another_program_is_told_of(
    box: PostBox, engine: AsyncEngine
) -> None:
    ann = await box.joined()
    telegram = RoomBus(box.bus, "telegram", engine)
    for agent, told in (("curl/8", 1), ("curl/9", 0)):
        proof = await telegram.prove(BeginSession, ann.user_id)
        await box.bus.ask(BeginSession(proof=proof, device=Device(agent=agent)))
        assert len(await box.arrived()) == told


async def test_a_chat_that_is_linked_is_told_of(box: PostBox, engine: AsyncEngine) -> None:
    ann = await box.joined()
    begun = ChatChanged(user_id=ann.user_id, version=1, name="Thief", linked=True, new=True)
    again = ChatChanged(user_id=ann.user_id, version=2, name="Thief", linked=True)
    ended = ChatChanged(user_id=ann.user_id, version=3, name="", linked=False)
    for fact, said in (
        (begun, "was linked"),
        (again, None),
        (ended, "is linked to your account no"),
    ):
        async with transaction(engine) as tx:
            await tell(tx, fact)
        mails = [mail.part("plain") for mail in await box.arrived()]
        assert len(mails) == (said is not None)
        assert all("A chat in Telegram" in mail and str(said) in mail for mail in mails)
        assert not any("Thief" in mail for mail in mails)


async def test_who_has_no_address_is_told_in_their_chat(box: PostBox, engine: AsyncEngine) -> None:
    telegram, user_id = RoomBus(box.bus, "telegram", engine), new_id()
    await box.bus.ask(OpenAccount(proof=await telegram.prove(OpenAccount, user_id)))
    proof = await telegram.prove(BeginSession, user_id)
    await box.bus.ask(BeginSession(proof=proof, device=Device(agent="curl/8")))
    async with transaction(engine) as tx:
        bodies = (await tx.execute(text("SELECT body FROM bus.outbox"))).scalars().all()
    told = [json.loads(one) for one in bodies if "new_sign_in" in one]
    assert [(one["channels"], one["email"]) for one in told] == [(["telegram"], None)]
    assert await box.arrived() == []


async def test_a_program_does_not_write_the_letter(box: PostBox) -> None:
    await box.joined()
    await login(box.bus, device=Device(agent="call +1 555 to win\r\nBcc: x@example.org"))
    words = (await box.one()).part("plain")
    assert "555" not in words
    assert "an unknown program" in words


async def test_a_replayed_token_is_told_of_once(box: PostBox) -> None:
    ann = await box.joined()
    await box.bus.ask(Refresh(refresh_token=ann.refresh_token))
    box.later(GRACE)
    for code in ("token_reused", "invalid_token"):
        assert await code_of(box.bus.ask(Refresh(refresh_token=ann.refresh_token))) == code
    assert (await box.one()).mail["Subject"] == "A session was ended"


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("", ""),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Safari/604.1",
            "Chrome, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Firefox/127.0", "Firefox, Android"),
        ("curl/8.5.0", "curl"),
        ("<b>hello</b>", ""),
    ],
)
async def test_programs_are_named_by_their_family(agent: str, family: str) -> None:
    assert family_of(agent) == family
