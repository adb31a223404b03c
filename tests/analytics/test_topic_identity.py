"""Topics over time: papers join without a fit, refits keep ids, and what is born, split or gone is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analytics.tables import UNCLUSTERED
from analytics.text.terms import class_weights
from analytics.topics.identity import match_clusters, topic_events
from analytics.topics.refits import refit_cause
from analytics.topics.topic_model import fit_topics, join_topics
from analytics.topics.topic_regions import TopicRegions, TopicState, nearest_topics, topic_regions


def subjects(
    sizes: list[int], seed: int = 0, centers: np.ndarray | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Papers of well separated subjects; the subject is the first part of the paper's id."""
    rng = np.random.default_rng(seed)
    if centers is None:
        centers = np.linalg.qr(np.random.default_rng(99).standard_normal((16, 16)))[0]
    rows, vectors = [], []
    for number, size in enumerate(sizes):
        for copy in range(size):
            name = f"s{number:02}-{seed}-{copy:03}"
            rows.append(
                (name, f"subject{number} method{number} {copy}", f"We study subject{number} method{number}.")
            )
            vectors.append(4 * centers[number] + 0.4 * rng.standard_normal(16))
    matrix = np.asarray(vectors, dtype=np.float32)
    papers = pd.DataFrame(rows, columns=["paper_id", "title", "abstract"])
    papers["published"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(rows)) % 300, "D")
    return papers, matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def topic_of_subject(assignments: pd.DataFrame) -> dict[str, str]:
    """Most frequent topic of each subject."""
    clustered = assignments[assignments["topic_id"] != UNCLUSTERED]
    return {
        subject: Counter(own["topic_id"]).most_common(1)[0][0]
        for subject, own in clustered.groupby(clustered["paper_id"].str[:3])
    }


def state_of(members: dict[str, str], regions: TopicRegions | None = None) -> TopicState:
    table = pd.DataFrame({"paper_id": list(members), "topic_id": list(members.values())})
    table = table.assign(strength=1.0, basis="clustered")
    ids = tuple(sorted(set(members.values()) - {UNCLUSTERED}))
    return TopicState(
        table, regions or TopicRegions(ids, np.eye(len(ids), 2, dtype=np.float32), np.full(len(ids), 0.9))
    )


class TestRegions:
    def test_reach_holds_95_percent(self) -> None:
        _, vectors = subjects([400])
        regions = topic_regions(vectors, np.array(["T0001"] * 400, dtype=object))
        found = nearest_topics(vectors, regions)
        assert found.within.mean() == pytest.approx(0.95, abs=0.01)

    def test_nothing_is_near_without_topics(self) -> None:
        nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
        found = nearest_topics(np.ones((3, 4), dtype=np.float32), nowhere)
        assert found.topics.tolist() == [-1] * 3
        assert not found.within.any()

    def test_parts_give_what_the_whole_gives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, vectors = subjects([9, 14])
        names = np.array(["T0001"] * 9 + ["T0002"] * 14, dtype=object)
        regions = topic_regions(vectors, names)
        whole = nearest_topics(vectors, regions)
        sizes = []

        def each(function, parts):
            for part in parts:
                sizes.append(len(part))
                yield function(part)

        monkeypatch.setattr("analytics.topics.topic_regions._BLOCK", 7)
        found = nearest_topics(vectors, regions, each=each)
        assert sizes == [7, 7, 7, 2]
        assert found.topics.tolist() == whole.topics.tolist() == [0] * 9 + [1] * 14
        assert found.cosines == pytest.approx(whole.cosines, abs=1e-6)
        assert nearest_topics(vectors[:0], regions, each=each).topics.tolist() == []


