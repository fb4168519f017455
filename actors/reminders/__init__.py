"""The reminders room: when a person is told something, and whether.

It owns rules and when each comes next, how people want to be reminded, and what became of every
occurrence. Of people, habits, days, breaks and diaries it keeps small copies, from facts alone.

It answers what `contracts/reminders.py`, `reminder_settings.py`, `reminder_proposals.py` and
`reminder_notices.py` ask. What is to be sent it orders of notifications, which knows how: a notice
of each reminder that speaks, and each digest that is due. From there it hears on which channels
people are reached.

Pure are `occurrences.py` (when), `domain.py` (whether), `usual_time.py` (the usual time) and
`periods.py` (the days of a digest). `due.py` claims what is due and decides; `next_fire.py` works
out what comes next.
"""
