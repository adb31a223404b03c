"""Labels of topics: a phrase of its papers that other papers do not use, and that no other topic has."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.terms import overlap, stems, written_terms

__all__ = ["OwnUses", "label_topics"]

_CANDIDATES = 40
"""Terms of a topic whose nearness is looked at: those of the most evidence."""
_LEAST_COVERAGE = 0.08
"""A label is in a twelfth of its topic's papers at least, and in three (in two if there are but five)."""
_RECALL = 0.6
"""Weight of how many of the topic's papers use a term, against how few others do."""
_NEARNESS = 4
"""Power of the nearness, which brings its small differences to the scale of the evidence."""
_WORD = 0.45
"""Weight of a word relative to a phrase: it names a topic only if its evidence is over twice the phrase's."""
_REPETITION = 0.5
"""Part of its score that a term loses if its words are those of another topic's label."""
_KEPT = 0.5
"""Part of the best score with which an earlier label stays."""
_COMPLETION = 0.5
"""A phrase is a fragment if half of its uses go on with the same word."""
_LONGEST = 4


def label_topics(
    members: Mapping[int, NDArray[np.int64]],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    *,
    vectors: NDArray[np.float32],
    display: Mapping[str, str],
    before: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """One label for each topic, all different.

    A term's score in a topic is a product of two. *Evidence*: of the topic's papers a part r uses it,
    and of the papers that use it a part p is in the topic; ``r^0.6 p^0.4`` is their weighted
    geometric mean (with equal weights it is Ochiai's coefficient [1]_). *Nearness*: the cosine, to the
    fourth, between the mean vector of all papers that use the term and that of the topic's, so that a
    term of one corner of the topic stays behind one of its middle; the same question as KeyBERT's, put
    to papers instead of an encoder.

    A phrase that mostly goes on with one word is completed by it ("graphical user" by "interface"). A
    phrase goes before a word of up to twice its score. What repeats the words of a larger topic's
    label loses up to half of its score, as in maximal marginal relevance [2]_, and what has the very
    same stems is not taken. Without a usable phrase the label is a word and the next best term.

    Names do not flicker from fit to fit: a topic's earlier label stays as it was written while its terms are
    among the 40 of most evidence, the first has at least half the score of the best one, and no other topic
    has kept the same (the larger topic comes first). Kept labels are taken before new ones are chosen. A
    topic in which no term stands twice is called ``"unnamed topic"``, numbered if need be.

    Parameters
    ----------
    members : mapping of topic number to row numbers
    counts : csr_array, shape (n, t)
    terms : array of str, shape (t,)
        In alphabetical order.
    vectors : float32 array of shape (n, d)
        Vectors of the counted texts, in their order.
    display : mapping of str to str
        Written form of words.
    before : mapping of topic number to label, optional
        Labels of topics that are known from before.

    References
    ----------
    .. [1] Ochiai (1957), doi:10.2331/suisan.22.526
    .. [2] Carbonell and Goldstein (1998), doi:10.1145/290941.291025

    Examples
    --------
    "agents" and "web" are in both topics; the phrases of one topic alone name it.

    >>> from analytics.text.term_counts import count_terms
    >>> texts = ["web agents click", "web agents search", "agents trade stocks", "agents trade web stocks"]
    >>> counts, terms = count_terms(texts)
    >>> rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    >>> label_topics({0: np.array([0, 1]), 1: np.array([2, 3])}, counts, terms, vectors=rows, display={})
    {0: 'web agents', 1: 'agents trade'}
    """
    # Largest topic first, so that the widest subject gets the plainest name.
    order = sorted(members, key=lambda number: (-len(members[number]), number))
    uses = sparse.csr_array(counts.astype(bool).astype(np.int64))
    sizes = np.array([len(members[topic]) for topic in order], dtype=np.int64)
    within = _uses_within([members[topic] for topic in order], uses)
    evidence = _evidence(within, np.asarray(uses.sum(axis=0)).ravel(), sizes)
    centers = np.stack([vectors[members[topic]].mean(axis=0) for topic in order]) if order else vectors[:0]
    listed = terms.tolist()
    owns = [OwnUses(listed, *_row(within, place)) for place in range(len(order))]
    near = _near_scores(evidence, centers, uses, vectors)
    scored = {topic: _whole_terms(scores, own) for topic, scores, own in zip(order, near, owns, strict=True)}
    labels = _kept_labels(before or {}, scored)
    taken = [stems(label.casefold()) for label in labels.values()]
    for topic, own in zip(order, owns, strict=True):
        if topic not in labels:
            parts = np.array(_chosen_label(scored[topic], own, taken), dtype=str)
            taken.append(stems(" ".join(parts)))
            labels[topic] = ", ".join(written_terms(range(len(parts)), parts, display))
    return _distinct({topic: labels[topic] for topic in order})


def _uses_within(members: list[NDArray[np.int64]], uses: sparse.csr_array) -> sparse.csr_array:
    """Papers of each topic that use each term, by one product."""
    rows = np.repeat(np.arange(len(members)), [len(own) for own in members])
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *members])
    shape = (len(members), uses.shape[0])
    within = sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape) @ uses
    within = sparse.csr_array(within)
    within.sort_indices()
    return within


