"""How a promise is kept: pure rules, one implementation for every room that has to know.

`promise.py` says what holds on which day, `due.py` which days are due, `score.py` how strong a
habit is, `streak.py` which runs of promises were kept, and `progress.py` puts them together.
Inside, a day is its ordinal (`date.toordinal`) and a number is in thousandths.
"""
