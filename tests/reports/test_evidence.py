"""The papers behind a headline, and the abstracts that the page holds."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pandas as pd
import pytest

from reports.context import make_report_context
from reports.render import MOST_BYTES, render_report
from reports.sections.evidence import make_evidence
from reports.sections.explorer import make_explorer
from reports.sections.held_abstracts import held_abstracts
from reports.sections.packing import pack_abstracts
from reports.values.verdict_row import Verdict
from reports.view import RunView


@pytest.fixture
def run(run_of):
    """A run whose papers have abstracts, and whose first topic rises."""
    usual = run_of("usual")
    papers = usual.tables.papers.assign(abstract=[f"What paper {at} is about." for at in range(400)])
    verdicts = usual.tables.verdicts.copy()
    rising = verdicts[(verdicts["verdict"] == "rising") & (verdicts["window"] == "long")].iloc[0]
    row = (verdicts["series_id"] == "T0001") & (verdicts["window"] == "long")
    columns = [one for one in verdicts if one not in ("kind", "series_id", "window", "basis")]
    verdicts.loc[row, columns] = rising[columns].tolist()
    return usual.with_tables(papers=papers, verdicts=verdicts.astype(usual.tables.verdicts.dtypes))


@pytest.fixture
def view(run):
    return RunView(run.tables, run.manifest)


class TestEvidence:
    @pytest.mark.parametrize("key", [("theme", "agents"), ("topic", "T0001")])
    def test_papers_are_members_of_the_newest_complete_periods(self, view, key):
        shown = make_evidence(view, key)
        assert shown.link == "3 papers that show it"
        own = view.tables.papers.set_index("paper_id").loc[[one.line.paper_id for one in shown.papers]]
        if key[0] == "topic":
            assert set(own["topic_id"]) == {"T0001"}
        else:
            assigned = view.tables.theme_assignments.query("theme_id == 'agents'")["paper_id"]
            assert set(own.index) <= set(assigned)
        newest = view.series[key].latest
        assert own["published"].min() >= pd.Timestamp(newest.start) - pd.DateOffset(months=2)
        assert own["published"].max() < pd.Timestamp(newest.start) + pd.DateOffset(months=1)
        assert newest.label.split()[-1] in shown.title
        assert [one.abstract for one in shown.papers] == own["abstract"].tolist()

    def test_as_few_periods_as_hold_three_papers(self, view):
        shown = make_evidence(view, ("theme", "agents"))
        newest = view.series["theme", "agents"].latest
        assert newest.n_papers >= 3
        assert shown.title == f"Papers that made the rise: 3 of {newest.n_papers} of {newest.label}"

    def test_what_did_not_move_has_none(self, view):
        assert view.series["topic", "T0002"].claims == ()
        assert make_evidence(view, ("topic", "T0002")) is None

    def test_a_fall_claims_no_rise(self, view):
        falling = replace(view.series["theme", "agents"].verdict, word="falling")
        assert isinstance(falling, Verdict)
        series = {key: replace(one, verdict=falling) for key, one in view.series.items()}
        view.__dict__["series"] = series
        shown = make_evidence(view, ("theme", "agents"))
        assert shown.link == "3 of its newest papers"
        assert shown.title.startswith("Newest papers: 3 of ")


def test_a_headline_of_a_topic_leads_to_its_chart_and_papers(view):
    context = make_report_context(view)
    (topic,) = context.moved_topics
    assert topic.chart.svg.startswith("<svg")
    line = next(one for one in context.moved.headlines if one.kind == "topic")
    assert (line.href, line.papers_href) == ("#topic-t0001-moved", "#topic-t0001-evidence")
    html = render_report(context)
    for place in ("topic-t0001-moved", "topic-t0001-evidence", "topic-t0001", "theme-agents-evidence"):
        assert html.count(f'id="{place}"') == 1, place


def test_abstracts_of_listed_papers_come_first(view):
    held = held_abstracts(view.tables)
    listed = view.tables.topics["representative_papers"].explode().unique().tolist()
    assert [one for one, _ in held[: len(listed)]] == listed
    assert len(held) == len(dict(held)) == 400
    without = replace(view.tables, papers=view.tables.papers.assign(abstract=None))
    assert held_abstracts(without) == ()
    assert pack_abstracts(make_explorer(without, view.places), 10_000) == ""


def test_abstracts_fill_what_room_is_left(view):
    explorer = make_explorer(view.tables, view.places)
    text = pack_abstracts(explorer, 2_000)
    held = json.loads(gzip.decompress(base64.b64decode(text)))
    assert 0 < len(text) <= 2_000
    assert held["n"] == 400
    assert 0 < len(held["ids"]) == len(held["texts"]) < 400
    assert len(render_report(make_report_context(view)).encode()) < MOST_BYTES
