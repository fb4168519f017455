"""The reminders room: when a person is told something, and whether.

It owns rules and when each comes next, how people want to be reminded, and what became of every
occurrence. It follows people, habits, days, breaks and entries, as far as reminders look back.

It answers what `contracts/reminders.py`, `reminder_settings.py`, `reminder_proposals.py` and
`reminder_notices.py` ask. What is to be sent it orders of notifications, which knows how: a notice
of each reminder that speaks, and each digest that is due. From there it hears on which channels
people are reached.

Pure are `occurrences.py` (when), `domain.py` (whether), `usual_time.py` (the usual time) and
`periods.py` (the days of a digest). `due.py` claims what is due and decides; `next_fire.py` works
out what comes next, and `changes.py` does so when something that decides is news.
"""
