"""The page of a run that looks ahead: its sections, its doubts, and what an older run leaves out."""

from __future__ import annotations

import re

import pytest

from analytics.tables import ADDED_TABLES, empty_table

NEW_SECTIONS = {"growing", "outlook"}


def text(page, name: str) -> str:
    return page.by_id(name).text.replace("\u00a0", " ")


@pytest.mark.usefixtures("charts_drawn_each_time")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["ahead", "ahead-short"])
def test_the_same_page_twice(name, run_of, html_of, render):
    assert render(run_of(name)) == html_of(name)


def test_no_missing_number_is_printed(state, page_of):
    page = page_of(state)
    shown = page.by_id("moved").text + "".join(one.text for one in page.all("section"))
    labels = " ".join(one.attributes.get("aria-label", "") for one in page.all("svg"))
    assert not re.findall(r"\b(?:nan|NaN|NaT|inf)\b|\bNone\b(?! of )", shown + labels)


@pytest.mark.parametrize("name", ["usual", "compared", "all-undated", "one-paper", "hostile"])
def test_an_older_run_has_none_of_it(name, page_of):
    page = page_of(name)
    ids = {element.attributes.get("id") for element in page.elements}
    assert not NEW_SECTIONS & ids
    assert not page.all("a", "fragile")
    assert not page.all("div", "loose")
    assert not page.all("ul", "marks")
    for word in ("forecast", "burst", "level changed", "fragile"):
        assert word not in page.by_id("moved").text.lower()
        assert word not in page.by_id("trust").text.lower()


def test_tables_without_rows_break_nothing_under_a_new_manifest(run_of, render, parse_page):
    run = run_of("ahead")
    empty = run.with_tables(**{name: empty_table(name) for name in ADDED_TABLES})
    page = parse_page(render(empty))
    assert "The next 3 periods are forecast by" in text(page, "outlook")
    assert "No forecast or claim of 7 earlier runs can be checked yet." in text(page, "outlook")


def test_a_fragile_verdict_says_so_wherever_it_is_and_why(page_of):
    page = page_of("ahead")
    tags = page.all("a", "fragile")
    # Agents, which rises over the whole span and in the newest months: in the first line, above its small chart,
    # at the head of its section, and with each of the two words there.
    assert len(tags) == 5
    for tag in tags:
        assert tag.text == "fragile"
        assert tag.attributes["href"] == "#verdict-steps"
        assert tag.attributes["title"].startswith("Fragile: the verdict changes if the papers without")
    assert "Fragile: the verdict changes if" in text(page, "theme-agents")
    assert "A verdict is fragile when it depends on papers that were left out" in text(page, "trust")


def test_a_fragile_topic_says_so_in_its_row(run_of, render, parse_page):
    run = run_of("ahead")
    long = run.tables.verdicts["window"] == "long"
    verdicts = run.tables.verdicts.assign(is_fragile=long & (run.tables.verdicts["series_id"] == "T0001"))
    page = parse_page(render(run.with_tables(verdicts=verdicts)))
    assert "steady fragile" in text(page, "topic-t0001")
    assert len(page.all("a", "fragile")) == 1


def test_the_contents_lead_to_the_new_sections_in_their_order(page_of):
    page = page_of("ahead")
    ids = [one.attributes["id"] for one in page.all("section")]
    assert ids == ["moved", "themes", "topics", "map", "papers", "compare", "growing", "outlook", "trust"]
    contents = [a.attributes["href"] for a in page.all("a") if a.attributes["href"][1:] in ids]
    assert [one for one in contents if one[1:] in NEW_SECTIONS] == ["#growing", "#outlook"]


def test_a_theme_shows_its_forecast_and_its_marks(page_of, run_of):
    theme = text(page_of("ahead"), "theme-agents")
    first = run_of("ahead").tables.forecasts.query("series_id == 'agents'").iloc[0]
    band = f"90 % band {100 * first['low_90']:.0f} % to {100 * first['high_90']:.0f} %"
    assert f"Next month, Nov 2025{100 * first['share']:.0f} % forecast, {band}; the month so far" in theme
    assert "Burst Mar to May 2024." in theme
    (numbers, *_) = [one.text for one in page_of("ahead").all("details", "exact") if "Burst" in one.text]
    assert "Burst Mar to May 2024p < 0.001 against random dates, q = 0.004" in numbers.replace("\u00a0", " ")
    note = page_of("ahead").all("figcaption")[0].text
    assert "Dashed: forecast" in note
    assert "Pale span: burst. Thin rule: the level changed." in note


def test_a_theme_without_a_chart_still_shows_its_forecast(page_of):
    page = page_of("ahead-empty-theme")
    assert "Next month" in text(page, "theme-self-improvement")
    section = next(one for one in page.all("article") if one.attributes["id"] == "theme-self-improvement")
    assert section.text


def test_topics_say_what_they_leave_out(page_of, run_of):
    topics = text(page_of("ahead"), "topics")
    row = run_of("ahead").tables.unassigned.query("is_complete").iloc[-1]
    counts = f"({row['n_unclustered']} of {row['n_total']})"
    assert f"% of the papers in Oct 2025 {counts}" in topics
    assert "No paper is undated." in topics
    assert not page_of("ahead-one-theme").all("div", "loose")


def test_the_ranking_leads_to_its_topics_and_knows_its_worth(page_of):
    page = page_of("ahead")
    growing = text(page, "growing")
    assert "This is a ranking, not a test" in growing
    assert "In 2 past years that could be judged, 65 % of the first ten" in growing
    assert "97 %" in growing
    assert "growing" not in {element.attributes.get("id") for element in page_of("ahead-one-theme").elements}


def test_hostile_names_are_only_names_ahead(page_of, html_of):
    page = page_of("ahead-hostile")
    assert [one.attributes.get("type") for one in page.all("script")] == [None, *["text/plain"] * 4]
    assert "<script>alert(1)</script>" in text(page, "growing")
    assert "T0666" in text(page, "outlook")
    assert "\u202e" not in html_of("ahead-hostile")


@pytest.mark.slow
def test_three_hundred_topics_stay_light(html_of):
    assert len(html_of("ahead-three-hundred-topics").encode()) < 2_000_000
