from __future__ import annotations

import numpy as np
import pytest

from analytics.term_counts import count_terms
from analytics.terms import chosen_terms, label_topics, stems, written_terms

TEXTS = [
    "sparse rewards need exploration",
    "exploration with sparse rewards",
    "web agents browse pages",
    "web agents click pages",
]


def test_counts_by_hand():
    counts, terms = count_terms(TEXTS)
    assert terms.tolist() == [
        "agents",
        "exploration",
        "pages",
        "rewards",
        "sparse",
        "sparse rewards",
        "web",
        "web agents",
    ]
    assert counts.toarray().tolist() == [
        [0, 1, 0, 1, 1, 1, 0, 0],
        [0, 1, 0, 1, 1, 1, 0, 0],
        [1, 0, 1, 0, 0, 0, 1, 1],
        [1, 0, 1, 0, 0, 0, 1, 1],
    ]


def test_a_term_of_one_text_is_left_out():
    _, terms = count_terms(["click", "browse"])
    assert terms.size == 0


def test_no_two_top_terms_share_their_stems():
    terms = np.array(["agent", "agents", "llm agents", "reward", "rewards shaping"])
    weights = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    counts = np.array([10, 9, 2, 5, 4])
    chosen = chosen_terms(weights, counts, terms)
    assert written_terms(chosen, terms, {}) == ["agent", "rewards shaping"]


def test_a_term_without_weight_is_never_chosen():
    assert chosen_terms(np.zeros(2), np.ones(2, dtype=int), np.array(["a1", "b1"])) == []


def test_labels_are_distinct_phrases_of_their_topics():
    counts, terms = count_terms(TEXTS)
    labels = label_topics({1: np.array([0, 1]), 2: np.array([2, 3])}, counts, terms, display={"web": "Web"})
    assert labels == {1: "sparse rewards", 2: "Web agents"}


def test_topics_that_cannot_be_told_apart_still_get_different_labels():
    counts, terms = count_terms(["click", "browse"])
    labels = label_topics({1: np.array([0]), 2: np.array([1])}, counts, terms, display={})
    assert sorted(labels.values()) == ["unnamed topic", "unnamed topic (2)"]


def subjects(*uses: tuple[str, int], of=10):
    """Rows and texts of one topic: each phrase stands in so many of its ten papers."""
    return ["\n".join(phrase for phrase, n in uses if paper < n) for paper in range(of)]


class TestEarlierLabels:
    """Topic 1 says "sparse rewards" in 9 of 10 papers and another phrase in some; topic 2 is of web agents."""

    @staticmethod
    def labels(n_other, before, *, second=("web agents", 9)):
        texts = subjects(("sparse rewards", 9), ("curious explorers", n_other)) + subjects(second)
        counts, terms = count_terms(texts)
        members = {1: np.arange(10), 2: np.arange(10, 20)}
        return label_topics(members, counts, terms, display={"web": "Web"}, before=before)

    # Evidence is c log(c / C) with C = c / 2 for a phrase of one topic alone: proportional to c, best .9.
    @pytest.mark.parametrize(("n_other", "label"), [(5, "Curious explorers"), (4, "sparse rewards")])
    def test_one_stays_with_half_the_evidence_of_the_best(self, n_other, label):
        assert self.labels(n_other, {1: "Curious explorers"})[1] == label

    def test_it_stays_as_it_was_written(self):
        assert self.labels(5, {2: "WEB agents"}) == {1: "sparse rewards", 2: "WEB agents"}

    def test_without_one_it_is_the_best(self):
        assert self.labels(8, None) == self.labels(8, {}) == {1: "sparse rewards", 2: "Web agents"}

    @pytest.mark.parametrize(
        "gone", ["protein folding", "unnamed topic", "unnamed topic (2)", "", "zzz", ", "]
    )
    def test_one_that_no_paper_uses_goes(self, gone):
        assert self.labels(5, {1: gone})[1] == "sparse rewards"

    def test_one_that_others_use_as_much_goes(self):
        assert (
            self.labels(9, {1: "Curious explorers"}, second=("curious explorers", 9))[1] == "sparse rewards"
        )

    def test_two_topics_never_keep_the_same(self):
        found = self.labels(9, {1: "sparse rewards", 2: "rewards sparse"}, second=("sparse rewards", 3))
        assert found[1] == "sparse rewards"
        assert stems(found[2]) != stems(found[1])

    def test_a_kept_one_is_no_choice_for_a_larger_topic(self):
        texts = subjects(("sparse rewards", 9), ("novel explorers", 6), of=12) + subjects(
            ("sparse rewards", 10), of=10
        )
        counts, terms = count_terms(texts + ["protein folding"] * 20)
        members = {1: np.arange(12), 2: np.arange(12, 22)}
        assert label_topics(members, counts, terms, display={})[1] == "sparse rewards"
        found = label_topics(members, counts, terms, display={}, before={2: "sparse rewards"})
        assert found[2] == "sparse rewards"
        assert found[1] != "sparse rewards"

    def test_two_words_stay_while_both_are_in_use(self):
        texts = subjects(("rewards", 9), ("bandits", 7), ("explorers", 5)) + subjects(("web", 9))
        counts, terms = count_terms(texts)
        members = {1: np.arange(10), 2: np.arange(10, 20)}

        def label(before):
            return label_topics(members, counts, terms, display={}, before={1: before})[1]

        assert label("no, such") == "rewards, bandits"
        assert label("Explorers, bandits") == "Explorers, bandits"
        assert label("explorers, gone") == "rewards, bandits"


def test_a_cut_phrase_is_completed():
    texts = ["graphical user interface"] * 3 + ["sparse rewards"] * 3
    counts, terms = count_terms(texts)
    labels = label_topics({1: np.arange(3), 2: np.arange(3, 6)}, counts, terms, display={})
    assert labels[1] == "graphical user interface"


def test_stems_ignore_hyphens_and_endings():
    assert stems("self-improving agent") == stems("self improved agents")
