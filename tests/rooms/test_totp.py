"""The second factor by an app, over a bus."""

import asyncio
from datetime import UTC, datetime

import pytest
import time_machine
from pyotp import TOTP, parse_uri
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from contracts.message import Unauthenticated
from contracts.passwords import SetPassword
from contracts.sessions import Login, Refresh
from contracts.tokens import Device, Tokens
from contracts.totp import (
    BeginTotp,
    ConfirmTotp,
    DropTotp,
    GetTotp,
    RemoveTotp,
    RenewRecoveryCodes,
)
from contracts.users import UserDeleted
from tests.rooms.people import HOME, PASSWORD, TRIES, Carry, code_of, register, who

pytestmark = pytest.mark.asyncio

START = datetime(2031, 5, 5, 12, 0, 10, tzinfo=UTC)
"""Ten seconds after a step has begun."""


@pytest.fixture
def clock() -> time_machine.travel:
    return time_machine.travel(START, tick=False)


def login(otp: str | None, device: Device = HOME, password: str = PASSWORD) -> Login:
    return Login(email="ann@example.org", password=password, otp=otp, device=device)


async def turn_on(bus: LocalBus, ann: Tokens) -> tuple[TOTP, tuple[str, ...]]:
    """Turn the second factor on; return the app and the recovery codes."""
    begun = await bus.ask(BeginTotp(), who(ann))
    app = TOTP(begun.secret)
    codes = (await bus.ask(ConfirmTotp(code=app.now()), who(ann))).codes
    return app, codes


async def test_a_code_is_needed_once_it_is_on(bus: LocalBus, clock: time_machine.travel) -> None:
    ann = await register(bus)
    with clock as time:
        begun = await bus.ask(BeginTotp(), who(ann))
        app = parse_uri(begun.uri)
        assert (app.secret, app.issuer, app.name) == (begun.secret, "Ritmo", "ann@example.org")
        assert not (await bus.ask(GetTotp(), who(ann))).on
        await bus.ask(login(None))  # it counts once it is confirmed
        assert await code_of(bus.ask(ConfirmTotp(code="000000"), who(ann))) == "wrong_otp"
        assert await code_of(bus.ask(ConfirmTotp(code="٠١٢٣٤٥"), who(ann))) == "wrong_otp"
        codes = (await bus.ask(ConfirmTotp(code=TOTP(begun.secret).now()), who(ann))).codes
        assert len(set(codes)) == 10
        shown = await bus.ask(GetTotp(), who(ann))
        assert (shown.on, shown.recovery_codes, shown.since) == (True, 10, START)
        for none in (None, ""):
            assert await code_of(bus.ask(login(none))) == "otp_required"
        # The code that confirmed is used up.
        assert await code_of(bus.ask(login(TOTP(begun.secret).now()))) == "wrong_otp"
        time.shift(30)
        code = TOTP(begun.secret).now()
        assert (await bus.ask(login(f" {code[:3]} {code[3:]}"))).user_id == ann.user_id
        assert await code_of(bus.ask(ConfirmTotp(code=code), who(ann))) == "totp_not_begun"


async def test_only_who_knows_the_password_learns_of_it(
    bus: LocalBus, clock: time_machine.travel
) -> None:
    with clock:
        app, _ = await turn_on(bus, await register(bus))
        refusals = []
        for email, otp in (
            ("ann@example.org", None),
            ("ann@example.org", app.at(START, counter_offset=1)),
            ("nobody@example.org", None),
        ):
            with pytest.raises(Unauthenticated) as no:
                await bus.ask(Login(email=email, password="something wrong", otp=otp))
            refusals.append(no.value.refusal())
        assert refusals == [refusals[0]] * 3
        assert refusals[0].code == "wrong_credentials"


@pytest.mark.parametrize(
    ("seconds", "steps", "counts"),
    [(0, -1, True), (4, -1, True), (5, -1, False), (29, -1, False), (0, -2, False), (0, 1, False)],
)
async def test_a_code_counts_for_its_step_and_five_seconds(
    bus: LocalBus, seconds: int, steps: int, counts: bool
) -> None:
    with time_machine.travel(START, tick=False) as time:
        app, _ = await turn_on(bus, await register(bus))
        time.move_to(START.replace(minute=3, second=0))
        now = datetime.now(UTC)
        time.shift(seconds)
        code = app.at(now, counter_offset=steps)
        assert await code_of(bus.ask(login(code))) == ("" if counts else "wrong_otp")


async def test_a_code_counts_once_however_many_try_it(
    bus: LocalBus, clock: time_machine.travel
) -> None:
    with clock as time:
        app, _ = await turn_on(bus, await register(bus))
        time.shift(60)
        code = app.now()
        devices = [Device(address=f"198.51.{n}.9") for n in range(5)]
        codes = await asyncio.gather(*(code_of(bus.ask(login(code, one))) for one in devices))
        assert sorted(codes) == ["", *["wrong_otp"] * 4]
        # What is older than the last one that counted is over, too.
        time.shift(31)
        await bus.ask(login(app.now()))
        time.shift(-30)
        assert await code_of(bus.ask(login(app.at(datetime.now(UTC))))) == "wrong_otp"


async def test_recovery_codes_count_once(bus: LocalBus, clock: time_machine.travel) -> None:
    ann = await register(bus)
    with clock:
        _, codes = await turn_on(bus, ann)
        twice = await asyncio.gather(*(code_of(bus.ask(login(codes[0]))) for _ in range(3)))
        assert sorted(twice) == ["", "wrong_otp", "wrong_otp"]
        await bus.ask(login(codes[1].upper().replace("-", " ")))
        assert (await bus.ask(GetTotp(), who(ann))).recovery_codes == 8
        renewed = (await bus.ask(RenewRecoveryCodes(), who(ann))).codes
        assert not set(renewed) & set(codes)
        assert await code_of(bus.ask(login(codes[2]))) == "wrong_otp"
        await bus.ask(login(renewed[0]))


