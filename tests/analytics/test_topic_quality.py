"""Coherence and diversity: agreement with gensim, by hand, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from analytics.topics.topic_quality import npmi_coherence, term_diversity

TEXTS = ["ab", "abc", "c", "a", "bd", "abd"]
COUNTS = sparse.csr_array(np.array([[text.count(term) for term in "abcd"] for text in TEXTS]))


# What gensim 4.4.0 gave: CoherenceModel(coherence="c_npmi", window_size=100) on these texts.
@pytest.mark.parametrize(
    ("terms", "expected"), [([0, 1], 0.16992500144568803), ([0, 1, 2], -0.050397280651979785)]
)
def test_agrees_with_gensim(terms: list[int], expected: float) -> None:
    assert npmi_coherence(COUNTS, terms) == pytest.approx(expected, abs=1e-9)


def test_terms_that_never_meet_are_at_the_lower_end() -> None:
    # gensim adds 1e-12 to the share of a pair and comes to -0.92.
    assert npmi_coherence(COUNTS, [2, 3]) == -1.0


def test_edges() -> None:
    assert np.isnan(npmi_coherence(COUNTS, [0]))
    assert np.isnan(term_diversity([]))
    assert npmi_coherence(sparse.csr_array(np.ones((5, 2), dtype=int)), [0, 1]) == 1.0


def test_independent_terms_are_near_zero_and_order_is_irrelevant() -> None:
    rng = np.random.default_rng(0)
    counts = sparse.csr_array((rng.random((20_000, 4)) < 0.3).astype(int))
    assert npmi_coherence(counts, [0, 1, 2, 3]) == pytest.approx(0, abs=0.02)
    assert npmi_coherence(counts, [3, 1, 0, 2]) == pytest.approx(npmi_coherence(counts, [0, 1, 2, 3]))


def test_diversity_by_hand() -> None:
    assert term_diversity([["a", "b"], ["b", "c"], ["d", "b"]]) == pytest.approx(4 / 6)
