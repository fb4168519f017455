"""Letters: words put into the templates, as HTML for mail programs and as plain text.

Everything that people wrote is escaped by the templates (sandboxed, an unknown name is a fault).
Styles are written into the elements, for mail programs that drop style sheets; what cannot be
(dark colours, small screens) stays in one. The libraries are loaded on first use.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2.sandbox import SandboxedEnvironment

TEMPLATES = Path(__file__).parent / "templates"

MAX_SUBJECT = 78
"""Characters of a subject, at most (RFC 5322, section 2.1.1)."""

_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: the first of several is what is usually meant."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class LetterWords:
    """What a letter says; `heading` stands large, `aside` small at the end, with `links` below.

    `preview` is what mail programs show beside the subject.
    """

    subject: str
    heading: str
    preview: str = ""
    paragraphs: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    aside: tuple[str, ...] = ()
    links: tuple[Button, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A habit in a digest: `percent` None where nothing was asked of it."""

    name: str
    colour: str
    figure: str
    percent: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its name, and what changed."""

    figure: str
    name: str
    change: str = ""
    well: bool = True


@dataclass(frozen=True, slots=True)
class Inlaid:
    """A picture inside a letter: PNG bytes under a content id."""

    cid: str
    alt: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ComingDay:
    """A coming day and its habits, in words."""

    day: str
    habits: str


@dataclass(frozen=True, slots=True)
class DigestWords(LetterWords):
    """What a digest says besides; headings of its parts are in the reader's language."""

    cards: tuple[Card, ...] = ()
    bars_heading: str = ""
    bars: tuple[Bar, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: tuple[Inlaid, ...] = ()
    coming_heading: str = ""
    coming: tuple[ComingDay, ...] = ()
    leave: Button | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, ready to be put into an envelope."""

    subject: str
    html: str
    text: str
    pictures: tuple[Inlaid, ...] = ()


@lru_cache(maxsize=1)
def _templates() -> "SandboxedEnvironment":
    from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def one_line(text: str, most: int = MAX_SUBJECT) -> str:
    """Make one line of a text, without what cannot be shown, and no longer than `most`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def write(words: LetterWords, language: str) -> Letter:
    """Write a letter."""
    name = "digest" if isinstance(words, DigestWords) else "letter"
    subject = one_line(words.subject)
    given = {"words": words, "language": language, "subject": subject}
    html = _inliner().inline(_templates().get_template(f"{name}.html").render(given))
    text = _templates().get_template(f"{name}.txt").render(given)
    pictures = words.pictures if isinstance(words, DigestWords) else ()
    return Letter(subject, html, _EMPTY_LINES.sub("\n\n", text).strip() + "\n", pictures)
