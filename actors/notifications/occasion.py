"""What a letter is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Data = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a letter is about. `links` are addresses by purpose, `base` is where Ritmo is."""

    language: str
    data: Data
    base: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text of the data; empty if there is none."""
        value = self.data.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int:
        """Return a number of the data; 0 if there is none."""
        value = self.data.get(name)
        return int(value) if isinstance(value, (int, float)) else 0
