"""The words that set each text apart from the others: a small index for a search by what texts are about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from analytics.text.tokenizer import is_subject

__all__ = ["distinctive_words"]

_WORD = re.compile(r"[a-z][a-z-]{2,}[a-z]")
_FEWEST_TEXTS = 3
_MOST_OF_TEXTS = 0.2
"""Part of all texts beyond which a word sets none apart."""


def distinctive_words(texts: Sequence[str], most: int = 10) -> tuple[list[str], list[list[int]]]:
    """Vocabulary, and for each text the places in it of its most distinctive words.

    Words are weighted by how often the text says them and how few texts say them (tf-idf); a word is in three
    texts or more, and in at most a fifth of them. Of words that are as distinctive, the first in the alphabet
    is taken.

    Parameters
    ----------
    texts : sequence of str
        An empty text has no words.
    most : int
        Words per text at most.

    Returns
    -------
    list of str
        Words that some text has, those of most texts first.
    list of list of int
        Ascending places in that list, one list per text.

    Examples
    --------
    >>> texts = ["Sparse rewards.", "Sparse graphs", "graphs, sparse", "graphs", *["other"] * 16]
    >>> distinctive_words(texts)[0], distinctive_words(texts)[1][:4]
    (['graphs', 'sparse'], [[1], [0, 1], [0, 1], [0]])
    """
    counts = [Counter(_WORD.findall(text.lower())) for text in texts]
    n_texts = Counter(word for one in counts for word in one)
    highest = max(_FEWEST_TEXTS, _MOST_OF_TEXTS * len(texts))
    rarity = {
        word: math.log(len(texts) / n)
        for word, n in n_texts.items()
        if _FEWEST_TEXTS <= n <= highest and is_subject(word)
    }
    chosen = [
        _highest({word: n * rarity[word] for word, n in one.items() if word in rarity}, most)
        for one in counts
    ]
    used = Counter(word for one in chosen for word in one)
    vocabulary = sorted(used, key=lambda word: (-used[word], word))
    at = {word: place for place, word in enumerate(vocabulary)}
    return vocabulary, [sorted(at[word] for word in one) for one in chosen]


def _highest(weights: Mapping[str, float], most: int) -> list[str]:
    return sorted(weights, key=lambda word: (-weights[word], word))[:most]
