"""How much papers use the words of a theme's phrases: BM25 over stemmed words and pairs of them.

Vectors know what a phrase means, words what it says; a paper that does both is surer than one that does
either. Papers without an abstract are compared with each other: a title has few words, and each says more.
Texts are read by Arrow, so that 75,000 papers take seconds: a stretch between spaces is looked at once in
each block of papers, however often it occurs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import snowballstemmer
from numpy.typing import NDArray
from scipy import sparse

from analytics.parallel import blocks_of
from analytics.text.tokenizer import STOP_WORDS, words
from analytics.text.word_numbers import laid_out
from analytics.themes.title_only import is_title_only

__all__ = ["phrase_matches"]

_SATURATION, _LENGTH_PART = 1.2, 0.75  # k1 and b of BM25, their usual values
_PRIOR_PAPERS, _USUAL_PART = 1000, 0.25
_TITLES_PER_ABSTRACT = 8
"""So many titles use as many different words as an abstract does, at least of those that phrases use."""
_BLOCK = 5_000  # papers at a time
_MOST_REMEMBERED = 1 << 19  # stretches
_EDGES = ".,;:!?()[]{}\"'`*$\u201c\u201d\u2018\u2019"
_STEMMER = snowballstemmer.stemmer("english")


def phrase_matches(
    titles: Sequence[str], abstracts: Sequence[str], texts: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Matches of papers with each theme's texts, 1 for the words of a whole phrase beyond what is usual.

    The query of a theme are the stemmed content words of its texts and the pairs of neighboring ones, each
    weighted by the number of texts that have it; papers are scored by BM25 [1]_. Words and pairs of title and
    abstract count alike; a pair does not go across the two. How rare a word is and how long a paper is follow
    from the papers at hand; titles without an abstract are compared with titles.

    Scores are divided by what the terms of one text are worth, in the mean of the theme's texts: a theme
    about which there are no papers shares a rare word with some of them and no phrase. What is usual is the
    mean over the corpus, for titles without an abstract over these, and a quarter of a phrase as if 1,000
    further papers had it.

    `texts` are the phrases and the description of each theme; Arrow's string arrays are read without a copy.
    Returns shape (n, t), 0 for a theme whose texts have no content word.

    References
    ----------
    .. [1] Robertson & Zaragoza (2009), doi:10.1561/1500000019; stems by Porter's second English stemmer

    Examples
    --------
    >>> found = phrase_matches(["Agents that plan", ""], ["An agent plans", "Soil"], [["planning agents"]])
    >>> found.round(1).tolist()
    [[0.3], [-0.3]]
    """
    queries = [_query(one) for one in texts]
    terms = _Terms.of(queries)
    blocks, lengths = _count(titles, abstracts, terms)
    n_papers = len(lengths)
    titled = is_title_only(abstracts)
    n_with = _papers_with(blocks, titled, len(terms.places))
    rarity = np.log1p((n_papers - n_with + 0.5) / (n_with + 0.5))
    usual_length = np.ones(n_papers)
    for rows in (~titled, titled):
        usual_length[rows] = max(_mean(lengths[rows]), 1.0)
    longer = _SATURATION * (1 - _LENGTH_PART + _LENGTH_PART * lengths / usual_length)
    weights = np.zeros((len(terms.places), len(queries)))
    worth = np.ones(len(queries))
    for theme, (query, own) in enumerate(zip(queries, texts, strict=True)):
        for term, times in query.items():
            weights[terms.places[term], theme] = times * rarity[terms.places[term]]
        found = [weights[[terms.places[term] for term in _terms(text)], theme].sum() for text in own]
        worth[theme] = sum(found) / max(len(found), 1) or 1.0
    scores = np.empty((n_papers, len(queries)))
    for block, counts in blocks:
        times = counts.data.astype(np.float64)
        times = times * (_SATURATION + 1) / (times + np.repeat(longer[block], np.diff(counts.indptr)))
        saturated = sparse.csr_array((times, counts.indices, counts.indptr), shape=counts.shape)
        scores[block] = np.asarray(saturated @ weights) / worth
    for rows in (~titled, titled):
        weight = rows.sum() / (rows.sum() + _PRIOR_PAPERS)
        scores[rows] -= weight * _mean(scores[rows]) + (1 - weight) * _USUAL_PART
    return np.where(weights.any(axis=0), scores, 0.0)


def _papers_with(blocks: _Blocks, titled: NDArray[np.bool_], n_terms: int) -> NDArray[np.float64]:
    """Papers with each term, titles counted as if they were abstracts.

    A term in a share s of titles is in 1 - (1 - s)^8 of abstracts. Otherwise what every abstract says would
    count as rare where most titles do not say it.
    """
    n_titled, n_others = np.zeros(n_terms), np.zeros(n_terms)
    for rows, counts in blocks:
        is_of_title = np.repeat(titled[rows], np.diff(counts.indptr))
        n_titled += np.bincount(counts.indices[is_of_title], minlength=n_terms)
        n_others += np.bincount(counts.indices[~is_of_title], minlength=n_terms)
    of_titles = n_titled / max(int(titled.sum()), 1)
    return np.asarray(n_others + titled.sum() * (1 - (1 - of_titles) ** _TITLES_PER_ABSTRACT))


def _mean(rows: NDArray[np.float64]) -> Any:
    """Mean over rows, 0 without any."""
    return rows.mean(axis=0) if len(rows) else 0.0


