from __future__ import annotations

import numpy as np

from analytics.terms import chosen_terms, count_terms, label_topics, stems, written_terms

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


def test_a_cut_phrase_is_completed():
    texts = ["graphical user interface"] * 3 + ["sparse rewards"] * 3
    counts, terms = count_terms(texts)
    labels = label_topics({1: np.arange(3), 2: np.arange(3, 6)}, counts, terms, display={})
    assert labels[1] == "graphical user interface"


def test_stems_ignore_hyphens_and_endings():
    assert stems("self-improving agent") == stems("self improved agents")
