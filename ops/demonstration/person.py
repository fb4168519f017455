"""A made-up person and half a year of their life: the same each time, and plausible.

Running lifts the mood of the day, an early night that of the day after; weekends are better than
deadlines; habits get stronger over the months, and a holiday lies in between. So every report has
something true to find.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import exp
from random import Random
from typing import Any, Literal

from contracts.time import instant_of

EMAIL = "demo@example.org"
DAYS = 182
"""How long the history is."""

HOLIDAY = (75, 67)
"""Days ago on which the holiday began and ended."""

Language = Literal["en", "ru"]
Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A habit of theirs, and how it is kept.

    `words` are those of `CreateHabit`. It is kept with a chance that grows from `chance[0]` to
    `chance[1]` over the half year, around `minute` of the day; `most` is how much of it, `until`
    how many days ago it ended.
    """

    key: str
    words: Words
    chance: tuple[float, float]
    minute: int
    most: float = 1.0
    until: int = 0
    names: tuple[str, str] = ("", "")


HABITS = (
    Kept(
        "run",
        {
            "measure": "amount",
            "unit": "km",
            "colour": "#D55E00",
            "schedule": {"every": "times", "times": 3, "per": "week"},
            "tags": ["health"],
        },
        (0.35, 0.55),
        1110,
        most=9.0,
        names=("Run", "Бег"),
    ),
    Kept(
        "read",
        {
            "measure": "count",
            "unit": "pages",
            "target": {"value": 10},
            "colour": "#0072B2",
            "cue": "after dinner",
            "tags": ["mind"],
        },
        (0.65, 0.95),
        1290,
        most=24.0,
        names=("Read ten pages", "Прочесть десять страниц"),
    ),
    Kept(
        "meditate",
        {"colour": "#009E73", "tags": ["mind"]},
        (0.5, 0.95),
        435,
        names=("Meditate", "Медитация"),
    ),
    Kept(
        "water",
        {
            "measure": "count",
            "unit": "glasses",
            "target": {"value": 8},
            "colour": "#56B4E9",
            "tags": ["health"],
        },
        (0.7, 0.95),
        1200,
        most=10.0,
        names=("Drink eight glasses of water", "Восемь стаканов воды"),
    ),
    Kept(
        "night",
        {"colour": "#CC79A7", "question": "In bed by eleven?", "tags": ["health"]},
        (0.55, 0.85),
        1370,
        names=("In bed by eleven", "В постели к одиннадцати"),
    ),
    Kept(
        "sweets",
        {"kind": "quit", "colour": "#E69F00", "tags": ["health"]},
        (0.75, 0.93),
        950,
        names=("No sweets", "Без сладкого"),
    ),
    Kept(
        "guitar",
        {
            "measure": "duration",
            "target": {"value": 1200},
            "colour": "#8C6D31",
            "tags": ["music"],
            "schedule": {"every": "weekdays", "days": ["mon", "tue", "wed", "thu", "fri"]},
        },
        (0.6, 0.92),
        1170,
        most=2700.0,
        names=("Practise the guitar", "Играть на гитаре"),
    ),
    Kept(
        "parents",
        {"schedule": {"every": "weekdays", "days": ["sun"]}, "tags": ["people"]},
        (0.8, 0.9),
        1080,
        names=("Call my parents", "Позвонить родителям"),
    ),
    Kept(
        "spanish",
        {"tags": ["mind"]},
        (0.6, 0.1),
        480,
        until=60,
        names=("Learn Spanish", "Учить испанский"),
    ),
)
"""Their habits; the last one was given up."""

REMINDERS: tuple[tuple[str, Words], ...] = (
    ("meditate", {"times": ["07:00"]}),
    ("read", {"kind": "smart", "times": ["21:00"]}),
    ("night", {"kind": "at_risk", "times": ["22:15"], "streak": 3}),
    ("parents", {"times": ["17:00"], "weekdays": ["sun"]}),
    ("guitar", {"kind": "silence", "after_days": 4, "times": ["18:30"]}),
    ("", {"text": "Write a line", "unless_written": True, "times": ["21:30"]}),
)
"""Their reminders, by the key of the habit; the last one is of the diary."""


DIARY: dict[Language, dict[str, tuple[str, ...]]] = {
    "en": {
        "run": ("A run along the river; the legs were **light** today.", "Slow run, good talk."),
        "work": ("The deadline moved again. Long meeting, little done.", "Shipped it at last."),
        "friends": ("Dinner with friends, we laughed a lot.", "Board games until late."),
        "rain": ("It rained all day. Tea and a book.", "Grey, but cosy."),
        "family": ("A walk with the family in the old park.", "Mum told her stories."),
        "plain": ("An ordinary day, and that is fine.", "Not much to say. Slept badly."),
    },
    "ru": {
        "run": ("Пробежка вдоль реки; ноги были **лёгкими**.", "Бежали медленно, зато поговорили."),
        "work": ("Срок опять сдвинули. Долгое собрание, мало толку.", "Наконец-то сдали проект."),
        "friends": ("Ужин с друзьями, много смеялись.", "Настольные игры допоздна."),
        "rain": ("Весь день дождь. Чай и книга.", "Серо, но уютно."),
        "family": ("Прогулка с семьёй в старом парке.", "Мама рассказывала истории."),
        "plain": ("Обычный день, и это хорошо.", "Особо нечего сказать. Плохо спалось."),
    },
}
TAGS = {
    "ru": {"run": "бег", "work": "работа", "friends": "друзья", "rain": "дождь", "family": "семья"}
}


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A day of a habit as it is logged."""

    key: str
    day: date
    at: datetime
    value: float | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the diary."""

    day: date
    at: datetime
    mood: int
    energy: int
    tags: tuple[str, ...]
    text: str
    ran: bool


