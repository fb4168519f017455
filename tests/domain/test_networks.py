"""What of an address one person can be taken to hold."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.networks import networks_of

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)


@pytest.mark.parametrize(
    ("address", "own", "wide"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("::ffff:192.0.2.7%eth0", "192.0.2.7", "192.0.2.0/24"),
        ("", "", ""),
        ("testclient", "testclient", "testclient"),
        ("999.1.1.1", "999.1.1.1", "999.1.1.1"),
        ("x" * 99, "x" * 64, "x" * 64),
    ],
)
def test_networks_of_an_address(address: str, own: str, wide: str) -> None:
    networks = networks_of(address)
    assert (networks.own, networks.wide) == (own, wide)


@given(V4)
def test_an_ipv4_address_is_the_same_in_each_of_its_forms(address: IPv4Address) -> None:
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    translated = IPv6Address(bytes.fromhex("0064ff9b") + b"\0" * 8 + address.packed)
    for form in (str(mapped), mapped.exploded, str(translated), f"{translated}%lan"):
        assert networks_of(form) == networks_of(str(address))


@given(V6, st.binary(min_size=8, max_size=8), st.binary(min_size=2, max_size=2))
def test_who_holds_a_prefix_gains_nothing_by_moving_in_it(
    address: IPv6Address, host: bytes, subnet: bytes
) -> None:
    if address.packed[:8] == b"\0" * 8 or address.packed[:4] == bytes.fromhex("0064ff9b"):
        return
    here = networks_of(str(address))
    assert networks_of(str(IPv6Address(address.packed[:8] + host))) == here
    moved = IPv6Address(address.packed[:6] + subnet + host)
    assert networks_of(str(moved)).wide == here.wide
