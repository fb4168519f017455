"""What there is at a target: the backups that are whole, and what was found of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from actors.backup import manifest
from actors.backup.domain import MadeBackup, Retention, begun_at, kept
from actors.backup.manifest import DATA, MANIFEST, VERDICT, BackupVerdict, Damaged, Manifest
from actors.backup.targets.protocol import BackupTarget, ObjectMissing, TargetAway, Undeletable


class NoBackup(Exception):
    """There is no such backup; the message says where was looked."""


@dataclass(frozen=True, slots=True)
class BackupAt:
    """A backup at a target. `damage` says what is wrong with its manifest; empty: nothing."""

    name: str
    target: BackupTarget
    manifest: Manifest | None
    verdict: BackupVerdict | None
    damage: str = ""

    @property
    def verified(self) -> bool:
        """Tell whether it was read back last without a fault."""
        return self.manifest is not None and self.verdict is not None and self.verdict.verified

    @property
    def made(self) -> MadeBackup:
        """Return what decides whether it is kept."""
        at = begun_at(self.name) or datetime.fromtimestamp(0, UTC)
        return MadeBackup(at, self.name, self.verified)


async def backups(target: BackupTarget) -> list[BackupAt]:
    """List the backups of a target, newest first. Raises TargetAway."""
    keys = await target.keys()
    names = {key.partition("/")[0] for key in keys if key.endswith(f"/{MANIFEST}")}
    fit = sorted((name for name in names if begun_at(name)), reverse=True)
    known = set(keys)
    return [await _look(target, name, judged=f"{name}/{VERDICT}" in known) for name in fit]


async def _look(target: BackupTarget, name: str, *, judged: bool = True) -> BackupAt:
    verdict = None
    if judged:
        try:
            verdict = BackupVerdict.model_validate_json(await target.get(f"{name}/{VERDICT}"))
        except (ObjectMissing, ValidationError):
            verdict = None
    try:
        said = manifest.read(await target.get(f"{name}/{MANIFEST}"), name)
        return BackupAt(name, target, said, verdict)
    except Damaged as no:
        return BackupAt(name, target, None, verdict, str(no))


async def find(
    targets: Sequence[BackupTarget], name: str | None, at: str | None = None
) -> BackupAt:
    """Find a backup, or the newest that nobody found damaged. Raises NoBackup or TargetAway.

    Of several targets that have it the first is taken that can be read.
    """
    away: list[str] = []
    found: list[BackupAt] = []
    looked = [target for target in targets if at in (None, target.name)]
    for target in looked:
        try:
            found += await backups(target) if name is None else await _named(target, name)
        except TargetAway as no:
            away.append(str(no))
    fit = [one for one in found if name or (one.manifest and (not one.verdict or one.verified))]
    if fit:
        return max(fit, key=lambda one: (one.name, one.manifest is not None))
    if away:
        raise TargetAway(" ".join(away))
    where = ", ".join(target.name for target in looked) or at or "no target"
    raise NoBackup(f"There is no backup {name or 'yet'} in {where}; see `ritmo backup list`.")


async def _named(target: BackupTarget, name: str) -> list[BackupAt]:
    if begun_at(name) is None:
        return []
    try:
        return [await _look(target, name)]
    except ObjectMissing:
        return []


async def prune(target: BackupTarget, keep: Retention, *, dry: bool = False) -> list[str]:
    """Drop the backups that need not be kept, one by one; return their names.

    The manifest goes first: what is interrupted leaves no half of a backup that counts as one.
    """
    found = await backups(target)
    stay = kept([one.made for one in found], keep)
    gone = [one.name for one in found if one.name not in stay]
    try:
        for name in gone if not dry else ():
            for part in (MANIFEST, VERDICT, DATA):
                await target.drop(f"{name}/{part}")
    except Undeletable:
        return []
    return gone


async def judge(target: BackupTarget, name: str, verdict: BackupVerdict) -> None:
    """Write down what was found of a backup."""
    await target.put(f"{name}/{VERDICT}", verdict.model_dump_json().encode())