@dataclass(slots=True)
class HalfYear:
    """Half a year."""

    marks: list[MarkedDay] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)


def life(today: date, zone: str, language: Language, now: datetime | None = None) -> HalfYear:
    """Make up the half year that ends `today`; nothing in it lies in the future."""
    dice, lived = Random(7), HalfYear()  # noqa: S311  # plausible, not secret
    now = now or datetime.now(UTC)
    rested = False
    for ago in range(DAYS, -1, -1):
        day = today - timedelta(days=ago)
        away = HOLIDAY[1] <= ago <= HOLIDAY[0]
        marks = (
            [] if away else [mark for one in HABITS if (mark := _mark(one, dice, day, ago, zone))]
        )
        ran = any(one.key == "run" and one.value for one in marks)
        lived.marks += [one for one in marks if one.at <= now]
        lived.pages += [
            page for page in _pages(dice, day, zone, language, ran, rested, away) if page.at <= now
        ]
        rested = any(one.key == "night" for one in marks)
    return lived


def _mark(one: Kept, dice: Random, day: date, ago: int, zone: str) -> MarkedDay | None:
    """Decide how a habit went on a day; None: nothing is logged."""
    begin, end = one.chance
    chance = begin + (end - begin) * (1 - ago / DAYS)
    drawn, much = dice.random(), dice.random()
    minute = round(dice.gauss(one.minute + (45 if day.weekday() >= 5 else 0), 25))
    at = instant_of(day, min(max(minute, 0), 1438), zone)
    days = one.words.get("schedule", {}).get("days")
    if ago <= one.until or (days and day.strftime("%a").lower() not in days):
        return None
    if one.words.get("kind") == "quit":
        return None if drawn < chance else MarkedDay(one.key, day, at, value=1.0 + round(much))
    if drawn > chance:
        if drawn > 0.97:
            return MarkedDay(one.key, day, at, state="skipped")
        partly = "target" in one.words and drawn < chance + 0.15
        return MarkedDay(one.key, day, at, value=_whole(one, 0.2 + 0.2 * much)) if partly else None
    return MarkedDay(
        one.key, day, at, value=None if one.most == 1 else _whole(one, 0.45 + 0.55 * much)
    )


def _whole(one: Kept, part: float) -> float:
    """Return a part of the most, as people write numbers of its measure."""
    step = {"amount": 0.1, "duration": 60.0}.get(str(one.words.get("measure")), 1.0)
    target = float(one.words.get("target", {}).get("value", 0))
    least = max(target, 0.45 * one.most) if part >= 0.45 else 0.0
    return round(max(step, least, round(one.most * part / step) * step), 1)


def _pages(
    dice: Random,
    day: date,
    zone: str,
    language: Language,
    ran: bool,
    rested: bool,
    away: bool,
) -> list[Page]:
    """Write the diary of a day: mostly one page, sometimes none or two."""
    weekend = day.weekday() >= 5
    pages = []
    for number in range(dice.choices((0, 1, 2), (20, 65, 15))[0]):
        themes = [
            theme
            for theme, chance in (
                ("work", 0.0 if weekend or away else 0.5),
                ("friends", 0.4 if weekend else 0.15),
                ("family", 0.35 if weekend or away else 0.05),
                ("rain", 0.25),
            )
            if dice.random() < chance
        ]
        themes += ["run"] if ran else []
        felt = 2.7 + 0.6 * ran + 0.5 * rested + 0.4 * weekend + 0.7 * away
        felt += 0.4 * ("friends" in themes) - 0.5 * ("work" in themes) - 0.2 * ("rain" in themes)
        mood = min(5, max(1, round(dice.gauss(felt, 0.6))))
        energy = min(5, max(1, round(1 + 4 / (1 + exp(-dice.gauss(felt - 3.1, 0.7))))))
        minute = min(1438, max(0, round(dice.gauss(800 + 480 * number, 60))))
        text = dice.choice(DIARY[language][dice.choice(themes or ["plain"])])
        named = TAGS.get(language, {})
        tags = tuple(named.get(theme, theme) for theme in themes)
        at = instant_of(day, minute, zone)
        pages.append(Page(day, at, mood, energy, tags, text, ran and "run" in themes))
    return pages
