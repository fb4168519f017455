"""Who is connected: how many of each address, and who waits for its client."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from gateway import bounds


class WaitingConnection(Protocol):
    """A connection, as far as it is counted."""

    transport: asyncio.Transport


@dataclass(slots=True)
class ConnectionRegister:
    """The connections of a server that wait for their client, those that wait longest first."""

    most: int = bounds.MAX_CONNECTIONS
    most_of_address: int = bounds.MAX_CONNECTIONS_PER_ADDRESS
    idle: dict[WaitingConnection, None] = field(default_factory=dict)
    """Those without a whole head."""
    sending: dict[WaitingConnection, None] = field(default_factory=dict)
    """Those in the middle of a body."""
    streams: int = 0
    """Those that carry a stream of events: they are bounded by themselves, and not counted here."""
    of_address: Counter[str] = field(default_factory=Counter)

    def full_for(self, address: str) -> bool:
        """Tell whether an address has more connections than it may."""
        return self.of_address[address] > self.most_of_address

    def leave(self, address: str) -> None:
        """Count one connection of an address less."""
        self.of_address[address] -= 1
        if not self.of_address[address]:
            del self.of_address[address]

    def forget(self, connection: WaitingConnection) -> None:
        """Take out one that is closed, or whose request is whole."""
        self.idle.pop(connection, None)
        self.sending.pop(connection, None)

    def give_way(self, newest: WaitingConnection) -> bool:
        """Close the one that has waited longest, but not the newest; False if there is none."""
        for waiting in (self.idle, self.sending):
            for oldest in waiting:
                if oldest is not newest:
                    self.forget(oldest)
                    oldest.transport.abort()
                    return True
        return False
