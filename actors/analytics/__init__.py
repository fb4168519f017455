"""The analytics room: what the facts of habits and moods say, as reports and pictures.

It owns a log of what it has heard, and a read model that is folded from the log: habits, days,
breaks, moods, and how each person lives in time. Whatever order facts come in, and however often,
the same is folded; `ritmo analytics rebuild` folds it anew.

It answers the reports of `contracts/analytics.py`, draws those of `pictures.py`, and shows and
rebuilds its log (`analytics_upkeep.py`). It tells that somebody's history has changed, and the
digests that it composed. It hears all facts of habits, days, breaks, journal entries and profiles,
that a digest is due, and that a user is gone.

What is heard leads through `folding.py`, with the statements in `storage/analytics/folding.py`;
`rebuilding.py` folds anew, `settling.py` keeps how far score and streaks are, `listing.py` shows
the log.
"""
