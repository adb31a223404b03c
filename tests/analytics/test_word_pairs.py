"""Counts of words and pairs are those of plain counting."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from analytics.text.tokenizer import tokenize
from analytics.text.word_pairs import PairCounter, common_terms

WORDS = [
    "agent",
    "Agent.",
    "sparse",
    "rewards.",
    "the",
    "self-play",
    "a",
    "强化学习",
    "GPT-4",
    "-",
    "(mazes)",
]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=6)


def plain_terms(text: str) -> list[str]:
    title, _, rest = text.partition(". ")
    found = []
    for part, times in ((title, 3), (rest, 1)):
        words = tokenize(part)
        found += (words + [f"{left} {right}" for left, right in pairwise(words)]) * times
    return found


@given(TEXTS)
@example([])
@example(["", ". ", "the"])
@example(["agent agent agent. agent agent", "agent"])
def test_counts_are_those_of_scikit_learn(texts):
    plain = CountVectorizer(analyzer=plain_terms)
    try:
        expected = plain.fit_transform(texts).toarray()
        terms = plain.get_feature_names_out().tolist()
    except ValueError:  # no term at all
        terms, expected = [], np.zeros((len(texts), 0))
    found, same = common_terms(texts, fewest_texts=1, most_terms=10_000)
    assert found == terms
    counts = PairCounter(terms).counts(texts)
    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(same, name), getattr(counts, name))
    assert counts.dtype == np.float32
    assert counts.has_sorted_indices
    assert np.array_equal(counts.toarray(), expected)


@given(TEXTS, st.integers(1, 3), st.integers(1, 5))
def test_the_most_frequent_terms_of_enough_texts(texts, fewest, most):
    terms = [plain_terms(text) for text in texts]
    n_texts = Counter(term for one in terms for term in set(one))
    times = Counter(term for one in terms for term in one)
    enough = [term for term, n in n_texts.items() if n >= fewest]
    ranked = sorted(enough, key=lambda term: (-times[term], term))
    assert common_terms(texts, fewest_texts=fewest, most_terms=most)[0] == sorted(ranked[:most])


@pytest.mark.parametrize("terms", [[], ["agent"], ["sparse rewards"], ["rewards sparse", "agent", "unknown"]])
def test_other_terms_than_those_of_the_texts(terms):
    text = "Sparse rewards. Agent agent rewards sparse"
    found = PairCounter(terms).counts([text, ""]).toarray()
    assert found.tolist() == [[Counter(plain_terms(text))[term] for term in terms], [0] * len(terms)]
