"""Which addresses notices may be sent to, and what became of one."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.notifications.webhooks.client import REASONS
from actors.notifications.webhooks.plugins import PLUGINS, load, module_of
from actors.notifications.webhooks.traffic import Traffic
from actors.runtime.public_addresses import is_public, is_public_text
from contracts.speech import catalog

DOCS = Path(__file__).parents[2] / "docs" / "channels.md"


@given(st.ip_addresses(v=4))
def test_no_private_address_is_public(address: ipaddress.IPv4Address) -> None:
    # What Python knows to be private is; what we allow, Python holds for global, in any version.
    if not address.is_global or address.is_multicast:
        assert not is_public(address)
    elif address not in ipaddress.ip_network("192.88.99.0/24"):
        assert is_public(address) or address in ipaddress.ip_network("192.0.0.0/24")


@given(st.ip_addresses(v=4))
def test_an_address_within_an_address_is_never_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        number,  # ::/96
        0xFFFF << 32 | number,  # mapped
        0x0064FF9B << 96 | number,  # NAT64
        0x0064FF9B0001 << 80 | number,
        0x2002 << 112 | number << 80 | 1,  # 6to4
        0x20010000 << 96 | 0xFFFFFFFF ^ number,  # Teredo
        0x2A00 << 112 | 0x5EFE << 32 | number,  # ISATAP
        0x2A00 << 112 | 0x02005EFE << 32 | number,
    ]
    for one in wrapped:
        assert not is_public(ipaddress.IPv6Address(one)), ipaddress.IPv6Address(one)


@given(st.ip_addresses(v=6))
def test_only_the_public_part_of_ipv6_is_public(address: ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address in ipaddress.ip_network("2000::/3")
        assert address.is_global


@pytest.mark.parametrize("written", ["8.8.8.8", "2a00:1450:4001:80b::200e"])
def test_public_addresses_are_public(written: str) -> None:
    assert is_public_text(written)


@pytest.mark.parametrize(
    "written", ["localhost", "", "127.1", "0x7f.1", "8.8.8.8.", "fe80::1%eth0", "２.2.2.2", None, 8]
)
def test_what_is_no_number_is_not_connected_to(written: object) -> None:
    assert not is_public_text(written)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"worked": True, "connected": True}, ("sent", "apprise")),
        ({"worked": True, "connected": False}, ("refused", "apprise_nowhere")),
        ({"statuses": [200, 404], "targets": 2}, ("refused", "apprise_partly")),
        ({"statuses": [200, 503]}, ("later", "apprise_http_503")),
        ({"statuses": [404]}, ("refused", "apprise_http_404")),
        ({"statuses": [302]}, ("refused", "apprise_http_302")),
        ({"statuses": [429]}, ("later", "apprise_http_429")),
        ({"refused_address": True}, ("refused", "apprise_private")),
        ({"unanswered": True}, ("unsure", "apprise_timeout")),
        ({}, ("later", "apprise_failed")),
    ],
)
def test_sent_is_only_what_was_sent(said: dict[str, object], outcome: tuple[str, str]) -> None:
    traffic = Traffic()
    traffic.unanswered = bool(said.get("unanswered"))
    statuses = said.get("statuses", [])
    assert isinstance(statuses, list)
    for status in statuses:
        traffic.note(status, {})
    targets = said.get("targets", 1)
    assert isinstance(targets, int)
    found = traffic.outcome(
        worked=bool(said.get("worked")),
        targets=targets,
        connected=bool(said.get("connected", True)),
        refused_address=bool(said.get("refused_address")),
    )
    assert found[:2] == outcome


@pytest.mark.parametrize(
    ("asked", "wait"), [("30", 30), ("99999999", 21600), ("-1", None), ("soon", None), ("٣", None)]
)
def test_a_server_may_ask_for_patience(asked: str, wait: float | None) -> None:
    traffic = Traffic()
    traffic.note(429, {"Retry-After": asked})
    assert traffic.wait == wait


def test_why_an_address_is_refused_is_said_in_russian() -> None:
    assert {text for both in REASONS.values() for text in both} <= set(catalog("ru").sentences)


def test_the_services_that_are_used_are_listed_in_the_docs() -> None:
    from apprise.manager_plugins import NotificationManager

    load()
    known = NotificationManager()
    lines = set()
    for module in PLUGINS:
        plugins = [plugin for plugin in known.plugins() if module_of(plugin) == module]
        assert plugins, f"Apprise has no plug-in {module} any more"
        schemes = {scheme for scheme in known.schemas() if known[scheme] is plugins[0]}
        names = ", ".join(f"`{scheme}://`" for scheme in sorted(schemes))
        lines.add(f"| {plugins[0].service_name} | {names} |")
    written = {line for line in DOCS.read_text("utf-8").splitlines() if "://` |" in line}
    assert written == lines