@lru_cache(1 << 17)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def _starts(stem: str) -> set[str]:
    """First two letters of all words of a stem; dying and die differ in them, OED is stemmed to o."""
    return {stem[:2], f"{stem[0]}y", *(f"{stem}{vowel}" for vowel in "ei" if len(stem) == 1)}


def _content(text: str) -> list[str]:
    """Content words of a text, parts of hyphenated ones apart."""
    parts = (part for word in words(text) for part in word.split("-"))
    return [part for part in parts if len(part) > 1 and part not in STOP_WORDS]


def _terms(text: str) -> list[str]:
    """Different stems of a text and pairs of neighboring ones, in alphabetical order."""
    stems = [_stem(word) for word in _content(text)]
    return sorted({*stems, *(f"{one} {two}" for one, two in pairwise(stems))})


def _query(texts: Sequence[str]) -> Counter[str]:
    """Terms of a theme, each with the number of its texts that have it."""
    return Counter(term for text in texts for term in _terms(text))


_Blocks = list[tuple[slice, sparse.csr_array]]
"""Rows of papers, and how often each of them has each term, float32 of shape (rows, t)."""


@dataclass(frozen=True)
class _Terms:
    """Stems and pairs of stems that are counted.

    `stems` numbers the stems, from 0; any other word is the last number. `places` are columns of terms, and
    `stem_columns` and `pair_columns`, shapes (s + 1,) and (s + 1, s + 1), give them by number, -1 for none.
    `starts` are the first two letters that words of these stems can have.
    """

    places: dict[str, int]
    stems: dict[str, int]
    stem_columns: NDArray[np.int64]
    pair_columns: NDArray[np.int64]
    starts: frozenset[str]

    @classmethod
    def of(cls, queries: Sequence[Counter[str]]) -> _Terms:
        places = {term: place for place, term in enumerate(sorted(set().union(*queries)))}
        stems = {stem: number for number, stem in enumerate(term for term in places if " " not in term)}
        stem_columns = np.full(len(stems) + 1, -1, dtype=np.int64)
        pair_columns = np.full((len(stems) + 1, len(stems) + 1), -1, dtype=np.int64)
        for term, place in places.items():
            numbers = tuple(stems[stem] for stem in term.split(" "))
            (stem_columns if len(numbers) == 1 else pair_columns)[numbers] = place
        return cls(places, stems, stem_columns, pair_columns, frozenset().union(*map(_starts, stems)))


class _WordNumbers(dict[str, tuple[int, ...]]):
    """Number of each content word of a stretch, found once: most stretches come in every block."""

    def __init__(self, terms: _Terms) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, stretch: str) -> tuple[int, ...]:
        stems, starts = self._terms.stems, self._terms.starts
        other = len(stems)
        found = tuple(
            stems.get(_stem(word), other) if word[:2] in starts else other for word in _content(stretch)
        )
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[stretch] = found
        return found


def _count(
    titles: Sequence[str], abstracts: Sequence[str], terms: _Terms
) -> tuple[_Blocks, NDArray[np.float64]]:
    """Counts of terms in papers, a block of rows after the other, and content words of each paper.

    In blocks, because together and in double precision those of a million papers take two gigabytes.
    """
    numbers = _WordNumbers(terms)
    blocks, lengths = [], np.zeros(len(titles))
    for rows in blocks_of(len(titles), _BLOCK):
        counts, lengths[rows] = _count_block(titles[rows], abstracts[rows], terms, numbers)
        blocks.append((rows, counts.astype(np.float32)))
    return blocks, lengths


def _count_block(
    titles: Sequence[str], abstracts: Sequence[str], terms: _Terms, known: _WordNumbers
) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    n_papers = len(titles)
    texts = [pa.array(one, type=pa.large_string()) for one in (titles, abstracts)]
    split = pc.utf8_split_whitespace(pa.concat_arrays(texts))
    stretches = split.flatten().dictionary_encode()
    plain = pc.utf8_trim(pc.utf8_lower(stretches.dictionary), characters=_EDGES).dictionary_encode()
    numbers_of = list(map(known.__getitem__, plain.dictionary.to_pylist()))
    items = np.array(list(chain.from_iterable(numbers_of)), dtype=np.int64)
    sizes = np.array(list(map(len, numbers_of)), dtype=np.int64)
    places = plain.indices.to_numpy()[stretches.indices.to_numpy()]
    numbers, n_words = laid_out(items, sizes, places)
    # Parts are the titles, then the abstracts.
    part_of_stretch = np.repeat(np.arange(2 * n_papers), pc.list_value_length(split).to_numpy())
    parts = np.repeat(part_of_stretch, n_words)
    rows = parts % max(n_papers, 1)
    follows = np.flatnonzero(parts[1:] == parts[:-1])
    columns = [terms.stem_columns[numbers], terms.pair_columns[numbers[follows], numbers[follows + 1]]]
    counts = _summed(
        np.concatenate([rows, rows[follows]]), np.concatenate(columns), (n_papers, len(terms.places))
    )
    return counts, np.bincount(rows, minlength=n_papers).astype(np.float64)


def _summed(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> sparse.csr_array:
    known = columns >= 0
    ones = np.ones(int(known.sum()))
    counts = sparse.csr_array((ones, (rows[known], columns[known])), shape=shape)
    counts.sum_duplicates()
    return counts
