"""Charts: the same bytes each time, themeable, announced, small, and true to the tables."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date

import matplotlib as mpl
import pandas as pd
import pytest

from reports.charts.run_charts import plot_charts, without_papers
from reports.charts.scales import share_scale, time_ticks
from reports.charts.sparklines import render_sparkline
from reports.values.palette import LIGHT
from reports.values.periods import Period
from reports.values.series import Series, Verdict
from reports.view import RunView

pytestmark = pytest.mark.usefixtures("charts_drawn_each_time")

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn(run_of):
    run = run_of("usual")
    return run, plot_charts(RunView(run.tables, run.manifest))


def month(index: int, n: int, total: int, *, complete: bool = True, high: float = 0.5) -> Period:
    year, at = divmod(2024 * 12 + index, 12)
    share = n / total if total else float("nan")
    return Period(date(year, at + 1, 1), "month", n, total, share, 0.0, high, complete)


def test_the_same_bytes_twice_and_with_other_settings_of_matplotlib(drawn):
    run, charts = drawn
    assert plot_charts(RunView(run.tables, run.manifest)) == charts
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert plot_charts(RunView(run.tables, run.manifest)) == charts


def test_no_chart_reads_the_tables_of_papers(drawn):
    run, charts = drawn
    assert plot_charts(RunView(without_papers(run.tables), run.manifest)) == charts


@pytest.mark.slow
def test_a_page_of_given_charts_needs_no_matplotlib():
    code = "import sys, reports.render, reports.context; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drawing_leaves_tables_and_settings_alone(drawn):
    run, _ = drawn
    before, settings = run.tables.trends.copy(), dict(mpl.rcParams)
    plot_charts(RunView(run.tables, run.manifest))
    pd.testing.assert_frame_equal(run.tables.trends, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = "import sys, reports.charts.run_charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_are_file_stems_of_the_themes_that_have_papers(drawn, run_of):
    run, charts = drawn
    with_papers = run.tables.trends.query("kind == 'theme' and n_papers > 0")["series_id"].unique()
    assert list(charts) == ["themes", *(f"theme-{one}" for one in with_papers)]
    hostile = run_of("hostile")
    assert all(
        re.fullmatch(r"[a-z0-9-]+", name) for name in plot_charts(RunView(hostile.tables, hostile.manifest))
    )
    undated = run_of("all-undated")
    assert plot_charts(RunView(undated.tables, undated.manifest)) == {}


def test_each_chart_is_an_image_with_a_sentence_and_stands_alone(drawn):
    for chart in drawn[1].values():
        for svg in filter(None, (chart.svg, chart.panel, chart.narrow)):
            root = ET.fromstring(svg)
            assert root.attrib["role"] == "img"
            assert root.attrib["aria-label"] == chart.label.strip()
            assert root.tag == f"{SVG}svg"
            assert root.attrib["viewBox"].startswith("0 0 ")
            assert len(svg) < 60_000 if chart.name == "themes" else len(svg) < 12_000


def test_every_color_is_a_light_value_and_a_class_for_the_page(drawn):
    names = {value: name for name, value in LIGHT.items()}
    for chart in drawn[1].values():
        for element in ET.fromstring(chart.svg).iter():
            for attribute, letter in (("fill", "f"), ("stroke", "s")):
                color = element.attrib.get(attribute, "none")
                if color == "none" or color.startswith("url(#"):
                    continue
                assert f"{letter}-{names[color]}" in element.attrib["class"].split()
            assert "style" not in element.attrib


def test_texts_are_texts_and_coordinates_are_short(drawn):
    chart = drawn[1]["theme-agents"]
    texts = [element.text for element in ET.fromstring(chart.svg).iter(f"{SVG}text")]
    assert "Jan 2025" in texts
    assert any(text.endswith("\u202f%") for text in texts)
    assert not re.search(r"\d\.\d{3}", re.sub(r'aria-label="[^"]*"', "", chart.svg))


def test_incomplete_periods_are_hollow_and_hatched(drawn):
    run, charts = drawn
    incomplete = run.tables.trends.query("series_id == 'agents' and not is_complete")
    root = ET.fromstring(charts["theme-agents"].svg)
    hollow = [c for c in root.iter(f"{SVG}circle") if "f-paper" in c.attrib["class"].split()]
    hatched = [p for p in root.iter(f"{SVG}path") if p.attrib.get("fill", "").startswith("url(#")]
    assert len(hollow) == len(hatched) == len(incomplete) == 2


def test_the_end_of_the_line_is_written_at_its_dot(make_run):
    run = make_run(800)
    trends = run.tables.trends.query("series_id == 'agents' and is_complete")
    share = 100 * trends["smooth_share"].iloc[-1]
    texts = [
        e.text
        for e in ET.fromstring(plot_charts(RunView(run.tables, run.manifest))["theme-agents"].svg).iter()
    ]
    assert f"{share:.0f}\u202f%" in texts


def test_values_are_those_of_the_table(drawn):
    run, charts = drawn
    rows = run.tables.trends.query("kind == 'theme' and series_id == 'agents'")
    values = charts["theme-agents"].values
    assert values.columns == (
        "Month", "Papers found", "Of all dated", "Share found", "95 % from, chance only", "to", "Complete",
        "Smooth share", "95 % from", "to",
    )  # fmt: skip
    assert [row[1] for row in values.rows] == [str(n) for n in rows["n_papers"]]
    assert [row[2] for row in values.rows] == [str(n) for n in rows["n_total"]]
    assert [row[6] for row in values.rows] == ["yes" if one else "no" for one in rows["is_complete"]]
    assert values.rows[0][0] == "Jun 2024"
    assert len(charts["themes"].values.columns) == 2 + len(charts) - 1


def test_a_gap_breaks_the_line(run_of):
    run = run_of("feed-gap")
    chart = plot_charts(RunView(run.tables, run.manifest))["theme-agents"]
    lines = [
        path
        for path in ET.fromstring(chart.svg).iter(f"{SVG}path")
        if path.attrib.get("stroke-width") == "1.75" and path.attrib["fill"] == "none"
    ]
    assert len(lines) == 2
    assert "no paper at all in 2 months" in chart.label


def test_names_of_themes_are_text_whatever_they_hold(run_of):
    run = run_of("hostile")
    charts = plot_charts(RunView(run.tables, run.manifest))
    texts = [element.text for element in ET.fromstring(charts["themes"].svg).iter(f"{SVG}text")]
    assert any(text.startswith("<b>Agents</b>") for text in texts)
    assert "智能体与探索" in texts


def test_one_scale_holds_every_share_and_is_not_stretched_by_a_period_of_two_papers():
    usual = [month(i, 20, 100, high=0.29) for i in range(10)]
    series = [Series("theme", "a", tuple(usual), Verdict("steady"))]
    assert share_scale(series, 3).top == pytest.approx(0.3)
    stray = [*usual, month(10, 2, 2, complete=False, high=1.0)]
    assert share_scale([Series("theme", "a", tuple(stray), Verdict("steady"))], 3).top == pytest.approx(0.3)
    rare = [month(i, 0, 100, high=0.0) for i in range(10)]
    assert share_scale([Series("theme", "a", tuple(rare), Verdict("steady"))], 3).top > 0
    everything = [month(i, 5, 5, high=1.0) for i in range(10)]
    assert share_scale([Series("theme", "a", tuple(everything), Verdict("steady"))], 3).top == pytest.approx(
        1.0
    )


def test_named_months_fall_on_the_same_months_each_year():
    months = [month(i, 1, 10) for i in range(4, 24)]
    assert [months[i].label for i in time_ticks(months, apart=6)] == ["Jul 2024", "Jan 2025", "Jul 2025"]
    assert time_ticks(months[:1], apart=6) == [0]


def test_sparkline_by_hand():
    periods = [
        month(0, 0, 10),
        month(1, 5, 10),
        month(2, 0, 0),
        month(3, 10, 10),
        month(4, 10, 10, complete=False),
    ]
    svg = render_sparkline(periods, 'a "name"', width=48, height=26)
    # Steps of 10 from 4; shares 0, 0.5, 1 of a height of 20 from 23 up; broken where no paper is dated.
    assert '<path d="M4 23L14 13M34 3"/>' in svg
    assert '<circle class="dot" cx="34" cy="3" r="2"/>' in svg
    assert '<circle cx="44" cy="3" r="2"/>' in svg
    assert ET.fromstring(svg).attrib["aria-label"] == 'a "name"'
    assert render_sparkline([], "none") == ""


def smooth(index: int, n: int, total: int, line: float) -> Period:
    one = month(index, n, total)
    return Period(*(getattr(one, name) for name in Period.__slots__[:8]), line, 0.8 * line, 1.25 * line)


def test_a_sparkline_draws_the_smooth_share_with_its_band_over_dots():
    svg = render_sparkline([smooth(0, 10, 100, 0.2), smooth(1, 50, 100, 0.4)], "a", width=48, height=26)
    # The highest end of the band, 0.5, is the top of 20 from 23 up: 0.2 is at 15, 0.4 at 7.
    assert '<path d="M4 15L44 7"/>' in svg
    assert '<path class="band" d="M4 13L44 3L44 10.2L4 16.6Z"/>' in svg
    assert '<path class="dots" stroke-width="3" d="M4 19h0M44 3h0"/>' in svg
    assert '<circle class="dot" cx="44" cy="7" r="2"/>' in svg


def test_a_straight_smooth_line_needs_two_points():
    svg = render_sparkline([smooth(i, 20, 100, 0.2) for i in range(40)], "a")
    assert re.search(r'<path d="M4 [\d.]+L92 [\d.]+"/>', svg)


def test_dots_grow_with_the_papers_behind_them_and_are_a_path_for_each_size(make_run):
    run = make_run()
    chart = plot_charts(RunView(run.tables, run.manifest))["theme-agents"]
    dots = [
        path
        for path in ET.fromstring(chart.svg).iter(f"{SVG}path")
        if path.attrib.get("stroke-linecap") == "round"
    ]
    complete = run.tables.trends.query("series_id == 'agents' and is_complete and n_total > 0")
    assert sum(path.attrib["d"].count("M") for path in dots) == len(complete)
    widths = [float(path.attrib["stroke-width"]) for path in dots]
    assert widths == sorted(set(widths))
    assert len(widths) > 1


def test_a_run_without_smooth_shares_has_no_dots_and_its_raw_line(run_of):
    run = run_of("before-five-words")
    chart = plot_charts(RunView(run.tables, run.manifest))["theme-agents"]
    assert 'stroke-linecap="round"' not in chart.svg
    assert "Smooth share" not in chart.values.columns


def test_bars_say_what_they_count(drawn):
    run, charts = drawn
    most = run.tables.trends["n_total"].max()
    texts = [element.text for element in ET.fromstring(charts["theme-agents"].svg).iter(f"{SVG}text")]
    assert f"papers a month, at most {most}; in color: those of the theme, as found" in texts
    small = [element.text for element in ET.fromstring(charts["theme-agents"].panel).iter(f"{SVG}text")]
    assert f"papers a month, at most {most}" in small
