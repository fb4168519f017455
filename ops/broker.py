"""Users of RabbitMQ, one for each part: definitions that it reads at its start, and an address for
each part.

In the folder stay `<part>/password` and `<part>/ritmo_amqp_url`, for that part alone to see, and
`rabbitmq/definitions.json`; that is written anew each time, as rooms come and go. The operator is
who makes users for integrations: the part `auth` is given its address, too.
"""

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from actors.runtime.rabbit.password import hashed
from actors.runtime.rabbit.topology import EXCHANGES
from actors.runtime.rabbit.users import INTEGRATION, Rights, rights_of
from ops.platform import rooms
from ops.secrets import USER, made, new_password

OPERATOR = "operator"
"""The user that makes others; it can neither send nor read a message."""

MANAGEMENT_PORT = 15672

LIMITS = {
    "queues": {
        "max-length": 10_000,
        "max-length-bytes": 16 << 20,
        "message-ttl": 7 * 24 * 3_600_000,
        "expires": 30 * 24 * 3_600_000,
    },
    "streams": {
        "max-length-bytes": 16 << 20,
        "max-age": "7D",
        "stream-max-segment-size-bytes": 4 << 20,
    },
}
"""What a queue of an integration may hold: messages, bytes, milliseconds of each message, and of
the queue while nobody uses it. Of what the queue itself says the less counts. A policy with a word
that a kind of queue does not know is not applied to it, so streams have their own.
"""

Part = dict[str, object]


def make(folder: Path, host: str) -> list[str]:
    """Make what is missing in a folder; return the names of the files that were made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rights = rights_of(rooms())
    parts = [*rights, OPERATOR]
    new = [part for part in parts if not (folder / part / "password").exists()]
    passwords = {part: made(folder / part / "password", new_password) for part in parts}
    addresses = {
        f"{part}/ritmo_amqp_url": f"amqp://{part}:{password}@{host}/{USER}"
        for part, password in passwords.items()
        if part != OPERATOR
    }
    addresses["auth/ritmo_amqp_management_url"] = (
        f"http://{OPERATOR}:{passwords[OPERATOR]}@{host}:{MANAGEMENT_PORT}/{USER}"
    )
    files = addresses | {
        "rabbitmq/definitions.json": json.dumps(definitions(passwords, rights), indent=1)
    }
    for name, text in files.items():
        (folder / name).unlink(missing_ok=True)
        made(folder / name, partial(str, text))
    return [f"{part}/password" for part in new]


def definitions(
    passwords: Mapping[str, str], rights: Mapping[str, Rights]
) -> dict[str, list[Part]]:
    """Write what RabbitMQ reads: one virtual host; by part and the operator, their users.

    The one user of before is there, and may do nothing any more.
    """
    return {
        "vhosts": [{"name": USER}],
        "users": [
            *(_user(part, password) for part, password in passwords.items()),
            {"name": USER, "password_hash": "", "tags": []},
        ],
        "permissions": [
            *(
                _may(part, configure=may.configure, write=may.write, read=may.read)
                for part, may in rights.items()
            ),
            _may(USER, configure="^$", write="^$", read="^$"),
        ],
        "topic_permissions": [
            _may(part, exchange=exchange, write=write, read=read)
            for part, may in rights.items()
            for exchange, (write, read) in may.topics.items()
        ],
        "exchanges": [
            {"name": name, "vhost": USER, "type": kind, "durable": True}
            | {"auto_delete": False, "internal": False, "arguments": {}}
            for name, kind in EXCHANGES.items()
        ],
        "policies": [
            {"name": f"integrations-{kind}", "vhost": USER, "pattern": f"^{INTEGRATION}"}
            | {"apply-to": "queues", "priority": 10, "definition": limits}
            for kind, limits in LIMITS.items()
        ],
    }


def _user(name: str, password: str) -> Part:
    return {
        "name": name,
        "password_hash": hashed(password, os.urandom(4)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"] if name == OPERATOR else [],
    }


def _may(user: str, **rights: str) -> Part:
    return {"user": user, "vhost": USER, **rights}
