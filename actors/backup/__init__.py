"""The backup room: copies of all that Ritmo keeps, that are proven, and the way back.

A backup is one consistent snapshot of the database, as `pg_dump` writes it, compressed with zstd
and encrypted with age: the public keys of its recipients suffice to write it, and `age`, `zstd` and
`pg_restore` alone bring it back. It goes to one target or several, and to each its manifest last:
what has none is no backup. What was written is read back.

The room makes them when they are due, drills the newest, drops those that are old, and answers
administrators what `contracts/backup.py` asks. All that takes long happens in a process of its own
(`process.py`), which the command line starts in the same way.

Which are kept is decided in `domain.py`, without I/O.

It also gives people what is theirs: it asks every room for what it holds of a person
(`<room>.export_rows`), writes it into a file, keeps that for a day, and answers what
`contracts/exports.py` asks.
"""
