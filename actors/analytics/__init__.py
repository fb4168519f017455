"""The analytics room: what habits and moods come to, as reports and pictures.

It follows people, habits, days, breaks and entries; beside these it keeps how far score and streaks
are settled, and a stamp of each person, which rises with whatever changes.

It answers the reports of `contracts/analytics.py`, draws them (`pictures.py`), composes digests,
and shows all that it knows of a person (`analytics_upkeep.py`). It hears that a user is gone.

What it follows is declared in `room.py`; `reports.py` leads from a question to a report,
`progress.py` keeps how far score and streaks are, `fact_list.py` writes what is known.
"""
