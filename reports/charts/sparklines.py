"""Sparklines: the model's share with its band over light dots, or the raw shares of an older run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from xml.sax.saxutils import quoteattr

from reports.values.periods import Period, unbroken

__all__ = ["dot_sizes", "render_sparkline"]

_INSET = 4
_EDGE = 3
_TOLERANCE = 0.3  # CSS pixels by which a line may leave its points
_MOST_RAW = 0.9
"""Part of the raw shares that the scale must hold."""

_Point = tuple[float, float]
_Place = Callable[[int, float], _Point]


def render_sparkline(
    periods: Sequence[Period], label: str, width: int = 96, height: int = 24, *, is_solid: bool = False
) -> str:
    """Line of complete periods from zero, a dot at its end, a ring at an incomplete end.

    Where the model's shares are known, the line and its band are theirs, and the raw shares are light dots,
    larger where more papers are behind them. Empty text without a period that holds papers. The line breaks
    where a period holds none.

    Parameters
    ----------
    periods : sequence of Period
        In order of time.
    label : str
        What the line shows, in one sentence.
    width, height : int
        CSS pixels.
    is_solid : bool
        Fill the area below the line, as is done for shares that are checked.
    """
    shown = [period for period in periods if not period.is_empty]
    if not shown:
        return ""
    top = _top(shown)
    step = (width - 2 * _INSET) / max(len(periods) - 1, 1)

    def place(index: int, share: float) -> _Point:
        return _INSET + step * index, height - _EDGE - (height - 2 * _EDGE) * min(share / top, 1.0)

    complete = [i for i, period in enumerate(periods) if period.is_complete and not period.is_empty]
    is_smooth = any(periods[i].has_smooth for i in complete)
    drawn = [i for i in complete if periods[i].has_smooth] if is_smooth else complete
    runs = unbroken(drawn)
    lines = [[place(i, periods[i].smooth if is_smooth else periods[i].share) for i in run] for run in runs]
    marks = []
    if is_smooth:
        marks += _dots(periods, complete, place)
        marks.append(_band(periods, runs, place))
    if is_solid:
        marks.append(_ground(lines, height - _EDGE))
    path = "".join(_line(line, is_smooth=is_smooth) for line in lines)
    marks.append(f'<path d="{path}"/>' if len(drawn) > 1 else "")
    if lines:
        marks.append('<circle class="dot" cx="{}" cy="{}" r="2"/>'.format(*map(_short, lines[-1][-1])))
    if not shown[-1].is_complete:
        at = place(periods.index(shown[-1]), shown[-1].share)
        marks.append('<circle cx="{}" cy="{}" r="2"/>'.format(*map(_short, at)))
    return (
        f'<svg class="spark" role="img" aria-label={quoteattr(label)} viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}">{"".join(marks)}</svg>'
    )


def dot_sizes(totals: Sequence[int], sizes: Sequence[float]) -> list[float]:
    """Size of each period's dot: its area grows with the papers of the period, in steps.

    `sizes` are diameters, the smallest first.

    Examples
    --------
    >>> dot_sizes([0, 5, 30, 100], [1.0, 2.0, 3.0])
    [1.0, 1.0, 2.0, 3.0]
    """
    most = max(totals, default=0) or 1
    last = len(sizes) - 1
    return [sizes[min(last, round(last * math.sqrt(n / most)))] if n else sizes[0] for n in totals]


def _top(shown: Sequence[Period]) -> float:
    """Share at the upper edge: the highest raw one, or what holds the line and most dots."""
    smooth = [period for period in shown if period.has_smooth and period.is_complete]
    raw = sorted(period.share for period in shown)
    if not smooth:
        return raw[-1] or 1.0
    most = raw[: math.ceil(_MOST_RAW * len(raw))][-1]
    highs = sorted(period.smooth_high for period in smooth)
    return max(most, *(period.smooth for period in smooth), highs[: math.ceil(_MOST_RAW * len(highs))][-1])


def _dots(periods: Sequence[Period], complete: Sequence[int], place: _Place) -> list[str]:
    """Raw shares as dots, a path for each size."""
    sizes = dot_sizes([periods[i].n_total for i in complete], (1.5, 2.25, 3.0))
    by_size: dict[float, list[str]] = {}
    for i, size in zip(complete, sizes, strict=True):
        x, y = place(i, periods[i].share)
        by_size.setdefault(size, []).append(f"M{_short(x)} {_short(y)}h0")
    return [
        f'<path class="dots" stroke-width="{size:g}" d="{"".join(by_size[size])}"/>'
        for size in sorted(by_size)
    ]


def _band(periods: Sequence[Period], runs: Sequence[Sequence[int]], place: _Place) -> str:
    """Area between the ends of the model's band."""
    parts = []
    for run in runs:
        upper = _thinned([place(i, periods[i].smooth_high) for i in run])
        lower = _thinned([place(i, periods[i].smooth_low) for i in run])
        parts.append(_joined([*upper, *lower[::-1]]) + "Z")
    return f'<path class="band" d="{"".join(parts)}"/>' if parts else ""


def _ground(lines: Sequence[Sequence[_Point]], foot: float) -> str:
    """Area below the lines."""
    parts = []
    for line in lines:
        if len(line) > 1:
            ends = [(line[0][0], foot), *_thinned(line), (line[-1][0], foot)]
            parts.append(_joined(ends) + "Z")
    return f'<path class="ground" d="{"".join(parts)}"/>' if parts else ""


def _line(points: Sequence[_Point], *, is_smooth: bool) -> str:
    return _joined(_thinned(points) if is_smooth else points)


def _thinned(points: Sequence[_Point]) -> list[_Point]:
    """Fewest of the points whose line stays near all of them (Ramer, Douglas and Peucker)."""
    if len(points) < 3:
        return list(points)
    (x0, y0), (x1, y1) = points[0], points[-1]
    slope = (y1 - y0) / (x1 - x0)
    far = [abs(y - y0 - slope * (x - x0)) for x, y in points]
    at = max(range(len(points)), key=far.__getitem__)
    if far[at] <= _TOLERANCE:
        return [points[0], points[-1]]
    return [*_thinned(points[: at + 1])[:-1], *_thinned(points[at:])]


def _joined(points: Sequence[_Point]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _short(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
