"""The habits room: what people promise themselves, and what became of it.

It owns habits with the versions of their schedules and targets, check-ins with every change to
them, breaks, and imports; and it keeps a copy of each person's zone, day start and week start.

It answers all that `contracts/habits.py`, `check_ins.py`, `breaks.py` and `imports.py` ask, tells
their facts, and hears of profiles that change and of users who are gone.

The rules are pure: `promise.py` (what holds on which day), `due.py` (which days are due),
`score.py` (strength), `streak.py` (runs of promises kept), and `domain.py`, which puts them
together. Inside them a day is its ordinal (`date.toordinal`) and a number is in thousandths.

What people ask leads through `plans.py` (habits and breaks), `days.py` (each change to a day),
`starting.py` (when a habit begins), `reading.py` (whole histories) and `importing.py`.
"""
