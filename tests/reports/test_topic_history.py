"""What the page says of the topics' identity: when they were looked for, and what became of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.tables import validate_table
from reports.context import make_report_context
from reports.render import render_report
from reports.view import RunView

FIT = {"fit_id": 2, "as_of": "2025-12-01", "cause": "it was requested", "is_new": True}


def with_events(run, *rows):
    columns = ["event", "topic_id", "other_id", "n_papers", "papers"]
    events = validate_table("topic_events", pd.DataFrame(rows, columns=columns))
    manifest = run.manifest | {"topics": run.manifest["topics"] | {"fit": FIT}}
    return replace(run.with_tables(topic_events=events), manifest=manifest)


def test_events_name_topics_and_papers(make_run) -> None:
    run = make_run()
    first = run.tables.papers["paper_id"].iloc[0]
    title = run.tables.papers["title"].iloc[0]
    told = with_events(
        make_run(),
        ("continued", "T0001", None, 40, []),
        ("split", "T0002", "T0001", 12, [first, "arxiv:unknown"]),
        ("retired", "T0099", None, 1, []),
    )
    context = make_report_context(RunView(told.tables, told.manifest))
    history = context.topic_history
    assert history is not None
    assert history.fit == (
        "Topics were last fitted on 1 Dec 2025, because it was requested. "
        "1 topic continued; 1 split off and 1 ended."
    )
    split, ended = history.events
    names = dict(zip(told.tables.topics["topic_id"], told.tables.topics["label"], strict=True))
    assert (split.name, split.verb, split.other_name) == (names["T0002"], "split from", names["T0001"])
    assert (split.href, split.n_papers, split.titles) == ("#topic-t0002", "12 papers", (title,))
    assert (ended.name, ended.href, ended.verb, ended.n_papers) == ("T0099", "", "ended", "1 paper")
    page = render_report(context)
    assert "what happened to topics" in page


def test_a_first_fit_is_no_news(make_run) -> None:
    told = with_events(make_run(), ("born", "T0001", None, 40, []), ("born", "T0002", None, 12, []))
    context = make_report_context(RunView(told.tables, told.manifest))
    assert context.topic_history is not None
    assert context.topic_history.events == ()
    assert context.topic_history.fit.endswith("a topic keeps its id.")
    assert "what happened to topics" not in render_report(context)


def test_papers_that_joined_are_distinguished(make_run) -> None:
    told = with_events(make_run(), ("born", "T0001", None, 40, []))
    assigned = told.tables.topic_assignments
    inside = assigned["topic_id"] != "-1"
    nearest = inside & (np.arange(len(assigned)) % 4 == 0)
    joined = assigned.assign(basis=assigned["basis"].mask(nearest, "nearest"))
    context = make_report_context(RunView(replace(told.tables, topic_assignments=joined), told.manifest))
    assert context.topic_history is not None
    n = int(nearest.sum())
    assert context.topic_history.members.startswith(
        f"{int(inside.sum()) - n} of the papers in topics were found by"
    )
    assert f"; {n} (" in context.topic_history.members


def test_an_older_run_says_nothing(make_run) -> None:
    run = make_run()
    assert make_report_context(RunView(run.tables, run.manifest)).topic_history is None
