"""The page of a hook: what it checks in, one button, and what stands for the day then."""

import secrets
from decimal import Decimal
from html import escape

from starlette.responses import Response

from contracts.hooks import HookShown
from contracts.message import Invalid
from contracts.quantity import read, write
from contracts.speech import say
from gateway.link_pages import DAYS, STATES
from gateway.web.plain import page

LARGEST = Decimal(1_000_000_000)
"""What can be typed, at most."""


def ask_page(hook: HookShown, language: str) -> Response:
    """Lay out what a hook checks in, and the button that does it."""
    words = {"habit": hook.habit}
    title = say(language, "Add one to “{habit}”?" if hook.adds else "Check in “{habit}”?", words)
    button = escape(say(language, "Add one" if hook.adds else "Done"))
    fields = _field(hook, language) if hook.number else ""
    # Sent twice, by an impatient finger or when the answer is loaded again, it takes effect once.
    key = f'<input type="hidden" name="key" value="{secrets.token_urlsafe(16)}">'
    form = f'<form method="post">{key}{fields}<button>{button}</button></form>'
    body = f"<section><h2>{escape(title)}</h2>{_day(hook, language)}{_logged(hook, language)}{form}"
    return _page(title, f"{body}</section>", language)


def done_page(hook: HookShown, language: str) -> Response:
    """Say what is logged for the day now."""
    words = {"habit": hook.habit}
    text = "Nothing is logged for “{habit}”." if hook.logged is None else STATES[hook.logged.state]
    title = say(language, text, words)
    body = (
        f'<section><h2 class="ok">{escape(title)}</h2>{_day(hook, language)}'
        f"{_logged(hook, language)}</section>"
        f'<nav><a href="">{escape(say(language, "Once more"))}</a></nav>'
    )
    return _page(title, body, language)


def read_number(hook: HookShown, typed: str, language: str) -> float:
    """Read what was typed, in the habit's measure. Refuses with `Invalid`."""
    found = read(typed, hook.measure, [language], hook.unit)
    fit = [one for one in found if one <= LARGEST and (one * 1000) % 1 == 0]
    if len(fit) == 1 and len(found) == 1:
        return float(fit[0])
    if hook.measure == "duration":
        raise Invalid("not_a_duration", "Write a time with its unit, such as 30 min or 1:30.")
    raise Invalid("not_a_number", "Write a number, such as 5 or 2.5.")


def _field(hook: HookShown, language: str) -> str:
    """Lay out the field for a number, where only a number can tell."""
    timed = hook.measure == "duration"
    text = "How long? For example 30 min or 1:30." if timed else "How much?"
    label = escape(say(language, text))
    unit = f" {escape(hook.unit)}" if hook.unit else ""
    mode = "text" if timed else "decimal"
    return (
        f'<label>{label} <input name="by" required inputmode="{mode}" size="12" maxlength="40"'
        f' autocomplete="off">{unit}</label>'
    )


def _logged(hook: HookShown, language: str) -> str:
    """Lay out what is logged for the day."""
    if hook.logged is None:
        return ""
    state = {"done": "done", "partial": "partly done", "skipped": "skipped", "failed": "not kept"}
    said = say(language, state[hook.logged.state])
    if hook.measure != "yes_no" and hook.logged.state != "skipped":
        said = f"{write(hook.logged.value, hook.measure, hook.unit, language)} ({said})"
    return f'<p class="logged">{escape(say(language, "Logged: {was}.", {"was": said}))}</p>'


def _day(hook: HookShown, language: str) -> str:
    """Lay out the day."""
    from babel.dates import format_date

    day = format_date(hook.day, DAYS[language], locale=language)
    return f'<p class="day">{escape(day)}</p>'


def _page(title: str, body: str, language: str) -> Response:
    """Put the page together; it is nobody's but its holder's."""
    shown = page(title, f"<header><h1>Ritmo</h1></header>{body}", language, forms=True)
    shown.headers["X-Robots-Tag"] = "noindex, nofollow"
    return shown
