"""Which habit of a file is which that was imported before, where several share a name. Pure.

Their order in a file says nothing: people move and delete habits. What tells them apart is what is
in them: days that say the same speak for a pair, days that contradict each other against it. Where
that is not certain nobody guesses, for a wrong guess would mix the days of two habits for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Said = int | str
"""What a day says: thousandths, or a state that says it all."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What tells a habit from another: its days, and what it was defined as."""

    days: Mapping[date, Said]
    words: tuple[object, ...] = ()


def pairs_of(found: Sequence[Trait], kept: Sequence[Trait]) -> list[int | None]:
    """Return which of `kept` each of `found` is, None for a new one; -1 where that is unclear."""
    weights = [[_weight(one, other) for other in kept] for one in found]
    result: list[int | None] = [None] * len(found)
    left, free = set(range(len(found))), set(range(len(kept)))
    while pair := _best(weights, kept, left, free):
        result[pair[0]] = pair[1]
        left.discard(pair[0])
        free.discard(pair[1])
    if not left or not free:
        return result
    # Whichever is which: those that are alike and empty, and those to which nothing is added.
    alike = len({kept[k].words for k in free}) == 1 and not any(kept[k].days for k in free)
    whole = all(found[f].days.keys() <= kept[k].days.keys() for f in left for k in free)
    pairs = zip(sorted(left), sorted(free), strict=False) if alike or whole else ()
    for f in left:
        result[f] = -1
    for f, k in pairs:
        result[f] = k
    if alike or whole:
        result = [None if f in left and k == -1 else k for f, k in enumerate(result)]
    return result


def _best(
    weights: Sequence[Sequence[tuple[int, int]]],
    kept: Sequence[Trait],
    left: set[int],
    free: set[int],
) -> tuple[int, int] | None:
    """Return a pair of which each fits the other better than any other does, if there is one."""
    for f in sorted(left):
        for k in sorted(free):
            weight = weights[f][k]
            speaks = weight[0] > 0 or not kept[k].days
            if (
                speaks
                and all(weights[f][other] < weight for other in free - {k})
                and all(weights[other][k] < weight for other in left - {f})
            ):
                return f, k
    return None


def _weight(one: Trait, other: Trait) -> tuple[int, int]:
    """Weigh a pair: the days that speak for it, less those against; then how alike the words."""
    common = one.days.keys() & other.days.keys()
    same = sum(one.days[day] == other.days[day] for day in common)
    words = sum(a == b for a, b in zip(one.words, other.words, strict=False))
    return 2 * same - len(common), words
