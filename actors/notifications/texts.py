"""What letters say, in the reader's language: one function a template.

`Occasion.data` is what a fact or a rule gave; it is text for people, never HTML.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import cast, get_args

from actors.notifications.account_texts import ACCOUNT_LETTERS
from actors.notifications.letter import Button, LetterWords
from actors.notifications.occasion import Occasion
from actors.notifications.operator_texts import OPERATOR_LETTERS
from contracts.habit import Measure, StreakUnit
from contracts.quantity import MIN_STREAK, in_words, write_progress
from contracts.speech import count, say


def _buttons(of: Occasion) -> tuple[Button, ...]:
    """Offer what can be done about a reminder."""
    skip = "Skip this day" if of.text("about") else "Skip today"
    labels = {
        "done": say(of.language, "Done"),
        "skip": say(of.language, skip),
        "snooze": say(of.language, "Remind me later"),
    }
    return _links(of, labels, main="done")


def _moves(of: Occasion) -> tuple[Button, ...]:
    """Offer to have the reminder itself come at another time, or not at all."""
    labels = {
        "earlier": say(of.language, "Always earlier"),
        "later": say(of.language, "Always later"),
        "never": say(of.language, "Never again"),
    }
    return _links(of, labels)


def _links(of: Occasion, labels: Mapping[str, str], main: str = "") -> tuple[Button, ...]:
    return tuple(
        Button(label, of.links[purpose], main=purpose == main)
        for purpose, label in labels.items()
        if purpose in of.links
    )


def _why(of: Occasion) -> tuple[str, ...]:
    """Say why this came, and that a press is asked for before anything is done."""
    why = of.text("why") or say(of.language, "You get this because you set a reminder in Ritmo.")
    if not of.links:
        return (why,)
    return (why, say(of.language, "The buttons lead to a page that asks once more; no login."))


def _bearings(of: Occasion) -> tuple[str, ...]:
    """Say what it hangs on, how far it has come, and since when it has been kept."""
    lines = []
    if of.text("about"):
        lines.append(say(of.language, "This is about {day}.", {"day": _day(of)}))
    if of.text("cue"):
        lines.append(say(of.language, "Your cue: {cue}", {"cue": of.text("cue")}))
    if "needed" in of.data:
        measure, unit = cast(Measure, of.text("measure")), of.text("unit")
        done, needed = (float(of.text(name)) for name in ("done", "needed"))
        progress = write_progress(done, needed, measure, unit, of.language)
        lines.append(say(of.language, "So far: {progress}", {"progress": progress}))
    if of.number("streak") >= MIN_STREAK:
        lines.append(_in_a_row(of))
    return tuple(lines)


def _in_a_row(of: Occasion) -> str:
    text = "You have kept this for {streak} in a row."
    return say(of.language, text, {"streak": _streak(of)})


def _streak(of: Occasion) -> str:
    """Say the streak with its unit; older data has none."""
    unit = of.text("streak_unit")
    known = cast(StreakUnit, unit) if unit in get_args(StreakUnit) else None
    return in_words(of.language, of.number("streak"), known)


def _day(of: Occasion) -> str:
    from babel.dates import format_date

    form = "EEEE, d MMMM" if of.language == "ru" else "EEEE, MMMM d"
    return format_date(date.fromisoformat(of.text("about")), form, locale=of.language)


def _late(of: Occasion) -> tuple[str, ...]:
    if not of.data.get("late"):
        return ()
    return (say(of.language, "This comes late: Ritmo was not running at its time."),)


def _tried(of: Occasion) -> LetterWords | None:
    """Show a reminder that was only tried out; None: it was not."""
    if not of.data.get("test"):
        return None
    habit, text = of.text("habit"), of.text("text")
    line = say(of.language, "This is only a test: the reminder itself comes at its own time.")
    return LetterWords(
        subject=say(of.language, "A test: {name}", {"name": text or habit}),
        heading=habit or text,
        preview=line,
        paragraphs=(line, *((text,) if habit and text else ()), *_bearings(of)),
        buttons=_buttons(of),
        aside=_why(of),
        links=_moves(of),
        mark=say(of.language, "A test of a reminder"),
    )


def reminder(of: Occasion) -> LetterWords:
    """Remind of a habit, or of whatever its owner wrote."""
    if tried := _tried(of):
        return tried
    habit, text = of.text("habit"), of.text("text")
    return LetterWords(
        subject=text or say(of.language, "Time for “{habit}”", {"habit": habit}),
        heading=habit or text,
        preview=text if habit and text else say(of.language, "A reminder that you set."),
        paragraphs=(*((text,) if habit and text else ()), *_bearings(of), *_late(of)),
        buttons=_buttons(of),
        aside=_why(of),
        links=_moves(of),
        mark=say(of.language, "Reminder"),
    )


def at_risk(of: Occasion) -> LetterWords:
    """Warn that a streak ends today; of one that is none yet, nothing is said."""
    if tried := _tried(of):
        return tried
    habit, streak, text = of.text("habit"), of.number("streak"), of.text("text")
    if streak < MIN_STREAK:
        subject = say(of.language, "Today decides: “{habit}”", {"habit": habit})
    elif of.text("about"):
        subject = say(of.language, "“{habit}”: your streak hangs on {day}", _of_day(of))
    else:
        text_ = "“{habit}”: a streak of {streak} ends today"
        subject = say(of.language, text_, {"habit": habit, "streak": _streak(of)})
    line = say(of.language, "Do it before your day ends, or skip the day, and it lives on.")
    if of.text("about"):
        line = say(of.language, "The day is over. If you did it, log it; or skip the day.")
    elif streak < MIN_STREAK:
        line = say(of.language, "Do it before your day ends, or skip the day.")
    return LetterWords(
        subject=subject,
        heading=habit,
        preview=line,
        paragraphs=(*_bearings(of), line, *((text,) if text else ()), *_late(of)),
        buttons=_buttons(of),
        aside=_why(of),
        links=_moves(of),
        mark=say(of.language, "A streak is at risk" if streak >= MIN_STREAK else "Reminder"),
    )


def _of_day(of: Occasion) -> dict[str, str]:
    return {"habit": of.text("habit"), "day": _day(of)}


def silence(of: Occasion) -> LetterWords:
    """Ask after a habit that nothing was heard of."""
    if tried := _tried(of):
        return tried
    habit, text = of.text("habit"), of.text("text")
    quiet = count(
        of.language,
        "Nothing logged for {n} day.",
        "Nothing logged for {n} days.",
        of.number("silent_days"),
    )
    step = say(of.language, "A small step counts. If it no longer fits, change or archive it.")
    return LetterWords(
        subject=say(of.language, "How is it going with “{habit}”?", {"habit": habit}),
        heading=habit,
        preview=quiet,
        paragraphs=(quiet, step, *((text,) if text else ()), *_bearings(of), *_late(of)),
        buttons=_buttons(of),
        aside=(
            *_why(of),
            say(of.language, "If you do not answer, Ritmo asks less and less often."),
        ),
        links=_moves(of),
        mark=say(of.language, "It has been quiet"),
    )


def welcome(of: Occasion) -> LetterWords:
    """Greet somebody who has just registered."""
    name = of.text("name")
    hello = say(of.language, "Welcome, {name}", {"name": name})
    button = Button(say(of.language, "Open Ritmo"), f"{of.base}/", main=True)
    return LetterWords(
        subject=say(of.language, "Welcome to Ritmo"),
        heading=hello if name else say(of.language, "Welcome"),
        preview=say(of.language, "Your account is ready."),
        paragraphs=(
            say(of.language, "Your account is ready."),
            say(
                of.language,
                "Begin with one habit, small enough for your worst day. Check it in once, then "
                "tomorrow again; Ritmo keeps count.",
            ),
            say(
                of.language,
                "Set a reminder if you like: at fixed times, when a streak is at risk, or when you "
                "usually do it.",
            ),
        ),
        buttons=(button,) if of.base else (),
        aside=(
            say(
                of.language,
                "You get this once, because an account was opened with this address. If that was "
                "not you, tell the one who runs this Ritmo.",
            ),
        ),
    )


def telegram_blocked(of: Occasion) -> LetterWords:
    """Say that the bot reaches nobody any more."""
    line = "You have blocked Ritmo's bot in Telegram, so no reminder reaches you there."
    step = "Unblock it in Telegram to be reached again, or choose another way in Ritmo."
    return LetterWords(
        subject=say(of.language, "No reminders by Telegram any more"),
        heading=say(of.language, "No reminders by Telegram any more"),
        preview=say(of.language, line),
        paragraphs=(say(of.language, line), say(of.language, step)),
    )


GOOGLE_LOST = {
    "revoked": "Ritmo's access to your Google account was withdrawn, or has lapsed.",
    "forbidden": "Google does not let Ritmo write into the calendar any more.",
    "calendar_gone": "The calendar that Ritmo wrote into was deleted in Google.",
}


def google_lost(of: Occasion) -> LetterWords:
    """Say that Google Calendar is linked no more."""
    line = GOOGLE_LOST.get(of.text("problem"), GOOGLE_LOST["revoked"])
    step = "Nothing is lost in Ritmo. Link the calendar anew if you want it to go on."
    title = "Google Calendar is not linked any more"
    return LetterWords(
        subject=say(of.language, title),
        heading=say(of.language, title),
        preview=say(of.language, line),
        paragraphs=(say(of.language, line), say(of.language, step)),
    )


def milestone(of: Occasion) -> LetterWords:
    """Celebrate a streak."""
    habit = of.text("habit")
    return LetterWords(
        subject=f"🔥 {habit}",
        heading=f"🔥 {habit}",
        preview=_in_a_row(of),
        paragraphs=(_in_a_row(of), say(of.language, "Well done! Shall we go on like this?")),
    )


def test(of: Occasion) -> LetterWords:
    """Show that a channel works."""
    return LetterWords(
        subject=say(of.language, "A test from Ritmo"),
        heading=say(of.language, "It works"),
        preview=say(of.language, "Reminders reach you here."),
        paragraphs=(say(of.language, "Reminders reach you here."),),
        aside=(say(of.language, "You get this because you asked for a test."),),
    )


LETTERS: Mapping[str, Callable[[Occasion], LetterWords]] = {
    "reminder": reminder,
    "at_risk": at_risk,
    "silence": silence,
    "welcome": welcome,
    "milestone": milestone,
    "telegram_blocked": telegram_blocked,
    "google_lost": google_lost,
    "test": test,
    **ACCOUNT_LETTERS,
    **OPERATOR_LETTERS,
}
"""By the name of the template; `digest` is in `digest_text.py`."""
