"""The journal room: the diary of a person, their moods, and what they were busy with.

It owns entries with their earlier versions, the names of moods, own prompts and templates. It
follows people (zone, day start, language) and habits (names): an entry is unlinked from those that
are gone.

It answers all that `contracts/journal.py`, `moods.py`, `prompts.py`, `templates.py` and
`journal_transfer.py` ask. It tells that an entry was written or deleted, and which an import
brought, never their words. It hears of users who are gone, and reads diaries that were sent. Once
an hour it removes what was thrown away more than 30 days ago.

Where an entry lies in time and what a page holds is decided in `domain.py`. Its parts are
`entries.py` (written, changed, thrown away), `queries.py` (read, listed, searched), `moods.py`,
`prompts.py` and `templates.py`; `entry_html.py` makes harmless HTML of Markdown. Daylio's files
come in through `imports.py` (`importers.py` opens them, `daylio*.py` say what they mean), and a
diary leaves by `export.py`.
"""
