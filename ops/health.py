"""How the parts of Ritmo are, by what a room or the doctor sees: what, since when, what to do.

Every judgement and every sentence stands here once, for /readyz, the page at `/`, and the doctor.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from actors import ROOMS
from actors.runtime.pulse import STALE
from contracts.health import OK, BackupSeen, Params, Pong, State
from storage import disk
from storage.migrations import head, known

OLD = 60.0
"""Seconds after which a fact has waited too long: in the outbox, or for analytics."""

UNHEARD = 180.0
"""Seconds after which a room should have heard a fact, and the courier have seen that."""

MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Deployment:
    """How Ritmo runs: `apart` in many processes over RabbitMQ, or all in one."""

    apart: bool

    def start(self, part: str) -> str:
        """Return the command that starts a part."""
        return f"ritmo {part}" if self.apart else "ritmo up"


def since(seconds: float) -> str:
    """Write down when something began, so many seconds ago."""
    return f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"


def database_away() -> State:
    """Say that the database does not answer."""
    text = "The database does not answer: see that it runs, and that RITMO_DATABASE_URL is right."
    return State("database", "away", text)


def database_state(read_only: bool) -> State:
    """Judge a database that answers."""
    if read_only:
        text = (
            "The database takes no changes (transaction_read_only is on): if it follows another, "
            "set RITMO_DATABASE_URL to the one that leads."
        )
        return State("database", "read_only", text)
    return State("database", text="The database answers.")


def schema_state(revision: str | None) -> State:
    """Judge whether the database fits this Ritmo."""
    place: Params = {"revision": revision or "-", "head": head()}
    if revision == head():
        return State("migrations", text="The database is at revision {revision}.", params=place)
    if revision is not None and revision not in known():
        text = "The database is at revision {revision}, newer than this Ritmo ({head}): update it."
        return State("migrations", "newer", text, place)
    text = "The database is at revision {revision}, not {head}: run `ritmo migrate`."
    return State("migrations", "older", text, place)


def rooms_states(seen: Pong, way: Deployment) -> list[State]:
    """Judge by their beats whether the rooms live."""
    return [room_state(room, seen.beats.get(room), way) for room in ROOMS]


def seen_states(seen: Pong, way: Deployment) -> list[State]:
    """Judge what else can be read in the database, and the disk of the data folder."""
    found = [
        courier_state(seen.beats.get("courier"), way),
        clock_state(seen.beats.get("clock"), way),
        outbox_state(seen.waiting, seen.oldest),
        parked_state(seen.parked),
    ]
    if way.apart:
        found.append(queues_state(seen.unheard, seen.unheard_for))
    if seen.backup is not None:
        found.append(backups_state(seen.backup))
    if seen.free is not None and seen.size is not None:
        found.append(disk_state(seen.free, seen.size))
    return found


def room_state(
    room: str, age: float | None, way: Deployment, code: str = "silent", stale: float = STALE
) -> State:
    """Judge by its last beat whether a room lives; `code` is that of one that does not."""
    given: Params = {"room": room, "command": way.start(f"run {room}"), "since": since(age or 0)}
    if age is None:
        text = "The room {room} has never run here: start `{command}`."
        return State(room, code, text, given)
    if age > stale:
        text = "The room {room} has shown no life since {since}: start `{command}`."
        return State(room, code, text, given)
    return State(room, text="The room {room} lives.", params=given)


def pinged_state(room: str, code: str, age: float | None, way: Deployment) -> State:
    """Judge a room by what became of a ping, `ok` or the code of a refusal, and its last beat."""
    given: Params = {"room": room, "code": code}
    if code == OK:
        return State(room)
    if code == "room_down":
        return room_state(room, age, way, code, stale=0)
    if code in ("broker_away", "line_lost", "disk_full") or code.startswith("database_"):
        return State(room, code)  # the fault is not the room's, and is told there
    text = "The room {room} does not answer ({code}): if that stays so, start it again."
    return State(room, code, text, given)


def bus_state(there: bool) -> State:
    """Judge whether RabbitMQ is there."""
    if there:
        return State("bus", text="RabbitMQ answers.")
    text = "RabbitMQ does not answer: see that it runs, and that RITMO_AMQP_URL is right."
    return State("bus", "away", text)


def courier_state(age: float | None, way: Deployment) -> State:
    """Judge whether the courier lives."""
    given: Params = {"command": way.start("courier"), "since": since(age or 0)}
    if age is None:
        text = "No courier has run here yet, so rooms hear of nothing: start `{command}`."
        return State("courier", "silent", text, given)
    if age > STALE:
        text = "No courier since {since}, so rooms hear of nothing: start `{command}`."
        return State("courier", "silent", text, given)
    return State("courier", text="The courier lives.")


def clock_state(age: float | None, way: Deployment) -> State:
    """Judge whether a clock leads."""
    given: Params = {"command": way.start("clock"), "since": since(age or 0)}
    if age is None:
        text = "No clock has run here yet, so no reminder comes: start `{command}`."
        return State("clock", "silent", text, given)
    if age > STALE:
        text = "No clock since {since}, so no reminder comes: start `{command}`."
        return State("clock", "silent", text, given)
    return State("clock", text="The clock ticks.")


def backlog_state(
    part: str,
    waiting: int,
    oldest: float,
    patience: float,
    *,
    behind: tuple[str, str],
    well: tuple[str, str],
    **more: int,
) -> State:
    """Judge whether what waits, the oldest of it for so many seconds, has waited too long.

    The sentences are of one (`{n}` 1) and of many; `more` fills them, too.
    """
    given: Params = {"n": waiting, "since": since(oldest), **more}
    late = bool(waiting) and oldest > patience
    one, many = behind if late else well
    return State(part, "behind" if late else OK, many, given, one)


def outbox_state(waiting: int, oldest: float) -> State:
    """Judge whether facts get away."""
    one = "{n} message waits in the outbox, since {since}: see that the courier and its bus run."
    many = (
        "{n} messages wait in the outbox, the oldest since {since}: "
        "see that the courier and its bus run."
    )
    well = ("{n} message is on its way.", "{n} messages are on their way.")
    return backlog_state("outbox", waiting, oldest, OLD, behind=(one, many), well=well)


def queues_state(unheard: int, oldest: float) -> State:
    """Judge whether rooms take in what lies in their queues."""
    one = "{n} message lies in a queue, since {since}: see that every room runs and keeps up."
    many = (
        "{n} messages lie in the queues, the oldest since {since}: "
        "see that every room runs and keeps up."
    )
    well = (
        "{n} message is in the queues of the rooms.",
        "{n} messages are in the queues of the rooms.",
    )
    return backlog_state("queues", unheard, oldest, UNHEARD, behind=(one, many), well=well)


def parked_state(parked: int) -> State:
    """Judge whether rooms took in what they heard."""
    if not parked:
        return State("parked", text="Nothing is parked.")
    one = "{n} message could not be taken in: see `ritmo parked list`, then replay or drop it."
    many = "{n} messages could not be taken in: see `ritmo parked list`, then replay or drop them."
    return State("parked", "waiting", many, {"n": parked}, one)


BACKUP_TROUBLES = {
    "stale": "The last backup is of {made}, which is too old: run `ritmo backup create`. {why}",
    "failed": "The last backup failed: {why}",
    "partly": "The last backup is of {made}, but not whole everywhere: {why}",
    "damaged": "A backup is not as it was written: {why}",
    "differs": "The last drill, of {drilled}, found that a restored backup differs: {why}",
}
"""By the code of what is wrong with backups."""


def backups_state(seen: BackupSeen) -> State:
    """Judge the last backup, its verification and the last drill."""
    given: Params = {
        "made": "-" if seen.age is None else since(seen.age),
        "verified": "-" if seen.verified is None else since(seen.verified),
        "drilled": "-" if seen.drilled is None else since(seen.drilled),
        "why": seen.why,
    }
    if seen.trouble in BACKUP_TROUBLES:
        return State("backups", seen.trouble, BACKUP_TROUBLES[seen.trouble], given)
    if seen.age is None:
        return State("backups", text="There is no backup yet: the first comes by itself.")
    if seen.outcome == "could_not_verify":
        text = "The last backup is of {made}, verified {verified}; no drill could be done."
        return State("backups", text=text, params=given)
    text = "The last backup is of {made}, verified {verified}, the last drill of {drilled}."
    return State("backups", text=text, params=given)


def without_space(states: list[State]) -> list[State]:
    """Say that the database found no space: its disk may be another than the one that is seen."""
    return [*(state for state in states if state.part != "disk"), disk_state(0, 0)]


def disk_state(free: int, size: int) -> State:
    """Judge whether there is room on a disk; both in bytes."""
    given: Params = {"free": free // MB}
    if free < disk.MIN_FREE:
        text = "The disk is full ({free} MB free): free some space, and Ritmo goes on by itself."
        return State("disk", "full", text, given)
    if free < min(disk.LOW_FREE, size * disk.LOW_SHARE):
        text = "The disk is nearly full ({free} MB free): free some space before it is."
        return State("disk", "low", text, given)
    return State("disk", text="{free} MB are free on the disk.", params=given)
