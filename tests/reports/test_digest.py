"""The digest says what the run says, in every state, and text stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from reports.charts.run_charts import plot_png
from reports.context import make_report_context
from reports.digest import make_digest, render_digest
from reports.sections.reader_view import view_of_themes
from reports.summary import make_summary
from reports.values.edition import edition_of
from reports.view import RunView

REPORT = "https://example.org/w/runs/r1/report.html"
SINCE = {"run_id": "r0", "as_of": "2025-01-01", "new_papers": 12}


def parts(run, edition=None, href=REPORT, **manifest):
    view = RunView(run.tables, run.manifest | manifest)
    edition = replace(edition_of(view.manifest), **(edition or {}))
    digest = make_digest(view, href, edition)
    return digest, *render_digest(digest, "ada@example.org", "p@example.org", has_chart=bool(digest.chart))


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
    assert [one.attributes["src"] for one in page.all("img")] == ["cid:chart"] * bool(digest.chart)
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


def test_a_first_mail_holds_the_papers_of_the_newest_week(make_run):
    run = make_run(300)
    papers = run.tables.papers
    newest = papers["published"].max()
    week = set(papers.loc[papers["published"] > newest - pd.Timedelta(days=7), "paper_id"])
    digest, text, _ = parts(run, since=None)
    named = {paper.paper_id for theme in digest.themes for paper in theme.papers}
    assert named
    assert named <= week
    assert f"{len(week)} papers of the newest week." in text


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
    assert digest.subject.startswith(f"{first.name} {first.verdict}: {first.number} of papers")
    assert first.verdict in ("rising", "falling")


def test_nothing_moved_is_two_lines(run_of):
    short = {"when_still": "short"}
    digest, text, html = parts(run_of("nothing-moved"), short, since=SINCE)
    assert not digest.has_news
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 4  # title, sentence, link, how to stop
    assert lines[1] == "Nothing moved: every series that could be tested is steady."
    silent, text, _ = parts(run_of("nothing-shown"), short, since=SINCE)
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
    assert digest.chart == digest.headlines[0].key
    png = plot_png(RunView(run.tables, run.manifest), *digest.chart)
    assert png.startswith(b"\x89PNG")
    assert 10_000 < len(png) < 200_000
    assert plot_png(RunView(run.tables, run.manifest), *digest.chart) == png


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


def test_papers_are_named_even_when_nothing_moved(run_of):
    digest, text, _ = parts(run_of("nothing-moved"), since=SINCE)
    assert digest.has_news
    assert digest.chart is None
    assert "Nothing moved" in text
    first = digest.themes[0].papers[0]
    assert first.title in text
    assert re.match(r"[0-9,]+ new papers? on ", digest.subject)


def test_a_paper_is_named_with_authors_and_its_own_sentence(make_run):
    run = make_run(300, themes=("Agents",))
    claim = "We introduce a planner for agents that need no model of the game at all."
    run.tables.papers["abstract"] = f"Games are hard for everybody who plays them. {claim} It is fast."
    digest, text, html = parts(run, since=SINCE)
    paper = digest.themes[0].papers[0]
    assert paper.sentence == claim
    assert paper.byline
    assert paper.href in html
    for part in (paper.title, paper.byline, claim, paper.href):
        assert part in text


def test_without_a_site_links_lead_to_papers_alone(run_of, parse_page):
    _, text, html = parts(run_of("usual"), href="file:///w/runs/r1/report.html", since=SINCE)
    links = [link.attributes["href"] for link in parse_page(html).all("a")]
    assert any(link.startswith("https://example.org/papers/") for link in links)
    assert not any(link.startswith("file:") or "#" in link for link in links)
    assert "Report: file:///w/runs/r1/report.html" in text
    assert "file:///w/runs/r1/report.html" in html


JARGON = re.compile(
    r"\b(q|p) ?[<=]|\bodds|\bfragile\b|\breassigned\b|\bpoints\b|\bpapertrends (label|run|analyze)\b|\bfound\b|\bverdict"
    r"|\bcluster|\bvector|\brun\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "name",
    [
        "usual",
        "ahead",
        "labelled",
        "nothing-moved",
        pytest.param("three-hundred-topics", marks=pytest.mark.slow),
    ],
)
def test_no_jargon(run_of, name):
    _, text, _ = parts(run_of(name), since=SINCE)
    assert not JARGON.search(re.sub(r"https?://\S+", "", text))


def test_what_the_reader_knows_is_not_told_as_news(run_of):
    run = run_of("usual")
    first = parts(run, since=SINCE)[0].headlines
    assert len(first) > 1
    strongest = (*first[0].key, first[0].verdict)
    digest, text, _ = parts(run, {"known_moves": frozenset([strongest])}, since=SINCE)
    assert digest.headlines[0].key == first[1].key
    assert {line.key: line.standing for line in digest.headlines}[first[0].key] == "still"
    assert digest.subject.startswith(f"{first[1].name} {first[1].verdict}")
    assert f"still {first[0].verdict}" in text
    moves = run.tables.verdicts.loc[run.tables.verdicts["verdict"].isin(("rising", "falling"))]
    everything = frozenset(zip(moves["kind"], moves["series_id"], moves["verdict"], strict=True))
    known, text, html = parts(run, {"known_moves": everything}, since=SINCE)
    assert {line.standing for line in known.headlines} == {"still"}
    assert "new paper" in known.subject
    for part in (text, html):  # what is known comes after the new papers
        assert part.index(known.themes[0].n_new) < part.index(f"still {known.headlines[0].verdict}")


def test_new_topics_are_those_that_the_reader_does_not_know(run_of):
    run = run_of("usual")
    ids = list(run.tables.topics["topic_id"])
    digest, text, _ = parts(run, {"known_topics": frozenset(ids[1:])}, since=SINCE)
    assert [topic.name for topic in digest.topics] == [run.tables.topics["label"].iloc[0]]
    assert "new topic" in digest.subject
    assert "New topics" in text
    assert parts(run, {"known_topics": frozenset(ids)}, since=SINCE)[0].topics == ()


class TestWatched:
    @pytest.fixture
    def run(self, make_run):
        made = make_run(300)
        ids = made.tables.papers["paper_id"].tolist()
        rows = [("Robots", ids[3], "by Ada Example"), ("Robots", ids[4], "from Lab"), ("Snow", ids[3], "x")]
        return made.with_tables(watched=pd.DataFrame(rows, columns=["watch", "paper_id", "reason"]))

    def test_they_come_first_with_their_reason(self, run):
        digest, text, html = parts(run, since=SINCE)
        assert [(one.name, one.n_new) for one in digest.watched] == [
            ("Robots", "2 new papers"),
            ("Snow", "1 new paper"),
        ]
        assert digest.subject.startswith("2 new watched papers; ")
        for part in (text, html):
            assert part.index("by Ada Example") < part.index(digest.themes[0].n_new)

    def test_a_reader_chooses_watches_and_words(self, run):
        run.tables.papers.loc[7, "title"] = "On glaciers"
        digest, _, _ = parts(run, {"watch": ("Snow",), "words": ("glacier",)}, since=SINCE)
        assert [one.name for one in digest.watched] == ["Snow", "“glacier”"]
        assert parts(run, {"watch": ()}, since=SINCE)[0].watched == ()

    def test_old_papers_are_no_news(self, run):
        run.tables.papers["first_seen"] = pd.Timestamp("2024-12-31")
        assert parts(run, since=SINCE)[0].watched == ()


def test_a_reader_of_one_theme_reads_of_it_alone(run_of):
    run = run_of("usual")
    names = run.tables.themes.set_index("theme_id")["name"]
    view = view_of_themes(RunView(run.tables, run.manifest | {"since": SINCE}), ["agents"])
    digest = make_digest(view, REPORT)
    assert {line.key for line in digest.headlines} <= {("theme", "agents")}
    assert [one.name for one in digest.themes] == ["Agents"]
    text, _ = render_digest(digest, "a@example.org", "p@example.org", has_chart=False)
    for theme_id, name in names.items():
        assert (f"\n{name}, " in text) == (theme_id == "agents")
    assert digest.topics == ()
