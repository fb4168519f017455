"""`ritmo demo`: a made-up person with half a year of history to look around with."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from actors.runtime.settings import Settings
from contracts.accounts import BeginSession, OpenAccount
from contracts.breaks import AddBreak
from contracts.bus import Bus
from contracts.check_ins import CheckIn
from contracts.habits import CreateHabit, UpdateHabit
from contracts.journal import CreateEntry
from contracts.language import Language
from contracts.message import Asked, NotFound, Reply, new_id
from contracts.principal import Principal
from contracts.reminder_settings import SetReminderSettings
from contracts.reminders import CreateReminder
from contracts.speech import say
from contracts.time import day_of
from contracts.users import CreateProfile, DeleteUser, GetUser
from ops.demonstration.person import (
    DAYS,
    EMAIL,
    HABITS,
    HOLIDAY,
    REMINDERS,
    Kept,
    MarkedDay,
    Page,
    Words,
    life,
)
from ops.demonstration.vocabulary import said
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator, vouching

R = TypeVar("R", bound=Reply)

NAME: dict[Language, str] = {"en": "Robin", "ru": "Робин"}
HOLIDAY_REASON: dict[Language, str] = {"en": "by the sea", "ru": "на море"}


async def add(settings: Settings, zone: str, language: str) -> None:
    """Add the demo user with all their history. Raises `CannotRun` if there is one already."""
    password = secrets.token_urlsafe(12)
    profile = CreateProfile.model_validate({"email": EMAIL, "zone": zone, "language": language})
    profile = profile.model_copy(update={"name": NAME[profile.language]})
    console = Console(highlight=False)
    async with at_hand(settings, make=True) as here:
        if await _find(here.bus) is not None:
            raise CannotRun(
                f"There is a demo user already, {EMAIL}; `ritmo demo --remove` takes them away."
            )
        who = await _opened(here, profile, password)
        await Seeding(here.bus, who, zone, profile.language).run(console)
    greet(console, profile.language, profile.name, password)


def greet(console: Console, language: Language, name: str, password: str) -> None:
    """Say who is here now and how to log in as them, in their language."""
    here = say(language, "{name} is here, with half a year of habits, moods and diary.")
    labels = (say(language, "e-mail"), say(language, "password"))
    wide = max(map(len, labels))
    once, away = say(language, "shown once"), say(language, "Take all of it away again:")
    console.print(
        f"\n  [bold green]{here.format(name=name)}[/bold green]\n\n"
        f"  {labels[0]:<{wide}}  [bold]{EMAIL}[/bold]\n"
        f"  {labels[1]:<{wide}}  [bold]{password}[/bold]  [dim]({once})[/dim]\n\n"
        f"  [dim]{away}[/dim] ritmo demo --remove\n",
        soft_wrap=True,
    )


async def remove(settings: Settings) -> None:
    """Take the demo user away, and everything of theirs. Raises `CannotRun` if there is none."""
    async with at_hand(settings) as here:
        user_id = await _find(here.bus)
        if user_id is None:
            raise CannotRun("There is no demo user.")
        await here.bus.ask(DeleteUser(user_id=user_id), operator())
    Console(highlight=False).print("The demo user is gone, with everything of theirs.")


async def _find(bus: Bus) -> UUID | None:
    """Return the id of the demo user, if there is one."""
    try:
        return (await bus.ask(GetUser(email=EMAIL), operator())).user_id
    except NotFound:
        return None


async def _opened(here: Platform, profile: CreateProfile, password: str) -> Principal:
    """Open the account; return who they are."""
    user_id, ops = new_id(), vouching(here)
    given = {**profile.model_dump(), "password": password}
    given["proof"] = await ops.prove(OpenAccount, user_id)
    await here.bus.ask(OpenAccount.model_validate(given))
    proof = await ops.prove(BeginSession, user_id)
    tokens = await here.bus.ask(BeginSession(proof=proof))
    who = await here.verifier.verify(tokens.access_token)
    await here.bus.ask(profile, who)
    return who


class Seeding:
    """Lives a made-up life again, through the same asks as anybody."""

    def __init__(self, bus: Bus, who: Principal, zone: str, language: Language) -> None:
        """Live it as `who`."""
        self._bus, self._who, self._zone, self._language = bus, who, zone, language
        self._ids: dict[str, UUID] = {}

    async def run(self, console: Console) -> None:
        """Begin the habits, log the days, write the diary, and give up what was given up."""
        today = day_of(datetime.now(UTC), self._zone)
        for one in HABITS:
            await self._begin(one, today - timedelta(days=DAYS))
        # There is nobody at their address.
        quiet = {"quiet_hours": {"from": "23:30", "to": "06:30"}, "channels": []}
        await self._ask(SetReminderSettings.model_validate(quiet))
        first, last = (today - timedelta(days=ago) for ago in HOLIDAY)
        reason = HOLIDAY_REASON[self._language]
        await self._ask(AddBreak.model_validate({"from": first, "to": last, "reason": reason}))
        lived = life(today, self._zone, self._language)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            for mark in progress.track(lived.marks, description="Living half a year"):
                await self._log(mark)
            for page in progress.track(lived.pages, description="Writing the diary"):
                await self._write(page)
        for key, words in REMINDERS:
            await self._remind(self._ids.get(key), said(words, self._language))
        for one in HABITS:
            if one.until:
                await self._ask(UpdateHabit(habit_id=self._ids[one.key], archived=True))

    async def _begin(self, one: Kept, start: date) -> None:
        name = one.names[0] if self._language == "en" else one.names[1]
        words = {**said(one.words, self._language), "name": name, "start_day": start}
        if one.until:
            end = start + timedelta(days=DAYS - one.until)
            words["schedule"] = {"every": "rule", "rrule": f"FREQ=DAILY;UNTIL={end:%Y%m%d}"}
        habit = CreateHabit.model_validate(words)
        self._ids[one.key] = (await self._ask(habit)).habit_id

    async def _remind(self, habit_id: UUID | None, words: Words) -> None:
        await self._ask(CreateReminder.model_validate({**words, "habit_id": habit_id}))

    async def _log(self, mark: MarkedDay) -> None:
        words = {"day": mark.day, "at": mark.at, "value": mark.value, "state": mark.state}
        await self._ask(CheckIn.model_validate({**words, "habit_id": self._ids[mark.key]}))

    async def _write(self, page: Page) -> None:
        linked = (self._ids["run"],) if page.ran else ()
        words = {"day": page.day, "at": page.at, "mood": page.mood, "energy": page.energy}
        words |= {"tags": page.tags, "text": page.text, "habit_ids": linked}
        await self._ask(CreateEntry.model_validate(words))

    async def _ask(self, message: Asked[R]) -> R:
        return await self._bus.ask(message, self._who)
