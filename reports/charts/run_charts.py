"""The charts of a run: one of each theme, and all themes side by side on one scale.

What draws is imported where it is needed: the page is made of charts that another process may have drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics.tables import RunTables, empty_table
from reports.charts.chart_values import Values, series_label, series_values, shares_values
from reports.charts.palette import theme_colors
from reports.charts.scales import share_scale
from reports.charts.svg import Drawing, compose_panels, parse_drawing, render_svg
from reports.values.formatting import clip, percent, plural
from reports.values.marks import NO_MARKS, Marks, allowed_rate, make_marks
from reports.values.series import Series, make_series
from reports.values.slugs import make_slugs

__all__ = ["Chart", "make_colors", "plot_charts", "plot_png", "without_papers"]

_OF_PAPERS = ("papers", "theme_assignments", "topic_assignments", "positions")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its file stem, the SVG, what it shows in a sentence, and its values.

    `panel` and `narrow` are one small drawing under two sets of ids: `panel` stands among the small
    multiples, `narrow` in place of `svg` on a phone. Both are empty for a chart of several series.
    """

    name: str
    svg: str
    label: str
    values: Values
    panel: str = ""
    narrow: str = ""


def plot_charts(tables: RunTables, manifest: Mapping[str, Any]) -> dict[str, Chart]:
    """Every chart of the run by its file stem: ``themes``, and ``theme-<id>`` for each theme.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
        Of the run; its title is part of what the chart of all themes says of itself, and its false discovery
        rate decides which bursts are drawn.

    Returns
    -------
    dict of str to Chart
        Empty when no theme has a dated paper, and without the themes that have none. The same
        tables give the same bytes.
    """
    from reports.charts.series_figure import PANEL, WIDE, own_style, plot_series, svg_text

    series = make_series(tables)
    ids = list(tables.themes["theme_id"])
    names = {theme_id: clip(name, 80) for theme_id, name in zip(ids, tables.themes["name"], strict=True)}
    slugs = make_slugs(ids)
    colors = make_colors(ids, series)
    drawn = {
        theme_id: series["theme", theme_id] for theme_id in ids if _has_papers(series["theme", theme_id])
    }
    if not drawn:
        return {}
    found = make_marks(tables, series, allowed_rate(manifest))
    marks = {theme_id: found.get(("theme", theme_id), NO_MARKS) for theme_id in drawn}
    shared = share_scale(list(drawn.values()), PANEL.y_steps, list(marks.values()))
    charts: dict[str, Chart] = {}
    panels: list[tuple[str, str, Drawing]] = []
    with own_style():
        for theme_id, one in drawn.items():
            stem, color = f"theme-{slugs[theme_id]}", colors[theme_id]
            small = svg_text(plot_series(one, color, shared, PANEL, marks[theme_id]))
            number = f"{percent(one.share_now)} {one.basis}" if one.latest else ""
            panels.append((names[theme_id], number, parse_drawing(small, f"file-{stem}")))
            own = share_scale([one], WIDE.y_steps, [marks[theme_id]])
            wide = svg_text(plot_series(one, color, own, WIDE, marks[theme_id]))
            charts[stem] = _chart(stem, names[theme_id], (one, marks[theme_id]), (wide, small))
    title = clip(str(manifest["title"]), 80)
    label = f"{title}: share of papers over time of {plural(len(drawn), 'theme')}, all on one scale."
    values = shares_values(
        {names[theme_id]: one for theme_id, one in drawn.items()},
        {names[theme_id]: one for theme_id, one in marks.items()},
    )
    return {"themes": Chart("themes", render_svg(compose_panels(panels), label), label, values), **charts}


def without_papers(tables: RunTables) -> RunTables:
    """Return the tables with those empty that have a row for each paper: no chart reads them."""
    return replace(tables, **{name: empty_table(name) for name in _OF_PAPERS})


def _chart(stem: str, name: str, what: tuple[Series, Marks], svgs: tuple[str, str]) -> Chart:
    """Chart of one theme from what matplotlib wrote, wide and small."""
    wide, small = svgs
    label = series_label(name, *what)
    return Chart(
        stem,
        render_svg(parse_drawing(wide, stem), label),
        label,
        series_values(*what),
        panel=render_svg(parse_drawing(small, f"panel-{stem}"), label),
        narrow=render_svg(parse_drawing(small, f"narrow-{stem}"), label),
    )


def make_colors(theme_ids: list[str], series: Mapping[tuple[str, str], Series]) -> dict[str, str]:
    """Color name of each theme; beyond eight, the themes with the strongest evidence have one."""

    def evidence(theme_id: str) -> tuple[bool, float, int]:
        verdict = series["theme", theme_id].verdict
        return (not verdict.is_move, verdict.q if verdict.is_move else 0.0, -verdict.n_papers)

    return theme_colors(theme_ids, in_question=sorted(theme_ids, key=evidence))


def _has_papers(series: Series) -> bool:
    """Whether there is anything to draw: a dated paper of the series."""
    return any(period.n_papers for period in series.periods)


def plot_png(tables: RunTables, manifest: Mapping[str, Any], theme_id: str) -> bytes:
    """Wide chart of one theme as PNG, 1400 pixels across, for a mail.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
    theme_id : str
        Of a theme with a dated paper.
    """
    from reports.charts.series_figure import WIDE, own_style, plot_series, png_bytes

    series = make_series(tables)
    one, color = series["theme", theme_id], make_colors(list(tables.themes["theme_id"]), series)[theme_id]
    marks = make_marks(tables, series, allowed_rate(manifest)).get(("theme", theme_id), NO_MARKS)
    with own_style():
        return png_bytes(plot_series(one, color, share_scale([one], WIDE.y_steps, [marks]), WIDE, marks))
