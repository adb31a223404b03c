"""Topics that people named, merged, pinned, hid or noted, on the page, in mail and feeds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.atom.paper_feed import make_paper_feeds, render_paper_feed
from reports.charts.run_charts import plot_charts
from reports.context import make_report_context
from reports.digest import make_digest, render_digest
from reports.render import render_report
from reports.summary import make_summary
from reports.values.edition import edition_of
from reports.view import RunView
from tests.reports.conftest import Run, make_run, with_groups

NOTE = 'see <script>alert(1)</script> & "ours"'
HIDDEN = "hidden by the committee"


def edited(run: Run) -> Run:
    """T0001 is named and noted, T0002 hidden, T0005 pinned, T0007 took in T0099."""
    topics = run.tables.topics.copy()
    at = {one: number for number, one in enumerate(topics["topic_id"])}
    topics["found_label"] = topics["label"]
    topics.loc[at["T0001"], ["label", "named_by", "note"]] = ["Named <i>by us</i>", "people", NOTE]
    topics.loc[at["T0002"], ["label", "is_hidden"]] = [HIDDEN, True]
    topics.loc[at["T0005"], "is_pinned"] = True
    topics["merged_ids"] = [["T0099"] if one == "T0007" else [] for one in topics["topic_id"]]
    verdicts = run.tables.verdicts.copy()
    # What is hidden would be the first headline.
    own = (verdicts["series_id"] == "T0002") & (verdicts["window"] == "long")
    assert own.any()
    verdicts.loc[own, ["verdict", "p_value", "q_value"]] = ["rising", 1e-9, 1e-9]
    n_hidden = int(topics.loc[at["T0002"], "n_papers"])
    facts = {"named": 1, "merged": 1, "pinned": 1, "hidden": 1, "hidden_papers": n_hidden, "unused": []}
    note = "topics.toml: T0077 has no effect: no topic has this id"
    manifest = {
        **run.manifest,
        "topics": {**run.manifest["topics"], "edits": facts},
        "warnings": [*run.manifest["warnings"], note],
        "since": {"run_id": "r0", "as_of": "2025-01-01", "new_papers": 12},
    }
    return Run(replace(run.tables, topics=topics, verdicts=verdicts), manifest)


@pytest.fixture(scope="module", params=["plain", "grouped"])
def run(request):
    made = make_run(900)
    return edited(with_groups(made, 3) if request.param == "grouped" else made)


@pytest.fixture(scope="module")
def context(run):
    return make_report_context(RunView(run.tables, run.manifest))


@pytest.fixture(scope="module")
def page(context):
    return render_report(context)


def test_a_named_topic_is_marked_and_its_note_escaped(context, page):
    row = next(row for row in context.topics.rows if row.topic_id == "T0001")
    assert row.label == "Named <i>by us</i>"
    assert row.named_by.startswith("named by people; in the data: ")
    assert "Named &lt;i&gt;by us&lt;/i&gt;" in page
    assert row.named_by in page
    assert "see &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;ours&#34;" in page
    assert "<script>alert(1)" not in page
    assert all(not one.named_by and not one.note for one in context.topics.rows if one is not row)


def test_a_topic_that_a_model_named_is_marked_so(run):
    topics = run.tables.topics.copy()
    at = topics.index[topics["topic_id"] == "T0003"][0]
    found = topics.loc[at, "label"]
    topics.loc[at, "found_label"] = found
    topics.loc[at, ["label", "named_by"]] = ["By <b>a model</b>", "model"]
    facts = {"model": "llama<3>", "named": 1}
    manifest = {**run.manifest, "topics": {**run.manifest["topics"], "model_names": facts}}
    context = make_report_context(RunView(replace(run.tables, topics=topics), manifest))
    row = next(row for row in context.topics.rows if row.topic_id == "T0003")
    assert row.named_by == f"named by a model; in the data: {found}"
    page = render_report(context)
    assert row.named_by in page
    assert "By &lt;b&gt;a model&lt;/b&gt;" in page
    assert "The model llama&lt;3&gt; named 1 topic from their terms and titles." in page
    assert "<b>a model" not in page


@pytest.mark.parametrize(("by", "said"), [("people", "named by people"), ("model", "named by a model")])
def test_headlines_and_mail_mark_a_topic_that_people_or_a_model_named(run, by, said):
    topics = run.tables.topics.copy()
    at = topics.index[topics["topic_id"] == "T0003"][0]
    topics["found_label"] = topics["label"]
    topics.loc[at, ["label", "named_by"]] = ["Ours", by]
    verdicts = run.tables.verdicts.copy()
    own = (verdicts["series_id"] == "T0003") & (verdicts["window"] == "long")
    verdicts.loc[own, ["verdict", "p_value", "q_value"]] = ["rising", 1e-12, 1e-12]
    view = RunView(replace(run.tables, topics=topics, verdicts=verdicts), run.manifest)
    context = make_report_context(view)
    assert [line.named_by for line in context.moved.headlines if line.name == "Ours"] == [said]
    assert all(not line.named_by for line in context.moved.headlines if line.kind == "theme")
    assert f"topic, {said}</span>" in render_report(context).split('id="themes"')[0]
    assert [one.named_by for one in context.moved_topics if one.name == "Ours"] == [said]
    digest = make_digest(view, "", replace(edition_of(view.manifest), known_topics=frozenset()))
    assert [one.named_by for one in digest.topics if one.name == "Ours"] == [said]
    for part in render_digest(digest, "ada@example.org", "p@example.org", has_chart=False):
        assert part.count(said) >= 2, "as a headline and as a new topic"
    assert [line.named_by for line in digest.headlines if line.name == "Ours"] == [said]


def test_a_pinned_topic_is_first_and_has_a_chart(context, page, parse_page):
    assert context.topics.rows[0].topic_id == "T0005"
    (pinned,) = context.pinned
    assert (pinned.row.topic_id, pinned.chart.name) == ("T0005", "topic-t0005")
    assert 'data-chart="topic-t0005"' in page
    parsed = parse_page(page)
    assert parsed.unclosed == []
    ids = [one.attributes["id"] for one in parsed.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    labels = [group.label for group in context.topics.groups]
    assert labels[0] == "Pinned"
    assert labels[1:] != []
    assert sum(row.topic_id == "T0005" for row in context.topics.rows) == 1


def test_a_merged_topic_names_its_parts(context, page):
    row = next(row for row in context.topics.rows if row.topic_id == "T0007")
    assert row.merged == "with T0099"
    assert ">with T0099<" in page


def test_a_hidden_topic_is_nowhere_but_counted(run, context, page):
    assert "T0002" not in {row.topic_id for row in context.topics.rows}
    assert HIDDEN not in page
    assert "topic-t0002" not in page
    n = run.manifest["topics"]["edits"]["hidden_papers"]
    assert page.count(f"People hid 1 topic with {n} papers.") == 1
    assert HIDDEN not in str(make_summary(context))
    of_topics = int((run.tables.papers["topic_id"] != "-1").sum()) - n
    assert context.topics.note.startswith(f"11 topics in the data. {of_topics} of 900 papers")


def test_the_tests_still_count_hidden_topics(run, context):
    visible = context.topics.rows
    shown = make_report_context(
        RunView(replace(run.tables, topics=run.tables.topics.assign(is_hidden=False)), run.manifest)
    )
    assert len(shown.topics.rows) == len(visible) + 1
    assert shown.moved.headlines[0].name == HIDDEN
    assert HIDDEN in str(make_summary(shown))
    assert shown.trust.verdicts == context.trust.verdicts


def test_trust_says_what_people_did_and_what_had_no_effect(context, page):
    assert (
        "People named 1 topic, merged away 1 topic, pinned 1 topic and hid 1 topic (topics.toml in the workspace)."
        in context.trust.topics
    )
    assert page.count("topics.toml: T0077 has no effect: no topic has this id") == 1


def test_mail_and_feeds_do_not_have_hidden_topics(run):
    view = RunView(run.tables, run.manifest)
    known = replace(edition_of(view.manifest), known_topics=frozenset())
    digest = make_digest(view, "https://example.org/report.html", known)
    mail = "".join(render_digest(digest, "ada@example.org", "p@example.org", has_chart=False))
    assert digest.topics
    assert HIDDEN not in mail + str(digest)
    names = [one.name for one in make_digest(view, "", known).topics]
    assert "Named <i>by us</i>" in names
    feeds = "".join(render_paper_feed(one, run.manifest, "") for one in make_paper_feeds(view))
    assert HIDDEN not in feeds
    assert "Named &lt;i&gt;by us&lt;/i&gt;" in feeds


def test_all_hidden_says_so(run):
    topics = run.tables.topics.assign(is_hidden=True, is_pinned=False)
    context = make_report_context(RunView(replace(run.tables, topics=topics), run.manifest))
    assert context.topics.note.startswith("No topics are shown. People hid")
    assert context.topics.rows == ()
    render_report(context)


def test_a_pinned_topic_without_dates_has_no_chart(run):
    trends = run.tables.trends.copy()
    trends.loc[trends["series_id"] == "T0005", "n_papers"] = 0
    undated = RunView(replace(run.tables, trends=trends), run.manifest)
    assert "topic-t0005" in plot_charts(RunView(run.tables, run.manifest))
    assert "topic-t0005" not in plot_charts(undated)
    assert make_report_context(undated).pinned == ()
