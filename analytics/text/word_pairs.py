"""Counts of words and of adjacent words in titles and abstracts, by array operations.

Words are content words as `analytics.text.tokenizer.tokenize` gives them; a *pair* is two of them that
follow one another, what was left out between them not minded.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.tokenizer import tokenize
from analytics.text.word_numbers import Numbers, laid_out

__all__ = ["PairCounter", "common_terms"]

_TITLE_TIMES = 3
"""Times that a word of the title counts: MiniLM, too, gives more to what comes first."""


@dataclass(frozen=True)
class _Read:
    """Words of texts, one text after the other, title first.

    `numbers` are places in `words`; `rows` says which text a word is in, `times` how often it counts,
    `follows` whether the word before it is in the same title or the same abstract.
    """

    words: list[str]
    numbers: NDArray[np.int64]
    rows: NDArray[np.int64]
    times: NDArray[np.float32]
    follows: NDArray[np.bool_]


class PairCounter:
    """Counts given words and pairs in texts; those of the title, which ends at the first stop, three times.

    `terms` are words, and pairs written with a space between their words.

    Examples
    --------
    >>> counter = PairCounter(["agent", "sparse", "sparse rewards"])
    >>> counter.counts(["Sparse rewards. An agent and another agent"]).toarray().tolist()
    [[2.0, 3.0, 3.0]]
    """

    def __init__(self, terms: Sequence[str]) -> None:
        split = [term.split(" ") for term in terms]
        self._n_terms = len(split)
        self._places = Numbers()
        pairs = [(at, *(self._places[word] for word in one)) for at, one in enumerate(split) if len(one) == 2]
        self._columns = {one[0]: at for at, one in enumerate(split) if len(one) == 1}
        table = np.array(pairs, dtype=np.int64).reshape(-1, 3)
        codes = table[:, 1] * max(1, len(self._places)) + table[:, 2]
        order = np.argsort(codes, kind="stable")
        self._codes, self._code_columns = codes[order], table[order, 0]

    def counts(self, texts: Sequence[str]) -> sparse.csr_array:
        """Counts in `texts`, float32 of shape (n, t), columns ascending in each row."""
        read = _read_words(texts)
        columns = np.array([self._columns.get(word, -1) for word in read.words], dtype=np.int64)
        places = np.array([self._places.get(word, -1) for word in read.words], dtype=np.int64)
        single, (first, second, at) = columns[read.numbers], _pairs(read)
        first, second = places[first], places[second]
        paired = self._column_of(np.where((first < 0) | (second < 0), -1, first * len(self._places) + second))
        return _summed(
            np.concatenate([read.rows, read.rows[at]]),
            np.concatenate([single, paired]),
            np.concatenate([read.times, read.times[at]]),
            (len(texts), self._n_terms),
        )

    def _column_of(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Column of each pair, -1 for pairs that are not counted."""
        if not len(self._codes):
            return np.full(len(codes), -1)
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.where(self._codes[at] == codes, self._code_columns[at], -1)


def common_terms(
    texts: Sequence[str], *, fewest_texts: int, most_terms: int
) -> tuple[list[str], sparse.csr_array]:
    """Words and pairs that are in at least so many texts, the most frequent of them.

    Returns the terms in alphabetical order (of equally frequent ones the first in it are taken) and, of shape
    (n, t), their counts by `PairCounter`.

    Examples
    --------
    >>> common_terms(["sparse rewards", "sparse rewards here"], fewest_texts=2, most_terms=9)[0]
    ['rewards', 'sparse', 'sparse rewards']
    """
    read = _read_words(texts)
    first, second, at = _pairs(read)
    n_words = len(read.words)
    codes = np.concatenate([read.numbers, n_words + first * n_words + second])
    distinct, which = np.unique(codes, return_inverse=True)
    rows, times = np.concatenate([read.rows, read.rows[at]]), np.concatenate([read.times, read.times[at]])
    counts = _summed(rows, which, times, (len(texts), len(distinct)))
    n_texts = np.bincount(counts.indices, minlength=len(distinct))
    frequency = np.bincount(which, weights=times, minlength=len(distinct))
    enough = np.flatnonzero(n_texts >= fewest_texts)
    if most_terms < len(enough):  # what is rarer than so many others need not be written out
        enough = enough[frequency[enough] >= np.partition(frequency[enough], -most_terms)[-most_terms]]
    ranked = sorted((-frequency[at], _written(read.words, int(distinct[at])), int(at)) for at in enough)
    chosen = sorted((term, at) for _, term, at in ranked[:most_terms])
    counts = sparse.csr_array(counts[:, [at for _, at in chosen]])
    counts.sort_indices()
    return [term for term, _ in chosen], counts


def _written(words: list[str], code: int) -> str:
    if code < len(words):
        return words[code]
    first, second = divmod(code - len(words), len(words))
    return f"{words[first]} {words[second]}"


def _read_words(texts: Sequence[str]) -> _Read:
    """Read texts: a stretch between spaces is looked up at each use, its words once."""
    places_of = Numbers()
    places, sizes = array("i"), array("i")
    for text in texts:
        title, _, rest = text.partition(". ")
        for part in (title, rest):
            stretches = part.split()
            places.extend(map(places_of.__getitem__, stretches))
            sizes.append(len(stretches))
    words_of = [tokenize(stretch) for stretch in places_of]
    numbers_of = Numbers()
    items = np.array([numbers_of[word] for word in chain.from_iterable(words_of)], dtype=np.int64)
    lengths = np.array([len(words) for words in words_of], dtype=np.int64)
    numbers, n_words = laid_out(items, lengths, np.array(places, dtype=np.int64))
    parts = np.repeat(np.repeat(np.arange(len(sizes)), np.array(sizes, dtype=np.int64)), n_words)
    times = np.where(parts % 2 == 0, _TITLE_TIMES, 1).astype(np.float32)
    follows = np.zeros(len(parts), dtype=bool)
    follows[1:] = parts[1:] == parts[:-1]
    return _Read(list(numbers_of), numbers, parts // 2, times, follows)


def _pairs(read: _Read) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First and second words of the pairs, and where the second ones stand."""
    at = np.flatnonzero(read.follows)
    return read.numbers[at - 1], read.numbers[at], at


def _summed(
    rows: NDArray[Any], columns: NDArray[Any], times: NDArray[np.float32], shape: tuple[int, int]
) -> sparse.csr_array:
    known = columns >= 0
    counts = sparse.csr_array((times[known], (rows[known], columns[known])), shape=shape)
    counts.sum_duplicates()
    return counts
