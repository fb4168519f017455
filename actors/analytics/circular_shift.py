"""How likely it is that two series of days go together by accident.

Habits and moods come in phases: a good day follows a good day. Tests that take days for independent
see links everywhere then. Here one series is turned against the other by every possible number of
days (the end comes before the beginning). Each series keeps its rhythm, only what links them is
lost, so the spread of the link over all turns is what chance alone does to series like these.

- The link on n common days is r·√(n - 1), r being the correlation; σ is its root mean square over
  the N turns at which both series vary.
- z = link / σ has Student's t distribution with ν = C(0)² / Σ C(k)²/M(k) degrees of freedom, where
  C(k) sums up the products of links that lie k turns apart, and M(k) counts them: series in long
  phases have few independent turns. (So the variance of σ² is that of χ² with ν degrees.)
- p is the tail of t, by Wallace's approximation (1959). Where k > 0 turns show as strong a link,
  p is (k + 1) / (N + 1) at least: a mere rhythm of the week is not taken for a link. Counting turns
  alone never goes below 1 / (N + 1), which no correction for many comparisons leaves standing, and
  goes wrong for series that drift, where t with few degrees of freedom does not.
- The 95 % interval is effect ± t(0.975)·σ in the unit of the effect: without zero if t's p < 0.05.

All is worked out for many pairs at once, the sums over all turns by Fourier transforms.
numpy is imported here: load this module on first use.
"""

from math import erfc
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.analytics.series import Flags, Numbers

LEAST_P = 1e-6
"""The smallest p that is stated: no tail is known better than that."""

_NORMAL_975 = 1.959963984540054
_TINY = 1e-9


class Waves(NamedTuple):
    """Fourier transforms of series, one a row: the values, where they are known, their squares."""

    value: NDArray[np.complex128]
    known: NDArray[np.complex128]
    square: NDArray[np.complex128]

    def rows(self, index: NDArray[np.intp]) -> "Waves":
        """Return some of the series."""
        return Waves(self.value[index], self.known[index], self.square[index])


class Compared(NamedTuple):
    """For each pair: how much higher y was with x than without, its 95 % interval, and p."""

    effect: Numbers
    low: Numbers
    high: Numbers
    p: Numbers


def turning(days: int) -> int:
    """Return the length of a full turn: whole weeks, so that weekdays meet weekdays again."""
    return -(-days // 7) * 7


def waves(values: Numbers | Flags, known: Flags, turn: int) -> Waves:
    """Transform series of shape (series, days), followed by unknown days up to a full turn.

    The values that are not known do not matter.
    """
    plain = np.where(known, values, 0.0)
    return Waves(
        np.fft.rfft(plain, turn, axis=1),
        np.fft.rfft(known.astype(np.float64), turn, axis=1),
        np.fft.rfft(plain**2, turn, axis=1),
    )


def compare(x: Waves, y: Waves, turn: int) -> Compared:
    """Compare y on days with x (1) and without (0), row by row; each row must have both."""

    def sums(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> Numbers:
        return np.fft.irfft(a * np.conj(b), turn, axis=1)

    # Both counts are whole numbers; the transform blurs them a little.
    both, having = np.rint(sums(x.known, y.known)), np.rint(sums(x.value, y.known))
    total, with_x, squares = sums(x.known, y.value), sums(x.value, y.value), sums(x.known, y.square)
    some = np.maximum(both, 1)
    x_spread = having - having**2 / some
    y_spread = squares - total**2 / some
    fit = (x_spread > _TINY) & (y_spread > _TINY)
    under = np.sqrt(np.where(fit, x_spread * y_spread, 1))
    link = np.where(fit, (with_x - having * total / some) / under * np.sqrt(some - 1), 0)

    n, a, b = both[:, 0], having[:, 0], both[:, 0] - having[:, 0]
    effect = with_x[:, 0] / a - (total[:, 0] - with_x[:, 0]) / b
    others = fit.copy()
    others[:, 0] = False
    sigma, freedom = _spread(np.where(others, link, 0), others)
    half = student_975(freedom) * sigma * np.sqrt(y_spread[:, 0] / (a * b) * n / (n - 1))
    p = _chance(np.abs(link), others, sigma, freedom)
    return Compared(effect, effect - half, effect + half, p)


def _spread(link: Numbers, others: Flags) -> tuple[Numbers, Numbers]:
    """Return the spread of the link over the other turns (0 elsewhere), and its freedom."""
    products = _at_distances(link)
    pairs = np.rint(_at_distances(others.astype(np.float64)))
    squares = (products**2 / np.maximum(pairs, 1)).sum(axis=1)
    freedom = products[:, 0] ** 2 / np.maximum(squares, _TINY)
    return np.sqrt(products[:, 0] / np.maximum(pairs[:, 0], 1)), np.maximum(freedom, 1)


def _at_distances(series: Numbers) -> Numbers:
    """Sum up the products of numbers that lie 0, 1, 2, ... turns apart, going round."""
    power = np.abs(np.fft.rfft(series, axis=1)) ** 2
    return np.fft.irfft(power, series.shape[1], axis=1)


def _chance(strength: Numbers, others: Flags, sigma: Numbers, freedom: Numbers) -> Numbers:
    """Return p for each row."""
    z = strength[:, 0] / np.maximum(sigma, _TINY)
    scale = (8 * freedom + 1) / (8 * freedom + 3)
    normal = np.sqrt(freedom * np.log1p(z**2 / freedom)) * scale
    p = np.array([erfc(one / 2**0.5) for one in normal])
    as_strong = ((strength >= strength[:, :1] - _TINY) & others).sum(axis=1)
    turns = others.sum(axis=1)
    p = np.where(as_strong > 0, np.maximum(p, (as_strong + 1) / (turns + 1)), p)
    return np.where(turns > 0, np.clip(p, LEAST_P, 1), 1)


def student_975(freedom: Numbers) -> Numbers:
    """Return the 97.5 % point of Student's t: Wallace's approximation turned round."""
    normal = _NORMAL_975 * (8 * freedom + 3) / (8 * freedom + 1)
    return np.sqrt(freedom * np.expm1(normal**2 / freedom))


def corrected(p: Numbers) -> Numbers:
    """Correct for many comparisons: q by Benjamini and Hochberg (1995), in the order of p."""
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return q
