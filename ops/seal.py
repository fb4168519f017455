"""Whether the sealing keys fit the database; see `actors.runtime.seal`."""

import os
import stat

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.seal import Seal, make
from actors.runtime.settings import Settings
from contracts.health import Params, State
from ops.faults import CannotRun
from ops.language import of_terminal
from storage import sealed, secrets
from storage.sealed import Survey, Unreadable
from storage.session import transaction

PART = "secrets"
FATAL = frozenset({"missing", "absent", "unreadable", "other"})
"""Codes of keys with which Ritmo cannot run."""

FIRST = "seal"
"""The secret that is sealed first, and does no more than tell by which keys."""

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('seal', 0))")


async def ready(
    engine: AsyncEngine,
    settings: Settings,
    *,
    make_file: bool = False,
    later: bool = False,
    schemas: frozenset[str] | None = None,
) -> bool:
    """Have the keys that open what the database holds, and seal what lies in the open there.

    Where nothing is sealed yet, and `make_file` says so, a file of keys is made; returns whether
    it was; with `later` nothing is sealed then, until it is seen that the file is there to stay.
    Of several that begin on one database with keys of their own one gets its way: what it seals
    first tells the others that theirs are not the right ones.
    Schemas that are not in `schemas` are not looked at. Raises CannotRun, and changes nothing, if
    keys are missing or are not the right ones.
    """
    seal = Seal(settings)
    async with transaction(engine) as tx:
        await tx.execute(_TURN)
        found = await sealed.survey(tx, schemas)
        made = make_file and not seal.exists and not found.heads and _made(seal)
        state = seal_state(seal, found)
        if state.code in FATAL:
            raise CannotRun(state.said(of_terminal()))
        sealed.use(seal)
        if not found.heads and not (made and later):
            await secrets.make(tx, FIRST)
    if found.plain and not (made and later):
        await seal_all(engine, schemas)
    return made


async def seal_all(engine: AsyncEngine, schemas: frozenset[str] | None = None) -> None:
    """Seal with the first key whatever is not, some rows at a time; it may be ended at any time."""
    for place in sealed.places(schemas):
        after: object = None
        while True:
            async with transaction(engine) as tx:
                after = await sealed.seal_some(tx, place, after)
            if after is None:
                break


async def find_state(tx: AsyncConnection, settings: Settings) -> State:
    """Say how the secrets of a database are kept."""
    return seal_state(Seal(settings), await sealed.survey(tx))


def seal_state(seal: Seal, found: Survey) -> State:
    """Judge whether the keys are there, and fit."""
    given: Params = {"place": seal.place, "n": found.plain}
    if not seal.exists:
        if found.heads:
            words = (
                "The file of sealing keys {place} is missing, and the database holds secrets that "
                "only it opens: put it back. If it is lost, `ritmo keys forget` gives them up."
            )
            return State(PART, "missing", words, given)
        words = (
            "There is no file of sealing keys {place}: `ritmo up` and `ritmo migrate` make it; "
            "RITMO_SEAL_FILE names another."
        )
        return State(PART, "absent", words, given)
    try:
        strange = [head for head in found.heads if not seal.knows(head)]
    except Unreadable:
        words = (
            "The sealing keys {place} cannot be read: see that they are whole, and that Ritmo may "
            "read them."
        )
        return State(PART, "unreadable", words, given)
    if strange:
        words = (
            "The sealing keys {place} are not those of this database: put the right ones back. "
            "If they are lost, `ritmo keys forget` gives up what they sealed."
        )
        return State(PART, "other", words, given)
    if _is_open(seal):
        words = "The file of sealing keys can be read by others: run `chmod 600 {place}`."
        return State(PART, "open", words, given)
    if found.plain:
        one = "{n} secret is not sealed: start Ritmo again."
        many = "{n} secrets are not sealed: start Ritmo again."
        return State(PART, "plain", many, given, one)
    return State(PART, text="Secrets are sealed; their keys are in {place}.", params=given)


def _made(seal: Seal) -> bool:
    return seal.file is not None and make(seal.file)


def _is_open(seal: Seal) -> bool:
    """Tell whether others than the owner may read the file."""
    if seal.file is None or os.name != "posix":
        return False
    return bool(seal.file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
