"""The settings of backups."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from actors.runtime.lists import Words, words


class BackupSettings(BaseSettings):
    """Where backups go, who can read them, how often they are made, and how many are kept."""

    backup_targets: SecretStr | None = Field(
        default=None,
        description="Where backups go, with commas between: folders, or "
        "s3://key:secret@host/bucket/prefix; by default the folder backups in the data folder.",
    )
    backup_recipients: Words = Field(
        default=(),
        description="Public keys of age, age1…, that backups are encrypted for; by default that of "
        "RITMO_BACKUP_IDENTITY.",
    )
    backup_identity: Path | None = Field(
        default=None,
        description="File of the private key that opens backups, for drills and restores; by "
        "default backup.key in the folder of settings per XDG, made with the first backup.",
    )
    backup_every: int = Field(
        default=24, ge=0, le=720, description="Hours between two backups; 0: none by itself."
    )
    backup_drill_days: int = Field(
        default=7, ge=0, le=365, description="Days between two drills of the newest backup."
    )
    backup_keep: Annotated[
        tuple[PositiveInt, PositiveInt, PositiveInt], NoDecode, BeforeValidator(words)
    ] = Field(
        default=(7, 4, 12),
        description="Of how many days, weeks and months a backup is kept, written 7,4,12.",
    )
