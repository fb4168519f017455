"""Sign-ins by an OpenID Connect provider, over a bus, against a small real one."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth import oidc
from actors.auth.oidc import AGAIN_SECONDS
from actors.auth.room import room as auth
from actors.auth.tools import tools
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.identities import (
    BeginOidc,
    BeginOidcLink,
    DropIdentity,
    LinkIdentity,
    ListIdentities,
    OidcSignIn,
    OidcStart,
)
from contracts.message import NotFound, Unavailable
from contracts.tokens import Device, Tokens
from contracts.users import ChangeUser
from tests.oidc_provider import CLIENT, SECRET, Provider, provider
from tests.rooms.people import ADMIN, Carry, code_of, profile, register, who
from tests.rooms.posting import post_box

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def there(bus: LocalBus) -> AsyncIterator[Provider]:
    """Run a provider, and configure it."""
    async with provider() as running:
        await auth.open(
            Settings(
                oidc_issuer=f"{running.issuer}/",
                oidc_client_id=CLIENT,
                oidc_client_secret=SECRET,
                base_url="https://ritmo.example.org",
            )
        )
        yield running


def back(there: Provider, start: OidcStart) -> dict[str, Any]:
    return {**there.visit(start.url), "verifier": start.verifier}


async def link(bus: LocalBus, there: Provider, whose: Tokens) -> None:
    start = await bus.ask(BeginOidcLink(), who(whose))
    await bus.ask(LinkIdentity(**back(there, start)), who(whose))


async def sign_in(bus: LocalBus, there: Provider) -> Tokens:
    return await bus.ask(OidcSignIn(**back(there, await bus.ask(BeginOidc()))))


async def test_who_is_linked_signs_in(bus: LocalBus, there: Provider) -> None:
    ann = await register(bus)
    assert await code_of(sign_in(bus, there)) == "identity_unknown"
    await link(bus, there, ann)
    for _ in range(2):
        assert (await sign_in(bus, there)).user_id == ann.user_id
    (one,) = (await bus.ask(ListIdentities(), who(ann))).identities
    assert (one.issuer, one.email) == (there.issuer, "ann@provider.example.org")
    assert one.used_at is not None
    assert there.asked == ["configuration", "keys"]
    bob = await register(bus, "bob@example.org")
    assert await code_of(link(bus, there, bob)) == "identity_taken"
    with pytest.raises(NotFound):
        await bus.ask(DropIdentity(identity_id=one.identity_id), who(bob))
    await bus.ask(DropIdentity(identity_id=one.identity_id), who(ann))
    assert await code_of(sign_in(bus, there)) == "identity_unknown"


async def test_an_address_alone_links_nothing(bus: LocalBus, there: Provider) -> None:
    await register(bus)
    there.claims = {"email": "ann@example.org"}
    assert await code_of(sign_in(bus, there)) == "identity_unknown"


PAST = int(time.time()) - 3600


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://other.example.org"},
        {"aud": "another"},
        {"aud": ["ritmo", "another"]},
        {"azp": "another"},
        {"exp": PAST},
        {"iat": int(time.time()) + 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a\u0000b"},
        {"sub": "a" * 256},
        {"exp": None},
    ],
)
async def test_an_id_token_that_lies_is_not_believed(
    bus: LocalBus, there: Provider, lie: dict[str, Any]
) -> None:
    ann = await register(bus)
    await link(bus, there, ann)
    there.claims = lie
    assert await code_of(sign_in(bus, there)) == "wrong_identity"
    assert await code_of(link(bus, there, ann)) == "identity_unfit"
    there.claims = {}
    await sign_in(bus, there)


async def test_only_keys_of_the_provider_sign(bus: LocalBus, there: Provider) -> None:
    await link(bus, there, await register(bus))
    there.signs_with = rsa.generate_private_key(65537, 2048)
    assert await code_of(sign_in(bus, there)) == "wrong_identity"
    public = there.key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (SECRET.encode(), pem):
        there.algorithm, there.signs_with = "HS256", secret
        assert await code_of(sign_in(bus, there)) == "wrong_identity"
    there.algorithm, there.signs_with = "none", ""
    assert await code_of(sign_in(bus, there)) == "wrong_identity"


async def test_new_keys_are_looked_up(
    bus: LocalBus, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(bus, there, await register(bus))
    there.key, there.kid = rsa.generate_private_key(65537, 2048), "second"
    assert await code_of(sign_in(bus, there)) == "wrong_identity"  # not asked at every turn
    learned = tools.provider._learned
    assert learned is not None
    object.__setattr__(learned, "at", learned.at - AGAIN_SECONDS)
    await sign_in(bus, there)


async def test_an_attempt_counts_once_for_who_began_it(bus: LocalBus, there: Provider) -> None:
    ann, bob = await register(bus), await register(bus, "bob@example.org")
    await link(bus, there, ann)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        came = OidcSignIn(**back(there, await bus.ask(BeginOidc())))
        await bus.ask(came)
        assert await code_of(bus.ask(came)) == "wrong_identity"
        late = OidcSignIn(**back(there, await bus.ask(BeginOidc())))
        clock.shift(timedelta(minutes=10))
        assert await code_of(bus.ask(late)) == "wrong_identity"
    start = await bus.ask(BeginOidcLink(), who(ann))
    stolen = LinkIdentity(**back(there, start))
    assert await code_of(bus.ask(stolen, who(bob))) == "identity_unfit"
    crossed = OidcSignIn(**back(there, await bus.ask(BeginOidcLink(), who(ann))))
    assert await code_of(bus.ask(crossed)) == "wrong_identity"
    mixed = back(there, await bus.ask(BeginOidc())) | {"verifier": start.verifier}
    assert await code_of(bus.ask(OidcSignIn(**mixed))) == "wrong_identity"


async def test_who_is_disabled_stays_out(bus: LocalBus, there: Provider, carry: Carry) -> None:
    ann = await register(bus)
    await profile(bus, ann)
    await link(bus, there, ann)
    await bus.ask(ChangeUser(user_id=ann.user_id, disabled=True), ADMIN)
    await carry()
    assert await code_of(sign_in(bus, there)) == "account_disabled"


async def test_a_provider_that_leads_elsewhere_is_away(bus: LocalBus, there: Provider) -> None:
    there.redirects = True
    assert await code_of(bus.ask(BeginOidc())) == "oidc_away"


@pytest.mark.parametrize("methods", [None, ["client_secret_post"], ["none", "client_secret_basic"]])
async def test_the_secret_is_shown_as_the_provider_wants_it(
    bus: LocalBus, there: Provider, methods: list[str] | None
) -> None:
    there.methods = methods
    ann = await register(bus)
    await link(bus, there, ann)
    assert (await sign_in(bus, there)).user_id == ann.user_id


@pytest.mark.parametrize(
    ("refuses", "code"),
    [
        ((400, "invalid_grant"), "wrong_identity"),
        ((400, "invalid_client"), "oidc_away"),
        ((401, "invalid_client"), "oidc_away"),
        ((429, ""), "oidc_away"),
        ((500, ""), "oidc_away"),
        ((503, "temporarily_unavailable"), "oidc_away"),
    ],
)
async def test_what_the_provider_cannot_do_is_not_blamed_on_who_signs_in(
    bus: LocalBus, there: Provider, refuses: tuple[int, str], code: str
) -> None:
    there.refuses = refuses
    assert await code_of(sign_in(bus, there)) == code


async def test_an_address_that_cannot_be_kept_is_left_out(bus: LocalBus, there: Provider) -> None:
    ann = await register(bus)
    there.claims = {"email": "ann\u0000@example.org"}
    await link(bus, there, ann)
    (one,) = (await bus.ask(ListIdentities(), who(ann))).identities
    assert one.email == ""


async def test_a_browser_is_sent_to_no_odd_place(bus: LocalBus, there: Provider) -> None:
    there.places = {"authorization_endpoint": "javascript:alert(1)"}
    assert await code_of(bus.ask(BeginOidc())) == "oidc_away"


async def test_a_slow_provider_is_away_before_the_ask_is(there: Provider) -> None:
    # Each answer comes in time, and all of them together do not.
    there.slow = 0.3
    settings = Settings(oidc_issuer=there.issuer, oidc_client_id=CLIENT)
    with pytest.raises(Unavailable):
        await oidc.Provider(settings, seconds=0.4).address("state", "verifier")


async def test_many_who_come_first_ask_once(bus: LocalBus, there: Provider) -> None:
    there.slow = 0.05
    await asyncio.gather(*(bus.ask(BeginOidc()) for _ in range(5)))
    assert there.asked == ["configuration", "keys"]


@pytest.mark.parametrize(
    "place",
    [
        "https://10.0.0.5/keys",
        "https://[fd00::1]/keys",
        "https://[::ffff:169.254.169.254]/keys",
        "https://localhost/keys",
        "https://2130706433/keys",
        "http://localhost:5432/keys",
        "http://idp.example.org/keys",
        "https://[::1/keys",
        "file:///etc/passwd",
        "/keys",
    ],
)
async def test_a_provider_leads_to_no_private_address(
    bus: LocalBus, there: Provider, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[object] = []
    there.places = {"jwks_uri": place, "token_endpoint": place}
    plain, port = asyncio.SelectorEventLoop.sock_connect, int(there.issuer.rpartition(":")[2])

    async def watched(self: Any, sock: socket.socket, address: Any) -> None:
        if address[1] != port:
            connected.append(address)
        await plain(self, sock, address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", watched)
    assert await code_of(bus.ask(BeginOidc())) == "oidc_away"
    assert connected == []


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        (None, "oidc_off"),
        ("http://127.0.0.1:1", "oidc_away"),
    ],
)
async def test_without_a_provider_it_is_off(bus: LocalBus, issuer: str | None, code: str) -> None:
    await auth.open(Settings(oidc_issuer=issuer, oidc_client_id=CLIENT))
    assert await code_of(bus.ask(BeginOidc())) == code


async def test_the_owner_is_told_of_sign_ins_that_are_linked(engine: AsyncEngine) -> None:
    async with provider() as there:
        given = {
            "oidc_issuer": there.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
        }
        async with post_box(engine, **given) as box:
            ann = await box.joined()
            await link(box.bus, there, ann)
            assert "was linked to your account" in (await box.one()).part("plain")
            began = await box.bus.ask(BeginOidc())
            device = Device(agent="curl/8")
            await box.bus.ask(OidcSignIn(**back(there, began), device=device))
            assert (await box.one()).mail["Subject"] == "A new sign-in"
            (one,) = (await box.bus.ask(ListIdentities(), who(ann))).identities
            await box.bus.ask(DropIdentity(identity_id=one.identity_id), who(ann))
            assert "is linked to your account no more" in (await box.one()).part("plain")
