"""In which language a caller reads: that of their profile; of a guest, the one the header likes.

Profiles are remembered for a while, and what changes is overheard. A profile is only asked for
where a sentence has to be said, and never when Ritmo is in trouble: then the header decides, too.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from contracts.bus import Bus, deadline_in
from contracts.language import Language
from contracts.message import Refused
from contracts.principal import Principal
from contracts.speech import chosen
from contracts.users import GetProfile, ProfileChanged, User, UserDeleted
from gateway.visit import visit_of

KEPT = 60.0
"""Seconds for which a language is remembered: a fact can be missed while a line is down."""

PATIENCE = 1.0
"""Seconds that an error waits for the profile of its reader."""

PEOPLE = 20_000
"""People whose language is remembered; who was not needed for longest goes first."""


class Languages:
    """Remembers the languages of people."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask for profiles over a bus; `clock` gives seconds."""
        self._bus = bus
        self._clock = clock
        self._kept: OrderedDict[UUID, tuple[Language, int, float]] = OrderedDict()

    async def listen(self, bus: Bus) -> None:
        """Listen for changes."""
        await bus.overhear(ProfileChanged, self._changed)
        await bus.overhear(UserDeleted, self._gone)

    def keep(self, user_id: UUID, language: Language, version: int) -> None:
        """Remember the language of a version of a profile: what is older comes late."""
        if version < self._kept.get(user_id, (language, 0, 0.0))[1]:
            return
        self._kept[user_id] = language, version, self._clock() + KEPT
        self._kept.move_to_end(user_id)
        if len(self._kept) > PEOPLE:
            self._kept.popitem(last=False)

    def known(self, user_id: UUID) -> Language | None:
        """Return a language that is remembered."""
        language, _, until = self._kept.get(user_id, (None, 0, 0.0))
        return language if self._clock() < until else None

    async def of(self, who: Principal) -> Language | None:
        """Return somebody's language; None if that cannot be known now."""
        if (known := self.known(who.user_id)) is not None:
            return known
        try:
            user: User = await self._bus.ask(GetProfile(), who, deadline=deadline_in(PATIENCE))
        except Refused:
            return None
        self.keep(user.user_id, user.language, user.version)
        return user.language

    async def _changed(self, fact: ProfileChanged) -> None:
        self.keep(fact.user_id, fact.profile.language, fact.version)

    async def _gone(self, fact: UserDeleted) -> None:
        self._kept.pop(fact.user_id, None)


def liked(scope: Any) -> Language:
    """Return the language that the Accept-Language of a request likes best."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return "ru" if chosen(value.decode("latin-1")) == "ru" else "en"
    return "en"


def known_language(scope: Any) -> Language:
    """Return the caller's language as far as that is known without asking."""
    who, app = visit_of(scope).caller, scope.get("app")
    languages: Languages | None = None if app is None else app.state.door.languages
    known = None if who is None or languages is None else languages.known(who.user_id)
    return known or liked(scope)


async def language_of(scope: Any) -> Language:
    """Return the language in which the caller reads."""
    return await profile_language(scope) or liked(scope)


async def profile_language(scope: Any) -> Language | None:
    """Return the language of the caller's profile; None if that cannot be known now.

    The gateway knows a new one before rooms that keep a copy of people do.
    """
    who = visit_of(scope).caller
    if who is None:
        return None
    languages: Languages = scope["app"].state.door.languages
    return await languages.of(who)
