"""Addresses of what Ritmo uses: what can be one, and how a library wants it written."""

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

PORT = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
"""A host and perhaps a port, without who logs in there."""

HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)
"""A host name or an address, without a port."""


def is_address(url: str) -> bool:
    """Tell whether an address has a host, where it needs one, and no port that is none."""
    scheme, _, rest = url.partition("://")
    place = re.split(r"[/?]", rest.rpartition("@")[2], maxsplit=1)[0]
    found = PORT.fullmatch(place)
    if found is None or int(found[1] or 0) > 65535:
        return False
    return bool(place.partition(":")[0]) or not scheme.startswith("smtp")


def is_escaped(url: str) -> bool:
    """Tell whether nothing in a password ends the address early (RFC 3986, section 3.2)."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises, if what stands there is none
    except ValueError:
        return False
    return not parts.fragment and "@" not in parts.path


def is_place(word: str) -> bool:
    """Tell whether a word is an address, a network, the name of a host, or `*` for all."""
    try:
        ip_network(word, strict=False)
    except ValueError:
        return word == "*" or (HOST.fullmatch(word) is not None and word.strip("0123456789.") != "")
    return True


def async_url(url: str) -> str:
    """Name the asyncpg driver in a plain `postgresql://` address."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


def with_port(url: str, port: int) -> str:
    """Write the port into an address that has none: not every library knows the usual one."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is not None:
        return url
    return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}").geturl()
