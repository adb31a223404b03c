"""Marks on the charts of a run: which are shown, where they stand, and that words and tables tell them too."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.tables import validate_table
from reports.charts.run_charts import plot_charts
from reports.charts.scales import share_scale
from reports.charts.series_figure import WIDE, own_style, plot_series, svg_text
from reports.sections.theme_facts import marks_in_words, marks_numbers
from reports.values.marks import Burst, Forecast, LevelChange, Marks, make_marks
from reports.values.periods import Period
from reports.values.series import Series, Verdict, make_series
from reports.view import RunView

SVG = "{http://www.w3.org/2000/svg}"


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def month(index: int, n: int = 20, total: int = 100, *, complete: bool = True) -> Period:
    year, at = divmod(2024 * 12 + index, 12)
    share = n / total if total else float("nan")
    return Period(date(year, at + 1, 1), "month", n, total, share, 0.13, 0.29, complete)


def ahead(index: int, share: float = 0.2, high: float = 0.3) -> Forecast:
    return Forecast(month(index, 0, 0, complete=False), share, share - 0.02, share + 0.02, 0.1, high)


def draw(series: Series, marks: Marks) -> ET.Element:
    with own_style():
        scale = share_scale([series], WIDE.y_steps, [marks])
        return ET.fromstring(svg_text(plot_series(series, "c1", scale, WIDE, marks)))


@pytest.fixture(scope="module")
def planted(run_of):
    run = run_of("ahead")
    return run, plot_charts(RunView(run.tables, run.manifest))


def marks_of(run, name: str = "agents") -> Marks:
    return make_marks(run.tables, make_series(run.tables), 0.05)["theme", name]


@pytest.mark.usefixtures("charts_drawn_each_time")
def test_the_same_bytes_twice(planted):
    run, charts = planted
    assert plot_charts(RunView(run.tables, run.manifest)) == charts


def test_only_bursts_within_the_rate_and_marks_of_series_that_exist(planted):
    run, _ = planted
    found = marks_of(run)
    assert [plain(one.label) for one in found.bursts] == ["Mar to May 2024"]
    assert [one.period.label for one in found.changes] == ["Dec 2023", "Jul 2024"]
    assert [one.period.label for one in found.forecasts] == ["Nov 2025", "Dec 2025", "Jan 2026"]
    assert not [key for key in make_marks(run.tables, make_series(run.tables), 0.05) if key[1] == "gone"]
    assert len(make_marks(run.tables, make_series(run.tables), 0.7)["theme", "agents"].bursts) == 2


def test_what_is_known_or_has_no_number_is_not_forecast(planted):
    run, _ = planted
    forecasts = run.tables.forecasts
    early = forecasts.assign(
        period_start=forecasts["period_start"] - pd.DateOffset(years=1),
        period_end=forecasts["period_end"] - pd.DateOffset(years=1),
    )
    assert not marks_of(run.with_tables(forecasts=validate_table("forecasts", early))).forecasts
    assert not marks_of(run.with_tables(forecasts=forecasts.assign(high_90=np.nan))).forecasts


def test_a_month_that_has_begun_keeps_its_ring_and_gets_its_forecast(planted):
    _, charts = planted
    root = ET.fromstring(charts["theme-agents"].svg)
    hollow = [c for c in root.iter(f"{SVG}circle") if "f-paper" in c.attrib["class"].split()]
    dashed = [p for p in root.iter(f"{SVG}path") if "stroke-dasharray" in p.attrib]
    assert len(hollow) == 2
    (line,) = dashed
    xs = [float(x) for x in re.findall(r"[ML](-?[\d.]+) ", line.attrib["d"])]
    # From the newest complete month on: the ring of the month that has begun stands at the first forecast.
    assert len(xs) == 4
    assert float(hollow[-1].attrib["cx"]) == pytest.approx(xs[1], abs=0.02)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"forecast", "burst", "level changed"} <= set(texts)
    assert not {"forecast", "burst"} & {e.text for e in ET.fromstring(charts["theme-agents"].panel).iter()}


def test_without_marks_a_chart_has_no_dash_and_no_longer_axis():
    series = Series("theme", "a", tuple(month(i) for i in range(12)), Verdict("steady"))
    bare = draw(series, Marks())
    assert not [p for p in bare.iter() if "stroke-dasharray: " in p.attrib.get("style", "")]
    longer = Marks(forecasts=(ahead(12), ahead(13)))
    assert [period.label for period in longer.axis(series)][-3:] == ["Dec 2024", "Jan 2025", "Feb 2025"]
    begun = Series("theme", "a", (*series.periods, month(12, complete=False)), Verdict("steady"))
    assert longer.axis(begun)[12] is begun.periods[12]
    assert len(longer.axis(begun)) == 14


def test_one_forecast_without_a_known_share_is_a_dot_on_a_whisker():
    series = Series("theme", "a", (month(0, complete=False),), Verdict("insufficient"))
    assert draw(series, Marks(forecasts=(ahead(1),))) is not None


def test_the_scale_holds_the_bands_but_is_not_flattened_by_them():
    series = Series("theme", "a", tuple(month(i) for i in range(12)), Verdict("steady"))
    assert share_scale([series], 4).top == pytest.approx(0.3)
    assert share_scale([series], 4, [Marks(forecasts=(ahead(12, high=0.38),))]).top == pytest.approx(0.4)
    assert share_scale([series], 4, [Marks(forecasts=(ahead(12, high=0.99),))]).top <= 0.6
    assert share_scale([series], 4, [Marks(forecasts=(ahead(12, share=0.8, high=0.99),))]).top >= 0.8


def test_values_and_label_tell_the_marks(planted):
    run, charts = planted
    chart = charts["theme-agents"]
    values = chart.values
    assert values.columns[10:] == ("Forecast", "50 % from", "to", "90 % from", "to", "Marks")
    rows = {row[0]: row for row in values.rows}
    first = run.tables.forecasts.query("series_id == 'agents'").iloc[0]
    assert plain(rows["Nov 2025"][10]) == f"{100 * first['share']:.0f} %"
    assert rows["Nov 2025"][6] == "no"
    assert rows["Jan 2026"][1:10] == ("\u2013",) * 9
    assert rows["Oct 2025"][10:] == ("\u2013",) * 5 + ("",)
    assert [name for name, row in rows.items() if row[15] == "burst"] == ["Mar 2024", "Apr 2024", "May 2024"]
    assert rows["Dec 2023"][15] == "level changed"
    assert "level changed in Dec 2023, 4.0 % to 9.0 %" in plain(chart.label)
    assert "burst Mar to May 2024; forecast" in plain(chart.label)
    assert {len(row) for row in values.rows} == {16}
    assert charts["themes"].values.rows[-1][:2] == ("Jan 2026, forecast", "\u2013")


def test_marks_in_sentences():
    weeks = [Period(date(2025, 3, day), "week", 5, 20, 0.25, 0.1, 0.5, True) for day in (3, 10)]
    marks = Marks(
        bursts=(Burst(month(4), month(6), 0.003, 0.02), Burst(weeks[0], weeks[1], 0.0001, 0.01)),
        changes=(
            LevelChange(month(2), 0.04, 0.09, 0.001, 0.012, month(8)),
            LevelChange(month(8), 0.09, 0.15, 0.001, 0.03),
        ),
    )
    assert [plain(one) for one in marks_in_words(marks)] == [
        "Level changed in Mar 2024: 4.0 % before, 9.0 % until it changed again in Sep 2024.",
        "Level changed in Sep 2024: 9.0 % before, 15 % since.",
        "Burst May to Jul 2024.",
        "Burst in the weeks of 3 Mar to 10 Mar 2025.",
    ]
    assert [(one.name, plain(one.text)) for one in marks_numbers(marks)][1:3] == [
        ("Level changed in Sep 2024", "p = 0.001, q = 0.030"),
        ("Burst May to Jul 2024", "p = 0.003 against random dates, q = 0.020"),
    ]


def test_charts_with_marks_stay_small(planted):
    for name, chart in planted[1].items():
        if name != "themes":
            assert max(len(svg) for svg in (chart.svg, chart.panel, chart.narrow)) < 14_000
