"""How a promise is kept: pure rules, one implementation for every room that has to know.

`promise.py` says what holds on which day, `due.py` which are due, and how far apart, `entry.py`
what a check-in says. `score.py` says how strong a habit is, `streak.py` which runs of promises were
kept, in the units of `cycle.py`. `progress.py` puts them together, `settlement.py` keeps months of
it, and `risk.py` says which streaks end today. Inside, a day is its ordinal (`date.toordinal`) and
a number is in thousandths.
"""
