"""Counts of word pieces are those of MiniLM's tokenizer over whole texts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from analytics.vectors import word_pieces
from analytics.vectors.word_pieces import _cutter, piece_counts, piece_vectors

TEXTS = [
    "Self-play in O(n) with GPT-4: 3 runs. Curious agents explore; they don't stop.",
    "强化学习 agents, naïve Bayes — and a $\\alpha$-divergence (e.g. [CLS] or ##ing)",
    "",
    " \n ",
    "word " * 400,
    "x" * 500,
    "\ud800 \x00 \u202e emoji 🙂",
]


def whole(text: str) -> Counter[int]:
    readable = text.encode("utf-8", "replace").decode()
    return Counter(_cutter()._tokenizer.encode(readable, add_special_tokens=False).ids)


@pytest.mark.parametrize("text", TEXTS)
def test_they_are_those_of_the_whole_text(text):
    counts = piece_counts([text])
    assert dict(zip(counts.indices.tolist(), counts.data.tolist(), strict=True)) == whole(text)
    assert counts.shape == (1, len(piece_vectors()))
    assert counts.has_sorted_indices


def test_blocks_and_what_is_remembered_change_nothing(monkeypatch):
    expected = piece_counts(TEXTS).toarray()
    monkeypatch.setattr(word_pieces, "_BLOCK", 2)
    monkeypatch.setattr(word_pieces, "_MOST_REMEMBERED", 3)
    _cutter.cache_clear()
    assert np.array_equal(piece_counts(TEXTS).toarray(), expected)
    assert np.array_equal(piece_counts(TEXTS[::-1]).toarray(), expected[::-1])
    assert piece_counts([]).shape == (0, len(piece_vectors()))