class TestJoining:
    def test_members_keep_their_topic_and_others_join_within_reach(self) -> None:
        papers = pd.DataFrame({"paper_id": ["a", "b", "near", "far"], "title": "x", "abstract": "y"})
        vectors = np.array([[1, 0], [0, 1], [0.1, 0.995], [0.7, 0.714]], dtype=np.float32)
        # a was put into T0002 and stays, though T0001 is nearer.
        found = join_topics(papers, vectors, state_of({"a": "T0002", "b": "T0001", "c": "T0001"}, TopicRegions(
            ("T0001", "T0002"), np.eye(2, dtype=np.float32)[::-1].copy(), np.full(2, 0.9))))  # fmt: skip
        told = found.assignments.set_index("paper_id")
        assert told["topic_id"].to_dict() == {"a": "T0002", "b": "T0001", "near": "T0001", "far": UNCLUSTERED}
        assert told["basis"].to_dict() == {
            "a": "clustered",
            "b": "clustered",
            "near": "nearest",
            "far": "none",
        }
        assert told["nearest_topic_id"].to_dict()["far"] == "T0001"
        assert found.events == ()

    def test_row_order_is_irrelevant(self) -> None:
        papers, vectors = subjects([30, 30])
        state = state_of(
            {"x": "T0001"}, topic_regions(vectors, papers["paper_id"].str[:3].to_numpy(dtype=object))
        )
        order = np.random.default_rng(1).permutation(len(papers))
        first = join_topics(papers, vectors, state)
        again = join_topics(papers.iloc[order], vectors[order], state)
        pd.testing.assert_frame_equal(again.topics, first.topics)
        assert (
            again.assignments.set_index("paper_id")["topic_id"]
            .sort_index()
            .equals(first.assignments.set_index("paper_id")["topic_id"].sort_index())
        )


class TestMatching:
    def test_one_to_one_and_only_where_enough_is_shared(self) -> None:
        shared = np.array([[60, 30], [0, 5]])
        found = match_clusters(
            shared, np.array([[0.9, 0.8], [0.0, 0.95]]), (np.array([100, 20]), np.array([60, 40]))
        )
        assert found == {0: 0, 1: 1} or found == {0: 0}
        # Five of 20 and 40 are 5 / 55, below 0.1, however near the centers.
        assert 1 not in found

    def test_few_shared_papers_with_equal_centers(self) -> None:
        sizes = np.array([50]), np.array([60])
        assert match_clusters(np.array([[20]]), np.array([[0.95]]), sizes) == {0: 0}
        assert match_clusters(np.array([[20]]), np.array([[0.5]]), sizes) == {}

    def test_events_by_hand(self) -> None:
        before = pd.Series({"a": "T1", "b": "T1", "c": "T2", "d": "T2", "e": "T3", "f": "-1"})
        after = pd.Series({"a": "T1", "b": "T4", "c": "T1", "d": "T1", "e": "-1", "f": "T5", "new": "T5"})
        told = {(one.event, one.topic_id, one.other_id): one.papers for one in topic_events(before, after)}
        assert told == {
            ("continued", "T1", None): ("a",),
            ("split", "T4", "T1"): ("b",),
            ("born", "T5", None): ("f", "new"),
            ("merged", "T2", "T1"): ("c", "d"),
            ("retired", "T3", None): ("e",),
        }


class TestRefitRules:
    members = {f"p{i}": "T0001" if i % 10 else UNCLUSTERED for i in range(400)}  # noqa: RUF012

    def joined(self, n_new: int, n_loose: int) -> pd.DataFrame:
        new = {f"n{i}": UNCLUSTERED if i < n_loose else "T0001" for i in range(n_new)}
        both = self.members | new
        return pd.DataFrame({"paper_id": list(both), "topic_id": list(both.values())})

    @pytest.mark.parametrize(
        ("n_new", "n_loose", "says"),
        [
            (0, 0, None),
            (100, 10, None),
            (101, 0, "more than 1.25 times the 400 of the last fit"),
            (49, 49, None),
            (60, 15, None),
            (60, 16, "of 60 papers added since the last fit 27 % join no topic, in the last fit 10 %"),
        ],
    )
    def test_rules(self, n_new: int, n_loose: int, says: str | None) -> None:
        cause = refit_cause(state_of(self.members), self.joined(n_new, n_loose))
        assert cause is None if says is None else says in str(cause)

    def test_a_fit_without_topics_is_tried_again_with_other_papers_only(self) -> None:
        nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
        state = state_of({"a": UNCLUSTERED}, nowhere)
        same = pd.DataFrame({"paper_id": ["a"], "topic_id": [UNCLUSTERED]})
        assert refit_cause(state, same) is None
        more = pd.DataFrame({"paper_id": ["a", "b"], "topic_id": [UNCLUSTERED] * 2})
        assert refit_cause(state, more) == "the last fit found no topic"


