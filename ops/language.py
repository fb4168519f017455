"""The language of whoever sits at the terminal."""

import os

from contracts.speech import LANGUAGES


def of_terminal() -> str:
    """Return the language of messages, as LC_ALL, LC_MESSAGES or LANG name it (POSIX)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if given := os.environ.get(name):
            language = given.partition(".")[0].partition("_")[0].lower()
            return language if language in LANGUAGES else "en"
    return "en"
