"""Facts written for other programs: JSON Lines as they are, CSV and Parquet as one flat table.

In the table a fact that tells of many days or entries takes a line for each of them. What has no
column of its own stands in `rest`, as JSON. Nothing here holds more than a page of facts.
"""

import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

from contracts.analytics_upkeep import LoggedFact
from contracts.spreadsheet import MARK, csv_of
from gateway.problems import BadRequest

if TYPE_CHECKING:
    import pyarrow

BESIDE = ("occurred_at", "fact", "fact_id", "version")
"""What every fact has."""

TEXTS = ("habit_id", "entry_id", "break_id", "day", "from", "to", "state", "at", "zone")
NUMBERS = ("value", "mood", "energy")
COLUMNS = (*BESIDE, *TEXTS, *NUMBERS, "tags", "rest")
"""The columns of the table; they may become more, never others."""

MANY = ("check_ins", "entries")
"""Where a fact tells of many things."""

GROUP = 20_000
"""Lines of a row group of Parquet, about."""

Line = dict[str, JsonValue]


class Sheet(Protocol):
    """Writes facts page by page: what stands before them, each page, and what stands after."""

    def head(self) -> bytes:
        """Write what comes first."""
        ...

    def page(self, facts: Sequence[LoggedFact]) -> bytes:
        """Write some facts; perhaps later."""
        ...

    def end(self) -> bytes:
        """Write what is left."""
        ...


def lines_of(fact: LoggedFact) -> Iterator[Line]:
    """Lay a fact out as lines of the table."""
    body = dict(fact.body)
    parts: JsonValue = [{}]
    for name in MANY:
        parts = body.pop(name, parts)
    beside: Line = {
        "occurred_at": fact.occurred_at.isoformat(),
        "fact": fact.fact,
        "fact_id": str(fact.fact_id),
        "version": fact.version,
    }
    for part in parts if isinstance(parts, list) else []:
        said = {**body, **(part if isinstance(part, dict) else {})}
        line = beside | {name: said.pop(name, None) for name in (*TEXTS, *NUMBERS)}
        tags = said.pop("tags", None)
        line["tags"] = _json(tags) if tags else None
        rest: JsonValue = {name: value for name, value in said.items() if value is not None}
        yield line | {"rest": _json(rest) if rest else None}


class JsonLines:
    """A fact a line, as JSON."""

    def head(self) -> bytes:
        """Write nothing."""
        return b""

    def page(self, facts: Sequence[LoggedFact]) -> bytes:
        """Write some facts."""
        return "".join(f"{fact.model_dump_json()}\n" for fact in facts).encode()

    def end(self) -> bytes:
        """Write nothing."""
        return b""


class Csv:
    """A table with a line of headings (RFC 4180, in UTF-8)."""

    def head(self) -> bytes:
        """Write the headings."""
        return (MARK + csv_of([COLUMNS])).encode()

    def page(self, facts: Sequence[LoggedFact]) -> bytes:
        """Write some facts."""
        lines = (line for fact in facts for line in lines_of(fact))
        return csv_of([line[name] for name in COLUMNS] for line in lines).encode()

    def end(self) -> bytes:
        """Write nothing."""
        return b""


class Parquet:
    """A table of Apache Parquet; needs pyarrow, which is an extra: it is larger than Ritmo."""

    def __init__(self) -> None:
        """Begin a table. Refuses with 406 if pyarrow is not installed."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            text = "Parquet needs an extra that is not installed: pip install ritmo[parquet]."
            raise BadRequest(406, "parquet_missing", text) from None
        self._arrow = pyarrow
        self._schema = _schema(pyarrow)
        self._sink = _Drain()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self._schema)
        self._waiting: list[Line] = []

    def head(self) -> bytes:
        """Write how the file begins."""
        return self._sink.drained()

    def page(self, facts: Sequence[LoggedFact]) -> bytes:
        """Write some facts, once they are enough for a row group."""
        self._waiting += [line for fact in facts for line in lines_of(fact)]
        if len(self._waiting) >= GROUP:
            self._write()
        return self._sink.drained()

    def end(self) -> bytes:
        """Write the rest, and where everything is."""
        if self._waiting:
            self._write()
        self._writer.close()
        return self._sink.drained()

    def _write(self) -> None:
        table = self._arrow.Table.from_pylist(self._waiting, schema=self._schema)
        self._writer.write_table(table)
        self._waiting = []


class _Drain(io.RawIOBase):
    """A file that is taken away while it is being written."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | memoryview", /) -> int:  # type: ignore[override] # what pyarrow hands over
        self._parts.append(bytes(data))
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def drained(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _schema(arrow: "pyarrow") -> "pyarrow.Schema":
    """Say what the columns hold."""
    kinds = {"version": arrow.int64(), **dict.fromkeys(NUMBERS, arrow.float64())}
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])


def _json(value: JsonValue) -> str:
    """Write JSON that a spreadsheet which splits at `;` does not split."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return written.replace(";", "\\u003b")
