"""What the calendar room remembers: feeds, and what stood in them when they were written last."""

from storage.calendar import feeds

__all__ = ["feeds"]
