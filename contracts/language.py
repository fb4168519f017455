"""The languages that Ritmo speaks."""

from typing import Literal

Language = Literal["en", "ru"]
"""A language, by its ISO 639-1 code: English, or Russian."""