def test_topics_that_a_fit_no_longer_finds_are_listed_as_ended() -> None:
    papers = pd.DataFrame({"paper_id": ["a", "b", "c"], "title": "x", "abstract": "y"})
    papers["published"] = pd.Timestamp("2025-01-01")
    fit = fit_topics(papers, np.eye(3, 2, dtype=np.float32), previous=state_of({"a": "T0001", "b": "T0002"}))
    assert [(one.event, one.topic_id, one.papers) for one in fit.events] == [
        ("retired", "T0001", ("a",)),
        ("retired", "T0002", ("b",)),
    ]
    assert fit.topics.empty


@pytest.mark.slow  # of the import
def test_weights_are_those_of_bertopic() -> None:
    from bertopic.vectorizers import ClassTfidfTransformer

    rng = np.random.default_rng(0)
    counts = sparse.csr_array(rng.poisson(0.4, (60, 25)))
    classes = np.repeat([-1, 0, 1, 2], 15)
    per_class = np.stack([counts.toarray()[classes == one].sum(axis=0) for one in (-1, 0, 1, 2)])
    reference = ClassTfidfTransformer(reduce_frequent_words=True)
    expected = reference.fit_transform(sparse.csr_matrix(per_class)).toarray()
    assert class_weights(counts, classes).toarray() == pytest.approx(expected)


