"""The charts of a run: one of each theme, and all themes side by side on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.style

from analytics.tables import RunTables
from reports.drawing import Drawing, compose_panels, parse_drawing, render_svg
from reports.figures import PANEL, SETTINGS, WIDE, Layout, plot_series, svg_text
from reports.palette import theme_colors
from reports.periods import range_label
from reports.scales import Scale, share_scale
from reports.series import Series, make_series
from reports.slugs import make_slugs
from reports.wording import NO_VALUE, clip, count, join_words, percent, plural

__all__ = ["Chart", "Values", "make_colors", "plot_charts"]


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers behind a chart, as text for people: one head, rows of the same length."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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


def plot_charts(tables: RunTables, manifest: Mapping[str, object]) -> dict[str, Chart]:
    """Every chart of the run by its file stem: ``themes``, and ``theme-<id>`` for each theme.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
        Of the run; its title is part of what the chart of all themes says of itself.

    Returns
    -------
    dict of str to Chart
        Empty when no theme has a dated paper, and without the themes that have none. The same
        tables give the same bytes.
    """
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
    shared = share_scale(list(drawn.values()), PANEL.y_steps)
    charts: dict[str, Chart] = {}
    panels: list[tuple[str, str, Drawing]] = []
    with matplotlib.style.context(["default", SETTINGS]):
        for theme_id, one in drawn.items():
            stem = f"theme-{slugs[theme_id]}"
            small = _svg(one, colors[theme_id], shared, PANEL)
            number = percent(one.latest.share) if one.latest else ""
            panels.append((names[theme_id], number, parse_drawing(small, f"file-{stem}")))
            wide = _svg(one, colors[theme_id], share_scale([one], WIDE.y_steps), WIDE)
            label = _series_label(names[theme_id], one)
            charts[stem] = Chart(
                stem,
                render_svg(parse_drawing(wide, stem), label),
                label,
                _series_values(one),
                panel=render_svg(parse_drawing(small, f"panel-{stem}"), label),
                narrow=render_svg(parse_drawing(small, f"narrow-{stem}"), label),
            )
    title = clip(str(manifest["title"]), 80)
    label = f"{title}: share of papers over time of {plural(len(drawn), 'theme')}, all on one scale."
    values = _shares_values({names[theme_id]: one for theme_id, one in drawn.items()})
    return {"themes": Chart("themes", render_svg(compose_panels(panels), label), label, values), **charts}


def make_colors(theme_ids: list[str], series: Mapping[tuple[str, str], Series]) -> dict[str, str]:
    """Color name of each theme; beyond eight, the themes with the strongest evidence have one."""

    def evidence(theme_id: str) -> tuple[bool, float, int]:
        verdict = series["theme", theme_id].verdict
        return (not verdict.is_move, verdict.q if verdict.is_move else 0.0, -verdict.n_papers)

    return theme_colors(theme_ids, in_question=sorted(theme_ids, key=evidence))


def _has_papers(series: Series) -> bool:
    """Whether there is anything to draw: a dated paper of the series."""
    return any(period.n_papers for period in series.periods)


def _svg(series: Series, color: str, scale: Scale, layout: Layout) -> str:
    return svg_text(plot_series(series, color, scale, layout))


def _series_label(name: str, series: Series) -> str:
    """One sentence for those who do not see the chart."""
    periods = series.periods
    parts = [f"{name}: share of papers per {series.unit}, {range_label(periods[0], periods[-1])}"]
    if len(series.complete) > 1:
        first, last = series.complete[0], series.complete[-1]
        parts.append(f"{percent(first.share)} in {first.label}, {percent(last.share)} in {last.label}")
    elif series.latest is not None:
        parts.append(f"{percent(series.latest.share)} in {series.latest.label}")
    incomplete = [period.label for period in periods if not period.is_complete]
    if incomplete:
        parts.append(f"incomplete: {join_words(incomplete[:3])}")
    empty = sum(period.is_empty for period in periods)
    if empty:
        parts.append(f"no paper at all in {plural(empty, series.unit)}")
    return "; ".join(parts) + "."


def _series_values(series: Series) -> Values:
    """Table of one series: a row per period."""
    columns = (series.unit.capitalize(), "Papers", "Of all dated", "Share", "95 % from", "to", "Complete")
    rows = [
        (
            period.label,
            count(period.n_papers),
            count(period.n_total),
            percent(period.share),
            percent(period.low),
            percent(period.high),
            "yes" if period.is_complete else "no",
        )
        for period in series.periods
    ]
    return Values(columns, tuple(rows))


def _shares_values(series: Mapping[str, Series]) -> Values:
    """Table of several series over the same periods: a row per period, a share per series."""
    first = next(iter(series.values()))
    shares = {
        name: {period.start: percent(period.share) for period in one.periods} for name, one in series.items()
    }
    rows = [
        (period.label, count(period.n_total), *(shares[name].get(period.start, NO_VALUE) for name in series))
        for period in first.periods
    ]
    return Values((first.unit.capitalize(), "All dated", *series), tuple(rows))
