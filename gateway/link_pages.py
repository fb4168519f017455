"""Pages behind the links in mails: what they ask, and what became of it, in the mail's language.

A page says what is logged, never what should have been.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from html import escape

from starlette.responses import Response

from contracts.links import Link, Purpose
from contracts.marks import Logged
from contracts.message import Denied, Gone, Invalid, NotFound, Refused, Unavailable
from contracts.quantity import write, write_input, write_progress
from contracts.speech import say
from gateway.problems import status_of
from gateway.web.plain import page

QUESTIONS: dict[Purpose, str] = {
    "done": "Done with “{habit}”?",
    "skip": "Skip “{habit}”?",
    "snooze": "Be reminded later?",
    "earlier": "Move this reminder earlier?",
    "later": "Move this reminder later?",
    "never": "No more of this reminder?",
    "unsubscribe": "No more of these mails?",
}
BUTTONS: dict[Purpose, str] = {
    "done": "Done",
    "skip": "Skip this day",
    "snooze": "Remind me later",
    "earlier": "30 minutes earlier",
    "later": "30 minutes later",
    "never": "Switch it off",
    "unsubscribe": "Unsubscribe",
}
ANSWERS: dict[Purpose, str] = {
    "snooze": "It comes again later.",
    "earlier": "From now on it comes 30 minutes earlier.",
    "later": "From now on it comes 30 minutes later.",
    "never": "This reminder is switched off.",
    "unsubscribe": "You get no more of these mails.",
}
HINTS: dict[Purpose, str] = {
    "done": "Press the button, and it is checked in for the day of the mail.",
    "skip": "A skipped day neither breaks nor lengthens a streak.",
    "snooze": "Choose for how long it is to be silent.",
    "earlier": "It moves for good; you can move it back at any time.",
    "later": "It moves for good; you can move it back at any time.",
    "never": "You can switch it on again in Ritmo at any time.",
    "unsubscribe": "You can switch digests on again in Ritmo at any time.",
}
STATES = {
    "done": "“{habit}” is done.",
    "partial": "“{habit}” is partly done.",
    "skipped": "“{habit}” is skipped.",
    "failed": "“{habit}” is logged, and the day does not count as kept.",
}
WAITS = (
    ("15", "15 minutes"),
    ("60", "1 hour"),
    ("180", "3 hours"),
    ("tomorrow", "Until tomorrow"),
)
DAYS = {"en": "EEEE, MMMM d", "ru": "EEEE, d MMMM"}
"""How a day is written, without the year (CLDR)."""


# -- asking ---------------------------------------------------------------------------------------


def ask_page(link: Link, wrong: str = "", typed: str = "") -> Response:
    """Lay out what a link is for, and the button that does it; `wrong`: why it did not."""
    say_it = _speaker(link)
    title = say_it(QUESTIONS[link.purpose])
    hint = "" if link.logged or wrong else _paragraph(say_it(HINTS[link.purpose]))
    button = say_it("Log this instead" if link.number and link.used else BUTTONS[link.purpose])
    fields = f"{_fields(link, typed)}<button>{escape(button)}</button>"
    if link.number and link.used:
        title = say_it(STATES["done"])
    body = (
        f"<section><h2>{escape(title)}</h2>{_day(link)}{_alert(wrong)}{_logged(link)}{hint}"
        f"{_form(fields)}</section>"
    )
    return page_of(title, body, link.language, 422 if wrong else 200)


def choice_page(link: Link, typed: str, choices: Sequence[Decimal]) -> Response:
    """Ask which of several readings of a number is meant."""
    say_it = _speaker(link)
    title = say_it("Which do you mean?")
    text = say_it("“{typed}” can be read in more than one way.", typed=typed)
    buttons = "".join(
        f'<button name="value" value="{escape(write_input(one, link.measure, link.language))}">'
        f"{escape(write(one, link.measure, link.unit, link.language))}</button>"
        for one in choices
    )
    body = (
        f"<section><h2>{escape(title)}</h2>{_day(link)}{_alert(text)}{_form(buttons)}</section>"
        f"{_back(link)}"
    )
    return page_of(title, body, link.language, 422)


def replace_page(link: Link, typed: str) -> Response:
    """Show what is logged, and ask whether it is to be replaced by less."""
    if link.logged is None or link.wanted is None:
        return ask_page(link)
    say_it = _speaker(link)
    title = say_it("Replace what is logged for “{habit}”?")
    said = {"was": _amount(link, link.logged), "now": _amount(link, link.wanted)}
    text = say_it("Logged is {was}. It would become {now}.", **said)
    button = say_it("Replace it")
    hidden = (
        f'<input type="hidden" name="value" value="{escape(typed)}">'
        f'<input type="hidden" name="replaces" value="{escape(_seen(link.logged))}">'
    )
    body = (
        f"<section><h2>{escape(title)}</h2>{_day(link)}{_paragraph(text)}"
        f"{_form(f'{hidden}<button>{escape(button)}</button>')}</section>{_back(link)}"
    )
    return page_of(title, body, link.language)


def _fields(link: Link, typed: str) -> str:
    """Lay out what is asked for besides the press of a button."""
    say_it = _speaker(link)
    if link.purpose == "snooze":
        options = "".join(
            f'<option value="{value}"{" selected" if value == "60" else ""}>'
            f"{escape(say_it(label))}</option>"
            for value, label in WAITS
        )
        return f'<label><select name="for">{options}</select></label>'
    if not link.number:
        return ""
    usual = link.logged.value if link.logged and link.used else link.usual
    shown = typed or ("" if usual is None else write_input(usual, link.measure, link.language))
    unit = f" {escape(link.unit)}" if link.unit else ""
    timed = link.measure == "duration"
    label = say_it("How long? For example 30 min or 1:30." if timed else "How much?")
    mode = "text" if timed else "decimal"
    return (
        f'<label>{escape(label)} <input name="value" inputmode="{mode}" size="12" maxlength="40"'
        f' autocomplete="off" value="{escape(shown)}">{unit}</label>'
    )


# -- answering ------------------------------------------------------------------------------------


def done_page(link: Link) -> Response:
    """Say what is done; of a day, what is logged for it now."""
    say_it = _speaker(link)
    if link.purpose in ANSWERS:
        title, more = say_it(ANSWERS[link.purpose]), ""
    elif link.logged is None:
        title, more = say_it("Nothing is logged for “{habit}”."), _day(link)
    else:
        title, more = say_it(STATES[link.logged.state]), f"{_day(link)}{_logged(link)}{_undo(link)}"
    if link.used:
        more += _paragraph(say_it("It was so before; nothing was done twice."))
    body = f'<section><h2 class="ok">{escape(title)}</h2>{more}</section>{_home(link.language)}'
    return page_of(title, body, link.language)


def kept_page(link: Link) -> Response:
    """Say that nothing was taken back."""
    say_it = _speaker(link)
    title = say_it("Nothing was taken back.")
    text = say_it("The day was changed elsewhere. It stands as it is:")
    body = (
        f'<section><h2 class="away">{escape(title)}</h2>{_day(link)}{_paragraph(text)}'
        f"{_logged(link)}</section>{_back(link)}{_home(link.language)}"
    )
    return page_of(title, body, link.language)


def refused_page(no: Refused, language: str) -> Response:
    """Say in words why a link does nothing."""
    title = say(language, no.text, no.params)
    if isinstance(no, Denied):
        more = ""  # who may not act may not act in a moment either
    elif isinstance(no, Unavailable):
        again = f'<p><a href="">{escape(say(language, "Try again"))}</a></p>'
        kept = say(language, "Nothing was changed, and this link stays good.")
        more = f"{_paragraph(kept)}{again}"
    elif isinstance(no, (Gone, NotFound, Invalid)):
        more = _paragraph(say(language, "You can still do it in Ritmo itself."))
    else:
        more = _paragraph(say(language, "Go back and try again in a moment; nothing is lost."))
    body = f'<section><h2 class="away">{escape(title)}</h2>{more}</section>{_home(language)}'
    shown = page_of(title, body, language, status_of(no))
    if no.retry_after is not None:
        shown.headers["Retry-After"] = str(max(1, math.ceil(no.retry_after)))
    return shown


# -- parts ----------------------------------------------------------------------------------------


class _Speaker:
    """Says sentences about a link."""

    def __init__(self, link: Link) -> None:
        self._language, self._habit = link.language, link.habit

    def __call__(self, text: str, **params: str) -> str:
        return say(self._language, text, {"habit": self._habit, **params})


def _speaker(link: Link) -> _Speaker:
    return _Speaker(link)


def _amount(link: Link, said: Logged) -> str:
    """Say what is logged in words: how much of how much, and what it means."""
    state = {"done": "done", "partial": "partly done", "skipped": "skipped", "failed": "not kept"}
    word = say(link.language, state[said.state])
    if link.measure == "yes_no" or said.state == "skipped":
        return word
    of = (link.measure, link.unit, link.language)
    if said.state == "partial" and link.usual is not None:
        return f"{write_progress(said.value, link.usual, *of)} ({word})"
    return f"{write(said.value, *of)} ({word})"


def _logged(link: Link) -> str:
    """Lay out what is logged."""
    if link.logged is None:
        return ""
    text = say(link.language, "Logged: {was}.", {"was": _amount(link, link.logged)})
    return f'<p class="logged">{escape(text)}</p>'


def _seen(logged: Logged) -> str:
    """Write what a page has shown as logged, for the form that replaces it."""
    return f"{logged.state}:{logged.value!r}"


def _undo(link: Link) -> str:
    button = escape(say(link.language, "Undo"))
    return _form(
        f'<input type="hidden" name="undo" value="1"><button class="quiet">{button}</button>'
    )


def _form(fields: str) -> str:
    return f'<form method="post">{fields}</form>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _alert(text: str) -> str:
    return f'<p class="away" role="alert">{escape(text)}</p>' if text else ""


def _back(link: Link) -> str:
    """Lay out the way back to what the link asks."""
    return f'<nav><a href="">{escape(say(link.language, "Leave it as it is"))}</a></nav>'


def _home(language: str) -> str:
    """Lay out the way to Ritmo itself."""
    return f'<nav><a href="/">{escape(say(language, "Open Ritmo"))}</a></nav>'


def _day(link: Link) -> str:
    if link.day is None or link.purpose in ("snooze", "earlier", "later", "never"):
        return ""
    from babel.dates import format_date

    day = format_date(link.day, DAYS[link.language], locale=link.language)
    return f'<p class="day">{escape(day)}</p>'


def page_of(title: str, body: str, language: str, status: int = 200) -> Response:
    """Put the page of a link together; it is nobody's but its holder's."""
    body = f"<header><h1>Ritmo</h1></header>{body}"
    shown = page(title, body, language, forms=True, status=status)
    shown.headers["X-Robots-Tag"] = "noindex, nofollow"
    return shown
