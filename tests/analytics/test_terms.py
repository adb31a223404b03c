from __future__ import annotations

import numpy as np

from analytics.text.term_counts import count_terms
from analytics.text.terms import chosen_terms, stems, written_terms

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


def test_stems_ignore_hyphens_and_endings():
    assert stems("self-improving agent") == stems("self improved agents")
