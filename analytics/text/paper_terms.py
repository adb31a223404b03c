"""Terms of papers, counted before topics are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.parallel import Each
from analytics.text.abbreviations import abbreviations
from analytics.text.term_counts import count_terms
from analytics.text.tokenizer import display_forms

__all__ = ["PaperTerms", "read_terms"]


@dataclass(frozen=True)
class PaperTerms:
    """What n papers say: counts of t terms, shape (n, t), the terms, how words are written, abbreviations."""

    counts: sparse.csr_array
    terms: NDArray[np.str_]
    display: dict[str, str]
    abbreviations: dict[str, tuple[str, ...]]


def read_terms(titles: Sequence[str], abstracts: Sequence[str], *, each: Each = map) -> PaperTerms:
    """Read the terms of papers, most of the work of describing them, which needs no topics yet."""
    texts = [f"{title}\n{abstract}" for title, abstract in zip(titles, abstracts, strict=True)]
    return PaperTerms(*count_terms(texts, each=each), display_forms(abstracts), abbreviations(abstracts))
