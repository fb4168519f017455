"""What letters say, in the reader's language: one function a template.

`Occasion.data` is what a fact or a rule gave; it is text for people, never HTML.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from actors.reminders.letters import Button, Words
from contracts.speech import count, say

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


def _buttons(of: Occasion) -> tuple[Button, ...]:
    """Offer what can be done about a reminder."""
    labels = {
        "done": say(of.language, "Done"),
        "skip": say(of.language, "Skip today"),
        "snooze": say(of.language, "Later"),
    }
    return tuple(
        Button(label, of.links[purpose], main=purpose == "done")
        for purpose, label in labels.items()
        if purpose in of.links
    )


def _why(of: Occasion) -> tuple[str, ...]:
    """Say why this came, and that a press is asked for before anything is done."""
    why = say(of.language, "You get this because you set a reminder in Ritmo.")
    if not of.links:
        return (why,)
    return (why, say(of.language, "The buttons lead to a page that asks once more; no login."))


def _late(of: Occasion) -> tuple[str, ...]:
    if not of.data.get("late"):
        return ()
    return (say(of.language, "This comes late: Ritmo was not running at its time."),)


def reminder(of: Occasion) -> Words:
    """Remind of a habit, or of whatever its owner wrote."""
    habit, text = of.text("habit"), of.text("text")
    return Words(
        subject=text or say(of.language, "Time for “{habit}”", {"habit": habit}),
        heading=habit or text,
        preview=text if habit and text else say(of.language, "A reminder that you set."),
        paragraphs=(*((text,) if habit and text else ()), *_late(of)),
        buttons=_buttons(of),
        aside=_why(of),
        mark=say(of.language, "Reminder"),
    )


def at_risk(of: Occasion) -> Words:
    """Warn that a streak ends today."""
    habit, streak, text = of.text("habit"), of.number("streak"), of.text("text")
    subject = count(
        of.language,
        "“{habit}”: a streak of {n} ends today",
        "“{habit}”: a streak of {n} ends today",
        streak,
        {"habit": habit},
    )
    kept = count(
        of.language,
        "You have kept this {n} time in a row.",
        "You have kept this {n} times in a row.",
        streak,
    )
    line = say(of.language, "Do it before your day ends, or skip the day, and it lives on.")
    return Words(
        subject=subject,
        heading=habit,
        preview=line,
        paragraphs=(kept, line, *((text,) if text else ()), *_late(of)),
        buttons=_buttons(of),
        aside=_why(of),
        mark=say(of.language, "A streak is at risk"),
    )


def silence(of: Occasion) -> Words:
    """Ask after a habit that nothing was heard of."""
    habit, text = of.text("habit"), of.text("text")
    quiet = count(
        of.language,
        "Nothing logged for {n} day.",
        "Nothing logged for {n} days.",
        of.number("silent_days"),
    )
    step = say(of.language, "A small step counts. If it no longer fits, change or archive it.")
    return Words(
        subject=say(of.language, "How is it going with “{habit}”?", {"habit": habit}),
        heading=habit,
        preview=quiet,
        paragraphs=(quiet, step, *((text,) if text else ()), *_late(of)),
        buttons=_buttons(of),
        aside=(
            *_why(of),
            say(of.language, "If you do not answer, Ritmo asks less and less often."),
        ),
        mark=say(of.language, "It has been quiet"),
    )


def welcome(of: Occasion) -> Words:
    """Greet somebody who has just registered."""
    name = of.text("name")
    hello = say(of.language, "Welcome, {name}", {"name": name})
    button = Button(say(of.language, "Open Ritmo"), f"{of.base}/", main=True)
    return Words(
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


def test(of: Occasion) -> Words:
    """Show that a channel works."""
    return Words(
        subject=say(of.language, "A test from Ritmo"),
        heading=say(of.language, "It works"),
        preview=say(of.language, "Reminders reach you here."),
        paragraphs=(say(of.language, "Reminders reach you here."),),
        aside=(say(of.language, "You get this because you asked for a test."),),
    )


LETTERS: Mapping[str, Callable[[Occasion], Words]] = {
    "reminder": reminder,
    "at_risk": at_risk,
    "silence": silence,
    "welcome": welcome,
    "test": test,
}
"""By the name of the template; `digest` is in `digests.py`."""
