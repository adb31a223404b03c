"""Vectorizers of other packages: what they give is checked before it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from analytics.exceptions import PapertrendsError
from analytics.vectors.vectorizer import Vectors, unit_rows

__all__ = ["ForeignVectorizer"]


class ForeignVectorizer:
    """A vectorizer of another package under a name of papertrends.

    Parameters
    ----------
    name : str
        Of the entry point; every id begins with it, so that vectors of two packages never mix.
    made : object
        With `id`, `transform` and, where it learns from a corpus, `needs_corpus` and `fit`.

    Raises
    ------
    PapertrendsError
        When it lacks one of them.
    """

    def __init__(self, name: str, made: Any) -> None:
        needs_corpus = bool(getattr(made, "needs_corpus", False))
        lacking = [one for one in ("transform", *(["fit"] if needs_corpus else [])) if not hasattr(made, one)]
        if lacking:
            raise PapertrendsError(
                f"the vectorizer {name} of another package has no {' and no '.join(lacking)}"
            )
        self._name, self._made, self.needs_corpus = name, made, needs_corpus
        self.is_remote = bool(getattr(made, "is_remote", False))

    @property
    def id(self) -> str:
        """``<name of the entry point>-<id that the package gives>``."""
        given = str(getattr(self._made, "id", "")).strip()
        if not given:
            raise PapertrendsError(
                f"the vectorizer {self._name} of another package has no id; "
                "it must name all that its vectors depend on"
            )
        return f"{self._name}-{given}"

    def fit(self, texts: Sequence[str]) -> Self:
        """Let it learn from the corpus where it does."""
        if self.needs_corpus:
            self._made.fit(list(texts))
        return self

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d), rows of unit length.

        Raises
        ------
        PapertrendsError
            When what the package gives is not one finite row that differs from zero for each text.
        """
        rows = np.asarray(self._made.transform(list(texts)), dtype=np.float32)
        if rows.ndim != 2 or len(rows) != len(texts) or (len(texts) and not rows.shape[1]):
            raise PapertrendsError(
                f"the vectorizer {self._name} gave an array of shape {rows.shape} for {len(texts)} texts; "
                "there must be one row for each text"
            )
        if not (np.isfinite(rows).all() and np.any(rows != 0, axis=1).all()):
            raise PapertrendsError(
                f"the vectorizer {self._name} gave a row of zeros, or one with a value that is not finite"
            )
        return unit_rows(rows)
