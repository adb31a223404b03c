"""The digest says what the run says, in every state, and text stays text."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from reports.charts.run_charts import plot_png
from reports.context import make_report_context
from reports.digest import make_digest, render_digest
from reports.summary import make_summary
from reports.view import RunView

REPORT = "https://example.org/w/runs/r1/report.html"
SINCE = {"run_id": "r0", "as_of": "2025-01-01", "new_papers": 12}


def parts(run, **manifest):
    digest = make_digest(RunView(run.tables, run.manifest | manifest), REPORT)
    return digest, *render_digest(
        digest, "ada@example.org", "p@example.org", has_chart=bool(digest.chart_theme)
    )


def test_every_state_makes_a_mail_that_is_small_and_whole(state, run_of, parse_page):
    digest, text, html = parts(run_of(state), since=SINCE)
    page = parse_page(html)
    assert page.unclosed == []
    assert len(text.encode()) + len(html.encode()) < 100_000
    assert len(digest.headlines) <= 3
    assert REPORT in text
    assert REPORT in html
    assert 0 < len(digest.subject) <= 200
    assert "\n" not in digest.subject
    assert not re.search(r"\n\n\n", text)
    if "hostile" not in state:
        assert "{{" not in text + html
    allowed = ("https://", "http://", "mailto:p@example.org")
    assert all(link.attributes["href"].startswith(allowed) for link in page.all("a"))
    assert not page.all("script")
    assert [one.attributes["src"] for one in page.all("img")] == ["cid:chart"] * bool(digest.chart_theme)
    assert all(one.attributes["alt"] for one in page.all("img"))


def test_news_are_papers_first_seen_since_the_run_before(make_run):
    run = make_run(300)
    papers = run.tables.papers
    papers["first_seen"] = pd.Timestamp("2025-01-01")
    late = papers["paper_id"].isin(papers["paper_id"].tail(40))
    papers.loc[late, "first_seen"] = pd.Timestamp("2025-01-08")
    digest, _, _ = parts(run, since=SINCE)
    assigned = run.tables.theme_assignments
    assigned = assigned[assigned["paper_id"].isin(set(papers.loc[late, "paper_id"]))]
    counts = assigned["theme_id"].value_counts()
    names = run.tables.themes.set_index("theme_id")["name"]
    told = {theme.name: int(theme.n_new.split()[0]) for theme in digest.themes}
    assert told == {names[theme]: int(n) for theme, n in counts.items()}
    assert parts(run, since=None)[0].themes == ()


def test_the_few_are_the_most_upvoted_for_its_day_and_the_nearest(make_run):
    run = make_run(300, themes=("Agents",))
    papers = run.tables.papers
    papers["first_seen"] = pd.Timestamp("2025-01-08")
    assigned = run.tables.theme_assignments
    members = assigned.sort_values(["score", "paper_id"], ascending=[False, True])["paper_id"].tolist()
    papers["published"] = pd.Timestamp("2024-12-01").as_unit("us")
    papers["upvotes"] = pd.array([5] * len(papers), dtype="Int64")
    papers.loc[papers["paper_id"] == members[-1], "upvotes"] = 30
    titles = papers.set_index("paper_id")["title"]
    (theme,) = parts(run, since=SINCE)[0].themes
    assert [paper.title for paper in theme.papers] == [titles[one] for one in (members[-1], *members[:2])]
    assert [paper.why for paper in theme.papers] == [
        "30 upvotes, where 5 were usual that day",
        "closest to the theme",
        "closest to the theme",
    ]


def test_the_subject_carries_the_strongest_claim(run_of):
    digest, _, _ = parts(run_of("usual"))
    first = digest.headlines[0]
    assert digest.subject.startswith(f"{first.name} {first.number} of papers (found), ")
    assert first.verdict in digest.subject


def test_nothing_moved_is_two_lines(run_of):
    digest, text, html = parts(run_of("nothing-moved"), since=SINCE)
    assert not digest.has_news
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 4  # title, sentence, link, how to stop
    assert lines[1] == "Nothing moved: every series that could be tested is steady."
    silent, text, _ = parts(run_of("nothing-shown"), since=SINCE)
    assert not silent.has_news
    assert [line for line in text.splitlines() if line][1] == "No theme and no topic was shown to move."
    assert "new paper" not in html


def test_markup_in_titles_is_text_in_both_parts(run_of):
    _, text, html = parts(run_of("hostile"), since={**SINCE, "as_of": "2000-01-01"})
    assert "&lt;script" in html
    assert "<script" not in html
    assert "&lt;" not in text


def test_the_chart_is_a_png_of_reasonable_size(run_of):
    run = run_of("ahead")
    digest, _, _ = parts(run)
    png = plot_png(RunView(run.tables, run.manifest), digest.chart_theme)
    assert png.startswith(b"\x89PNG")
    assert 10_000 < len(png) < 200_000
    assert plot_png(RunView(run.tables, run.manifest), digest.chart_theme) == png


@pytest.mark.parametrize(
    "name",
    [
        "usual",
        "hostile",
        "all-undated",
        pytest.param("three-hundred-topics", marks=pytest.mark.slow),
        "nothing-moved",
    ],
)
def test_the_summary_is_what_the_first_screen_says(run_of, name):
    run = run_of(name)
    context = make_report_context(RunView(run.tables, run.manifest))
    told = make_summary(context)
    assert (told["lead"], told["note"]) == (context.moved.lead, context.moved.note)
    assert [line["name"] for line in told["headlines"]] == [line.name for line in context.moved.headlines]
    assert all(line["href"].startswith("#") for line in told["headlines"])
    assert len(told["new_topics"]) <= 10
