"""Google Calendar: linked with a person's consent, shown, hastened and unlinked."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid5

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.calendar.google_calls import GoogleClient, client_of
from actors.calendar.google_consent import (
    consent_url,
    hashed,
    matches,
    refresh_token_of,
)
from actors.calendar.google_errors import GoogleFailed
from actors.calendar.google_farewell import KEPT, bid, say_at_once
from actors.calendar.room import TheSettings, known, room
from actors.runtime.room import ShortTransaction, TheBus, Transaction, Who, prepared
from actors.runtime.settings import Settings
from contracts.busy import BusyChanged
from contracts.google import (
    ConnectGoogle,
    DisconnectGoogle,
    FinishGoogle,
    GetGoogle,
    GoogleConsent,
    GoogleLink,
    GoogleProblem,
    GoogleWish,
    HearGoogle,
    ShowInGoogle,
    SyncGoogle,
)
from contracts.message import Conflict, Denied, Done, NotFound, Unavailable
from contracts.passwords import PasswordChanged
from storage.calendar import busy, farewells, google
from storage.calendar.google import ConsentRow, GoogleLinkRow
from storage.outbox import tell
from storage.replica.nouns import Breaks, Days, Habits, People
from storage.replica.replica import Changes

log = structlog.get_logger()

LIFE = timedelta(minutes=10)
"""For how long a consent can be finished."""


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent, and the refresh token that Google gave for it."""

    row: ConsentRow
    refresh_token: str = field(repr=False)


