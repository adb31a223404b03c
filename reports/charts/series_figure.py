"""Figure of one series: smooth share with band over the raw shares; below, the numbers of papers.

matplotlib without pyplot: no state is kept between calls, and no window can open. The import takes half a
second, so only code that draws imports this module.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from reports.charts.mark_drawing import draw_basis, draw_mark_names, draw_marks
from reports.charts.scales import Scale, time_ticks
from reports.charts.share_drawing import draw_bar_label, draw_dots, draw_share_band
from reports.charts.svg import HALO
from reports.values.formatting import NARROW, percent
from reports.values.marks import NO_MARKS, Marks
from reports.values.palette import LIGHT
from reports.values.periods import Period, unbroken
from reports.values.series import Series

__all__ = ["MAIL", "PANEL", "WIDE", "Layout", "own_style", "plot_series", "png_bytes", "svg_text"]

_SETTINGS: dict[str, object] = {
    "svg.hashsalt": "papertrends",
    "svg.fonttype": "none",
    # A dollar sign in a text is a dollar sign.
    "text.parse_math": False,
    "hatch.linewidth": 1.0,
    "path.simplify": False,
}

# A period's name in CSS pixels at the size of the axes, with the space around it.
_NAME_WIDTHS = {"week": 72, "month": 54, "quarter": 52, "year": 38}


@dataclass(frozen=True, slots=True)
class Layout:
    """Size and spacing of a chart in CSS pixels."""

    width: int
    height: int
    bars: int
    y_steps: int
    has_number: bool
    name_room: float
    left: int = 40
    right: int = 28
    top: int = 12


PANEL = Layout(width=240, height=176, bars=20, y_steps=3, has_number=False, name_room=1.0, right=12)
WIDE = Layout(width=700, height=328, bars=44, y_steps=4, has_number=True, name_room=1.5, top=28)
MAIL = Layout(width=440, height=248, bars=36, y_steps=4, has_number=True, name_room=1.2, top=28)
"""Narrower, so that its words can be read where a phone shows it at four fifths of its size."""


def own_style() -> AbstractContextManager[None]:
    """Style for drawing and writing figures, on top of matplotlib's defaults."""
    return matplotlib.style.context(["default", _SETTINGS])


def plot_series(series: Series, color: str, scale: Scale, layout: Layout, marks: Marks = NO_MARKS) -> Figure:
    """Figure of one series: band, line, hollow incomplete periods, marks, bars of n below.

    Parameters
    ----------
    series : Series
        With at least one period that holds papers.
    color : str
        Name of a color of the palette.
    scale : Scale
        Scale of the share axis; values beyond it are at its edge.
    marks : Marks, optional
        The time axis ends with the last period that is forecast.
    """
    figure = Figure(figsize=(layout.width / 72, layout.height / 72), facecolor=LIGHT["paper"])
    FigureCanvasSVG(figure)
    across = (layout.left / layout.width, 1 - (layout.left + layout.right) / layout.width)
    feet = 20 / layout.height
    bars = layout.bars / layout.height
    gap = 24 / layout.height
    top = layout.top / layout.height
    shares = figure.add_axes((across[0], feet + bars + gap, across[1], 1 - feet - bars - gap - top))
    counts = figure.add_axes((across[0], feet, across[1], bars))
    pixels = _style((shares, counts), series, marks.axis(series), scale, layout)
    draw_marks(shares, series, marks, LIGHT[color], scale.top)
    if layout.has_number:
        draw_mark_names(shares, series, marks, scale.top, pixels)
        draw_basis(figure, series, layout.left / layout.width)
    if series.is_smooth:
        draw_dots(shares, series, LIGHT[color], scale.top)
    _draw_shares(shares, series, LIGHT[color], scale.top)
    _draw_last(shares, series, LIGHT[color], scale.top, layout.has_number, bool(marks.forecasts))
    _draw_counts(counts, series, LIGHT[color])
    return figure


def _style(
    both: tuple[Axes, Axes], series: Series, across: Sequence[Period], scale: Scale, layout: Layout
) -> float:
    """Axes without boxes: percent on the left, period names at the foot; gives the pixels of a period."""
    shares, counts = both
    n = len(across)
    # A handful of periods must not become a handful of slabs.
    half = max(n, 5) / 2
    text = {"labelsize": 11, "labelcolor": LIGHT["muted"], "length": 0}
    for axes in both:
        axes.set_xlim((n - 1) / 2 - half, (n - 1) / 2 + half)
        axes.patch.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.set_axisbelow(True)
    shares.set_ylim(0, scale.top)
    shares.set_xticks([])
    shares.set_yticks(scale.ticks, [f"{100 * tick:g}{NARROW}%" for tick in scale.ticks])
    shares.tick_params(axis="y", pad=6, **text)
    shares.grid(axis="y", color=LIGHT["line"], linewidth=1)
    room = (layout.width - layout.left - layout.right) / (2 * half)
    name_width = _NAME_WIDTHS[series.unit]
    ticks = time_ticks(across, math.ceil(layout.name_room * name_width / room))
    if len(ticks) > 2 and (half - (n - 1) / 2 + n - 1 - ticks[-1]) * room + layout.right < name_width / 2:
        ticks = ticks[:-1]  # its name would hang over the edge
    counts.set_xticks(ticks, [across[tick].label for tick in ticks])
    most = max(period.n_total for period in series.periods)
    counts.set_ylim(0, most)
    counts.set_yticks([])
    counts.tick_params(axis="x", pad=5, **text)
    draw_bar_label(counts, series, most, has_room=layout.has_number)
    return room