async def test_nobody_uses_the_codes_of_another(bus: LocalBus, clock: time_machine.travel) -> None:
    with clock as time:
        await turn_on(bus, await register(bus))
        bob = await register(bus, "bob@example.org")
        app, codes = await turn_on(bus, bob)
        time.shift(30)
        assert await code_of(bus.ask(login(codes[0]))) == "wrong_otp"
        assert await code_of(bus.ask(login(app.now()))) == "wrong_otp"
        assert (await bus.ask(GetTotp(), who(bob))).recovery_codes == 10


async def test_guessing_codes_is_slowed_from_wherever(
    bus: LocalBus, clock: time_machine.travel
) -> None:
    with clock as time:
        app, _ = await turn_on(bus, await register(bus))
        for n in range(TRIES):
            guess = login(f"{n:06}", Device(address=f"198.51.{n}.9"))
            assert await code_of(bus.ask(guess)) == "wrong_otp"
        far = Device(address="203.0.113.9")
        assert await code_of(bus.ask(login("123456", far))) == "too_many_attempts"
        # To be asked for a code is no wrong try.
        for _ in range(TRIES + 1):
            assert await code_of(bus.ask(login(None, far))) == "otp_required"
        time.shift(61)
        await bus.ask(login(app.now(), far))


async def test_another_app_takes_over_once_it_is_confirmed(
    bus: LocalBus, clock: time_machine.travel
) -> None:
    ann = await register(bus)
    with clock as time:
        old, codes = await turn_on(bus, ann)
        begun = await bus.ask(BeginTotp(), who(ann))
        time.shift(30)
        assert await code_of(bus.ask(login(TOTP(begun.secret).now()))) == "wrong_otp"
        await bus.ask(login(old.now()))
        time.shift(30)
        await bus.ask(ConfirmTotp(code=TOTP(begun.secret).now()), who(ann))
        time.shift(30)
        assert await code_of(bus.ask(login(old.now()))) == "wrong_otp"
        assert await code_of(bus.ask(login(codes[0]))) == "wrong_otp"
        await bus.ask(login(TOTP(begun.secret).now()))


async def test_it_is_turned_off(bus: LocalBus, clock: time_machine.travel) -> None:
    ann = await register(bus)
    with clock:
        assert await code_of(bus.ask(RenewRecoveryCodes(), who(ann))) == "totp_off"
        await turn_on(bus, ann)
        await bus.ask(DropTotp(), who(ann))
        assert not (await bus.ask(GetTotp(), who(ann))).on
        await bus.ask(login(None))


async def test_who_is_gone_leaves_no_factor(
    bus: LocalBus, engine: AsyncEngine, carry: Carry, clock: time_machine.travel
) -> None:
    from storage.outbox import tell

    ann = await register(bus)
    with clock:
        await turn_on(bus, ann)
        async with engine.begin() as tx:
            await tell(tx, UserDeleted(user_id=ann.user_id))
        await carry()
    async with engine.begin() as tx:
        for table in ("totp", "recovery_codes"):
            rows = await tx.execute(text(f"SELECT count(*) FROM auth.{table}"))
            assert rows.scalar_one() == 0


async def test_a_seed_that_is_lost_leaves_the_factor_on(
    bus: LocalBus, engine: AsyncEngine, clock: time_machine.travel
) -> None:
    with clock as time:
        app, codes = await turn_on(bus, await register(bus))
        async with engine.begin() as tx:
            await tx.execute(text("UPDATE auth.totp SET seed = NULL"))
        time.shift(30)
        assert await code_of(bus.ask(login(None))) == "otp_required"
        assert await code_of(bus.ask(login(app.now()))) == "wrong_otp"
        await bus.ask(login(codes[0]))


async def test_neither_seed_nor_codes_lie_in_the_database(
    bus: LocalBus, engine: AsyncEngine, clock: time_machine.travel
) -> None:
    with clock:
        _, codes = await turn_on(bus, await register(bus))
        async with engine.begin() as tx:
            seeds = (await tx.execute(text("SELECT seed FROM auth.totp"))).scalars().all()
            hashes = (await tx.execute(text("SELECT hash FROM auth.recovery_codes"))).scalars()
            assert [len(seed) > 20 and seed.startswith(b"sealed:") for seed in seeds] == [True]
            kept = b"".join(hashes)
        assert not [code for code in codes if code.replace("-", "").encode() in kept]


async def test_the_operator_lets_in_who_has_lost_app_and_codes(
    bus: LocalBus, engine: AsyncEngine, clock: time_machine.travel
) -> None:
    with clock:
        ann = await register(bus)
        ops, telegram = RoomBus(bus, "ops", engine), RoomBus(bus, "telegram", engine)
        command = RemoveTotp(proof=await ops.prove(RemoveTotp, ann.user_id))
        assert await code_of(bus.ask(command)) == "totp_off"
        await turn_on(bus, ann)
        assert await code_of(bus.ask(login(None))) == "otp_required"
        stolen = RemoveTotp(proof=await telegram.prove(RemoveTotp, ann.user_id))
        assert await code_of(bus.ask(stolen)) == "may_not_act"
        other = RemoveTotp(proof=await ops.prove(SetPassword, ann.user_id))
        assert await code_of(bus.ask(other)) == "invalid_proof"
        await bus.ask(RemoveTotp(proof=await ops.prove(RemoveTotp, ann.user_id)))
        assert await code_of(bus.ask(Refresh(refresh_token=ann.refresh_token))) == "invalid_token"
        await bus.ask(login(None))
