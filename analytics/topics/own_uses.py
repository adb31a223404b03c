"""Uses of terms in one topic or group, by which phrases that were cut are completed."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["OwnUses"]

_COMPLETION = 0.5
"""A phrase is a fragment if half of its uses go on with the same word."""
_LONGEST = 4


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