@pytest.mark.slow
class TestRefits:
    @pytest.fixture(scope="class")
    @staticmethod
    def first():
        papers, vectors = subjects([60, 50, 40, 30])
        return papers, vectors, fit_topics(papers, vectors)

    def test_a_first_fit_is_all_births(self, first) -> None:
        _, _, fit = first
        assert {one.event for one in fit.events} == {"born"}
        assert len(fit.events) == 4
        assert set(fit.assignments["basis"]) <= {"clustered", "nearest", "none"}

    def test_its_own_state_gives_the_same_again(self, first) -> None:
        papers, vectors, fit = first
        again = join_topics(papers, vectors, fit.state)
        pd.testing.assert_frame_equal(again.assignments, fit.assignments)
        pd.testing.assert_frame_equal(again.topics, fit.topics)
        assert again.reason == fit.reason

    def test_an_earlier_label_that_is_still_apt_stays_at_a_refit(self, first) -> None:
        papers, vectors, fit = first
        topic_id, gone = fit.topics["topic_id"].iloc[0], fit.topics["topic_id"].iloc[1]
        subject = {topic: name for name, topic in topic_of_subject(fit.assignments).items()}[topic_id]
        number = int(subject[1:])
        old = f"SUBJECT{number} METHOD{number}"  # the best label, as an earlier fit wrote it
        labels = fit.state.descriptions["label"].where(fit.state.descriptions["topic_id"] != topic_id, old)
        labels = labels.where(fit.state.descriptions["topic_id"] != gone, "protein folding")
        named = replace(fit.state, descriptions=fit.state.descriptions.assign(label=labels))
        refit = fit_topics(papers, vectors, previous=named, first_number=5)
        expected = fit.topics.set_index("topic_id")["label"].to_dict() | {topic_id: old}
        assert refit.topics.set_index("topic_id")["label"].to_dict() == expected

    def test_ids_stay_though_sizes_and_seed_change(self, first) -> None:
        papers, vectors, fit = first
        more, others = subjects([0, 0, 0, 60], seed=5)
        grown = pd.concat([papers, more], ignore_index=True)
        refit = fit_topics(
            grown, np.concatenate([vectors, others]), previous=fit.state, first_number=5, random_state=7
        )
        assert topic_of_subject(refit.assignments) == topic_of_subject(fit.assignments)
        assert Counter(one.event for one in refit.events) == {"continued": 4}
        # The last subject is the largest now and stands first, under its old number.
        assert refit.topics["topic_id"].iloc[0] == topic_of_subject(fit.assignments)["s03"]

    def test_a_new_subject_is_born_and_a_lost_one_retires(self, first) -> None:
        papers, vectors, fit = first
        more, others = subjects([0, 0, 0, 0, 45], seed=6)
        kept = ~papers["paper_id"].str.startswith("s01").to_numpy()
        changed = pd.concat([papers[kept], more], ignore_index=True)
        refit = fit_topics(
            changed, np.concatenate([vectors[kept], others]), previous=fit.state, first_number=5
        )
        told = {(one.event, one.topic_id) for one in refit.events}
        was = topic_of_subject(fit.assignments)
        assert ("born", "T0005") in told
        assert topic_of_subject(refit.assignments)["s04"] == "T0005"
        assert {topic for event, topic in told if event == "continued"} == {
            was[s] for s in ("s00", "s02", "s03")
        }
        assert was["s01"] not in set(refit.topics["topic_id"])

    def test_a_subject_that_parts_is_a_split(self, first) -> None:
        papers, vectors, fit = first
        # Two thirds of the first subject move to a place of their own, with more papers there.
        centers = np.linalg.qr(np.random.default_rng(99).standard_normal((16, 16)))[0]
        moved = vectors.copy()
        away = papers["paper_id"].str.startswith("s00").to_numpy().nonzero()[0][:25]
        moved[away] += 3 * centers[9].astype(np.float32)
        moved[away] /= np.linalg.norm(moved[away], axis=1, keepdims=True)
        refit = fit_topics(papers, moved, previous=fit.state, first_number=5)
        splits = [one for one in refit.events if one.event == "split"]
        assert [(one.topic_id, one.other_id) for one in splits] == [
            ("T0005", topic_of_subject(fit.assignments)["s00"])
        ]
        assert set(splits[0].papers) <= set(papers["paper_id"].iloc[away])

    def test_two_subjects_that_meet_are_a_merger(self, first) -> None:
        papers, vectors, fit = first
        rng = np.random.default_rng(3)
        met = vectors.copy()
        both = papers["paper_id"].str[:3].isin(["s02", "s03"]).to_numpy()
        middle = vectors[papers["paper_id"].str.startswith("s02")].mean(axis=0)
        met[both] = middle + 0.08 * rng.standard_normal((both.sum(), 16))
        met[both] /= np.linalg.norm(met[both], axis=1, keepdims=True)
        refit = fit_topics(papers, met, previous=fit.state, first_number=5)
        was = topic_of_subject(fit.assignments)
        told = {(one.event, one.topic_id, one.other_id) for one in refit.events}
        assert told & {("merged", was["s03"], was["s02"]), ("merged", was["s02"], was["s03"])}

    def test_a_sample_is_clustered_and_the_rest_join(self, first) -> None:
        papers, vectors, fit = first
        sampled = fit_topics(papers, vectors, most=90)
        assert (sampled.assignments["basis"] == "clustered").sum() <= 90
        assert len(set(topic_of_subject(sampled.assignments).values())) == 4
        assert (sampled.assignments["topic_id"] == UNCLUSTERED).mean() < 0.1
        assert len(fit.assignments) == len(sampled.assignments)
