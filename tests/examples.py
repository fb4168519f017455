"""How many examples a law is tried with: few in each run of the suite, many where there is time."""

import os

TIMES = int(os.environ.get("RITMO_EXAMPLES", "1"))
"""`RITMO_EXAMPLES=10` tries each law ten times as long, as `make chaos` does."""


def examples(few: int) -> int:
    """Return how many examples of a law to try, `few` of them where nobody has said otherwise."""
    return few * TIMES
