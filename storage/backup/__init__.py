"""What the backup room remembers, and how it reads and writes a whole database."""

from storage.backup import runs

__all__ = ["runs"]
