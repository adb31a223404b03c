"""The page: every state renders, nothing leaves it, nothing gets in, and its numbers are the tables'."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jinja2 import StrictUndefined

from analytics.tables import validate_table
from reports import render as rendering
from reports.charts.run_charts import plot_charts
from reports.context import make_report_context
from reports.render import render_report
from reports.sections.paper_list import MOST_PAPERS
from reports.values.formatting import clean, clip, odds, percent
from reports.values.paper_lines import paper_href
from reports.view import RunView
from tests.examples import examples

LOADING = {
    "src",
    "srcset",
    "poster",
    "data",
    "action",
    "formaction",
    "background",
    "cite",
    "ping",
    "manifest",
}


@pytest.fixture
def page(state, page_of):
    return page_of(state)


def test_every_state_is_whole(page):
    assert page.unclosed == []
    assert page.all("h1")[0].text
    assert page.by_id("moved").text.strip()


def test_ids_are_unique_and_links_on_the_page_lead_somewhere(page):
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        target = link.attributes["href"]
        if target.startswith("#"):
            assert target[1:] in ids
    for element in page.elements:
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert set(element.attributes.get(attribute, "").split()) <= set(ids)
    references = [
        name
        for element in page.elements
        for value in element.attributes.values()
        for name in re.findall(r"url\(#([^)]+)\)", value)
    ]
    assert set(references) <= set(ids)


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch(r"h[1-6]", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_image_says_what_it_shows(page):
    drawings = page.all("svg")
    outer = [svg for svg in drawings if "class" in svg.attributes]
    assert all(svg.attributes["role"] == "img" and svg.attributes["aria-label"] for svg in outer)
    assert len(outer) == len(drawings)


def test_nothing_is_loaded_from_anywhere(page, state, html_of):
    for element in page.elements:
        assert element.tag not in {
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "audio",
            "video",
            "image",
        }
        assert not LOADING & set(element.attributes)
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
        for name in ("href", "xlink:href"):
            value = element.attributes.get(name)
            if value is None:
                continue
            if element.tag == "link":
                assert value == "data:,"
            else:
                assert element.tag == "a"
                assert value == "papers.csv" or value.startswith(("#", "http://", "https://"))
    html = html_of(state)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_one_style_and_one_script_and_nothing_else(html_of, page_of):
    html = html_of("usual")
    (meta,) = [one for one in page_of("usual").all("meta") if "http-equiv" in one.attributes]
    policy = meta.attributes["content"]
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_templates_escape_and_miss_nothing():
    environment = rendering._environment()
    assert environment.autoescape is True
    assert environment.undefined is StrictUndefined
    source = "".join(
        environment.loader.get_source(environment, name)[0] for name in environment.list_templates()
    )
    # Only what this package wrote itself may stand unescaped.
    assert set(re.findall(r"{{\s*([\w.]+)\s*\|\s*safe\s*}}", source)) == {
        "style", "script", "line.sparkline", "topic.sparkline", "theme.chart.panel", "theme.chart.svg",
        "theme.chart.narrow", "topic.chart.svg", "topic.chart.narrow", "pinned.chart.svg", "pinned.chart.narrow",
            "context.unassigned.sparkline", "row.sparkline", "data_start",
    }  # fmt: skip


def test_hostile_texts_are_only_texts(html_of, page_of):
    usual = page_of("usual")
    html, page = html_of("hostile"), page_of("hostile")
    assert {element.tag for element in page.elements} <= {element.tag for element in usual.elements} | {
        "pre",
        "ul",
        "abbr",
    }
    assert [one.attributes for one in page.all("script")] == [
        {},
        {"id": "data", "type": "text/plain"},
        {"id": "index", "type": "text/plain"},
        {"id": "abstracts", "type": "text/plain"},
        {"id": "series", "type": "text/plain"},
    ]
    assert page.all("h1")[0].text == "<script>alert(1)</script>"
    assert "javascript:" not in html
    assert "$\\mathcal{O}(n^2)$" in page.by_id("papers").text
    assert "{{ 7 * 7 }}" in page.by_id("papers").text
    assert "大型語言模型的自我改進" in page.by_id("papers").text
    assert "\u202e" not in html
    html.encode()


def test_right_to_left_titles_find_their_own_direction(page_of):
    page = page_of("hostile")
    title = "العوامل الذكية في التعلم المعزز"
    for at, one in enumerate(page.elements):
        if one.tag == "p" and "paper" in one.attributes.get("class", "") and one.text == title:
            assert page.elements[at + 1].attributes["dir"] == "auto"
    assert sum(one.text == title for one in page.all("p", "paper")) > 10


def test_a_long_organization_is_cut(html_of):
    html = html_of("hostile")
    assert "O" * 79 + "…" in html
    assert "O" * 81 not in html


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_title_comes_back_as_it_is(make_run, title, parse_page):
    run = make_run(3, n_topics=0, months=1, themes=())
    papers = run.tables.papers.copy()
    papers["title"] = pd.Series([title] * 3, dtype=object)
    context = make_report_context(RunView(run.with_tables(papers=papers).tables, run.manifest))
    cells = parse_page(render_report(context)).all("p", "paper")
    assert ["".join(cell.inside).replace("\r", "\n") for cell in cells] == [
        clip(title, 300).replace("\r", "\n")
    ] * 3


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", " https://example.org", "data:text/html,x", "//example.org",
        "/etc/passwd", "https://", "http:example.org", "file:///etc/passwd", "https://example.org/\nx",
        "https://[broken", "",
    ],
)  # fmt: skip
def test_what_is_not_a_web_address_is_not_a_link(url):
    assert paper_href(url, "title:0011223344556677") == ""


def test_links_of_identifiers_stand_in_for_a_missing_address():
    assert paper_href(None, "arxiv:cs/9301111") == "https://arxiv.org/abs/cs/9301111"
    assert paper_href(float("nan"), "doi:10.1000/abc") == "https://doi.org/10.1000/abc"
    assert paper_href("https://example.org/a", "arxiv:2503.02130") == "https://example.org/a"


def test_numbers_of_the_first_screen_are_those_of_the_tables(run_of, page_of):
    run, page = run_of("usual"), page_of("usual")
    row = run.tables.verdicts.set_index(["window", "kind", "series_id"]).loc[("long", "theme", "agents")]
    lines = {line.text: line for line in page.all("div", "claim")}
    expected = (
        f"{percent(row['end_share'])} of papers (found), up from {percent(row['start_share'])}:"
        f" {odds(row['change'])} times in 16 months ({odds(row['change_low'])} to {odds(row['change_high'])})"
    ).replace("\u202f", " ")
    assert any(text.startswith(expected) for text in lines), (expected, list(lines))
    n_papers = run.tables.themes.set_index("theme_id").loc["agents", "n_papers"]
    line = next(text for text in lines if text.startswith(expected))
    assert f"found {n_papers} papers; how many it misses is unknown" in line
    assert "also rising in the newest 3 months" in line
    # Odds, p and q are one click away, on the first screen and in the section.
    numbers = [one.text for one in page.all("details", "exact") if one.text.startswith("numbers of Agents")]
    assert len(numbers) == 2
    for text in numbers:
        assert (
            "Over 16 monthsodds ×1.9 a year (95 % interval 1.5 to 2.4), p < 0.001, q < 0.001"
            in text.replace("\u00a0", " ")
        )
    first = page.by_id("moved").text
    for one in page.all("details", "exact"):
        first = first.replace(one.text, "")
    assert not re.search(r"\bodds\b|\bq [=<]|\bp [=<]", first.replace("\u00a0", " "))


def test_numbers_of_topics_and_counts_are_those_of_the_tables(run_of, page_of):
    run, page = run_of("usual"), page_of("usual")
    for topic in run.tables.topics.to_dict("records"):
        row = page.by_id(f"topic-{topic['topic_id'].lower()}").text
        assert topic["label"] in row
        assert f" {topic['n_papers']} " in row
        assert all(term in row for term in topic["top_terms"])
    facts = page.all("p", "facts")[0].text
    assert facts.startswith("400 papers")
    assert "11 Jun 2024 to 17 Nov 2025" in facts
    trust = page.by_id("trust").text
    assert f"unclustered{run.manifest['counts']['unclustered']}" in trust.replace(" ", "")


def test_papers_of_a_theme_are_its_newest_and_its_best(run_of):
    run = run_of("usual")
    context = make_report_context(RunView(run.tables, run.manifest))
    assigned = run.tables.theme_assignments.query("theme_id == 'agents'").merge(
        run.tables.papers, on="paper_id"
    )
    (section,) = [one for one in context.themes if one.theme_id == "agents"]
    newest = assigned.sort_values(["published", "paper_id"], ascending=[False, True])["paper_id"].head(5)
    best = assigned.sort_values(["score", "paper_id"], ascending=[False, True])["paper_id"].head(5)
    assert [paper.line.paper_id for paper in section.newest] == list(newest)
    assert [paper.line.paper_id for paper in section.representative] == list(best)
    assert section.representative[0].phrase == "agents at scale"
    sizes = assigned.query("topic_id != '-1'")["topic_id"].value_counts()
    assert section.topics[0].n_papers == str(sizes.iloc[0])


def test_the_list_of_papers_is_capped_and_says_so(make_run, render, parse_page):
    run = make_run(MOST_PAPERS + 200, n_topics=3, themes=("Agents",))
    section = parse_page(render(run)).by_id("papers").text
    assert "The newest 300 of 500 papers (setting papers_in_report)." in section
    assert (
        "All papers of the corpus, without their abstracts, are in papers.csv next to this page." in section
    )
    context = make_report_context(RunView(run.tables, run.manifest))
    assert len(context.papers.lines) == MOST_PAPERS
    newest = run.tables.papers["published"].nlargest(MOST_PAPERS)
    assert context.papers.lines[-1].day == f"{newest.iloc[-1]:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("most", "shown", "note"),
    [
        (0, 0, "No paper is listed"),
        (7, 7, "The newest 7 of 30 papers"),
        (99, 30, "All 30 papers, newest first."),
    ],
)
def test_the_setting_decides_how_many_papers_are_listed(make_run, most, shown, note):
    run = make_run(30, n_topics=0, months=2, themes=())
    run.manifest["settings"]["papers_in_report"] = most
    papers = make_report_context(RunView(run.tables, run.manifest)).papers
    assert len(papers.lines) == shown
    assert papers.note.startswith(note)


def test_inferred_and_coarse_dates_say_so(make_run, render, parse_page):
    run = make_run(3, n_topics=0, months=1, themes=())
    papers = run.tables.papers.assign(
        published_basis=["year_inferred", "id_month", "missing"],
        published_precision=["day", "month", "none"],
        published=pd.to_datetime(["2025-06-02", "2025-05-01", None]),
    )
    page = parse_page(render(run.with_tables(papers=validate_table("papers", papers))))
    notes = {one.text: one.attributes["title"] for one in page.all("abbr", "day")}
    assert notes == {
        "2025-06-02": "The source gave a day and a month; the year is inferred.",
        "2025-05": "The source gave no date; the month is that of the arXiv id.",
    }
    assert "undated" in [one.text for one in page.all("span", "day")]
    assert "with a year that was inferred1" in page.by_id("trust").text.replace("inferred 1", "inferred1")


def test_states_say_what_they_are(page_of):
    def text(name: str, part: str) -> str:
        return page_of(name).by_id(part).text

    assert text("all-undated", "moved").startswith("Trends cannot be tested.")
    assert "No paper is dated, so there are no periods." in text("all-undated", "trust")
    assert "No topics. 12 papers are too few to cluster; 15 are needed." in text("no-topics", "topics")
    assert "None of 200 papers fits this theme." in text("empty-theme", "theme-self-improvement")
    assert text("nothing-moved", "moved").startswith(
        "Nothing moved: every series that could be tested is steady."
    )
    assert text("nothing-shown", "moved").startswith("No theme and no topic was shown to move. Tested: ")
    assert "Agents +0.8 points: +0.7 new papers, +0.1 reassigned." in text("compared", "moved")
    assert "No paper is dated in Jan 2025 and Feb 2025" in text("feed-gap", "trust")
    assert text("one-theme", "moved").startswith("The only theme moved.")


def test_trust_names_what_was_left_out_and_how_to_make_it_again(page_of):
    trust = page_of("usual").by_id("trust").text
    for needed in (
        "2025-12-30.json", "entry 4", "no title", "1 of 2 shown.", "minilm:53aa5117", "data/themes.toml",
        "papertrends run ../shared/corpora/hf_daily_papers --workspace W", "62 s",
        "Periods are months: the shortest period", "Jun 2024 and Nov 2025 are incomplete", "pandas", "seed",
    ):  # fmt: skip
        assert needed in trust, needed


def test_trust_tells_gaps_withdrawals_and_dates_in_doubt(run_of):
    run = run_of("feed-gap")
    counts = {**run.manifest["counts"], "withdrawn": 3, "future": 1, "looked_up": 5,
              "date_faults": {"after_id_month": 2, "before_1900": 1, "of_tomorrow": 1}}  # fmt: skip
    sample = [
        {"paper_id": f"arxiv:2503.0000{n}", "published": "2025-03", "date_fault": "after_id_month"}
        for n in (1, 2)
    ]
    gaps = [
        {"period": "the month of 2025-01-01", "name": "n", "reason": f"feed <{n}> failed"} for n in range(8)
    ]
    manifest = {**run.manifest, "counts": counts, "date_faults_sample": sample, "gaps": gaps}
    trust = make_report_context(RunView(run.tables, manifest)).trust
    read = {line.name: line.value for line in trust.read}
    assert (read["withdrawn"], read["of these dated ahead"]) == ("3", "1")
    assert ("of these looked up", "5") in [(line.name, line.value) for line in trust.dates]
    assert [(line.name, line.value) for line in trust.doubts] == [
        ("after the arXiv id", "2"), ("before 1900", "1"), ("of_tomorrow", "1")
    ]  # fmt: skip
    assert trust.doubts[0].note.endswith("arxiv:2503.00001 (2025-03) and arxiv:2503.00002 (2025-03)")
    assert "The month of 2025-01-01 is incomplete: feed <0> failed." in trust.periods
    assert "2 more gaps of this kind are in manifest.json." in trust.periods
    html = render_report(make_report_context(RunView(run.tables, manifest)))
    assert "Dates in doubt" in html
    assert "feed &lt;0&gt; failed" in html


def test_the_least_certain_merges_are_listed_with_what_takes_them_apart(run_of):
    run = run_of("usual")
    merge = {"paper_id": "doi:10.5555/a", "probability": 0.9531, "reasons": ["same title", "years 2001 and 2002"],
             "one": "Charts of <narrow> harbors", "other": "Charts of harbors"}  # fmt: skip
    html = render_report(make_report_context(RunView(run.tables, {**run.manifest, "least_certain": [merge]})))
    place = html.index("Least certain merges")
    shown = html[place : html.index("How this page was made")]
    for needed in (
        "papertrends split ID",
        "doi:10.5555/a",
        "Charts of &lt;narrow&gt; harbors",
        "same title, years",
    ):
        assert needed in shown, needed
    assert "Least certain merges" not in render_report(make_report_context(RunView(run.tables, run.manifest)))


def test_trust_says_nothing_of_what_did_not_happen(run_of):
    run = run_of("usual")
    trust = make_report_context(
        RunView(run.tables, {**run.manifest, "counts": {**run.manifest["counts"], "withdrawn": 0}})
    ).trust
    assert "withdrawn" not in [line.name for line in trust.read]
    assert trust.doubts == ()
    assert "Dates in doubt" not in render_report(make_report_context(RunView(run.tables, run.manifest)))


def test_charts_given_are_the_charts_shown(run_of):
    run = run_of("usual")
    charts = plot_charts(RunView(run.tables, run.manifest))
    given_charts = make_report_context(RunView(run.tables, run.manifest), charts)
    assert given_charts == make_report_context(RunView(run.tables, run.manifest))
    html = render_report(given_charts)
    assert all(chart.svg in html for name, chart in charts.items() if name != "themes")


@pytest.mark.usefixtures("charts_drawn_each_time")
def test_the_same_page_twice_and_tables_untouched(run_of, render):
    run = run_of("usual")
    before = {name: getattr(run.tables, name).copy() for name in run.tables.__dataclass_fields__}
    assert render(run) == render(run)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(run.tables, name), table)


def test_topics_stand_under_their_groups(run_of, page_of):
    run, page = run_of("grouped"), page_of("grouped")
    table = make_report_context(RunView(*_parts(run))).topics
    topics = run.tables.topics
    assert table.is_grouped
    assert [group.label for group in table.groups] == topics["group_label"].drop_duplicates().tolist()
    for group, (_, own) in zip(table.groups, topics.groupby("group_id"), strict=True):
        assert sorted(row.topic_id for row in group.rows) == sorted(own["topic_id"])
        assert group.n_papers == f"{own['n_papers'].sum():,}"
        heading = page.by_id(group.slug).text
        assert group.label in heading
        assert f"{len(own)} topics" in heading
    assert len(table.rows) == len(topics)


def test_the_share_of_a_group_is_that_of_its_papers_in_the_newest_complete_period(run_of):
    run = run_of("grouped")
    latest = run.tables.trends.query("kind == 'topic' and is_complete")
    latest = latest[latest["period_start"] == latest["period_start"].max()].set_index("series_id")
    first = run.tables.topics.query("group_id == 'G01'")["topic_id"]
    share = latest.loc[first, "n_papers"].sum() / latest["n_total"].iloc[0]
    assert make_report_context(RunView(*_parts(run))).topics.groups[0].share == percent(share)


def test_topics_in_no_group_come_last_and_without_groups_there_is_no_heading(run_of):
    run = run_of("grouped")
    topics = run.tables.topics.copy()
    topics.loc[[0, 5], ["group_id", "group_label"]] = None
    table = make_report_context(RunView(*_parts(run.with_tables(topics=topics)))).topics
    assert table.groups[-1].label == "In no group"
    assert sorted(row.topic_id for row in table.groups[-1].rows) == sorted(topics["topic_id"][[0, 5]])
    plain = make_report_context(RunView(*_parts(run_of("usual")))).topics
    assert [group.label for group in plain.groups] == [""]
    assert not plain.is_grouped


@pytest.mark.slow
def test_size_stays_within_the_budget(make_run, render):
    html = render(make_run(6141, n_topics=100, months=20))
    assert len(html.encode()) < 1_500_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["forty-themes", "three-hundred-topics", "grouped-three-hundred-topics"])
def test_size_of_large_states(name, html_of):
    assert len(html_of(name).encode()) < 2_500_000


def test_texts_are_clean_before_they_are_cut():
    assert clip("\u202e" * 10 + "title", 6) == "title"
    assert clean("\ud800") == "\ufffd"


def test_the_head_says_what_came_since_the_run_before(run_of):
    facts = make_report_context(RunView(*_parts(run_of("compared")))).head.facts
    assert "since the run of 24 Dec 2025: +112 papers" in facts
    assert (
        "first run, nothing to compare with"
        in make_report_context(RunView(*_parts(run_of("one-paper")))).head.facts
    )


def _parts(run):
    return run.tables, run.manifest
