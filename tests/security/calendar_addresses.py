"""Fetches calendars under the guard, as their process does, and says of each address what came.

    python calendar_addresses.py PORT < addresses.json > answers.json

Loaded once for many addresses. With a PORT, every name is this machine once the guard stands, at
that port: whatever it was when somebody looked.
"""

import json
import socket
import sys

from actors.runtime.calendars import process
from actors.runtime.calendars.address import fetch
from actors.runtime.calendars.faults import CalendarUnusable
from actors.runtime.sandbox import Sandbox


def main() -> None:
    """Try each address twice: as it is fetched for people, and by the guard alone."""
    port = int(sys.argv[1])
    asked: list[str] = json.load(sys.stdin)
    process.load("fetch")
    if port:

        def resolve(*_: object, **__: object) -> list[object]:
            at = ("127.0.0.1", port)
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", at)]

        socket.getaddrinfo = resolve  # type: ignore[assignment]
    guard = Sandbox(allow_private=False)
    guard.install()
    said = []
    for url in asked:
        guard.refused_address = False
        said.append([tried(url, guard, anyhow=False), tried(url, guard, anyhow=True)])
    sys.stdout.write(json.dumps(said))


def tried(url: str, guard: Sandbox, *, anyhow: bool) -> str:
    """Return why nothing came; empty if something did. `anyhow`: whatever scheme and port."""
    try:
        fetch(url, guard, allow_private=anyhow)
    except CalendarUnusable as no:
        return no.code
    return ""


if __name__ == "__main__":
    main()
