"""Writes the list of common passwords anew: `python -m ops.password_blocklist LIST...`.

Each list is a text with a password a line, or a JSON array of them, the most common first. They are
taken in turns until there are enough; what is too short is refused for that anyway.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path

from actors.auth.domain import LONGEST, SHORTEST, same_form
from actors.auth.password_blocklist import FILE, written

PASSWORDS = 100_000
"""How many are kept."""

RUSSIAN = """
йцукенгш йцукен123 йцукенгшщз пароль12 пароль123 пароль1234 парольпароль привет123 приветик
любовь123 наташа123 солнышко кристина екатерина александр александра анастасия виктория
владимир валентина елизавета маргарита вероника максимка татьянка светлана людмила
"""
"""Some that the lists, which come from the west, leave out."""


def listed(path: Path) -> list[str]:
    """Read a list."""
    said = path.read_text(encoding="utf-8", errors="replace")
    return [str(one) for one in json.loads(said)] if path.suffix == ".json" else said.splitlines()


def chosen(lists: Iterable[Iterable[str]]) -> Iterator[str]:
    """Take passwords of several lists in turns, each once, as they are compared."""
    seen: set[str] = set()
    for one in chain.from_iterable(zip_longest(*lists)):
        password = same_form(one).casefold() if one else ""
        if SHORTEST <= len(password) <= LONGEST and password not in seen:
            seen.add(password)
            yield password


def main(paths: list[str]) -> None:
    """Write the file."""
    lists = [RUSSIAN.split(), *(listed(Path(path)) for path in paths)]
    FILE.write_bytes(written(islice(chosen(lists), PASSWORDS)))
    print(f"{FILE.name}: {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
