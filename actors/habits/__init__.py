"""The habits room: what people promise themselves, and what became of it.

It owns habits with the versions of their schedules and targets, check-ins with every change to
them, breaks, imports, and the hooks by which buttons check a habit in. It follows people: their
zone, day start and week start.

It answers all that `contracts/{habits,check_ins,breaks,hooks,imports}.py` ask, tells their facts,
and hears of users who are gone.

What a check-in means, which days are due, and where a habit stands is decided in
`contracts/keeping`, for every room alike.

Its parts: `habits.py` (`plans.py`: versions of schedules and targets), `bin.py`, `check_ins.py` and
`check_in_batch.py` (each change to a day leads through `days.py`), `marks.py`, `today.py`,
`histories.py`, `changes.py`, `breaks.py`, `backfill.py`. `rows.py` is what is stored.
Files of other trackers come to `imports.py`, whatever room reads them; `importers.py` lists those
that hold habits (a new one is a file that reads it, and its line there), and `habit_import.py`
keeps them.
"""
