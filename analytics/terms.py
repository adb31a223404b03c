"""Terms that describe topics: weights by one sparse product, lists without near-duplicates, labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy import sparse

from analytics.term_counts import class_sums

__all__ = ["chosen_terms", "class_weights", "label_topics", "written_terms"]

_CANDIDATES = 80
_LEAST_COVERAGE = 0.1
"""A label must stand in a tenth of its topic's papers at least."""
_KEPT_LABEL = 0.5
"""A topic's earlier label stays while it has half the evidence of the best one."""
_PHRASE_PREFERENCE = 0.3
"""A phrase names a topic better than a word unless the word's evidence is over three times its own."""

_COMPLETION = 0.5
"""A phrase is completed to a longer one that makes up half of its uses."""

_stemmer = snowballstemmer.stemmer("english")


def class_weights(counts: sparse.csr_array, classes: NDArray[np.int64]) -> sparse.csr_array:
    """c-TF-IDF: how much each term tells a class from the others.

    A term's frequency within the class, its root taken so that frequent words do not rule, times
    ``log(1 + A / f)`` with A the mean number of terms in a class and f the term's number over all [1]_.

    Parameters
    ----------
    counts : csr_array of int64, shape (n, t)
    classes : int64 array of shape (n,)
        Class of each text, from -1 on: -1 is a class too, of what belongs nowhere.

    Returns
    -------
    csr_array of float64, shape (k, t)
        A row a class that occurs, in order of their numbers.

    References
    ----------
    .. [1] Grootendorst (2022), doi:10.48550/arXiv.2203.05794

    Examples
    --------
    Two classes of one term each: a frequency of 1, and A = f = 2 make log 2.

    >>> counts = sparse.csr_array(np.array([[2, 0], [0, 2]]))
    >>> class_weights(counts, np.array([0, 1])).toarray().round(3).tolist()
    [[0.693, 0.0], [0.0, 0.693]]
    """
    per_class = class_sums(counts, classes)
    totals = np.asarray(per_class.sum(axis=1)).ravel()
    uses = np.asarray(per_class.sum(axis=0)).ravel()
    rarity = np.log1p(int(totals.mean()) / np.maximum(uses, 1))
    shares = sparse.diags_array(1 / np.maximum(totals, 1)) @ per_class
    shares.data = np.sqrt(shares.data)
    return sparse.csr_array(shares @ sparse.diags_array(rarity))


def chosen_terms(
    weights: NDArray[np.float64],
    counts: NDArray[np.int64],
    terms: NDArray[np.str_],
    *,
    n_terms: int = 10,
) -> list[int]:
    """Columns of the terms of the largest weights without near-duplicates.

    Two terms are near-duplicates when the stems of one contain the other's. Of such a pair the
    longer one stays if it makes up at least half of the shorter one's occurrences ("reward
    shaping" for "shaping"), the heavier one otherwise.

    Parameters
    ----------
    weights : array of shape (t,)
        c-TF-IDF of the topic; terms of weight 0 are never chosen.
    counts : array of shape (t,)
        Occurrences in the topic.
    terms : array of str, shape (t,)
    n_terms : int, default 10

    Returns
    -------
    list of int
        At most `n_terms`, heaviest first.

    Examples
    --------
    >>> chosen_terms(np.array([3.0, 2.0, 1.0]), np.array([9, 9, 8]),
    ...              np.array(["agents", "rewards", "sparse reward"]))
    [0, 2]
    """
    chosen: list[int] = []
    for candidate in np.argsort(-weights, kind="stable")[:_CANDIDATES]:
        if weights[candidate] <= 0:
            break
        rivals = [place for place, kept in enumerate(chosen) if _overlap(terms[kept], terms[candidate])]
        if not rivals:
            if len(chosen) < n_terms:
                chosen.append(int(candidate))
            continue
        place = rivals[0]
        longer = stems(terms[candidate]) > stems(terms[chosen[place]])
        if len(rivals) == 1 and longer and counts[candidate] * 2 >= counts[chosen[place]]:
            chosen[place] = int(candidate)
    return chosen


def written_terms(columns: Sequence[int], terms: NDArray[np.str_], display: Mapping[str, str]) -> list[str]:
    """Terms as people write them.

    Parameters
    ----------
    columns : sequence of int
        What `chosen_terms` gave.
    terms : array of str, shape (t,)
    display : mapping of str to str
        Written form of words, see `analytics.text.display_forms`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> written_terms([0], np.array(["llm agents"]), {"llm": "LLM"})
    ['LLM agents']
    """
    return [_written(terms[column], display) for column in columns]


