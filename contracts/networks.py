"""Networks: what of the address of a caller one person can be taken to hold, for counting."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

NAT64 = ip_network("64:ff9b::/96")
"""IPv6 addresses of IPv4 hosts behind a translator (RFC 6052, section 2.1)."""

LONGEST = 64
"""Characters of what is no address, as far as they count."""


@dataclass(frozen=True, slots=True)
class Networks:
    """`own` is what one person has: an IPv4 address, or an IPv6 /64. `wide` is the network around
    it: an IPv4 /24, or the /48 that a provider gives to one customer.
    """

    own: str
    wide: str


@lru_cache(maxsize=4096)
def networks_of(address: str) -> Networks:
    """Return the networks of an address; what is none stays as it is, and stands for both."""
    try:
        ip = plain(ip_address(address))
    except ValueError:
        return Networks(address[:LONGEST], address[:LONGEST])
    if isinstance(ip, IPv4Address):
        return Networks(str(ip), str(ip_network((ip, 24), strict=False)))
    own, wide = (str(ip_network((ip.packed, bits), strict=False)) for bits in (64, 48))
    return Networks(own, wide)


def plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one is another form of; else the same."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if IPv6Address(ip.packed) in NAT64:
            return IPv4Address(ip.packed[-4:])
    return ip
