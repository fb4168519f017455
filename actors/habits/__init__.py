"""The habits room: what people promise themselves, and what became of it.

It owns habits with the versions of their schedules and targets, check-ins with every change to
them, breaks, and imports. It follows people: their zone, day start and week start.

It answers all that `contracts/habits.py`, `check_ins.py`, `breaks.py` and `imports.py` ask, tells
their facts, and hears of users who are gone.

What a check-in means, which days are due, and where a habit stands is decided in
`contracts/keeping`, for every room alike.

What people ask leads through `plans.py` (habits and breaks), `days.py` (each change to a day),
`starting.py` (when a habit begins), `reading.py` (whole histories), `importing.py` and
`backfill.py` (what rooms that follow are told).
"""
