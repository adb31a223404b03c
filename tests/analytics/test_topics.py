from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.tables import UNCLUSTERED
from analytics.topics.topic_model import SMALLEST_CLUSTERED_CORPUS, fit_topics, join_topics, topic_parameters
from analytics.topics.topic_regions import TopicRegions, TopicState

SUBJECTS = {
    "protein folding": "protein folding of amino acid chains",
    "speech recognition": "speech recognition of spoken audio",
    "graph coloring": "graph coloring of planar vertices",
}


def planted(n_each=30, seed=0):
    """Three well separated subjects; the subject of a row is in its title."""
    rng = np.random.default_rng(seed)
    centers = np.eye(12)[:3] * 4
    rows, vectors = [], []
    for number, (name, text) in enumerate(SUBJECTS.items()):
        for copy in range(n_each):
            rows.append((f"p{number}-{copy:03}", f"{name} {copy}", f"We study {text}, part {copy}."))
            vectors.append(centers[number] + 0.4 * rng.standard_normal(12))
    vectors = np.asarray(vectors, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return pd.DataFrame(rows, columns=["paper_id", "title", "abstract"]), vectors


@pytest.mark.parametrize("n", [0, 1, 14])
def test_too_few_papers_are_not_clustered_and_it_is_reported(n):
    papers = pd.DataFrame({"paper_id": [f"p{i}" for i in range(n)], "title": "t", "abstract": "a"})
    fit = fit_topics(papers, np.ones((n, 3), dtype=np.float32))
    assert fit.parameters is None
    assert fit.topics.empty
    assert (fit.assignments["topic_id"] == UNCLUSTERED).all()
    assert f"{n} papers are too few" in fit.reason


def test_parameters_grow_with_the_corpus_and_fit_it():
    before = 0
    for n in [SMALLEST_CLUSTERED_CORPUS, 47, 300, 1000, 6141, 20_000, 100_000, 1_000_000]:
        parameters = topic_parameters(n)
        assert before <= parameters.min_cluster_size < n / 2
        assert parameters.min_samples <= parameters.min_cluster_size
        assert parameters.n_neighbors < n
        before = parameters.min_cluster_size
    assert topic_parameters(100, min_topic_size=9).min_cluster_size == 9


def test_groups_are_those_of_the_fit_whatever_joins():
    """Nine topics of two papers on three axes; then thirty papers join the smallest group's."""
    centers = np.repeat(np.eye(12)[:3], 3, axis=0) + 0.1 * np.eye(12)[3:]
    centers = (centers / np.linalg.norm(centers, axis=1, keepdims=True)).astype(np.float32)
    ids = tuple(f"T{number:04d}" for number in range(1, 10))
    own = [(f"p{at:02d}", topic_id) for at, topic_id in enumerate([*ids, *ids, *ids[:3], ids[3]])]
    members = pd.DataFrame(own, columns=["paper_id", "topic_id"]).assign(strength=1.0, basis="clustered")
    state = TopicState(members, TopicRegions(ids, centers, np.full(9, 0.9)))
    vectors = centers[[ids.index(topic_id) for _, topic_id in own]]
    papers = pd.DataFrame({"paper_id": [one for one, _ in own], "title": "t", "abstract": "a"})
    before = join_topics(papers, vectors, state).topics.set_index("topic_id")["group_id"]
    assert [before[one] for one in ids] == ["G01"] * 3 + ["G02"] * 3 + ["G03"] * 3
    new = pd.DataFrame({"paper_id": [f"q{at}" for at in range(30)], "title": "t", "abstract": "a"})
    joined = join_topics(
        pd.concat([papers, new], ignore_index=True), np.vstack([vectors, np.tile(centers[8], (30, 1))]), state
    )
    assert joined.topics["topic_id"].iloc[0] == ids[8]
    assert joined.topics.set_index("topic_id")["group_id"].to_dict() == before.to_dict()


@pytest.mark.slow
class TestPlantedSubjects:
    @pytest.fixture(scope="class")
    @staticmethod
    def found():
        papers, vectors = planted()
        return papers, vectors, fit_topics(papers, vectors)

    def test_each_subject_is_one_topic(self, found):
        papers, _, fit = found
        subject = papers["paper_id"].str[:2]
        pairs = set(zip(subject, fit.assignments["topic_id"], strict=True)) - {
            (s, UNCLUSTERED) for s in set(subject)
        }
        assert len(pairs) == 3
        assert len(fit.topics) == 3
        assert (fit.assignments["topic_id"] == UNCLUSTERED).mean() < 0.1

    def test_labels_name_the_subjects(self, found):
        papers, _, fit = found
        titles = papers.set_index("paper_id")["title"]
        for topic in fit.topics.itertuples():
            name = titles[topic.representative_papers[0]].rsplit(" ", 1)[0]
            assert topic.label in f"{name} | {SUBJECTS[name]}"
            assert len(topic.label.split()) >= 2

    def test_terms_and_representatives(self, found):
        _papers, _, fit = found
        for topic in fit.topics.itertuples():
            members = fit.assignments.loc[fit.assignments["topic_id"] == topic.topic_id, "paper_id"]
            assert topic.n_papers == len(members)
            assert len(topic.representative_papers) == 3
            assert set(topic.representative_papers) <= set(members)
            assert 1 <= len(topic.top_terms) <= 10
            assert len(set(topic.top_terms)) == len(topic.top_terms)

    def test_row_order_is_irrelevant_and_input_is_not_modified(self, found):
        papers, vectors, fit = found
        order = np.random.default_rng(3).permutation(len(papers))
        shuffled, copy = papers.iloc[order], vectors.copy()
        again = fit_topics(shuffled, vectors[order])
        assert np.array_equal(vectors, copy)
        assert again.assignments["paper_id"].tolist() == shuffled["paper_id"].tolist()
        pd.testing.assert_frame_equal(again.topics, fit.topics)
        merged = again.assignments.merge(fit.assignments, on="paper_id")
        assert (merged["topic_id_x"] == merged["topic_id_y"]).all()

    def test_ids_follow_size(self, found):
        topics = found[2].topics
        assert topics["topic_id"].tolist() == ["T0001", "T0002", "T0003"]
        assert topics["n_papers"].is_monotonic_decreasing


@pytest.mark.slow
@pytest.mark.parametrize("n", [15, 16, 20, 30])
def test_small_corpora_end_without_an_error(n):
    rng = np.random.default_rng(n)
    vectors = rng.standard_normal((n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    papers = pd.DataFrame({"paper_id": [f"p{i:02}" for i in range(n)], "title": "one word", "abstract": ""})
    fit = fit_topics(papers, vectors)
    assert len(fit.assignments) == n


@pytest.mark.slow
def test_identical_papers_end_without_an_error():
    papers = pd.DataFrame({"paper_id": [f"p{i:02}" for i in range(40)], "title": "same", "abstract": "same"})
    fit = fit_topics(papers, np.ones((40, 4), dtype=np.float32) / 2)
    assert len(fit.assignments) == 40