@room.answer
async def connect_google(
    command: ConnectGoogle, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> GoogleConsent:
    """Begin to link a calendar."""
    client = _client(given)
    await known.person(tx, bus, who, "lock")
    wish = GoogleWish(**{name: getattr(command, name) for name in GoogleWish.model_fields})
    state, proof = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    url, verifier = consent_url(client, wish, _base(given), state)
    expires = datetime.now(UTC) + LIFE
    row = ConsentRow(
        hashed(state), who.user_id, hashed(proof), verifier, wish.model_dump_json(), expires
    )
    await google.add_consent(tx, row)
    return GoogleConsent(url=url, proof=proof, expires_at=expires)


@room.before
async def exchange(command: FinishGoogle, begin: ShortTransaction, given: TheSettings) -> Consented:
    """Exchange the code for a token: it takes its time, and holds nothing meanwhile."""
    client = _client(given)
    async with begin() as tx:
        row = await google.find_consent(tx, hashed(command.state), datetime.now(UTC))
    if row is None or not matches(command.proof, row.proof_hash):
        raise _no_consent()
    if not command.code:
        raise Denied("google_refused", "Google was not allowed to link the calendar.")
    wish = GoogleWish.model_validate_json(row.wish)
    try:
        token = await refresh_token_of(client, wish, _base(given), row.verifier, command.code)
    except GoogleFailed as failed:
        if failed.failure == "away":
            text = "Google does not answer at the moment; try again in a while."
            raise Unavailable("google_away", text, retry_after=30) from None
        log.warning("consent not taken", why=str(failed))
        text = "Google did not give all that is needed. Begin anew, and leave every box ticked."
        raise Denied("google_refused", text) from None
    return Consented(row, token)


@room.answer
async def finish_google(command: FinishGoogle, tx: Transaction, given: TheSettings) -> GoogleLink:
    """Link a calendar."""
    done = prepared(Consented)
    if not await google.end_consent(tx, done.row.state_hash):
        raise _no_consent()
    user_id, now = done.row.user_id, datetime.now(UTC)
    person = await known.replica.find_person(tx, user_id, "lock")
    if person is None or person.gone or person.disabled:
        raise _no_consent()
    wish = GoogleWish.model_validate_json(done.row.wish)
    before = await google.find_link(tx, user_id)
    values = {
        "refresh_token": done.refresh_token,
        "wish": done.row.wish,
        "due_at": now,
        "attempts": 0,
        "problem": None,
        "sync_token": None,
        "busy_until": None,
    }
    same = before is not None and (
        GoogleWish.model_validate_json(before.wish).calendar_id == wish.calendar_id
    )
    if same:
        await google.relink(tx, user_id, values)
    else:
        # The same for the same calendar, so that what stands there is known again.
        link_id = uuid5(user_id, f"google {wish.calendar_id or ''}")
        place = {"link_id": link_id, "calendar_id": wish.calendar_id}
        await bid(tx, before, revoke=False)
        await google.add_link(tx, user_id, {**values, **place})
    if not wish.busy_calendars:
        await forget_busy(tx, user_id)
    return await _shown(tx, given, user_id)


@room.answer
async def get_google(query: GetGoogle, who: Who, tx: Transaction, given: TheSettings) -> GoogleLink:
    """Show how the caller and Google stand."""
    return await _shown(tx, given, who.user_id)


@room.answer
async def sync_google(
    command: SyncGoogle, who: Who, tx: Transaction, given: TheSettings
) -> GoogleLink:
    """Have both made the same soon."""
    await _linked(tx, who.user_id)
    await google.hasten(tx, [who.user_id], datetime.now(UTC), asked=True)
    return await _shown(tx, given, who.user_id)


@room.before
async def withdraw(
    command: DisconnectGoogle, who: Who, begin: ShortTransaction, given: TheSettings
) -> None:
    """Give the consent back."""
    client = client_of(given)
    async with begin() as tx:
        link = await google.find_link(tx, who.user_id)
    if client is not None and link is not None and link.refresh_token is not None:
        await say_at_once(client, link)


@room.answer
async def disconnect_google(command: DisconnectGoogle, who: Who, tx: Transaction) -> Done:
    """Unlink a calendar."""
    await google.erase(tx, who.user_id)
    await forget_busy(tx, who.user_id)
    return Done()


@room.answer
async def show_in_google(command: ShowInGoogle, who: Who, tx: Transaction) -> Done:
    """Have a habit stand there again."""
    link = await _linked(tx, who.user_id)
    await google.show_again(tx, link.link_id, command.habit_id)
    await google.hasten(tx, [who.user_id], datetime.now(UTC))
    return Done()


@room.answer
async def hear_google(command: HearGoogle, tx: Transaction) -> Done:
    """Take in that something has changed there."""
    link = await google.find_channel(tx, command.channel_id)
    if link is not None and link.channel_hash and matches(command.token, link.channel_hash):
        await google.hasten(tx, [link.user_id], datetime.now(UTC))
    return Done()


@room.tick("calendar.forget_consents", every="23 * * * *")
async def forget_consents(tx: AsyncConnection) -> bool:
    """Drop consents that nobody has finished in time, and what Google could not be told."""
    now = datetime.now(UTC)
    await google.forget_consents(tx, now)
    await farewells.forget(tx, now - KEPT)
    return False


@room.hear
async def drop_consent(fact: PasswordChanged, tx: Transaction) -> None:
    """Whoever began to link a calendar before the password was changed does not finish it."""
    await google.drop_consents(tx, fact.user_id)


@known.changed(People, Habits, Days, Breaks)
async def note_news(changes: Changes, tx: AsyncConnection) -> None:
    """Have the links of those synced of whom something was news."""
    await google.hasten(tx, sorted(changes.users), datetime.now(UTC))


async def forget_busy(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget when Google calls a person busy."""
    if await busy.replace(tx, user_id, "google", []):
        await tell(tx, BusyChanged(user_id=user_id))


async def _shown(tx: AsyncConnection, given: Settings, user_id: UUID) -> GoogleLink:
    """Show a person's link."""
    link = await google.find_link(tx, user_id)
    if link is None:
        return GoogleLink(state="off" if client_of(given) is None else "none")
    rows = [row for row in await google.events_of(tx, link.link_id) if row.day is None]
    return GoogleLink(
        state="linked" if link.refresh_token is not None else "lost",
        problem=cast("GoogleProblem | None", link.problem),
        wish=GoogleWish.model_validate_json(link.wish),
        synced_at=link.synced_at,
        events=sum(not row.gone for row in rows),
        hidden=tuple(sorted({row.habit_id for row in rows if row.gone})),
    )


async def _linked(tx: AsyncConnection, user_id: UUID) -> GoogleLinkRow:
    link = await google.find_link(tx, user_id)
    if link is None:
        raise NotFound("google_not_linked", "No Google calendar is linked.")
    return link


def _client(given: Settings) -> GoogleClient:
    client = client_of(given)
    if client is None:
        text = (
            "This Ritmo has no access to Google. Whoever runs it can set it: "
            "RITMO_GOOGLE_CLIENT_ID, RITMO_GOOGLE_CLIENT_SECRET."
        )
        raise Conflict("google_off", text)
    return client


def _base(given: Settings) -> str:
    """Return where Google sends the browser back to."""
    return (given.base_url or given.address()).rstrip("/")


def _no_consent() -> NotFound:
    text = "Nobody waits for this, or it took too long. Begin to link the calendar anew."
    return NotFound("consent_not_found", text)
