"""Descriptions of topics: those of slices of the counts, kept with the fit, over a sample of many papers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.tables import UNCLUSTERED
from analytics.text.paper_terms import PaperTerms, read_terms
from analytics.text.term_counts import count_terms
from analytics.text.terms import written_terms
from analytics.text.tokenizer import display_forms
from analytics.topics import topic_model as topics_module
from analytics.topics.topic_descriptions import DESCRIPTION_COLUMNS, describe_topics, topic_table
from analytics.topics.topic_model import join_topics
from analytics.topics.topic_quality import npmi_coherence
from analytics.topics.topic_regions import TopicRegions, TopicState
from analytics.topics.topic_terms import coherent_terms

SUBJECTS = ["sparse rewards of curious agents", "protein folding in water", "speech of many speakers"]


def corpus(n_each: int = 12, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Papers of three subjects and as many in none, their vectors, their topics."""
    rng = np.random.default_rng(seed)
    loose = "web data bandits planning graphs robots vision".split()  # noqa: SIM905
    texts = [f"{said} {rng.choice(loose)} {rng.choice(loose)}" for said in SUBJECTS for _ in range(n_each)]
    texts += [" ".join(rng.choice(loose, 5)) for _ in range(n_each)]
    order = rng.permutation(len(texts))
    papers = pd.DataFrame({"paper_id": [f"p{i:03}" for i in range(len(texts))], "title": "A title"})
    papers["abstract"] = np.array(texts, dtype=object)[order]
    papers["published"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(texts)), "D")
    vectors = np.vstack((np.repeat(np.eye(4)[:3], n_each, axis=0), np.tile(np.eye(4)[3], (n_each, 1))))
    vectors = vectors + 0.05 * rng.standard_normal(vectors.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)[order]
    ids = np.repeat(np.array(["T0001", "T0002", "T0003", UNCLUSTERED], dtype=object), n_each)[order]
    return papers, vectors, ids


def read(papers: pd.DataFrame) -> PaperTerms:
    return read_terms(papers["title"].tolist(), papers["abstract"].tolist())


def state_of(papers: pd.DataFrame, ids: np.ndarray) -> TopicState:
    members = pd.DataFrame(
        {"paper_id": papers["paper_id"], "topic_id": ids, "strength": 1.0, "basis": "clustered"}
    )
    regions = TopicRegions(("T0001", "T0002", "T0003"), np.eye(4, dtype=np.float32)[:3], np.full(3, 0.9))
    return TopicState(members, regions)


def test_terms_and_coherence_are_those_of_slices_of_the_counts():
    papers, vectors, ids = corpus()
    counts, terms = count_terms((papers["title"] + "\n" + papers["abstract"]).tolist())
    members = [np.flatnonzero(ids == topic) for topic in ("T0001", "T0002", "T0003")]
    display = display_forms(papers["abstract"])
    chosen = coherent_terms(members, counts, terms)
    for columns, found in zip(chosen, describe_topics(read(papers), vectors, ids).itertuples(), strict=True):
        assert found.top_terms == written_terms(columns, terms, display)
        assert found.coherence == npmi_coherence(counts, columns)


def test_nothing_is_described_without_topics():
    papers, vectors, _ = corpus(2)
    none = np.array([UNCLUSTERED] * len(papers), dtype=object)
    found = describe_topics(read(papers), vectors, none)
    assert list(found.columns) == list(DESCRIPTION_COLUMNS)
    assert found.empty
    assert topic_table(found, papers["paper_id"], vectors, none).empty


def test_an_earlier_label_stays():
    papers, vectors, ids = corpus()
    first = describe_topics(read(papers), vectors, ids).set_index("topic_id")["label"]
    again = describe_topics(
        read(papers), vectors, ids, before={"T0002": "Protein Folding", "T0009": "protein folding"}
    )
    assert again.set_index("topic_id")["label"].to_dict() == first.to_dict() | {"T0002": "Protein Folding"}


def test_the_table_by_hand():
    papers = pd.Series(["a", "b", "c", "d", "e"])
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [0, 1]], dtype=np.float32)
    ids = np.array(["T0002", "T0001", "T0001", "T0001", "-1"], dtype=object)
    names = pd.DataFrame({"topic_id": ["T0001", "T0002", "T0003"], "label": ["x", "y", "gone"]})
    table = topic_table(names, papers, vectors, ids)
    assert table["topic_id"].tolist() == ["T0001", "T0002"]
    assert table["label"].tolist() == ["x", "y"]
    assert table["n_papers"].tolist() == [3, 1]
    # The mean of b, c, d is (0.47, 0.8); the cosines order them c, b, d.
    assert table["representative_papers"].tolist() == [["c", "b", "d"], ["a"]]


class TestJoining:
    def test_descriptions_are_those_of_the_fit_whatever_joins(self):
        papers, vectors, ids = corpus()
        state = replace(state_of(papers, ids), descriptions=describe_topics(read(papers), vectors, ids))
        more = papers.iloc[:9].assign(
            paper_id=[f"q{i}" for i in range(9)], abstract="Wholly new words stand here"
        )
        joined = join_topics(pd.concat([papers, more]), np.concatenate([vectors, vectors[:9]]), state)
        found = joined.topics.sort_values("topic_id", ignore_index=True)
        pd.testing.assert_frame_equal(found[list(DESCRIPTION_COLUMNS)], state.descriptions, check_exact=True)
        assert joined.state.descriptions is state.descriptions
        assert found["n_papers"].sum() == 36 + (ids[:9] != UNCLUSTERED).sum()

    def test_a_topic_that_lost_its_papers_is_not_shown(self):
        papers, vectors, ids = corpus()
        state = replace(state_of(papers, ids), descriptions=describe_topics(read(papers), vectors, ids))
        kept = ids != "T0002"
        assert set(join_topics(papers[kept], vectors[kept], state).topics["topic_id"]) == {"T0001", "T0003"}

    def test_without_descriptions_topics_are_described_again(self):
        papers, vectors, ids = corpus()
        found = join_topics(papers, vectors, state_of(papers, ids)).topics
        described = describe_topics(read(papers), vectors, ids)
        again = found.sort_values("topic_id", ignore_index=True)[list(DESCRIPTION_COLUMNS)]
        pd.testing.assert_frame_equal(again, described, check_exact=True)

    @pytest.mark.parametrize("most", [2, 24])
    def test_a_sample_describes_every_topic(self, monkeypatch, most):
        monkeypatch.setattr(topics_module, "MOST_FITTED", most)
        papers, vectors, ids = corpus()
        found = join_topics(papers, vectors, state_of(papers, ids)).topics
        assert found["n_papers"].tolist() == [12, 12, 12]
        assert found["label"].notna().all()
