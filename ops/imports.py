"""`ritmo import`: reads another tracker's file into habits or a diary, and shows the account."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.import_account import EntriesReport, HabitReport, SectionReport, Undone
from contracts.imports import GetImport, Import, ImportKind, MoodMap, UndoImport, UnknownMoods
from contracts.principal import Principal
from contracts.users import GetUser
from gateway.imports import ENDED, send
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator

PATIENCE = {"waiting": 30.0, "undoing": 300.0}
"""Seconds after which nobody seems to take up an import, or its undo, by phase."""

POLL = 0.2
"""Seconds between two looks at how far an import is."""

STEPS = ("awful", "bad", "okay", "good", "great")
WISH = (
    'With --mood "name=4" you say what a mood means; with --unknown-moods none such entries are '
    "imported without one."
)


@dataclass(frozen=True, slots=True)
class MoodChoices:
    """What moods mean, each as `name=4`, and what to do with unknown ones."""

    named: Sequence[str]
    unknown: UnknownMoods


async def import_file(
    settings: Settings,
    file: Path,
    email: str,
    *,
    dry_run: bool,
    kind: ImportKind | None,
    moods: MoodChoices,
) -> None:
    """Import a file for a user, with a progress bar, and print what became of every row."""
    wish = {
        "dry_run": dry_run,
        "kind": kind,
        "moods": moods_of(moods.named),
        "unknown_moods": moods.unknown,
    }
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        who = Principal(user_id=user.user_id, scopes=frozenset({"user"}), service="ops")
        with file.open("rb") as content:
            sent = await send(here.bus, who, file.name[:200], content, wish)
        done = await follow(here, who, sent)
    console = Console(highlight=False)
    if done.habits or done.entries or done.sections:
        console.print(account(done))
    if done.phase == "failed":
        unknown = done.refusal is not None and done.refusal.code == "import_moods_unknown"
        raise CannotRun(" ".join([done.problem or "The import failed.", *([WISH] * unknown)]))
    if dry_run:
        console.print("Nothing was written: this was a dry run.")
    elif not done.sections:
        console.print(f"To take it all back: ritmo undo-import {done.import_id} --user {email}")


async def undo_import(settings: Settings, import_id: UUID, email: str) -> None:
    """Take a whole import back, and print what that came to."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        who = Principal(user_id=user.user_id, scopes=frozenset({"user"}), service="ops")
        sent = await here.bus.ask(UndoImport(import_id=import_id), who)
        done = await follow(here, who, sent)
    table = Table("Habits", "Check-ins", "Entries", "Kept: changed since", title="Taken back")
    what = done.undone or Undone()
    counts = (what.habits, what.check_ins, what.entries, what.kept)
    table.add_row(*map(str, counts))
    Console(highlight=False).print(table)


def moods_of(given: Sequence[str]) -> MoodMap:
    """Read what moods mean, each as `name=4`. Raises `CannotRun`."""
    moods = {}
    for one in given:
        name, _, step = one.rpartition("=")
        if not name.strip() or step.strip() not in ("1", "2", "3", "4", "5"):
            raise CannotRun(f"Write a mood as name=4, from 1 (awful) to 5 (great), not {one!r}.")
        moods[name.strip()] = int(step)
    return moods


async def follow(here: Platform, who: Principal, now: Import) -> Import:
    """Show a bar until the import is done, has failed, or is taken back."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        words = "Taking back" if now.phase == "undoing" else "Reading"
        task = progress.add_task(words, total=None, start=True)
        began = time.monotonic()
        while now.phase not in ENDED:
            await asyncio.sleep(POLL)
            now = await here.bus.ask(GetImport(import_id=now.import_id), who)
            progress.update(task, completed=now.rows, total=now.total)
            if time.monotonic() - began > PATIENCE.get(now.phase, math.inf):
                raise CannotRun("Nobody takes up the import; is the courier running?")
    return now


def account(done: Import) -> Group:
    """Lay out what became of every row."""
    if done.sections:
        return Group(sections(done.sections))
    if done.entries:
        return Group(*diary(done.entries))
    return Group(habits(done.habits), *remarks(done.habits), *left_out(done.left_out))


def sections(reports: Sequence[SectionReport]) -> Table:
    """Lay out sections of an export: read = restored + there + refused."""
    table = Table("Section", "Read", "Restored", "There", "Refused", "Why")
    for one in reports:
        why = ", ".join(f"{code}: {count}" for code, count in one.refused.items())
        counts = (one.read, one.restored, one.there, sum(one.refused.values()))
        table.add_row(one.section, *map(str, counts), why)
    return table


def remarks(reports: Sequence[HabitReport]) -> list[str]:
    """List what was refused or is otherwise than it was, and notes that could not be kept."""
    shown = []
    for habit in reports:
        said = [*([habit.refused] if habit.refused else []), *habit.remarks]
        shown += [escape(f"{habit.name}: {one.says}") for one in said]
        shown += [escape(f"{habit.name}, {one.day}: {one.text}") for one in habit.notes]
    return shown


def habits(reports: Sequence[HabitReport]) -> Table:
    """Lay out habits: read = imported + derived + skipped."""
    table = Table("Habit", "Outcome", "Read", "Imported", "Derived", "Skipped", "Why")
    for habit in reports:
        table.add_row(
            escape(habit.name),
            habit.outcome,
            str(habit.read),
            str(habit.imported),
            str(habit.derived),
            str(sum(habit.skipped.values())),
            ", ".join(f"{why}: {count}" for why, count in habit.skipped.items()),
        )
    return table


def diary(report: EntriesReport) -> list[Table | str]:
    """Lay out entries (read = imported + skipped), their moods, and rows that make no sense."""
    shown: list[Table | str] = [_entries(report)]
    if report.moods:
        shown.append(_moods(report))
    if "mood_unknown" in report.skipped:
        shown.append(WISH)
    shown += [escape(row.says) for row in report.rows]
    if report.untimed:
        shown.append(
            f"Without a time of day that can be read: {report.untimed}; kept on their day."
        )
    if report.cut:
        shown.append(f"Texts that were too long and are cut: {report.cut}.")
    return shown + left_out(report.left_out)


def left_out(kinds: Mapping[str, int]) -> list[Table | str]:
    """Say how much of what kind a file holds that was not taken over."""
    counted = (f"{escape(kind)}: {count}" for kind, count in kinds.items())
    return [f"Not taken over: {', '.join(counted)}."] if kinds else []


def _entries(report: EntriesReport) -> Table:
    table = Table("Entries", "Imported", "Skipped", "Why", "From", "To")
    table.add_row(
        str(report.read),
        str(report.imported),
        str(sum(report.skipped.values())),
        ", ".join(f"{why}: {count}" for why, count in report.skipped.items()),
        str(report.first or ""),
        str(report.last or ""),
    )
    return table


def _moods(report: EntriesReport) -> Table:
    table = Table("Mood", "Entries", "Taken for")
    for one in report.moods:
        step = f"{one.mood} {STEPS[one.mood - 1]}" if one.mood else "[yellow]?[/yellow]"
        table.add_row(escape(one.label), str(one.entries), step)
    return table
