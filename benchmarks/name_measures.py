"""How well names of topics fit their papers, by code that makes no names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import snowballstemmer
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from analytics.tables import UNCLUSTERED
from analytics.text.abbreviations import abbreviations

__all__ = ["NEAR", "TopicNames", "measured_names", "name_summary", "topic_ids_of"]

NEAR = 0.7
"""Cosine of the encoder's vectors of two words from which one stands for the other ("photo" for "image")."""
_FEWEST = 5
"""Papers that use a word, below which it is nobody's synonym."""
GENERIC = 2.0
"""A label is generic if it is not said twice as often in its topic as elsewhere."""

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_PLURAL_OF_LETTERS = re.compile(r"([^\W\d_aeiouy]{2,})s", re.IGNORECASE)
_stem_word = snowballstemmer.stemmer("english").stemWord


@dataclass(frozen=True)
class TopicNames:
    """Words of papers, by which labels are looked for in them: stems, long forms of abbreviations, synonyms.

    `similar` gives, for a word, the other words that stand for it.
    """

    papers_of: Mapping[str, frozenset[int]]
    long_forms: Mapping[str, tuple[str, ...]]
    similar: Callable[[str], Iterable[str]]

    @classmethod
    def read(cls, texts: Sequence[str], encode: Callable[[list[str]], NDArray[np.float32]]) -> TopicNames:
        """Read texts; `encode` gives unit vectors of words."""
        papers_of: dict[str, set[int]] = defaultdict(set)
        written: dict[str, set[int]] = defaultdict(set)
        for at, text in enumerate(texts):
            for word in set(_WORD.findall(text.casefold())):
                written[word].add(at)
                for stem in _stems_of(word):
                    papers_of[stem].add(at)
        known = sorted(word for word, papers in written.items() if len(papers) >= _FEWEST and "-" not in word)
        vectors: list[NDArray[np.float32]] = []

        def similar(word: str) -> list[str]:
            if not vectors:
                vectors.append(encode(known))
            near = vectors[0] @ encode([word])[0]
            return [known[place] for place in np.flatnonzero(near >= NEAR)]

        long_forms = {_stem(short): long for short, long in abbreviations(texts).items()}
        return cls({stem: frozenset(papers) for stem, papers in papers_of.items()}, long_forms, similar)

    def carriers(self, term: str, *, synonyms: bool) -> frozenset[int]:
        """Papers that have all words of a term; function words do not count."""
        wanted = [word for word in _WORD.findall(term) if word.casefold() not in ENGLISH_STOP_WORDS]
        return frozenset.intersection(*(self._carriers(word, synonyms=synonyms) for word in wanted))

    def _carriers(self, word: str, *, synonyms: bool) -> frozenset[int]:
        folded = word.casefold()
        found = self._written(folded)
        if (long := self.long_forms.get(_stem(folded.replace("-", "")))) is not None:
            found |= frozenset.intersection(*map(self._written, long))
        for short, words in self.long_forms.items():
            if _stem(folded) in map(_stem, words):
                found |= self.papers_of.get(short, frozenset())
        is_abbreviation = sum(map(str.isupper, word)) > 1
        if synonyms and not is_abbreviation:
            for other in self.similar(folded):
                found |= self._written(other)
        return found

    def _written(self, word: str) -> frozenset[int]:
        parts = [_stem(part) for part in word.split("-") if part not in ENGLISH_STOP_WORDS] or [word]
        apart = frozenset.intersection(*(self.papers_of.get(part, frozenset()) for part in parts))
        return apart | self.papers_of.get(_stem(word.replace("-", "")), frozenset())


@cache
def _stem(word: str) -> str:
    """Stem of a word; the stemmer leaves the plural of an abbreviation without vowels ("LLMs") as it is."""
    letters = _PLURAL_OF_LETTERS.fullmatch(word)
    return str(_stem_word(letters[1] if letters else word))


def _stems_of(word: str) -> set[str]:
    """Stems of a word: of a compound also those of its parts."""
    return {_stem(word.replace("-", "")), *(_stem(part) for part in word.split("-"))}


def measured_names(
    names: TopicNames, labels: Mapping[str, str], topic_ids: NDArray[np.object_]
) -> pd.DataFrame:
    """For each topic the parts of its papers, and of others, that carry its label.

    Returns
    -------
    DataFrame
        `topic_id`, `label`, `n_papers`; `carried`, the part of the topic's papers with all words of the
        label's lesser half, by stems, abbreviations and near synonyms; `by_stem`, the same without
        synonyms; `elsewhere`, the part of all other papers that say the whole label; `lift`, what the
        part of the topic's papers that say the whole label is to that.
    """
    rows = []
    for topic, label in labels.items():
        own = frozenset(np.flatnonzero(topic_ids == topic).tolist())
        halves = label.split(", ")
        shares = {
            synonyms: [names.carriers(half, synonyms=synonyms) for half in halves]
            for synonyms in (True, False)
        }
        whole = frozenset.intersection(*shares[False])
        elsewhere = (len(whole - own) + 0.5) / (len(topic_ids) - len(own) + 1)
        rows.append(
            {
                "topic_id": topic,
                "label": label,
                "n_papers": len(own),
                "carried": min(len(half & own) for half in shares[True]) / len(own),
                "by_stem": min(len(half & own) for half in shares[False]) / len(own),
                "elsewhere": elsewhere,
                "lift": len(whole & own) / len(own) / elsewhere,
            }
        )
    return pd.DataFrame(rows).sort_values(
        ["n_papers", "topic_id"], ascending=[False, True], ignore_index=True
    )


def name_summary(measured: pd.DataFrame) -> dict[str, float]:
    """Figures of all labels: parts carried by half, least carried, parts distinct, and number generic."""
    distinct = {frozenset(map(_stem, _WORD.findall(label.casefold()))) for label in measured["label"]}
    return {
        "topics": len(measured),
        "by_half": float((measured["carried"] >= 0.5).mean()),
        "by_half_by_stem": float((measured["by_stem"] >= 0.5).mean()),
        "least": float(measured["carried"].min()),
        "least_by_stem": float(measured["by_stem"].min()),
        "distinct": len(distinct) / len(measured),
        "generic": int((measured["lift"] < GENERIC).sum()),
    }


def topic_ids_of(assignments: pd.DataFrame, paper_ids: pd.Series) -> NDArray[np.object_]:
    """Topic of each paper, `UNCLUSTERED` where it has none."""
    found = assignments.set_index("paper_id")["topic_id"].reindex(paper_ids).fillna(UNCLUSTERED)
    return found.to_numpy(dtype=object)
