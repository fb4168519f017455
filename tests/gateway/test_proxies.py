"""Whose word about the caller's address is taken."""

import pytest
from starlette.types import Receive, Scope, Send

from contracts.networks import networks_of
from gateway.proxies import TrustedProxies

Headers = list[tuple[bytes, bytes]]
FORWARDED: Headers = [(b"x-forwarded-for", b"203.0.113.7"), (b"x-forwarded-proto", b"https")]
BELIEVED = ("203.0.113.7", "https")


class App:
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.seen: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)


async def receive() -> dict[str, str]:
    return {}


async def send(message: object) -> None:
    pass


async def caller(
    proxies: TrustedProxies, app: App, peer: str, headers: Headers = FORWARDED
) -> tuple[str, str]:
    """Let `peer` call; return who called, and how, as Ritmo sees it."""
    scope: Scope = {"type": "http", "scheme": "http", "client": (peer, 40000), "headers": headers}
    await proxies(scope, receive, send)
    return app.seen[-1]["client"][0], app.seen[-1]["scheme"]


@pytest.mark.parametrize(
    ("trusted", "peer", "believed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("10.0.0.0/8, ::1", "10.1.2.3", True),
        ("10.0.0.0/8, ::1", "::1", True),
        ("10.0.0.0/8, ::1", "192.0.2.1", False),
        ("*", "192.0.2.1", True),
        ("", "127.0.0.1", False),
        ("localhost", "127.0.0.1", True),
        ("localhost", "127.0.0.2", False),
        ("no-such-host.invalid", "127.0.0.1", False),
        ("no-such-host.invalid, localhost", "127.0.0.1", True),
    ],
)
async def test_only_trusted_proxies_are_believed(trusted: str, peer: str, believed: bool) -> None:
    app = App()
    found = await caller(TrustedProxies(app, trusted), app, peer)
    assert found == (BELIEVED if believed else (peer, "http"))


FORGED: list[tuple[Headers, str]] = [
    ([(b"x-forwarded-for", b"203.0.113.7, 198.51.100.9")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"127.0.0.1, 198.51.100.9, 10.0.0.1, 10.0.0.2")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"203.0.113.7"), (b"x-forwarded-for", b"198.51.100.9")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"198.51.100.9:4711")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"[2001:db8::9]:4711")], "2001:db8::/64"),
    ([(b"x-forwarded-for", b"[2001:db8::9]")], "2001:db8::/64"),
    ([(b"x-forwarded-for", b"fe80::9%eth0")], "fe80::/64"),
    ([(b"x-forwarded-for", b"::ffff:198.51.100.9")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"1.1.1.1, " * 500 + b"198.51.100.9")], "198.51.100.9"),
    ([(b"x-forwarded-for", b"")], "10.0.0.1"),
    ([(b"forwarded", b"for=203.0.113.7;proto=https")], "10.0.0.1"),
    ([(b"x-real-ip", b"203.0.113.7")], "10.0.0.1"),
    ([(b"true-client-ip", b"203.0.113.7"), (b"cf-connecting-ip", b"203.0.113.7")], "10.0.0.1"),
]


@pytest.mark.parametrize(("headers", "counted"), FORGED)
async def test_a_caller_counts_as_the_address_that_the_proxies_saw(
    headers: Headers, counted: str
) -> None:
    """What stands left of that, and in other headers, the caller may have written."""
    app = App()
    found, scheme = await caller(TrustedProxies(app, "10.0.0.0/8"), app, "10.0.0.1", headers)
    assert (networks_of(found).own, scheme) == (counted, "http")


@pytest.mark.parametrize("headers", [*(headers for headers, _ in FORGED), FORWARDED])
@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1", "127.0.0.2", "11.0.0.1"])
async def test_a_stranger_is_believed_nothing(headers: Headers, peer: str) -> None:
    app = App()
    assert await caller(TrustedProxies(app, "10.0.0.0/8"), app, peer, headers) == (peer, "http")


async def test_a_proxy_that_moves_is_found_again_and_its_old_place_forgotten() -> None:
    places = {"nginx": {"172.18.0.5"}}

    async def lookup(name: str) -> set[str]:
        return places[name]

    app = App()
    proxies = TrustedProxies(app, "nginx", lookup, fresh=0.0)
    assert await caller(proxies, app, "172.18.0.5") == BELIEVED
    places["nginx"] = {"172.18.0.9"}
    assert await caller(proxies, app, "172.18.0.9") == BELIEVED
    assert await caller(proxies, app, "172.18.0.5") == ("172.18.0.5", "http")


async def test_strangers_cause_one_look_up_at_a_time() -> None:
    looked = 0

    async def lookup(name: str) -> set[str]:
        nonlocal looked
        looked += 1
        return set()

    app = App()
    proxies = TrustedProxies(app, "nginx", lookup, fresh=1000.0)
    for number in range(20):
        peer = f"192.0.2.{number}"
        assert await caller(proxies, app, peer) == (peer, "http")
    assert looked == 1


async def test_whoever_a_proxy_serves_cannot_say_more_than_its_last_word() -> None:
    app = App()
    proxies = TrustedProxies(app, "127.0.0.1")
    said: Headers = [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.9")]
    assert await caller(proxies, app, "127.0.0.1", said) == ("203.0.113.9", "http")
