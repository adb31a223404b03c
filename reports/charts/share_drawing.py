"""Shares in a chart: raw shares as light dots, the band around the line, the label of the bars."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from reports.charts.sparklines import dot_sizes
from reports.values.formatting import count
from reports.values.palette import LIGHT
from reports.values.series import Series

__all__ = ["draw_bar_label", "draw_dots", "draw_share_band"]

_DOTS = (2.25, 3.25, 4.5, 6.0)
"""Diameters in CSS pixels."""
_SPECK = 1e-3
"""Length of a dot in periods: a line of no length would not be drawn everywhere."""


def draw_dots(axes: Axes, series: Series, color: str, top: float) -> None:
    """Raw shares of complete periods as light dots, larger where more papers are behind them.

    A period is one unit wide, the first at 0; a share beyond `top`, where the axis ends, is drawn at its
    edge.
    """
    shown = [(i, one) for i, one in enumerate(series.periods) if one.is_complete and not one.is_empty]
    sizes = dot_sizes([period.n_total for _, period in shown], _DOTS)
    for size in sorted(set(sizes)):
        points = []
        for (i, period), own in zip(shown, sizes, strict=True):
            if own == size:
                share = min(period.share, top)
                points += [(i, share), (i + _SPECK, share)]
        # One path for all dots of a size is far smaller than a circle each.
        dots = Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))
        axes.add_patch(
            PathPatch(dots, fill=False, edgecolor=color, alpha=0.35, linewidth=size, capstyle="round",
                      clip_on=False, zorder=1.2)
        )  # fmt: skip


def draw_share_band(
    axes: Axes,
    ends: tuple[Sequence[int], Sequence[float], Sequence[float]],
    color: str,
    *,
    is_checked: bool,
) -> None:
    """Draw the band of a theme's shares: solid where they are checked, pale with thin edges where found.

    `ends` are places of periods in a row, and the low and high ends of their intervals.
    """
    places, low, high = ends
    upper, lower = list(zip(places, high, strict=True)), list(zip(places, low, strict=True))
    # A patch, since fill_between would be written by way of a definition and a reference to it.
    alpha = 0.28 if is_checked else 0.08
    axes.add_patch(
        PathPatch(Path([*upper, *lower[::-1]]), facecolor=color, alpha=alpha, linewidth=0, clip_on=False)
    )
    if not is_checked:
        codes = ([Path.MOVETO] + [Path.LINETO] * (len(places) - 1)) * 2
        edges = Path([*upper, *lower], codes)
        axes.add_patch(
            PathPatch(edges, fill=False, edgecolor=color, alpha=0.5, linewidth=0.75, clip_on=False)
        )


def draw_bar_label(axes: Axes, series: Series, most: int, *, has_room: bool) -> None:
    """Label the bars with what they count.

    `most` is the number of papers of the highest bar, `has_room` whether there is room to say what the
    colored part counts.
    """
    label = f"papers a {series.unit}, at most {count(most)}"
    if has_room:
        label += "; in color: those of the " + (f"theme, {_FOUND}" if series.kind == "theme" else "topic")
    axes.annotate(
        label, (0, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points", ha="left",
        va="bottom", fontsize=11, color=LIGHT["muted"], annotation_clip=False,
    )  # fmt: skip


_FOUND = "as found"
"""Bars count papers; a checked share is an estimate and counts none."""
