"""Sentences of an abstract that are closest to the themes, to be highlighted."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from analytics.text.terms import stems
from analytics.text.tokenizer import tokenize

__all__ = ["mark_sentences", "sentence_spans"]

_MOST_MARKED = 2
_LEAST_COVERED = 0.5
"""Part of a phrase's weight that a sentence must say."""
_LEAST_WEIGHT = 0.5
_ENDS = re.compile(r"[.!?]+[\"')\]\u201d]*\s+|[\u3002\uff01\uff1f]+\s*")
_NO_END = re.compile(r"(?:\b(?:e\.g|i\.e|al|vs|cf|fig|eq|sec|approx|resp)|\b[A-Za-z])\.\s+\Z", re.IGNORECASE)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, without the space between two.

    Examples
    --------
    >>> text = "Agents plan, e.g. trips. Do they? Yes"
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Agents plan, e.g. trips.', 'Do they?', 'Yes']
    """
    spans, start = [], len(text) - len(text.lstrip())
    for end in _ENDS.finditer(text):
        if not _NO_END.search(text, max(0, end.start() - 10), end.end()):
            spans.append((start, start + len(text[start : end.end()].rstrip())))
            start = end.end()
    if rest := text[start:].rstrip():
        spans.append((start, start + len(rest)))
    return spans


def mark_sentences(abstracts: Sequence[str], phrases: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
    """Spans of the sentences nearest to phrases, by the stems that they share.

    A stem weighs less the more of the abstracts have it, so that "language model" marks nothing where every
    paper is about language models. A sentence must say at least half of a phrase by weight.

    Gives at most two sentences of each abstract, in their order; none where no phrase is half said.

    Examples
    --------
    >>> mark_sentences(["We rest. Agents use tools. We stop."], ["tools used by agents"])
    [((9, 26),)]
    """
    wanted = [one for one in (_stems_of(phrase) for phrase in phrases) if one]
    weights = _weights([_stems_of(abstract) for abstract in abstracts])
    return [_nearest(abstract, wanted, weights, len(abstracts)) for abstract in abstracts]


def _nearest(
    abstract: str, wanted: Sequence[frozenset[str]], weights: Mapping[str, float], n_abstracts: int
) -> tuple[tuple[int, int], ...]:
    rare = math.log(1 + n_abstracts) + _LEAST_WEIGHT

    def weight(found_stems: frozenset[str]) -> float:
        return sum(weights.get(stem, rare) for stem in sorted(found_stems))

    covered = {}
    for span in sentence_spans(abstract):
        found_stems = _stems_of(abstract[slice(*span)])
        covered[span] = max((weight(found_stems & phrase) / weight(phrase) for phrase in wanted), default=0.0)
    near = [span for span in covered if covered[span] >= _LEAST_COVERED]
    return tuple(sorted(sorted(near, key=lambda span: -covered[span])[:_MOST_MARKED]))


def _weights(texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Weight of each stem: the logarithm of how rare it is among the texts."""
    counts = Counter(stem for text in texts for stem in text)
    return {stem: math.log((1 + len(texts)) / (1 + n)) + _LEAST_WEIGHT for stem, n in counts.items()}


def _stems_of(text: str) -> frozenset[str]:
    return stems(" ".join(tokenize(text)))