def _evidence(
    within: sparse.csr_array, totals: NDArray[np.int64], sizes: NDArray[np.int64]
) -> sparse.csr_array:
    """Evidence of each term in each topic, 0 where too few of its papers use it."""
    size = np.repeat(sizes, np.diff(within.indptr))
    n = within.data
    evidence = (n / size) ** _RECALL * (n / totals[within.indices]) ** (1 - _RECALL)
    evidence[n < np.maximum(np.clip(size // 2, 2, 3), _LEAST_COVERAGE * size)] = 0
    return sparse.csr_array((evidence, within.indices, within.indptr), shape=within.shape)


def _row(matrix: sparse.csr_array, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    part = slice(matrix.indptr[place], matrix.indptr[place + 1])
    return matrix.indices[part], matrix.data[part]


def _near_scores(
    evidence: sparse.csr_array,
    centers: NDArray[np.float32],
    uses: sparse.csr_array,
    vectors: NDArray[np.float32],
) -> Iterator[dict[int, float]]:
    """Evidence times nearness of each topic's candidates, by their columns."""
    chosen = []
    for place in range(evidence.shape[0]):
        columns, values = _row(evidence, place)
        strongest = np.lexsort((columns, -values))[:_CANDIDATES]
        chosen.append([(int(columns[at]), float(values[at])) for at in strongest if values[at] > 0])
    known = sorted({column for own in chosen for column, _ in own})
    sums = sparse.csr_array(uses[:, known].T) @ vectors.astype(np.float64)
    at = {column: place for place, column in enumerate(known)}
    for center, own in zip(centers.astype(np.float64), chosen, strict=True):
        near = [_cosine(sums[at[column]], center) for column, _ in own]
        yield {column: value * max(0.0, c) ** _NEARNESS for (column, value), c in zip(own, near, strict=True)}


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return round(float(one @ other) / lengths, 9) if lengths else 0.0  # rounded: ties stay ties


@dataclass(frozen=True)
class OwnUses:
    """Uses of terms in one topic or group: all terms in order, and the columns and counts of those used."""

    terms: list[str]
    columns: NDArray[np.int64]
    counts: NDArray[np.int64]

    def completed(self, term: str) -> str:
        """The longer phrase that `term` is cut from: "graphical user" becomes "graphical user interface"."""
        while len(words := term.split()) < _LONGEST:
            # Phrases of four words are not counted: where a third word goes on, its last two are asked.
            tail = " ".join(words[-2:]) if len(words) > 2 else term
            following = self._following(tail)
            if following is None:
                break
            term = f"{term} {following}"
        return term

    def _following(self, phrase: str) -> str | None:
        """Word with which at least half of the uses of `phrase` go on, None without one."""
        start = bisect_left(self.terms, f"{phrase} ")
        stop = bisect_left(self.terms, f"{phrase}!", start)  # the sign after the space
        longer = slice(*np.searchsorted(self.columns, [start, stop]))
        n_words = len(phrase.split()) + 1
        nexts = [
            (-int(count), word[-1])
            for column, count in zip(self.columns[longer], self.counts[longer], strict=True)
            if len(word := self.terms[column].split()) == n_words
        ]
        if not nexts or -min(nexts)[0] < _COMPLETION * self._count(phrase):
            return None
        return str(min(nexts)[1])

    def makes_up(self, longer: str, phrase: str) -> bool:
        """Whether half of the uses of a phrase are within a longer one; no where that was not counted."""
        return _COMPLETION * self._count(phrase) <= self._count(longer) < math.inf

    def _count(self, phrase: str) -> float:
        """Uses of a phrase, no end of them if it was not counted."""
        column = bisect_left(self.terms, phrase)
        at = int(np.searchsorted(self.columns, column))
        is_own = at < len(self.columns) and self.columns[at] == column and self.terms[column] == phrase
        return float(self.counts[at]) if is_own else math.inf


def _whole_terms(scores: Mapping[int, float], own: OwnUses) -> dict[str, float]:
    """Scores of a topic's candidates, fragments completed, words weighted against phrases."""
    whole: dict[str, float] = {}
    for column, score in scores.items():
        term = own.completed(own.terms[column])
        whole[term] = max(whole.get(term, 0.0), score * (1 if " " in term else _WORD))
    return whole


def _kept_labels(before: Mapping[int, str], scored: Mapping[int, Mapping[str, float]]) -> dict[int, str]:
    """Earlier labels that are still apt, by the rule of `label_topics`."""
    kept: dict[int, str] = {}
    for topic, scores in scored.items():
        label = before.get(topic, "")
        parts = label.casefold().split(", ")
        values = [scores.get(part, 0.0) for part in parts]
        is_apt = min(values) > 0 and values[0] >= _KEPT * max(scores.values(), default=0.0)
        if is_apt and all(stems(label.casefold()) != stems(other.casefold()) for other in kept.values()):
            kept[topic] = label
    return kept


def _chosen_label(scores: Mapping[str, float], own: OwnUses, taken: list[frozenset[str]]) -> tuple[str, ...]:
    """A phrase, or a word and another term."""
    ranked = []
    for term, score in scores.items():
        repeated = max((_shared(stems(term), label) for label in taken), default=0.0)
        if repeated < 1:
            ranked.append((-score * (1 - _REPETITION * repeated), -len(term), term))
    if not ranked:
        return ("unnamed topic",)
    first, *others = [term for _, _, term in sorted(ranked)]
    if " " in first:
        whole = [term for term in others if f" {first} " in f" {term} " and own.makes_up(term, first)]
        return (whole[0] if whole else first,)
    partner = next((term for term in others if not overlap(term, first)), None)
    return (first,) if partner is None else (first, partner)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Part of the stems of two terms that both have."""
    return len(one & other) / max(1, len(one | other))


def _distinct(labels: dict[int, str]) -> dict[int, str]:
    seen: Counter[str] = Counter()
    result = {}
    for topic, label in labels.items():
        seen[label] += 1
        result[topic] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return result
