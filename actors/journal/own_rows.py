"""What the journal room holds of a person, as they may take it away: the bin included."""

from actors.journal.room import room
from storage.journal.entries import entries, revisions
from storage.journal.moods import moods
from storage.journal.prompts import prompts
from storage.journal.templates import templates
from storage.own_rows import Section

LONG_TEXTS = 20
"""Entries on a page: each may have a long text."""

room.export(
    Section("entries", entries, "import_id", page=LONG_TEXTS),
    Section("revisions", revisions, parent=("entry_id", entries), page=LONG_TEXTS),
    Section("moods", moods),
    Section("prompts", prompts),
    Section("templates", templates, "version", page=LONG_TEXTS),
)
