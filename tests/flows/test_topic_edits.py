"""People's own order of topics in a run: what is counted, what is compared, and what a refit leaves of it."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import flows.analysis.topics
from analytics.papers import Feed, PaperRecord
from analytics.tables import empty_table
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_edits import TopicEdit, as_found
from analytics.topics.topic_model import TopicFit
from analytics.topics.topic_regions import TopicRegions, TopicState
from flows.analysis import comparison
from flows.analysis.run_analysis import AnalysisInputs, run_analysis
from flows.analysis.topic_edits import unused_edits
from flows.analysis.topics import FoundTopics
from flows.config.settings import DEFAULT_THEMES, load_settings
from flows.config.themes_file import read_themes
from flows.runs import publish_run, read_run, record
from flows.runs.facts import facts_of
from flows.store import Store

DAY = date(2025, 12, 31)
THEMES = read_themes(DEFAULT_THEMES)
TOPICS = ("T0001", "T0002", "T0003", "-1")


def paper(number):
    day = date(2024, 1, 1) + timedelta(days=3 * number)
    return PaperRecord(f"Paper {number}", f"We study subject {number % 7} again.", day, "stated", "day")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edits")
    with Store.open(folder) as store:
        feed = Feed("daily-papers", "memory", DAY, tuple(paper(n) for n in range(230)))
        store.ingest_feed(feed, seen_on=DAY)
    return load_settings({"workspace": folder, "vectorizer": "lexical", "as_of": DAY}, folder=folder)


def planted(papers, ids, events=()):
    """A fit that found these topics, whatever the vectors."""
    assignments = pd.DataFrame(
        {
            "paper_id": papers["paper_id"].to_numpy(),
            "topic_id": ids,
            "strength": 1.0,
            "basis": ["none" if one == "-1" else "clustered" for one in ids],
            "nearest_topic_id": None,
            "similarity": 0.0,
        }
    )
    known = sorted(set(ids) - {"-1"})
    topics = pd.DataFrame(
        {
            "topic_id": known,
            "label": [f"label of {one}" for one in known],
            "top_terms": [[f"term {one}"] for one in known],
            "coherence": 0.1,
            "group_id": None,
            "group_label": None,
            "n_papers": [int((assignments["topic_id"] == one).sum()) for one in known],
            "representative_papers": [
                assignments.loc[assignments["topic_id"] == one, "paper_id"].head(3).tolist() for one in known
            ],
        }
    )
    nowhere = TopicRegions((), np.zeros((0, 0), np.float32), np.zeros(0))
    return TopicFit(*as_found(assignments, topics), None, "planted", TopicState(assignments, nowhere), events)


@pytest.fixture
def analyze(settings, monkeypatch):
    """Analysis with planted topics, some of them one in the fit already, and with edits."""

    def analysis(edits=None, *, renamed=None, events=(), settings=settings):
        def find(folder, day, papers, encoded, _, **__):
            order = papers["title"].str.split().str[1].astype(int)
            # The second topic grows, the third shrinks.
            turn = np.random.default_rng(0).random(len(papers))[order] < order / len(papers)
            ids = np.where(
                order % 4 == 3, "-1", np.where(order % 2 == 0, "T0001", np.where(turn, "T0002", "T0003"))
            )
            ids = [(renamed or {}).get(one, one) for one in ids]
            return FoundTopics(planted(papers, ids, events), 1, DAY, "it was planted", is_new=True)

        monkeypatch.setattr(flows.analysis.topics, "find_topics", find)
        return run_analysis(AnalysisInputs(settings, DAY, THEMES, topic_edits=edits or {}))

    return analysis


def of_topics(table):
    rows = table[table["kind"] == "topic"] if "kind" in table else table
    return rows.reset_index(drop=True)


@pytest.mark.slow
def test_a_merge_counts_as_one_topic_of_the_fit_does(analyze):
    merged = analyze({"T0001": TopicEdit(merge=("T0003",))})
    as_one = analyze(renamed={"T0003": "T0001"})
    for name in ("trends", "verdicts", "forecasts", "unassigned", "bursts"):
        one, other = getattr(merged.tables, name), getattr(as_one.tables, name)
        pd.testing.assert_frame_equal(one, other)
    assert "T0003" not in set(merged.tables.verdicts["series_id"])
    pd.testing.assert_series_equal(merged.tables.papers["topic_id"], as_one.tables.papers["topic_id"])
    apart = analyze()
    assert of_topics(apart.tables.trends)["series_id"].nunique() == 3
    assert merged.manifest["topics"]["edits"]["merged"] == 1
    assert merged.manifest["warnings"] == apart.manifest["warnings"]


@pytest.mark.slow
def test_names_and_hiding_change_no_number(analyze):
    plain = analyze()
    edited = analyze({"T0002": TopicEdit(name="Ours", hide=True), "T0001": TopicEdit(pin=True, note="n")})
    for name in ("trends", "verdicts", "topic_assignments"):
        pd.testing.assert_frame_equal(getattr(edited.tables, name), getattr(plain.tables, name))
    topics = edited.tables.topics.set_index("topic_id")
    assert topics.loc["T0002", ["label", "found_label", "named_by", "is_hidden"]].tolist() == [
        "Ours", "label of T0002", "people", True,
    ]  # fmt: skip
    # So that the run is published, and not taken for one that is there.
    assert edited.manifest["fingerprint"] != plain.manifest["fingerprint"]
    facts = edited.manifest["topics"]["edits"]
    assert (facts["named"], facts["pinned"], facts["hidden"]) == (1, 1, 1)
    assert facts["hidden_papers"] == topics.loc["T0002", "n_papers"]
    assert set(edited.charts()) - set(plain.charts()) == {"topic-t0001"}


@pytest.mark.slow
def test_names_of_a_model_reach_tables_manifest_and_fingerprint(analyze, settings, loopback_server):
    make = type(loopback_server.answer(None))
    loopback_server.answer = lambda asked: make(
        json.dumps(
            {"choices": [{"message": {"content": f'{{"name": "Name {len(loopback_server.asked)}"}}'}}]}
        ).encode()
    )
    plain = analyze()
    given = {"label_model": "m:8b", "label_endpoint": loopback_server.url}
    used = settings.model_copy(update=given)
    edits = {"T0001": TopicEdit(name="Ours")}
    named = analyze(edits, settings=used)
    topics = named.tables.topics.set_index("topic_id")
    assert topics["named_by"].to_dict() == {"T0001": "people", "T0002": "model", "T0003": "model"}
    assert set(topics["label"]) == {"Ours", "Name 1", "Name 2"}
    assert topics["found_label"].to_dict() == {one: f"label of {one}" for one in TOPICS[:3]}
    facts = named.manifest["topics"]["model_names"]
    assert facts == {
        "model": "m:8b", "endpoint": "127.0.0.1", "requests": 2, "named": 2, "unusable": 0, "left": 0,
    }  # fmt: skip
    assert loopback_server.url not in json.dumps(named.manifest)
    again = analyze(edits, settings=used)
    assert again.manifest["fingerprint"] == named.manifest["fingerprint"]
    assert again.manifest["fingerprint"] != analyze(edits).manifest["fingerprint"]
    assert len(loopback_server.asked) == 2
    assert "model_names" not in plain.manifest["topics"]
    failed = analyze(settings=settings.model_copy(update={"label_model": "other", "label_endpoint": None}))
    (note,) = set(failed.manifest["warnings"]) - set(plain.manifest["warnings"])
    assert note.startswith("3 of 3 topics keep the label of the data: label_model is set")
    pd.testing.assert_frame_equal(failed.tables.topics, plain.tables.topics)
    assert failed.manifest["fingerprint"] == plain.manifest["fingerprint"]


def test_edits_without_effect_are_named_and_cost_nothing(analyze):
    split = (TopicEvent("continued", "T0001", None, ()), TopicEvent("split", "T0003", "T0002", ()))
    made = analyze(
        {"T0077": TopicEdit(name="gone"), "T0001": TopicEdit(name="Ours"), "T0002": TopicEdit(hide=True)},
        events=split,
    )
    notes = made.manifest["topics"]["edits"]["unused"]
    assert notes == [
        "topics.toml: T0077 has no effect: no topic has this id",
        "topics.toml: T0003 split off T0002, which is hidden; it is shown by itself",
    ]
    assert set(notes) <= set(made.manifest["warnings"])
    assert "Ours" in set(made.tables.topics["label"])


@pytest.mark.slow
def test_runs_are_compared_with_the_same_merges(analyze, settings):
    plain = analyze()
    publish_run(settings.workspace, "r1", plain.tables, plain.manifest, {}, "page")
    merged = analyze({"T0002": TopicEdit(merge=("T0003",))})
    changes = of_topics(merged.tables.changes).set_index("series_id")
    assert merged.manifest["against"] == "r1"
    assert sorted(changes.index) == ["T0001", "T0002"]
    assert changes["from_share"].equals(changes["to_share"])
    assert (changes["by_reassignment"] == 0).all()
    tables, _ = read_run(publish_run(settings.workspace, "r2", merged.tables, merged.manifest, {}, "page"))
    assert sorted(map(tuple, tables.topics["merged_ids"])) == [(), ("T0003",)]
    apart = analyze({"T0001": TopicEdit(name="x")})
    assert apart.manifest["against"] == "r2"
    changes = of_topics(apart.tables.changes)
    assert sorted(changes["series_id"]) == ["T0001", "T0002", "T0003"]
    assert changes["from_share"].equals(changes["to_share"])


HISTORY = pd.DataFrame(
    [
        (date(2025, 1, 1), "first", "born", "T0001", None, []),
        (date(2025, 2, 1), "grew", "merged", "T0005", "T0001", []),
        (date(2025, 2, 1), "grew", "retired", "T0006", None, []),
        (date(2025, 3, 1), "grew", "split", "T0007", "T0001", []),
    ],
    columns=["as_of", "cause", "event", "topic_id", "other_id", "papers"],
)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"T0001": TopicEdit(name="a")}, []),
        ({"T0007": TopicEdit(name="a")}, []),
        (
            {"T0005": TopicEdit(hide=True)},
            ["T0005 has no effect: the fit of 2025-02-01 merged the topic into T0001"],
        ),
        ({"T0006": TopicEdit(pin=True)}, ["T0006 has no effect: the topic ended at the fit of 2025-02-01"]),
        ({"T0001": TopicEdit(merge=("T0005",))}, []),  # the data did it meanwhile
        (
            {"T0001": TopicEdit(merge=("T0006", "T0007"))},
            ["T0006 in the merge of T0001 has no effect: the topic ended at the fit of 2025-02-01"],
        ),
        (
            {"T0001": TopicEdit(merge=("T0007",)), "T0007": TopicEdit(name="a")},
            ["what it says of T0007 has no effect while the topic is part of T0001"],
        ),
        ({"T0099": TopicEdit(merge=("T0001",))}, ["T0099 has no effect: no topic has this id"]),
    ],
)
def test_what_a_refit_leaves_of_an_edit(edits, said):
    found = list(unused_edits(edits, {"T0001", "T0007"}, HISTORY))
    assert found == [f"topics.toml: {one}" for one in said]


SAID = pd.DataFrame(
    {
        "kind": ["topic"] * 4 + ["theme"],
        "series_id": ["T0001", "T0002", "T0002+T0003", "T0009", "agents"],
        "verdict": "rising",
    }
)


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ({"T0001": "T0001", "T0002": "T0002"}, ["T0001", "T0002", "T0009", "agents"]),
        ({"T0001": "T0001", "T0002": "T0002+T0003"}, ["T0001", "T0002", "T0009", "agents"]),
        ({"T0001": "T0001+T0002"}, ["T0002", "T0009", "agents"]),  # T0002 has no series now
    ],
)
def test_claims_of_the_record_are_scored_only_if_they_are_of_the_same_parts(parts, left):
    kept = comparison._of_parts(SAID, parts)
    assert kept["series_id"].tolist() == left
    if "T0002+T0003" in parts.values():
        assert kept.index[kept["series_id"] == "T0002"].tolist() == [2]


def test_the_record_names_a_merged_topic_by_its_parts():
    pairs = {"topic_id": ["T0001", "T0002", "T0002"], "found_topic_id": ["T0001", "T0002", "T0003"]}
    claims = pd.DataFrame(
        {
            "kind": ["topic", "topic", "theme"],
            "series_id": ["T0001", "T0002", "T0002"],
            "verdict": "rising",
            "last_start": pd.Timestamp("2025-01-01"),
        }
    )
    said = record.RunStatements(empty_table("forecasts"), claims, pd.DataFrame(pairs))
    facts = facts_of(
        "r1", {"as_of": "2025-12-31", "started_at": "2025-12-31T06:00:00+00:00", "fingerprint": "f"}
    )
    rows = record._rows(facts, said)
    assert rows[["kind", "series_id"]].to_numpy().tolist() == [
        ["topic", "T0001"],
        ["topic", "T0002+T0003"],
        ["theme", "T0002"],
    ]
