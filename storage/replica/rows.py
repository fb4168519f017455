"""What rooms read of a replica alike: versions of habits, and breaks."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from contracts.habit import Version, bears

_versions = TypeAdapter(tuple[Version, ...])


class KnownBreak(NamedTuple):
    """A break: of a habit, of a tag, or (neither) of everything."""

    first: date
    last: date
    habit_id: UUID | None
    tag: str | None

    def covers(self, habit_id: UUID, tags: Sequence[str]) -> bool:
        """Tell whether a habit rests."""
        if self.habit_id is not None:
            return self.habit_id == habit_id
        return self.tag is None or bears(tags, self.tag)


@lru_cache(maxsize=4096)
def versions_of(kept: str) -> tuple[Version, ...]:
    """Read the versions of a habit; they change rarely and are read all the time."""
    return _versions.validate_json(kept)
