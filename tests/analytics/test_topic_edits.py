"""People's own order of topics on what a fit found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.tables import RunTables, empty_table, validate_table
from analytics.topics.edited_topics import apply_edits
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_edits import TopicEdit, as_found, merged_alike, topic_parts
from analytics.topics.topic_model import TopicFit
from analytics.topics.topic_regions import TopicRegions, TopicState

IDS = ["T0001"] * 4 + ["T0002"] * 3 + ["T0003"] * 2 + ["-1"]


def unit(angle: float) -> list[float]:
    return [np.cos(angle), np.sin(angle)]


VECTORS = np.array([unit(0.1 * at) for at in range(len(IDS))], dtype=np.float32)


@pytest.fixture
def fit():
    papers = [f"p{at}" for at in range(len(IDS))]
    near = [one if one != "-1" else "T0003" for one in IDS]
    assignments = pd.DataFrame(
        {
            "paper_id": papers,
            "topic_id": IDS,
            "strength": 1.0,
            "basis": ["none" if one == "-1" else "clustered" for one in IDS],
            "nearest_topic_id": near,
            "similarity": 0.9,
        }
    )
    topics = pd.DataFrame(
        {
            "topic_id": ["T0001", "T0002", "T0003"],
            "label": ["web agents", "sparse rewards", "reward models"],
            "top_terms": [["web", "agents", "pages"], ["rewards", "web", "sparse"], ["models", "rewards"]],
            "coherence": [0.3, 0.2, 0.1],
            "group_id": None,
            "group_label": None,
            "n_papers": [4, 3, 2],
            "representative_papers": [["p1"], ["p5"], ["p7"]],
        }
    )
    state = TopicState(assignments, TopicRegions((), np.zeros((0, 0), np.float32), np.zeros(0)))
    return TopicFit(*as_found(assignments, topics), None, "3 topics; 1 of 10 papers in no topic", state)


def test_without_edits_nothing_changes(fit):
    done = apply_edits(fit, VECTORS, {})
    pd.testing.assert_frame_equal(done.topics, fit.topics)
    pd.testing.assert_frame_equal(done.assignments, fit.assignments)
    assert (done.reason, done.events) == (fit.reason, fit.events)


def test_a_merge_is_one_topic_of_all_papers(fit):
    before = fit.topics.copy(deep=True), fit.assignments.copy(deep=True)
    done = apply_edits(fit, VECTORS, {"T0003": TopicEdit(merge=("T0002",))})
    pd.testing.assert_frame_equal(fit.topics, before[0])
    pd.testing.assert_frame_equal(fit.assignments, before[1])
    assert done.assignments["topic_id"].tolist() == ["T0001"] * 4 + ["T0003"] * 5 + ["-1"]
    assert done.assignments["found_topic_id"].tolist() == IDS
    assert set(done.assignments["nearest_topic_id"]) == {"T0001", "T0003"}
    merged = done.topics.iloc[0]  # it is the largest now
    assert (merged["topic_id"], merged["label"], merged["n_papers"]) == ("T0003", "reward models", 5)
    assert merged["top_terms"] == ["models", "rewards"]
    assert merged["merged_ids"] == ["T0002"]
    assert np.isnan(merged["coherence"])
    # Vectors lie on an arc in order: the middle of p4 to p8 is p6.
    assert merged["representative_papers"][0] == "p6"
    assert done.topics.iloc[1].drop("merged_ids").equals(fit.topics.iloc[0].drop("merged_ids"))
    assert done.reason == "2 topics; 1 of 10 papers in no topic"
    assert done.state is fit.state
    validate_table("topics", done.topics)
    validate_table("topic_assignments", done.assignments)


def test_row_order_does_not_matter(fit):
    edits = {"T0001": TopicEdit(merge=("T0003",))}
    order = np.random.default_rng(0).permutation(len(IDS))
    shuffled = replace(fit, assignments=fit.assignments.iloc[order].reset_index(drop=True))
    one, other = apply_edits(fit, VECTORS, edits), apply_edits(shuffled, VECTORS[order], edits)
    pd.testing.assert_frame_equal(one.topics, other.topics)


def test_terms_are_taken_in_turn(fit):
    done = apply_edits(fit, VECTORS, {"T0001": TopicEdit(merge=("T0002", "T0003"))})
    assert done.topics["top_terms"].tolist() == [["web", "rewards", "models"]]
    assert done.topics["n_papers"].tolist() == [9]


def test_names_pins_hiding_and_notes(fit):
    edits = {
        "T0002": TopicEdit(name="Exploration", note="<b>ours</b>"),
        "T0003": TopicEdit(hide=True),
        "T0001": TopicEdit(pin=True),
        "T0099": TopicEdit(name="nobody"),
    }
    topics = apply_edits(fit, VECTORS, edits).topics.set_index("topic_id")
    assert topics["label"].tolist() == ["web agents", "Exploration", "reward models"]
    assert topics["found_label"].tolist() == fit.topics["label"].tolist()
    assert topics["named_by"].tolist() == ["data", "people", "data"]
    assert topics["is_pinned"].tolist() == [True, False, False]
    assert topics["is_hidden"].tolist() == [False, False, True]
    assert topics["note"].tolist() == ["", "<b>ours</b>", ""]


def test_parts_that_the_run_lacks_leave_the_rest(fit):
    edits = {"T0001": TopicEdit(merge=("T0099", "T0002")), "T0098": TopicEdit(merge=("T0003",))}
    done = apply_edits(fit, VECTORS, edits)
    assert done.topics["topic_id"].tolist() == ["T0001", "T0003"]
    assert done.topics["merged_ids"].tolist() == [["T0002"], []]


def test_events_are_those_of_the_topics_that_are_left(fit):
    events = (
        TopicEvent("continued", "T0001", None, ("p0",)),
        TopicEvent("split", "T0002", "T0001", ("p4",)),
        TopicEvent("split", "T0003", "T0002", ("p7",)),
        TopicEvent("merged", "T0008", "T0002", ("p5",)),
    )
    done = apply_edits(replace(fit, events=events), VECTORS, {"T0001": TopicEdit(merge=("T0002",))})
    found = [(one.event, one.topic_id, one.other_id) for one in done.events]
    assert found == [
        ("continued", "T0001", None),
        ("split", "T0003", "T0001"),
        ("merged", "T0008", "T0001"),
    ]


def run_of(fit: TopicFit) -> RunTables:
    tables = {name: empty_table(name) for name in RunTables.__dataclass_fields__}
    tables["topics"] = validate_table("topics", fit.topics)
    tables["topic_assignments"] = validate_table("topic_assignments", fit.assignments)
    return RunTables(**tables)


@pytest.mark.parametrize(("then", "now"), [((), ("T0002",)), (("T0002",), ()), (("T0003",), ("T0002",))])
def test_runs_are_compared_with_the_same_merges(fit, then, now):
    before, after = (
        run_of(apply_edits(fit, VECTORS, {"T0001": TopicEdit(merge=parts)} if parts else {}))
        for parts in (then, now)
    )
    alike = merged_alike(before, after)
    assert alike.topic_assignments["topic_id"].tolist() == after.topic_assignments["topic_id"].tolist()
    assert sorted(alike.topics["topic_id"]) == sorted(after.topics["topic_id"])


def test_runs_without_merges_are_left_alone(fit):
    run = run_of(fit)
    assert merged_alike(run, run) is run


def test_parts_name_what_a_topic_counts(fit):
    merged = apply_edits(fit, VECTORS, {"T0003": TopicEdit(merge=("T0001",))})
    assert topic_parts(merged.assignments) == {"T0002": "T0002", "T0003": "T0001+T0003"}
    older = fit.assignments.assign(found_topic_id=None)
    assert topic_parts(older) == {one: one for one in ("T0001", "T0002", "T0003")}
