"""Terms that describe topics: weights, and lists without near-duplicates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.term_counts import class_sums

__all__ = ["chosen_terms", "class_weights", "overlap", "stems", "written_terms"]

_CANDIDATES = 80

_CONSONANTS = re.compile(r"^([^aeiouy]{3,})s$", re.IGNORECASE)
_stemmer = snowballstemmer.stemmer("english")


def class_weights(counts: sparse.csr_array, classes: NDArray[np.int64]) -> sparse.csr_array:
    """c-TF-IDF: how well each term distinguishes a class from the others.

    A term's frequency within the class, its root taken so that frequent words do not rule, times
    ``log(1 + A / f)`` with A the mean number of terms in a class and f the term's number over all [1]_.

    Arguments and rows are those of `analytics.text.term_counts.class_sums`; the weights are float64.

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

    Two terms are near-duplicates when the stems of one contain the other's. Of such a pair the longer one
    stays if it makes up at least half of the shorter one's occurrences ("reward shaping" for "shaping"), the
    heavier one otherwise. At most `n_terms`, heaviest first.

    Parameters
    ----------
    weights : array of shape (t,)
        c-TF-IDF of the topic; terms of weight 0 are never chosen.
    counts : array of shape (t,)
        Occurrences in the topic.
    terms : array of str, shape (t,)

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
        rivals = [place for place, kept in enumerate(chosen) if overlap(terms[kept], terms[candidate])]
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

    `columns` are those of `chosen_terms`; `display` is the written form of words, see
    `analytics.text.tokenizer.display_forms`.

    Examples
    --------
    >>> written_terms([0], np.array(["llm agents"]), {"llm": "LLM"})
    ['LLM agents']
    """
    return [_written(terms[column], display) for column in columns]


@lru_cache(maxsize=200_000)
def stems(term: str) -> frozenset[str]:
    """Stems of the words of a term; a hyphen separates words.

    The stemmer leaves the plural of what has no vowel, so that is taken off first.

    Examples
    --------
    >>> sorted(stems("self-improving LLMs"))
    ['LLM', 'improv', 'self']
    """
    words = term.replace("-", " ").replace(",", " ").split()
    return frozenset(_stemmer.stemWords([_CONSONANTS.sub(r"\1", word) for word in words]))


def overlap(left: str, right: str) -> bool:
    """Whether two terms are nearly the same: one's stems are in the other's, or half of all are in both.

    Examples
    --------
    >>> overlap("reward", "reward shaping"), overlap("reward shaping", "policy shaping")
    (True, False)
    """
    one, other = stems(left), stems(right)
    return one <= other or other <= one or 2 * len(one & other) >= len(one | other)


def _written(term: str, display: Mapping[str, str]) -> str:
    return " ".join(display.get(word, word) for word in term.split())
