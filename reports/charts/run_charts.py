"""The charts of a run: one per theme and pinned topic, and all themes side by side on one scale.

Drawing code is imported only where needed: the charts of the page may come from another process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.tables import RunTables, empty_table
from reports.charts.chart_values import Values, series_label, series_values, shares_values
from reports.charts.scales import share_scale
from reports.charts.svg import Drawing, compose_panels, parse_drawing, render_svg
from reports.values.formatting import clip, percent, plural
from reports.values.marks import NO_MARKS, Marks
from reports.values.palette import OTHER
from reports.values.series import Series
from reports.view import RunView

__all__ = ["Chart", "plot_chart", "plot_charts", "plot_png", "without_papers"]

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

    def _repr_svg_(self) -> str:
        """The drawing, for notebooks."""
        return self.svg


def plot_charts(view: RunView) -> dict[str, Chart]:
    """Every chart of the run by its file stem: ``themes``, ``theme-<id>``, and ``topic-<id>`` of some.

    Topics have one that are among the headlines or pinned. Themes without a dated paper have none; without a
    theme that has one there is no ``themes``. The same tables and title give the same bytes.
    """
    topics = [_topic_chart(view, one) for one in dict.fromkeys([*view.headline_topics, *view.pinned_topics])]
    return {**_theme_charts(view), **{chart.name: chart for chart in topics}}


def _theme_charts(view: RunView) -> dict[str, Chart]:
    from reports.charts.series_figure import PANEL, WIDE, own_style, plot_series, svg_text

    drawn = {theme_id: view.theme(theme_id) for theme_id in view.drawn_themes}
    if not drawn:
        return {}
    places = view.places
    shown, marked = zip(*drawn.values(), strict=True)
    shared = share_scale(list(shown), PANEL.y_steps, list(marked))
    charts: dict[str, Chart] = {}
    panels: list[tuple[str, str, Drawing]] = []
    with own_style():
        for theme_id, (one, marks) in drawn.items():
            stem, name = f"theme-{places.theme_slugs[theme_id]}", places.theme_names[theme_id]
            color = places.theme_colors[theme_id]
            small = svg_text(plot_series(one, color, shared, PANEL, marks))
            number = f"{percent(one.share_now)} {one.basis}" if one.latest else ""
            panels.append((name, number, parse_drawing(small, f"file-{stem}")))
            own = share_scale([one], WIDE.y_steps, [marks])
            wide = svg_text(plot_series(one, color, own, WIDE, marks))
            charts[stem] = _chart(stem, name, (one, marks), (wide, small))
    title = clip(str(view.manifest["title"]), 80)
    label = f"{title}: share of papers over time of {plural(len(drawn), 'theme')}, all on one scale."
    values = shares_values(
        {places.theme_names[theme_id]: one for theme_id, (one, _) in drawn.items()},
        {places.theme_names[theme_id]: marks for theme_id, (_, marks) in drawn.items()},
    )
    together = Chart("themes", render_svg(compose_panels(panels), label), label, values)
    return {"themes": together, **charts}


def _topic_chart(view: RunView, topic_id: str) -> Chart:
    """Chart of a topic, in both sizes."""
    from reports.charts.series_figure import PANEL, WIDE, own_style, plot_series, svg_text

    one, marks = view.series["topic", topic_id], view.marks.get(("topic", topic_id), NO_MARKS)
    with own_style():
        wide, small = (
            svg_text(plot_series(one, OTHER, share_scale([one], layout.y_steps, [marks]), layout, marks))
            for layout in (WIDE, PANEL)
        )
    stem = view.places.href("topic", topic_id).removeprefix("#")
    return _chart(stem, view.places.name("topic", topic_id), (one, marks), (wide, small))


def plot_chart(view: RunView, kind: str, series_id: str) -> Chart:
    """Chart of one theme or topic, on its own scale.

    The series needs a dated paper.
    """
    from reports.charts.series_figure import WIDE, own_style, plot_series, svg_text

    one, marks = view.series[kind, series_id], view.marks.get((kind, series_id), NO_MARKS)
    places = view.places
    color = places.theme_colors[series_id] if kind == "theme" else OTHER
    stem = places.href(kind, series_id).removeprefix("#")
    label = series_label(places.name(kind, series_id), one, marks)
    with own_style():
        wide = svg_text(plot_series(one, color, share_scale([one], WIDE.y_steps, [marks]), WIDE, marks))
    return Chart(stem, render_svg(parse_drawing(wide, stem), label), label, series_values(one, marks))


def without_papers(tables: RunTables) -> RunTables:
    """Empty the tables that have one row per paper: no chart reads them."""
    return replace(tables, **{name: empty_table(name) for name in _OF_PAPERS})


def _chart(stem: str, name: str, what: tuple[Series, Marks], svgs: tuple[str, ...]) -> Chart:
    """Chart of one series from matplotlib's SVG, in a wide and a narrow size."""
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


def plot_png(view: RunView, kind: str, series_id: str) -> bytes:
    """Chart of one theme or topic as PNG, 880 pixels across, for a mail.

    The series needs a dated paper.
    """
    from reports.charts.series_figure import MAIL, own_style, plot_series, png_bytes

    one, marks = view.series[kind, series_id], view.marks.get((kind, series_id), NO_MARKS)
    color = view.places.theme_colors[series_id] if kind == "theme" else OTHER
    scale = share_scale([one], MAIL.y_steps, [marks])
    with own_style():
        return png_bytes(plot_series(one, color, scale, MAIL, marks))
