"""Rows of an archive, read one by one: each into a model, or refused by a code."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.message import Refused
from contracts.restores import RowsRestored

M = TypeVar("M", bound=BaseModel)
UNREADABLE = "row_unreadable"


class ArchivedRow(BaseModel):
    """A row as it was exported; fields that say nothing here are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Rows(Generic[M]):
    """The rows of one ask, and what becomes of them."""

    def __init__(self, kind: type[M], texts: Iterable[str]) -> None:
        """Read rows of a kind."""
        self.refused: Counter[str] = Counter()
        self.there = self.restored = 0
        self._kind, self._texts = kind, texts

    def each(self, check: Callable[[M], None] | None = None) -> Iterator[M]:
        """Yield the rows that make sense; `check` refuses others with `Refused`."""
        for text in self._texts:
            try:
                row = self._kind.model_validate_json(text)
                if check is not None:
                    check(row)
            except ValidationError:
                self.refused[UNREADABLE] += 1
            except Refused as no:
                self.refused[no.code] += 1
            else:
                yield row

    def account(self, *, restored: int, there: int) -> RowsRestored:
        """Say what became of the rows."""
        return RowsRestored(restored=restored, there=there, refused=dict(self.refused))
