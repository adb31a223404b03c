"""Marks in a chart: forecasts, bursts, level changes, and what the band includes."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from reports.charts.svg import HALO
from reports.values.count_sentences import BANDS
from reports.values.marks import Marks
from reports.values.palette import LIGHT
from reports.values.periods import Period
from reports.values.series import Series

__all__ = ["draw_basis", "draw_mark_names", "draw_marks"]

_DASHES = (0, (4, 2.5))
_LETTER_WIDTH = 6.0  # CSS pixels at the size of the names, generously


def draw_marks(axes: Axes, series: Series, marks: Marks, color: str, top: float) -> None:
    """Draw the marks of a series behind its line.

    A period is one unit wide, the first is at 0; what is beyond `top`, where the share axis ends, is at its
    edge.
    """
    at = _positions(marks.axis(series))
    for burst in marks.bursts:
        left, right = at[burst.first.start] - 0.5, at[burst.last.start] + 0.5
        axes.add_patch(
            Rectangle((left, 0), right - left, top, facecolor=color, alpha=0.12, linewidth=0,
                      clip_on=False, zorder=0.4)
        )  # fmt: skip
        # The pale span alone would be too faint a mark to be held to 3:1.
        axes.plot([left, right], [top, top], color=color, linewidth=2, solid_capstyle="butt", clip_on=False)
    for change in marks.changes:
        place = at[change.period.start] - 0.5
        axes.plot([place] * 2, [0, top], color=LIGHT["muted"], linewidth=1, clip_on=False, zorder=1.5)
    if marks.forecasts:
        _draw_forecasts(axes, series, marks, color, top)


def _draw_forecasts(axes: Axes, series: Series, marks: Marks, color: str, top: float) -> None:
    """Draw the forecast bands and the dashed line in them."""
    at = _positions(marks.axis(series))
    ahead, last = marks.forecasts, series.latest
    places = [at[one.period.start] for one in ahead]
    begin = [] if last is None else [series.share_now]
    places = places if last is None else [at[last.start], *places]
    bands = (
        ([one.low_90 for one in ahead], [one.high_90 for one in ahead], 0.14),
        ([one.low_50 for one in ahead], [one.high_50 for one in ahead], 0.22),
    )
    for low, high, alpha in bands:
        _draw_band(axes, (places, [*begin, *low], [*begin, *high]), color, top, alpha)
    line = [min(share, top) for share in (*begin, *(one.share for one in ahead))]
    if len(line) > 1:
        axes.plot(places, line, color=color, linewidth=1.5, linestyle=_DASHES, clip_on=False, zorder=1.8)
    else:
        axes.plot(places, line, "o", color=color, markersize=4, markeredgewidth=0, clip_on=False)


def _draw_band(
    axes: Axes,
    ends: tuple[Sequence[int], Sequence[float], Sequence[float]],
    color: str,
    top: float,
    alpha: float,
) -> None:
    """Area between two lines; a whisker if they have only one point."""
    places, *lines = ends
    low, high = ([min(end, top) for end in line] for line in lines)
    if len(places) == 1:
        whisker = ([*places, *places], [*low, *high])
        axes.plot(*whisker, color=color, alpha=2 * alpha, linewidth=1.75, clip_on=False)
        return
    outline = Path([*zip(places, high, strict=True), *zip(places[::-1], low[::-1], strict=True)])
    axes.add_patch(
        PathPatch(outline, facecolor=color, alpha=alpha, linewidth=0, clip_on=False, zorder=0.8)
    )  # fmt: skip


def draw_mark_names(axes: Axes, series: Series, marks: Marks, top: float, pixels: float) -> None:
    """Name the marks above the chart, as far as the names fit next to each other.

    `pixels` is the width of a period in CSS pixels.
    """
    at = _positions(marks.axis(series))
    names = []
    if marks.forecasts:
        first, last = (at[marks.forecasts[i].period.start] for i in (0, -1))
        names.append(((first + last) / 2, "forecast"))
    names += [((at[one.first.start] + at[one.last.start]) / 2, "burst") for one in marks.bursts]
    names += [(at[change.period.start] - 0.5, "level changed") for change in marks.changes]
    taken: list[tuple[float, float]] = []
    for place, name in names:
        half = _LETTER_WIDTH * len(name) / 2 / pixels
        if any(place - half < right and place + half > left for left, right in taken):
            continue
        taken.append((place - half, place + half))
        axes.annotate(
            name, (place, top), xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
            fontsize=11, color=LIGHT["muted"], gid=HALO, annotation_clip=False,
        )  # fmt: skip


def draw_basis(figure: Figure, series: Series, left: float) -> None:
    """State above a theme's chart whether its shares are found or checked, and what the band includes.

    `left` is where the axes begin, as a part of the width.
    """
    if series.basis:
        figure.text(
            left, 0.995, BANDS[series.basis], ha="left", va="top", fontsize=11, color=LIGHT["muted"]
        )  # fmt: skip


def _positions(axis: Sequence[Period]) -> dict[object, int]:
    """Place of each period on the axis by its first day."""
    return {period.start: place for place, period in enumerate(axis)}
