"""Which papers say something, in whatever form: by stems, hyphenated or not, abbreviated or spelled out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.terms import stems
from analytics.text.tokenizer import STOP_WORDS

__all__ = ["Mentions"]


class Mentions:
    """Papers by the stems of their words.

    Parameters
    ----------
    counts : csr_array of shape (n papers, t)
    terms : array of str, shape (t,)
    abbreviations : mapping of str to tuple of str
        See `analytics.text.abbreviations.abbreviations`.

    Examples
    --------
    >>> counts = sparse.csr_array(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    >>> terms = np.array(["reinforcement learning", "rl", "rewards"])
    >>> said = Mentions(counts, terms, {"rl": ("reinforcement", "learning")})
    >>> said.papers("rl").tolist(), said.papers("reward").tolist()
    ([True, True, False], [False, False, True])
    """

    def __init__(
        self, counts: sparse.csr_array, terms: NDArray[np.str_], abbreviations: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._places: dict[str, int] = {}
        rows, columns = [], []
        for row, term in enumerate(terms.tolist()):
            for stem in {stem for word in term.split() for stem in _all_stems(word)}:
                rows.append(row)
                columns.append(self._places.setdefault(stem, len(self._places)))
        shape = (len(terms), len(self._places))
        stems_of = sparse.csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape)
        self._said = sparse.csc_array(counts.astype(bool).astype(np.int32) @ stems_of)
        self._long = {_joined(short): long for short, long in abbreviations.items()}
        self._short: dict[str, list[str]] = defaultdict(list)
        for short, long in abbreviations.items():
            for word in long:
                self._short[_joined(word)].append(_joined(short))
        self._words: dict[str, NDArray[np.bool_]] = {}

    def papers(self, term: str) -> NDArray[np.bool_]:
        """Whether each paper has all words of a term, anywhere and in any form, shape (n,).

        Commas are ignored, and so are function words.
        """
        wanted = [word for word in term.replace(",", " ").split() if word not in STOP_WORDS]
        return self._all(map(self.word, wanted))

    def word(self, word: str) -> NDArray[np.bool_]:
        """Papers with one word: its stem, the parts of a compound, its abbreviation or its long form."""
        if word not in self._words:
            joined = _joined(word)
            found = self._stem(joined) | self._all(map(self._stem, _parts(word)))
            if joined in self._long:
                found |= self._all(self._stem(_joined(one)) for one in self._long[joined])
            for short in self._short.get(joined, ()):
                found |= self._stem(short)
            self._words[word] = found
        return self._words[word]

    def _stem(self, stem: str) -> NDArray[np.bool_]:
        found = np.zeros(self._said.shape[0], dtype=bool)
        if (at := self._places.get(stem)) is not None:
            found[self._said.indices[self._said.indptr[at] : self._said.indptr[at + 1]]] = True
        return found

    def _all(self, found: Iterable[NDArray[np.bool_]]) -> NDArray[np.bool_]:
        columns = list(found)
        if not columns:
            return np.zeros(self._said.shape[0], dtype=bool)
        return np.asarray(np.logical_and.reduce(columns))


def _joined(word: str) -> str:
    """Stem of a word written without hyphens."""
    return next(iter(stems(word.replace("-", ""))), "")


def _parts(word: str) -> frozenset[str]:
    """Stems of the parts of a compound, function words left out."""
    return frozenset(stem for stem in stems(word) if stem not in STOP_WORDS)


def _all_stems(word: str) -> frozenset[str]:
    return _parts(word) | {_joined(word)}
