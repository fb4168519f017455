"""Passwords of database, broker and Redis, and the sealing keys: made at the first start, and kept.

compose.yaml runs this before everything else, over a volume for each of the folders. What is
there already stays. A file is called after the setting that it holds, so that `Settings` finds it.
"""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from actors.runtime import seal as keys
from actors.runtime.rabbit.password import hashed

USER = "ritmo"
"""The user of database and broker, the database, and the broker's virtual host."""

REDIS = """
requirepass {password}
save ""
appendonly no
dir /tmp
maxmemory 128mb
maxmemory-policy volatile-ttl
"""
"""What Redis reads at its start: it keeps counters of a minute, and nothing on a disk."""

READABLE = 0o444
"""Mode of the files: the users of the containers that are given a volume differ."""


def make(folder: Path, *, apart: bool = False) -> list[str]:
    """Make what is missing below `folder`; return the names of the files that were made.

    `apart`: each part gets a user of the broker, see `ops.broker`.
    """
    database = made(folder / "database" / "password", new_password)
    redis = made(folder / "redis" / "password", new_password)
    wanted: dict[str, Callable[[], str]] = {
        "database/ritmo_database_url": lambda: f"postgresql://{USER}:{database}@postgres/{USER}",
        "redis/redis.conf": lambda: REDIS.format(password=redis),
        "redis/ritmo_redis_url": lambda: f"redis://:{redis}@redis/",
    }
    if not apart:
        broker = made(folder / "broker" / "password", new_password)
        wanted |= {
            "broker/definitions.json": lambda: definitions(broker),
            "broker/ritmo_amqp_url": lambda: f"amqp://{USER}:{broker}@rabbitmq/{USER}",
        }
    missing = [name for name in wanted if not (folder / name).exists()]
    for name in missing:
        made(folder / name, wanted[name])
    if apart:
        from ops.broker import make as make_users  # it loads all rooms

        missing += [f"broker/{name}" for name in make_users(folder / "broker", "rabbitmq")]
    if make_keys(folder / "seal" / "seal.keys"):
        missing.append("seal/seal.keys")
    return missing


def make_keys(file: Path) -> bool:
    """Make the sealing keys, for the parts alone: their user owns them. False: they are there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    parts = owner()
    if parts is not None:
        os.chown(file.parent, *parts)
    if not keys.make(file):
        return False
    if parts is not None:
        os.chown(file, *parts)
    return True


def owner() -> tuple[int, int] | None:
    """Return the user and the group of the parts, if it is for us to give files away."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        return None
    return found.pw_uid, found.pw_gid


def made(path: Path, text: Callable[[], str]) -> str:
    """Return what stands in a file; one that is not there is made, wholly or not at all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.new")
        half.write_text(text())
        half.chmod(READABLE)
        half.replace(path)
    return path.read_text()


def new_password() -> str:
    """Make a password of 256 random bits; it needs no quoting in an address."""
    return secrets.token_urlsafe(32)


def definitions(password: str) -> str:
    """Write what RabbitMQ reads at its start: one virtual host, and one user who has that alone.

    The user is no administrator; guest is not there.
    """
    user = {
        "name": USER,
        "password_hash": hashed(password, os.urandom(4)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }
    may = {"user": USER, "vhost": USER, "configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps({"vhosts": [{"name": USER}], "users": [user], "permissions": [may]})
