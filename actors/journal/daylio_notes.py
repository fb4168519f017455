"""Notes of Daylio, which may hold HTML, as Markdown. Pure.

Bold, italic, struck, lists and line breaks are kept, other tags of a rich text go, their text
stays. Whatever else looks like a tag (`<3`, `<name>`, a script) is text, for no word may get lost:
an entry is shown harmless whatever it holds. Python's own parser is not used: it loses words, and
may take minutes for a hostile note.
"""

import html
import re
from collections.abc import Sequence

_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "strike": "~~", "del": "~~"}
_LINES = ("p", "div", "ul", "ol", "blockquote", *(f"h{n}" for n in range(1, 7)))
_DROPPED = ("u", "span", "font", "a", "small", "big", "sub", "sup")
_NAMES = "|".join((*_MARKS, *_LINES, *_DROPPED, "br", "li"))
_TAG = re.compile(rf"<(/?)({_NAMES})(?:\s[^<>]{{0,300}})?/?>", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MANY_LINES = re.compile(r"\n{3,}")
_DEEPEST = 8


def markdown_of(note: str) -> str:
    """Return a note as Markdown, without control characters."""
    plain = note.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    if "<" in plain or "&" in plain:
        plain = _without_tags(plain).replace("\xa0", " ")
    plain = "\n".join(line.rstrip() for line in _CONTROLS.sub("", plain).split("\n"))
    return _MANY_LINES.sub("\n\n", plain).strip("\n").rstrip()


def _without_tags(note: str) -> str:
    """Turn tags into marks and lines; an element that is never ended ends with the note."""
    out: list[str] = []
    begun: list[tuple[str, int]] = []
    place = 0
    for tag in _TAG.finditer(note):
        out.append(_unescaped(note[place : tag.start()]))
        place = tag.end()
        name, ends = tag[2].lower(), bool(tag[1])
        if name == "br":
            out.append("\n")
        elif name == "li" and not ends:
            out.append(_line(out) + "- ")
        elif name in _LINES:
            out.append(_line(out))
        elif name in _MARKS and not ends and len(begun) < _DEEPEST:
            begun.append((name, len(out)))
        elif ends and any(name == one for one, _ in begun):
            _end(out, begun, name)
    out.append(_unescaped(note[place:]))
    _end(out, begun, "")
    return "".join(out)


def _unescaped(text: str) -> str:
    """Read character references; where one has more digits than Python reads, they stay."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def _line(out: Sequence[str]) -> str:
    """Return what begins a line, unless one has just begun."""
    last = next((piece for piece in reversed(out[-3:]) if piece), "\n")
    return "" if last.endswith("\n") else "\n"


def _end(out: list[str], begun: list[tuple[str, int]], name: str) -> None:
    """End the last element of this name, and those left open in it; without a name, all."""
    while begun:
        last, place = begun.pop()
        out[place:] = [_marked("".join(out[place:]), _MARKS[last])]
        if last == name:
            return


def _marked(text: str, mark: str) -> str:
    """Set marks around the words of each line; blanks and bullets stay outside."""
    lines = []
    for line in text.split("\n"):
        words = line.strip().removeprefix("- ")
        before, _, after = line.partition(words) if words else (line, "", "")
        lines.append(f"{before}{mark}{words}{mark}{after}" if words else line)
    return "\n".join(lines)
