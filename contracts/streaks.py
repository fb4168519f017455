"""How long a streak is, said in a language: one rule for mails, chats and pictures."""

from contracts.habit import StreakUnit
from contracts.speech import count

MIN_STREAK = 2
"""Promises kept in a row that make a streak worth a word, whatever is asked for."""


def in_words(language: str, length: int, unit: StreakUnit | None) -> str:
    """Say how long a streak is, with its unit: 12 weeks; without one, in promises: 12 times."""
    match unit:
        case "week":
            return count(language, "{n} week", "{n} weeks", length)
        case "month":
            return count(language, "{n} month", "{n} months", length)
        case "days":
            return count(language, "{n} period", "{n} periods", length)
        case "day":
            return count(language, "{n} day", "{n} days", length)
        case None:
            return count(language, "{n} time", "{n} times", length)
