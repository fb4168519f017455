"""How moods went, by weekday, tag and month.

pandas is imported here: load this module on first use.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from actors.analytics.history import PersonHistory
from actors.analytics.texts import month_in_words, weekday_in_words
from contracts.analytics import MoodDay, MoodLine, MoodReport
from contracts.habit import bears, folded
from contracts.language import Language
from contracts.schedule import WEEKDAYS, Weekday
from storage.analytics.histories import DiaryRow

MOST_TAGS = 100
"""Tags in a report at most: those used most."""


def mood_report(
    history: PersonHistory, first: date, last: date, language: Language, tag: str | None = None
) -> MoodReport:
    """Report on the entries with a mood from `first` to `last`, or on those that bear a tag.

    Tags are compared without case, as the journal does; an unknown one has no entries. All seven
    weekdays are listed, from the person's first day of the week on, but only tags and months that
    have entries.
    """
    frame = moods_of(history.felt(first, min(last, history.today)))
    if tag is not None:
        bearing = [bears(tags, tag) for tags in frame["tags"]]
        frame = frame[pd.Series(bearing, index=frame.index, dtype=bool)]
    counts = frame["mood"].value_counts().reindex(range(1, 6), fill_value=0)
    awful, bad, okay, good, great = (int(count) for count in counts)
    return MoodReport(
        first=first,
        last=last,
        today=history.today,
        stamp=history.person.stamp,
        entries=len(frame),
        average=average_of(frame["mood"]),
        spread=_rounded(frame["mood"].std()),
        counts=(awful, bad, okay, good, great),
        by_weekday=_by_weekday(frame, history.person.week_start, language),
        by_tag=_by_tag(frame),
        by_month=_by_month(frame, language),
        days=_days(frame),
    )


def moods_of(entries: Iterable[DiaryRow]) -> pd.DataFrame:
    """Lay out the entries that have a mood: `day` (datetime64), `mood` and `tags` (a list)."""
    felt = [(entry.day, entry.mood, entry.tags) for entry in entries if entry.mood is not None]
    return pd.DataFrame(
        {
            "day": pd.DatetimeIndex([day for day, _, _ in felt]).as_unit("s"),
            "mood": pd.Series([mood for _, mood, _ in felt], dtype="float64"),
            "tags": pd.Series([tags for _, _, tags in felt], dtype="object"),
        }
    )


def average_of(moods: "pd.Series[float]") -> float | None:
    """Average moods; None if there are none."""
    return _rounded(moods.mean())


def _rounded(number: float) -> float | None:
    """Round to what is worth saying; None where there is no number."""
    return None if pd.isna(number) else round(float(number), 6)


def _sums(frame: pd.DataFrame, by: "pd.Series[str]") -> pd.DataFrame:
    """Count, average and spread the moods of each group."""
    return frame["mood"].groupby(by.to_numpy()).agg(["count", "mean", "std"])


def _line(key: str, name: str, count: float, mean: float, std: float) -> MoodLine:
    return MoodLine(
        key=key, name=name, entries=int(count), average=_rounded(mean), spread=_rounded(std)
    )


def _by_weekday(
    frame: pd.DataFrame, week_start: Weekday, language: Language
) -> tuple[MoodLine, ...]:
    """Report on each weekday."""
    first = WEEKDAYS.index(week_start)
    order = [(first + number) % 7 for number in range(7)]
    sums = _sums(frame, frame["day"].dt.day_of_week).reindex(order)
    sums["count"] = sums["count"].fillna(0)
    return tuple(
        _line(WEEKDAYS[at], weekday_in_words(language, at), *row)
        for at, row in zip(order, sums.to_numpy().tolist(), strict=True)
    )


def _by_month(frame: pd.DataFrame, language: Language) -> tuple[MoodLine, ...]:
    """Report on the months that have entries, in order."""
    sums = _sums(frame, frame["day"].dt.strftime("%Y-%m"))
    return tuple(
        _line(key, month_in_words(language, date.fromisoformat(f"{key}-01")), *row)
        for key, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)
    )


def _by_tag(frame: pd.DataFrame) -> tuple[MoodLine, ...]:
    """Report on tags, those with most entries first; a tag is written as it was last."""
    each = frame.explode("tags").dropna(subset=["tags"])
    keys = each["tags"].astype(str).map(folded)
    sums = _sums(each, keys).assign(name=each["tags"].groupby(keys.to_numpy()).last())
    sums = sums.rename_axis("key").reset_index()
    sums = sums.sort_values(["count", "key"], ascending=[False, True]).head(MOST_TAGS)
    return tuple(
        _line(key, name, count, mean, std)
        for key, count, mean, std, name in sums.itertuples(index=False, name=None)
    )


def _days(frame: pd.DataFrame) -> tuple[MoodDay, ...]:
    """Average each day that has entries."""
    sums = frame.groupby("day")["mood"].agg(["mean", "count"])
    return tuple(
        MoodDay(day=day.date(), mood=round(mean, 6), entries=count)
        for day, mean, count in sums.itertuples(name=None)
    )
