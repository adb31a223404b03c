"""Counts of terms in texts by array operations: words become numbers once, phrases are numbers of numbers.

A *term* is a word or a phrase of up to three words as `analytics.text.tokenizer.phrases` gives them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.parallel import Each
from analytics.text.tokenizer import LONGEST_PHRASE, is_subject, phrase_words
from analytics.text.word_numbers import Numbers, laid_out

__all__ = ["MOST_TERMS", "class_sums", "count_terms"]

MOST_TERMS = 100_000
"""Terms that are counted at most."""

_PART = 2_000  # texts that are read at a time
_LINE_END = "-"  # a stretch that ends a phrase, as the end of a line does


@dataclass(frozen=True)
class _Sequences:
    """Words of many texts, one text after the other.

    `numbers` are places in `words`, of which the first is the end of a phrase; every text ends with one.
    `lengths` are those of the texts.
    """

    words: list[str]
    numbers: NDArray[np.int32]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class _Grams:
    """Sequences of words, each as places in a vocabulary, and how often each is in each text."""

    words: NDArray[np.int64]
    counts: sparse.csr_array


def count_terms(texts: Sequence[str], *, each: Each = map) -> tuple[sparse.csr_array, NDArray[np.str_]]:
    """Counts of terms in texts.

    Terms that are in a single text describe no group, so they are left out; beyond 100,000 terms those of the
    fewest texts go first. A word of a single text is in no other term, and a phrase is in no more texts than
    its parts: such are dropped before longer phrases are looked at, which keeps memory at a few kilobytes a
    text. Returns counts of shape (n, t), and the terms in alphabetical order.

    Examples
    --------
    >>> counts, terms = count_terms(["sparse rewards", "sparse rewards and agents", "agents"])
    >>> terms.tolist()
    ['agents', 'rewards', 'sparse', 'sparse rewards']
    >>> counts.toarray().tolist()
    [[0, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]]
    """
    read = _merged(each(_count_part, _parts(texts)))
    alone = np.array([is_subject(word) for word in read.words], dtype=bool)
    tables, counts = [], []
    for found in _repeated_grams(read):
        is_term = alone[found.words].any(axis=1)
        table = np.zeros((int(is_term.sum()), LONGEST_PHRASE), dtype=np.int64)  # 0: no further word
        table[:, : found.words.shape[1]] = found.words[is_term]
        tables.append(table)
        counts.append(found.counts[:, np.flatnonzero(is_term)])
    table, kept = _chosen(np.concatenate(tables), sparse.csr_array(sparse.hstack(counts, format="csr")))
    terms = [" ".join(read.words[word] for word in row if word) for row in table.tolist()]
    return kept, np.array(terms, dtype=str)


def class_sums(counts: sparse.csr_array, classes: NDArray[np.int64]) -> sparse.csr_array:
    """Sums of the rows of each class: one sparse product for all classes.

    `counts` has shape (n, t); `classes`, shape (n,), are the classes of the texts from -1 on: -1 is a class
    too, of what belongs nowhere. Returns shape (k, t), a row per class that occurs, in order of their
    numbers.

    Examples
    --------
    >>> counts = sparse.csr_array(np.array([[2, 0], [0, 2], [1, 0]]))
    >>> class_sums(counts, np.array([0, 1, 0])).toarray().tolist()
    [[3, 0], [0, 2]]
    """
    numbers, of_row = np.unique(classes, return_inverse=True)
    rows = np.arange(len(classes))
    ones = np.ones(len(rows), dtype=counts.dtype)
    members = sparse.csr_array((ones, (of_row, rows)), shape=(len(numbers), len(rows)))
    sums = sparse.csr_array(members @ counts)
    sums.sort_indices()
    return sums


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + _PART] for start in range(0, len(texts), _PART))


def _count_part(texts: Sequence[str]) -> _Sequences:
    """Words of a part of the texts, numbered as they come.

    A stretch between spaces is looked up at each use, its words once per part.
    """
    places_of = Numbers({_LINE_END: 0})
    places, n_stretches = array("i"), []
    for text in texts:
        before = len(places)
        for line in text.split("\n"):
            places.extend(map(places_of.__getitem__, line.split()))
            places.append(0)
        n_stretches.append(len(places) - before)
    numbers_of = Numbers({"": 0})
    words, sizes = array("i"), []
    for stretch in places_of:
        found = phrase_words(stretch)
        words.extend(map(numbers_of.__getitem__, found))
        sizes.append(len(found))
    numbers, n_words = laid_out(np.array(words), np.array(sizes, dtype=np.int64), np.array(places))
    ends = np.cumsum(n_words)[np.cumsum(n_stretches, dtype=np.int64) - 1] - 1
    # Of ends of phrases that follow one another the last does.
    kept = np.append((numbers[:-1] > 0) | (numbers[1:] > 0), True)
    kept[ends] = True
    lengths = np.diff(np.cumsum(kept)[ends], prepend=0)
    return _Sequences(list(numbers_of), numbers[kept], lengths)


def _merged(parts: Iterable[_Sequences]) -> _Sequences:
    """One sequence of all parts: words in alphabetical order, those of a single text as ends of phrases."""
    numbers_of = Numbers({"": 0})
    all_numbers, all_lengths = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int64)]
    for part in parts:
        places = np.array([numbers_of[word] for word in part.words], dtype=np.int32)
        all_numbers.append(places[part.numbers])
        all_lengths.append(part.lengths)
    numbers, lengths = np.concatenate(all_numbers), np.concatenate(all_lengths)
    texts = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    n_texts = np.bincount(_counts(texts, numbers, (len(lengths), len(numbers_of))).indices, minlength=1)
    words = ["", *sorted(word for word, number in numbers_of.items() if number and n_texts[number] > 1)]
    alphabetical = np.zeros(len(numbers_of), dtype=np.int32)
    alphabetical[[numbers_of[word] for word in words]] = np.arange(len(words))
    return _Sequences(words, alphabetical[numbers], lengths)


def _repeated_grams(read: _Sequences) -> Iterator[_Grams]:
    """Sequences of one, of two and of three words that are in two texts or more."""
    n_texts, n_words, numbers = len(read.lengths), len(read.words), read.numbers
    texts = np.repeat(np.arange(n_texts, dtype=np.int32), read.lengths)
    words = np.zeros((1, 0), dtype=np.int64)  # the sequence without a word, which begins at every place
    gram = np.zeros(len(numbers), dtype=np.int32)
    for size in range(1, LONGEST_PHRASE + 1):
        # A sequence is repeated only where the one without its last word is, and that without its first.
        at = np.flatnonzero((gram[:-1] >= 0) & (gram[1:] >= 0))
        last = numbers[at + size - 1]
        at, last = at[last > 0], last[last > 0]
        distinct, which = np.unique(gram[at] * np.int64(n_words) + last, return_inverse=True)
        counts = _counts(texts[at], which, (n_texts, len(distinct)))
        repeated = np.bincount(counts.indices, minlength=len(distinct)) > 1
        gram = np.full(len(numbers), -1, dtype=np.int32)
        gram[at] = np.where(repeated, np.cumsum(repeated) - 1, -1)[which]
        words = np.column_stack((words[distinct // n_words], distinct % n_words))[repeated]
        yield _Grams(words, counts[:, np.flatnonzero(repeated)])


def _counts(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> sparse.csr_array:
    """How often each pair of row and column is there."""
    ones = np.ones(len(rows), dtype=np.int32)
    return sparse.csr_array((ones, (rows, columns.astype(np.int32))), shape=shape)


def _chosen(table: NDArray[np.int64], counts: sparse.csr_array) -> tuple[NDArray[np.int64], sparse.csr_array]:
    """Terms of the most texts in alphabetical order, of equally many the first in it.

    Words are numbered alphabetically and a space comes before all that words consist of, so that terms
    are in the order of their numbers.
    """
    n_texts = np.bincount(counts.indices, minlength=len(table))
    most = np.lexsort((*table.T[::-1], -n_texts))[:MOST_TERMS]
    order = most[np.lexsort(table[most].T[::-1])]
    chosen = counts[:, order].astype(np.int64)
    chosen.sort_indices()
    return table[order], chosen
