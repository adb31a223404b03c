"""Labels of topics: a phrase that most of its papers say and others do not, and that no other topic has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.mentions import Mentions
from analytics.text.terms import stems, written_terms
from analytics.topics.own_uses import OwnUses

__all__ = ["label_topics"]

_CANDIDATES = 40
"""Terms of a topic whose nearness is looked at: those of the most evidence."""
_CARRIED = 0.5
"""Part of a topic's papers that must say a label; what fewer say counts far less, ..."""
_LESS_CARRIED = 0.3
_FEWEST_CARRIED = 1 / 3
"""... and what fewer than a third say names a topic only if nothing else does."""
_HARDLY_CARRIED = 0.005
_NOT_LOOKED_AT = 0.08
_WRITTEN = 0.03
"""Part of its topic's papers that write a label as it is, and at least three (two if there are but five)."""
_RECALL = 0.5
"""Weight of how many of the topic's papers say a term, against how few others do."""
_AS_WRITTEN = 0.25
"""Power of the part of the papers saying a term that write it so: natural phrases go before chance ones."""
_WIDE = 3.0
"""A term that other papers say a third as often, or more, counts less, the wider the less."""
_GENERIC = 2.0
_LEAST_FOR_GENERIC = 0.1
"""What counts for a term that others say half as often, or more: it names a topic if nothing else does."""
_NEARNESS = 4
"""Power of the nearness, which brings its small differences to the scale of the evidence."""
_WORD = 0.6
"""What a word counts beside a phrase."""
_NOUN = 0.6
"""A word of which a lesser part of the uses ends a phrase is a modifier ("facial"), and counts less."""
_PARTNER = 0.3
"""Part of the first half's score that the second half of a label needs."""
_ROOT = 7
"""Letters of a stem that tell its meaning."""
_REPETITION = 0.5
"""Part of its score that a term loses if its words, abbreviations spelled out, are another label's."""
_KEPT = 0.5
"""Part of the best score with which an earlier label stays."""


@dataclass(frozen=True)
class _Candidate:
    """A term: its score, the part of the topic's papers that say it, over the part of others, all papers."""

    term: str
    score: float
    carried: float
    lift: float
    papers: NDArray[np.bool_]


