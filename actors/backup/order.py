"""What the process of backups is told: all that it needs of the settings, and nothing else."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field

from actors.backup.domain import Retention
from actors.runtime.settings import Settings

Work = Literal["create", "verify", "drill", "prune"]


class Unready(Exception):
    """Backups cannot be made or read with these settings; the message says why."""


class BackupOrder(BaseModel):
    """One piece of work; it goes to the process by its standard input, for it holds secrets."""

    model_config = ConfigDict(frozen=True)

    work: Work
    database: str = Field(default="", repr=False)
    targets: tuple[str, ...] = Field(repr=False)
    recipients: tuple[str, ...]
    identity: Path | None
    """The file of the private keys; None: there is none here."""
    backup: str | None = None
    """Which; None: the newest that is whole."""
    target: str | None = None
    """The target to read from, by its name; None: the first that has it."""
    keep: tuple[int, int, int]
    scratch: Path
    ritmo: str

    @property
    def keeping(self) -> Retention:
        """Return how many are kept."""
        return Retention(*self.keep)


def order_of(
    settings: Settings,
    work: Work,
    database: str = "",
    *,
    version: str = "",
    backup: str | None = None,
    target: str | None = None,
) -> BackupOrder:
    """Write an order. Raises Unready."""
    identity = identity_file(settings)
    return BackupOrder(
        work=work,
        database=database,
        targets=addresses_of(settings),
        recipients=settings.backup_recipients,
        identity=identity if identity.exists() else None,
        backup=backup,
        target=target,
        keep=settings.backup_keep,
        scratch=settings.data.expanduser().resolve() / "scratch",
        ritmo=version,
    )


def addresses_of(settings: Settings) -> tuple[str, ...]:
    """Return the addresses of all targets: by default a folder beside the database."""
    if settings.backup_targets is None:
        return (str(settings.data.expanduser().resolve() / "backups"),)
    said = settings.backup_targets.get_secret_value()
    return tuple(word.strip() for word in said.split(",") if word.strip())


def every(settings: Settings) -> timedelta | None:
    """Return how often a backup is due; None: never by itself."""
    return timedelta(hours=settings.backup_every) if settings.backup_every else None


def identity_file(settings: Settings) -> Path:
    """Return where the private key is to be: apart from the data, and from the backups."""
    given = settings.backup_identity or platformdirs.user_config_path("ritmo") / "backup.key"
    return given.expanduser().resolve()


def ready(settings: Settings) -> tuple[BackupOrder, bool]:
    """Have keys to encrypt for: a pair is made where none is named. Returns whether it was.

    Raises Unready if a private key would lie in a folder of backups.
    """
    file = identity_file(settings)
    for address in addresses_of(settings):
        if "://" not in address and file.is_relative_to(Path(address).expanduser().resolve()):
            raise Unready(
                f"The key {file} lies in the folder of the backups that it opens: move it, and set "
                "RITMO_BACKUP_IDENTITY."
            )
    if settings.backup_recipients:
        return order_of(settings, "create"), False
    from actors.backup import envelope

    made = not file.exists() and make_identity(file)
    try:
        text = file.read_text()
    except OSError as error:
        raise Unready(f"The key {file} cannot be read: {error.strerror}.") from None
    keys = tuple(str(one.to_public()) for one in envelope.identities(text, str(file)))
    order = order_of(settings, "create")
    return order.model_copy(update={"recipients": keys, "identity": file}), made


def make_identity(file: Path) -> bool:
    """Make a private key, for its owner alone, as `age-keygen` writes it; False: it is there."""
    from pyrage import x25519

    key = x25519.Identity.generate()
    text = (
        "# The key that opens the backups of this Ritmo. Keep a copy elsewhere: without it no\n"
        f"# backup can be read.\n# public key: {key.to_public()}\n{key}\n"
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = file.with_name(f".{file.name}.{os.getpid()}")
        with open(half, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(half, file)  # which, unlike a move, replaces nothing
        except FileExistsError:
            return False
        finally:
            half.unlink()
    except OSError as error:
        raise Unready(
            f"The key of the backups {file} cannot be made ({error.strerror}): name another place "
            "with RITMO_BACKUP_IDENTITY, or public keys with RITMO_BACKUP_RECIPIENTS."
        ) from None
    return True
