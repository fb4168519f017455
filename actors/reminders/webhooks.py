"""Apprise: ntfy, Matrix, webhooks and the rest, at an address that a person gave.

The address is a stranger's choice, so it is looked at before it is kept and before each sending:
nothing of this machine (desktop, system log), no redirects, and no host of a private network,
unless the one who runs Ritmo allows those.

What this cannot promise: Apprise resolves the name once more when it connects, so a name server
that answers differently a moment later gets through; and Apprise tells whether it worked, not why,
so a Retry-After is not seen, and a notice may come twice if its answer was lost. Where that
matters, keep Ritmo's network from reaching what it must not.

Apprise is loaded on first use, and works in a thread: it is not asynchronous.
"""

import asyncio
import ipaddress
import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from actors.reminders.delivering import Outcome
from contracts.message import Invalid, Wrong

if TYPE_CHECKING:
    from apprise import NotifyBase

PATIENCE = 20.0
"""Seconds that a notice may take."""

HERE = frozenset({"blink1", "dbus", "glib", "gnome", "macosx", "syslog", "windows", "growl"})
"""Plugins that act on this machine."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def masked(url: str) -> str:
    """Show an address so that its owner knows it again, and nobody else can use it."""
    return f"{url.partition('://')[0]}://…{url[-4:]}"


def is_public(address: Address) -> bool:
    """Tell whether an address is of the public internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inner = address.teredo[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _plugin(url: str) -> "NotifyBase":
    """Read an address. Refuses with `Invalid`."""
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    # What it logs may hold addresses of people.
    logging.getLogger("apprise").disabled = True
    asset = AppriseAsset(
        app_id="Ritmo",
        app_desc="Ritmo",
        http_redirects=False,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    plugin = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if plugin is None or "\n" in url:
        raise _wrong("apprise_unknown", "Apprise does not know this address.")
    if type(plugin).__module__.rpartition(".")[2] in HERE:
        raise _wrong("apprise_local", "This address acts on the machine of Ritmo itself.")
    # Whatever the address asks for: no redirects, and no trying again behind the ledger's back.
    plugin.redirects = False
    return plugin


def _wrong(code: str, text: str) -> Invalid:
    return Invalid(code, text, fields=(Wrong(pointer="/url", detail=text),))


def _hosts(plugin: "NotifyBase") -> set[str]:
    """List the hosts that an address itself names; those of known services are Apprise's."""
    found: set[str] = set()
    own = "host" in type(plugin).template_tokens
    for name, value in vars(plugin).items():
        if not isinstance(value, str) or not value:
            continue
        if "://" in value:
            found.add(urlsplit(value).hostname or "")
        elif own and name.endswith("host"):
            found.add(value)
    return found - {""}


def _check_hosts(plugin: "NotifyBase") -> None:
    """Refuse hosts of which any address is not of the public internet."""
    missing = False
    for host in _hosts(plugin):
        try:
            found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            missing = True
            continue
        for *_, place in found:
            if not is_public(ipaddress.ip_address(str(place[0]).partition("%")[0])):
                text = "This address leads into a private network, which Ritmo's settings forbid."
                raise _wrong("apprise_private", text)
    if missing:
        raise _wrong("apprise_unknown_host", "The host of this address cannot be found.")


def check(url: str, *, allow_private: bool) -> None:
    """Refuse an address that Ritmo will not use. Blocks: it looks names up."""
    plugin = _plugin(url)
    if not allow_private:
        _check_hosts(plugin)


def _notify(url: str, title: str, body: str, *, allow_private: bool) -> Outcome:
    try:
        plugin = _plugin(url)
        if not allow_private:
            _check_hosts(plugin)
    except Invalid as no:
        # A name that is not found today may be found in an hour.
        later = no.code == "apprise_unknown_host"
        return Outcome("later" if later else "refused", no.code)
    if plugin.notify(body=body, title=title):
        return Outcome("sent", "apprise")
    return Outcome("later", "apprise_failed")


async def notify(url: str, title: str, body: str, *, allow_private: bool) -> Outcome:
    """Send a notice; whatever the other side does becomes an outcome."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(_notify, url, title, body, allow_private=allow_private)
    except TimeoutError:
        return Outcome("unsure", "apprise_timeout")