def label_topics(
    members: Mapping[int, NDArray[np.int64]],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    *,
    vectors: NDArray[np.float32],
    display: Mapping[str, str],
    abbreviations: Mapping[str, tuple[str, ...]] | None = None,
    before: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """One label for each topic, all different.

    A paper *says* a term if it has all of its words, in any form and anywhere, see
    `analytics.text.mentions.Mentions`. A term's score in a topic is a product. *Evidence*: of the
    topic's papers a part r says it, and of the papers that say it a part p is in the topic;
    ``sqrt(r p)`` is Ochiai's coefficient [1]_. A label that less than half of the topic's papers say
    counts 0.3, one that less than a third say next to nothing; one that other papers say more than a
    third as often counts less, and a tenth of that if they say it more than half as often. *Nearness*:
    the cosine, to the fourth, between the mean vector of all papers that say the term and that of the
    topic's, so that a term of one corner of the topic stays behind one of its middle; the same question
    as KeyBERT's, put to papers instead of an encoder.

    A phrase that mostly goes on with one word is completed by it ("graphical user" by "interface"). A
    word counts less than a phrase, and much less if it mostly modifies what follows. It is joined by a
    second term that as many papers must say, and so is a wide term. What repeats the words of a larger
    topic's label, abbreviations spelled out, loses up to half of its score, as in maximal marginal
    relevance [2]_, and what has the very same stems is not taken.

    Names do not flicker from fit to fit: a topic's earlier label stays as it was written while each of its
    terms is among the 40 of most evidence and said by half of the papers (or by as many as the best one is),
    the first has at least half the score of the best one, and no other topic has kept the same (the
    larger topic comes first). Kept labels are taken before new ones are chosen.

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
    abbreviations : mapping of str to tuple of str, optional
        See `analytics.text.abbreviations.abbreviations`.
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
    said, nouns = Mentions(counts, terms, abbreviations or {}), _noun_shares(counts, terms)
    listed, doubles = terms.tolist(), vectors.astype(np.float64)
    scored: dict[int, list[_Candidate]] = {}
    sums: dict[str, NDArray[np.float64]] = {}
    for topic in order:
        within = np.asarray(uses[members[topic]].sum(axis=0)).ravel()
        used = np.flatnonzero(within)
        own = OwnUses(listed, used, within[used])
        scored[topic] = _near(_candidates(own, members[topic], said, nouns), members[topic], doubles, sums)
    labels = _kept_labels(before or {}, scored)
    long_forms = {stems(short): long for short, long in (abbreviations or {}).items()}
    meaning = partial(_meaning, long_forms=long_forms)
    taken = [label.casefold() for label in labels.values()]
    for topic in order:
        if topic not in labels:
            parts = np.array(_chosen_label(scored[topic], taken, meaning), dtype=str)
            taken.append(" ".join(parts))
            labels[topic] = ", ".join(written_terms(range(len(parts)), parts, display))
    return _distinct({topic: labels[topic] for topic in order})


def _noun_shares(counts: sparse.csr_array, terms: NDArray[np.str_]) -> dict[str, float]:
    """Part of the uses of each word that no further word of a phrase follows."""
    total = np.asarray(counts.sum(axis=0)).ravel()
    uses = {term: int(n) for term, n in zip(terms.tolist(), total, strict=True)}
    followed: Counter[str] = Counter()
    for term, n in uses.items():
        first, _, rest = term.partition(" ")
        if rest and " " not in rest:
            followed[first] += n
    return {term: 1 - followed[term] / n for term, n in uses.items() if " " not in term and n}


def _candidates(
    own: OwnUses, members: NDArray[np.int64], said: Mentions, nouns: Mapping[str, float]
) -> list[_Candidate]:
    """Terms of a topic by evidence, the 40 strongest, each in the form that most of the papers write."""
    size = len(members)
    least = max(min(max(size // 2, 2), 3), _WRITTEN * size)
    forms: dict[frozenset[str], tuple[float, str]] = {}
    for column, n in zip(own.columns.tolist(), own.counts.tolist(), strict=True):
        if n >= least:
            term = own.completed(own.terms[column])
            weight = n if " " in term else n * nouns.get(term, 1.0)
            forms[stems(term)] = min(forms.get(stems(term), (0.0, "")), (-float(weight), term))
    found = []
    for weight, term in forms.values():
        if all(said.word(word)[members].sum() >= _NOT_LOOKED_AT * size for word in term.split()):
            papers = said.papers(term)
            n, total, outside = int(papers[members].sum()), int(papers.sum()), len(papers) - size
            if n >= _NOT_LOOKED_AT * size:
                lift = n / size / ((total - n + 0.5) / (outside + 1))
                candidate = _Candidate(term, 0.0, n / size, lift, papers)
                found.append(replace(candidate, score=_evidence(candidate, n / total, -weight / n, nouns)))
    return sorted(found, key=lambda one: (-one.score, one.term))[:_CANDIDATES]


def _evidence(one: _Candidate, precision: float, as_written: float, nouns: Mapping[str, float]) -> float:
    """Score of a term before its nearness is known."""
    agreed = one.carried**_RECALL * precision ** (1 - _RECALL)
    score = float(agreed * min(1.0, as_written) ** _AS_WRITTEN)
    score *= min(1.0, float(np.log(max(one.lift, 1.1)) / np.log(_WIDE)))
    if one.lift < _GENERIC:
        score *= _LEAST_FOR_GENERIC
    if one.carried < _FEWEST_CARRIED:
        score *= _HARDLY_CARRIED
    elif one.carried < _CARRIED:
        score *= _LESS_CARRIED
    if " " not in one.term:
        score *= _WORD * min(1.0, nouns.get(one.term, 1.0) / _NOUN)
    return score


def _near(
    candidates: list[_Candidate],
    members: NDArray[np.int64],
    vectors: NDArray[np.float64],
    sums: dict[str, NDArray[np.float64]],
) -> list[_Candidate]:
    """Candidates with their nearness in their scores, best first; `sums` keeps those of terms seen before."""
    center = vectors[members].mean(axis=0)
    for one in candidates:
        if one.term not in sums:
            sums[one.term] = vectors[one.papers].sum(axis=0)
    near = [max(0.0, _cosine(sums[one.term], center)) ** _NEARNESS for one in candidates]
    scored = [replace(one, score=one.score * by) for one, by in zip(candidates, near, strict=True)]
    return sorted(scored, key=lambda one: (-one.score, one.term))


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return round(float(one @ other) / lengths, 9) if lengths else 0.0  # rounded: ties stay ties


def _kept_labels(before: Mapping[int, str], scored: Mapping[int, Sequence[_Candidate]]) -> dict[int, str]:
    """Earlier labels that are still apt, by the rule of `label_topics`."""
    kept: dict[int, str] = {}
    for topic, candidates in scored.items():
        label = before.get(topic, "")
        known = {stems(one.term): one for one in candidates}
        parts = [known.get(stems(part)) for part in label.casefold().split(", ")]
        apt = [part for part in parts if part is not None and part.score > 0]
        if len(apt) < len(parts) or not candidates:
            continue
        enough = min(_CARRIED, candidates[0].carried)
        is_apt = apt[0].score >= _KEPT * candidates[0].score and all(one.carried >= enough for one in apt)
        if is_apt and all(stems(label.casefold()) != stems(other.casefold()) for other in kept.values()):
            kept[topic] = label
    return kept


def _chosen_label(
    candidates: Sequence[_Candidate],
    taken: Iterable[str],
    meaning: Callable[[str], frozenset[str]],
) -> tuple[str, ...]:
    """A phrase, or a word or a wide phrase and another term."""
    ranked = []
    known = {meaning(label) for label in taken}
    for one in candidates:
        own = meaning(one.term)
        repeated = max((_shared(own, label) for label in known), default=0.0)
        if repeated < 1:
            ranked.append(replace(one, score=one.score * (1 - _REPETITION * repeated)))
    ranked.sort(key=lambda one: (-one.score, -len(one.term), one.term))
    if not ranked:
        return ("unnamed topic",)
    first = ranked[0]
    if " " in first.term and first.lift >= _WIDE:
        return (first.term,)
    enough = _CARRIED if min(first.carried, first.lift / _WIDE) >= _CARRIED else _FEWEST_CARRIED
    for other in ranked[1:]:
        if (
            other.carried >= enough
            and (other.score >= _PARTNER * first.score or first.lift < _WIDE)
            and not meaning(other.term) & meaning(first.term)
        ):
            return first.term, other.term
    return (first.term,)


def _meaning(term: str, long_forms: Mapping[frozenset[str], tuple[str, ...]]) -> frozenset[str]:
    """Stems of a term, abbreviations spelled out, and cut so that "molecules" and "molecular" are one."""
    words = (" ".join(long_forms.get(stems(word), (word,))) for word in term.replace(",", " ").split())
    return frozenset(stem[:_ROOT] for stem in stems(" ".join(words)))


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
