"""The helper with a resolver of the test: once it stands guard, every name is the canary.

    python rebinding.py PORT FD

Before that, a name is a public address: what is looked at when an address is kept is another thing
than what is connected to when it is used.
"""

import socket
import sys

from actors.notifications.webhooks import process

PUBLIC = "9.9.9.9"


def main() -> None:
    """Run the helper; the lookup of a connection asks for a port, the one before does not."""
    port = int(sys.argv.pop(1))

    def resolve(host: object, service: object, *_: object, **__: object) -> list[object]:
        at = (PUBLIC, 0) if service is None else ("127.0.0.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", at)]

    socket.getaddrinfo = resolve  # type: ignore[assignment]
    process.main()


if __name__ == "__main__":
    main()