def label_topics(
    members: Mapping[int, NDArray[np.int64]],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    *,
    display: Mapping[str, str],
    before: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """One label for each topic, all different: a phrase that many of its papers use and others do not.

    The evidence of a term is its part of the Kullback-Leibler divergence between topic and corpus,
    ``c log(c / C)`` with the shares c and C of papers that use it. Without a usable phrase the label
    is the two strongest words.

    Names do not flicker from fit to fit: a topic's earlier label stays as it was written while a tenth
    of its papers use it more than others do, its evidence is at least half that of the best label, and
    no other topic has kept it (the larger topic comes first). Of an earlier label of two words the
    first has that evidence, and both are still in use. Kept labels are taken before new ones are chosen.

    Parameters
    ----------
    members : mapping of topic number to row numbers
        No row stands in two topics.
    counts : csr_array, shape (n, t)
    terms : array of str, shape (t,)
        In alphabetical order.
    display : mapping of str to str
        Written form of words.
    before : mapping of topic number to label, optional
        Labels of topics that are known from before.

    Returns
    -------
    dict of topic number to label
        A topic in which no term stands twice is called ``"unnamed topic"``, numbered if need be.
    """
    # Largest topic first, so that the widest subject gets the plainest name.
    by_size = sorted(members, key=lambda number: (-len(members[number]), number))
    evidence = dict(
        zip(by_size, _evidence([members[topic] for topic in by_size], counts, terms), strict=True)
    )
    labels: dict[int, str] = {}
    taken: set[frozenset[str]] = set()
    for topic in by_size:
        earlier = (before or {}).get(topic)
        if earlier is not None and _is_still_apt(earlier, evidence[topic], taken):
            taken.add(stems(earlier.casefold()))
            labels[topic] = earlier
    for topic in by_size:
        if topic not in labels:
            label = _completed(_best_label(evidence[topic], taken), evidence[topic], taken)
            taken.add(stems(label))
            labels[topic] = ", ".join(_written(part, display) for part in label.split(", "))
    return _distinct({topic: labels[topic] for topic in by_size})


@dataclass(frozen=True)
class _Evidence:
    """Terms that a topic uses, in alphabetical order: their share of its papers, and their evidence."""

    terms: NDArray[np.str_]
    shares: NDArray[np.float64]
    values: NDArray[np.float64]


def _evidence(
    members: Sequence[NDArray[np.int64]], counts: sparse.csr_array, terms: NDArray[np.str_]
) -> Iterator[_Evidence]:
    """Evidence of the terms of each topic, one after the other."""
    uses = counts.astype(bool).astype(np.int64)
    corpus_share = np.asarray(uses.sum(axis=0)).ravel() / max(1, uses.shape[0])
    classes = np.full(uses.shape[0], len(members))  # the last one: papers of no topic
    for place, rows in enumerate(members):
        classes[rows] = place
    sums = class_sums(uses, classes)
    for place, rows in enumerate(members):
        own = slice(sums.indptr[place], sums.indptr[place + 1])
        used = sums.indices[own]
        share = sums.data[own] / len(rows)
        value = np.where(share >= _LEAST_COVERAGE, share * np.log(share / corpus_share[used]), 0.0)
        yield _Evidence(terms[used], share, value)


def _is_still_apt(label: str, evidence: _Evidence, taken: set[frozenset[str]]) -> bool:
    """Whether an earlier label still names its topic, by the rule of `label_topics`."""
    parts = label.casefold().split(", ")
    places = np.searchsorted(evidence.terms, parts)
    values = [
        float(evidence.values[place])
        if place < len(evidence.terms) and evidence.terms[place] == part
        else 0.0
        for place, part in zip(places.tolist(), parts, strict=True)
    ]
    if min(values) <= 0 or stems(label.casefold()) in taken:
        return False
    leading = _best_label(evidence, taken).split(", ")[0]
    best = float(evidence.values[np.searchsorted(evidence.terms, leading)])
    return values[0] >= _KEPT_LABEL * best


@lru_cache(maxsize=200_000)
def stems(term: str) -> frozenset[str]:
    """Stems of the words of a term; a hyphen separates words.

    Examples
    --------
    >>> sorted(stems("self-improving agents"))
    ['agent', 'improv', 'self']
    """
    return frozenset(_stemmer.stemWords(term.replace("-", " ").replace(",", " ").split()))


def _overlap(left: str, right: str) -> bool:
    one, other = stems(left), stems(right)
    return one <= other or other <= one or 2 * len(one & other) >= len(one | other)


def _best_label(evidence: _Evidence, taken: set[frozenset[str]]) -> str:
    terms, values = evidence.terms, evidence.values
    ranked = [int(term) for term in np.argsort(-values, kind="stable")[:_CANDIDATES] if values[term] > 0]
    free = [term for term in ranked if stems(terms[term]) not in taken]
    named = [term for term in free if len(stems(terms[term])) > 1]
    if named and values[named[0]] >= _PHRASE_PREFERENCE * values[free[0]]:
        return str(terms[named[0]])
    if not free:
        return "unnamed topic"
    partner = next((term for term in free[1:] if not _overlap(terms[term], terms[free[0]])), None)
    return str(terms[free[0]]) if partner is None else f"{terms[free[0]]}, {terms[partner]}"


def _completed(label: str, evidence: _Evidence, taken: set[frozenset[str]]) -> str:
    """The longer phrase that `label` is cut from: "graphical user" becomes "graphical user interface"."""
    terms, shares = evidence.terms, evidence.shares
    place = np.searchsorted(terms, label)
    if place == len(terms) or terms[place] != label:
        return label
    longer = [
        (-shares[at], str(terms[at]))
        for at in np.flatnonzero(shares >= _COMPLETION * shares[place])
        if f" {label} " in f" {terms[at]} " and len(terms[at]) > len(label) and stems(terms[at]) not in taken
    ]
    return min(longer)[1] if longer else label


def _written(term: str, display: Mapping[str, str]) -> str:
    return " ".join(display.get(word, word) for word in term.split())


def _distinct(labels: dict[int, str]) -> dict[int, str]:
    seen: Counter[str] = Counter()
    result = {}
    for topic, label in labels.items():
        seen[label] += 1
        result[topic] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return result