def _draw_shares(axes: Axes, series: Series, color: str, top: float) -> None:
    """Band and line of complete periods, ring and whisker of incomplete ones, the last share in words."""
    periods = series.periods
    for run in _runs(series):
        share, low, high = (
            [min(end, top) for end in ends]
            for ends in zip(*(_line_of(periods[i], series) for i in run), strict=True)
        )
        if len(run) == 1:
            axes.plot(run * 2, [low[0], high[0]], color=color, alpha=0.4, linewidth=1.75, clip_on=False)
            axes.plot(run, share, "o", color=color, markersize=4, markeredgewidth=0, clip_on=False)
            continue
        draw_share_band(axes, (run, low, high), color, is_checked=series.is_checked)
        axes.plot(run, share, color=color, linewidth=1.75, solid_joinstyle="round", clip_on=False)
    for i, period in enumerate(periods):
        if period.is_complete:
            continue
        axes.add_patch(
            Rectangle((i - 0.5, 0), 1, top, facecolor="none", edgecolor=LIGHT["line"], hatch="////",
                      linewidth=0, clip_on=False, zorder=0.5)
        )  # fmt: skip
        if not period.is_empty:
            edges = [min(period.low, top), min(period.high, top)]
            axes.plot([i, i], edges, color=color, alpha=0.4, linewidth=1.25, clip_on=False)
            axes.plot([i], [min(period.share, top)], "o", markerfacecolor=LIGHT["paper"], clip_on=False,
                      markeredgecolor=color, markersize=6, markeredgewidth=1.5)  # fmt: skip


def _line_of(period: Period, series: Series) -> tuple[float, float, float]:
    """Share of a period on the line, with the ends of its band: the model's where it is known."""
    if series.is_smooth:
        return period.smooth, period.smooth_low, period.smooth_high
    return period.share, period.low, period.high


def _draw_last(
    axes: Axes, series: Series, color: str, top: float, has_number: bool, has_forecast: bool
) -> None:
    """Dot at the last complete period, and its share above the band or, where that has no room, below.

    Where a forecast opens to the right of the dot, the number keeps to the left, away from the line.
    """
    runs = _runs(series)
    if not runs:
        return
    at = runs[-1][-1]
    share, low, high = _line_of(series.periods[at], series)
    axes.plot([at], [min(share, top)], "o", color=color, markersize=6, markeredgewidth=0, clip_on=False)
    if not has_number:
        return
    falls = has_forecast and len(runs[-1]) > 1 and _line_of(series.periods[at - 1], series)[0] > share
    y, above = _free_place((share, low, high), top, keep_below=falls)
    axes.annotate(
        percent(share), (at, y), xytext=(6 * has_forecast, 5 if above else -5),
        textcoords="offset points", ha="right" if has_forecast else "center",
        va="bottom" if above else "top", fontsize=13, fontweight="bold", color=LIGHT["ink"], gid=HALO,
        annotation_clip=False,
    )  # fmt: skip


def _free_place(ends: tuple[float, float, float], top: float, *, keep_below: bool) -> tuple[float, bool]:
    """Height at which a number may be written, and whether above it: outside the band where there is room."""
    share, low, high = ends
    if high < 0.9 * top and not (keep_below and low > 0.12 * top):
        return high, True
    if low > 0.12 * top:
        return low, False
    return min(share, top), share < 0.8 * top


def _draw_counts(axes: Axes, series: Series, color: str) -> None:
    """Thin bars: all dated papers of a period in grey, those of the series in color, incomplete ones pale."""
    width = 0.62 if len(series.periods) <= 60 else 0.9
    for incomplete in (False, True):
        chosen = [
            (i, period) for i, period in enumerate(series.periods) if period.is_complete is not incomplete
        ]
        totals = _bars([(i, period.n_total) for i, period in chosen], width)
        papers = _bars([(i, period.n_papers) for i, period in chosen], width)
        alpha = 0.45 if incomplete else 1.0
        for path, face in ((totals, LIGHT["line"]), (papers, color)):
            if path is not None:
                axes.add_patch(
                    PathPatch(path, facecolor=face, edgecolor="none", linewidth=0, alpha=alpha, clip_on=False)
                )


def _bars(heights: Sequence[tuple[int, int]], width: float) -> Path | None:
    """One path of all bars, which is far smaller than a path each; None without a bar."""
    corners = ((-0.5, 0), (0.5, 0), (0.5, 1), (-0.5, 1), (-0.5, 0))
    paths = [
        Path([(i + x * width, y * height) for x, y in corners], closed=True)
        for i, height in heights
        if height
    ]
    return Path.make_compound_path(*paths) if paths else None


def _runs(series: Series) -> list[list[int]]:
    """Positions of the periods on the line, in unbroken runs: complete, with papers, known to the model."""
    return unbroken(
        i
        for i, period in enumerate(series.periods)
        if period.is_complete and not period.is_empty and (period.has_smooth or not series.is_smooth)
    )


def svg_text(figure: Figure) -> str:
    """SVG of `figure` as matplotlib writes it, the same bytes at every call."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def png_bytes(figure: Figure) -> bytes:
    """PNG of `figure` at two pixels a CSS pixel."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="png", dpi=144, metadata={"Software": None}, bbox_inches="tight", pad_inches=0.1
    )
    return buffer.getvalue()
