"""Papers that somebody watches for: by author, by organization, by words, or similar to papers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.matching.names import Name, parse_names
from analytics.matching.normal_forms import plain_text, words_of
from analytics.tables import empty_table, validate_table
from analytics.text.terms import stems

__all__ = ["Watch", "find_watched", "unknown_papers", "watch_words"]

_SIMILAR_FROM = 0.5
"""Cosine, around the mean of the corpus, from which a paper is similar: six of 6,141 in the median."""
_MOST_SIMILAR = 100
_LONGEST_NAME = 60
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True)
class Watch:
    """What is watched under one name.

    Attributes
    ----------
    name : str
    authors, organizations, words : tuple of str
        Names of people and organizations, and phrases.
    papers : tuple of str
        Ids of papers (``arxiv:2503.02130``) to which others may be similar.
    """

    name: str
    authors: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    @staticmethod
    def usual_name(entries: Sequence[str]) -> str:
        """Name of a watch that has none: its first entries.

        Examples
        --------
        >>> Watch.usual_name(["Ada Example", "reward hacking"])
        'Ada Example, reward hacking'
        """
        text = ", ".join(entries)
        return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"


def find_watched(
    papers: pd.DataFrame, vectors: NDArray[np.float32], watches: Sequence[Watch]
) -> pd.DataFrame:
    """Papers that each watch finds, with the first reason.

    An author is found under any form of the name with the same family name and a given name, or its initial.
    An organization is found by its words within the stated one, words by their stems, in order, in title or
    abstract. Similar are at most 100 papers, whose cosine around the mean of the corpus is 0.5 at least.

    Parameters
    ----------
    papers : DataFrame
        With `paper_id`, `title`, `abstract`, `authors` and `organization`.
    vectors : float32 array, shape (n, d)
        Of length 1, in the order of `papers`.
    watches : sequence of Watch

    Returns
    -------
    DataFrame
        Table `watched`: a row per watch and paper, in the order of `watches` and `papers`.
    """
    rows: list[tuple[str, str, str]] = []
    for watch in watches:
        reasons = dict(_similar(papers, vectors, watch.papers))
        reasons |= {at: f"has the words “{one}”" for at, one in watch_words(papers, watch.words).items()}
        reasons |= {at: f"from {one}" for at, one in _of_organizations(papers, watch.organizations).items()}
        reasons |= {at: f"by {one}" for at, one in _of_authors(papers, watch.authors).items()}
        ids = papers["paper_id"].tolist()
        rows += [(watch.name, ids[at], reasons[at]) for at in sorted(reasons)]
    table = pd.DataFrame(rows, columns=list(empty_table("watched").columns))
    return validate_table("watched", table) if rows else empty_table("watched")


def watch_words(papers: pd.DataFrame, phrases: Sequence[str]) -> dict[int, str]:
    """Places of the papers whose title or abstract has a phrase, each with the first that it has.

    Words are compared by their stems and must follow one another.

    Examples
    --------
    >>> papers = pd.DataFrame({"title": ["Rewards, hacked", "On reward-hacking"], "abstract": ["", ""]})
    >>> watch_words(papers, ["reward hacking"])
    {0: 'reward hacking', 1: 'reward hacking'}
    """
    wanted = {phrase: _stemmed(phrase) for phrase in phrases}
    found: dict[int, str] = {}
    if not any(wanted.values()):
        return found
    # Most papers lack the first letters of a phrase's words: a plain search spares their stems.
    starts = {phrase: [word[:2] for word in text.split()] for phrase, text in wanted.items() if text}
    texts = zip(papers["title"].tolist(), papers["abstract"].tolist(), strict=True)
    for at, (title, abstract) in enumerate(texts):
        plain = f"{title}\n{abstract}".casefold()
        likely = [phrase for phrase, parts in starts.items() if all(part in plain for part in parts)]
        if likely:
            stemmed = [f" {_stemmed(part)} " for part in (title, abstract)]
            hits = (phrase for phrase in likely if any(f" {wanted[phrase]} " in part for part in stemmed))
            hit = next(hits, None)
            if hit is not None:
                found[at] = hit
    return found


def unknown_papers(papers: pd.DataFrame, watches: Sequence[Watch]) -> list[tuple[str, str]]:
    """Name of the watch and id of each watched paper that the corpus lacks."""
    known = pd.Index(papers["paper_id"])
    return [(watch.name, one) for watch in watches for one in watch.papers if one not in known]


def _similar(
    papers: pd.DataFrame, vectors: NDArray[np.float32], paper_ids: Sequence[str]
) -> Iterator[tuple[int, str]]:
    places = pd.Index(papers["paper_id"]).get_indexer(list(paper_ids))
    places = places[places >= 0]
    if not len(places):
        return
    # Around the mean of the corpus: what all of its papers share tells none apart. Without a copy of all.
    mean = vectors.mean(axis=0, dtype=np.float64)
    along = vectors @ mean.astype(np.float32)
    lengths = np.sqrt(np.maximum(1 - 2 * along + mean @ mean, 1e-12))
    for place in places:
        products = vectors @ vectors[place] - along - along[place] + mean @ mean
        cosines = products / (lengths * lengths[place])
        nearest = np.argsort(-cosines, kind="stable")[: _MOST_SIMILAR + 1]
        title = Watch.usual_name([papers["title"].iloc[place]])
        for at in nearest[cosines[nearest] >= _SIMILAR_FROM]:
            if at != place:
                yield int(at), f"similar to “{title}”"


def _of_organizations(papers: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    wanted = {name: _plain(name) for name in names}
    found = {}
    for at, stated in enumerate(papers["organization"].tolist()):
        if isinstance(stated, str):
            plain = f" {_plain(stated)} "
            hit = next((name for name, text in wanted.items() if text and f" {text} " in plain), None)
            if hit is not None:
                found[at] = hit
    return found


def _of_authors(papers: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    wanted = [parsed[0] for name in names if (parsed := parse_names([name]))]
    families = {one.family for one in wanted}
    hits: dict[str, bool] = {}
    found = {}
    for at, authors in enumerate(papers["authors"].tolist()):
        for author in authors:
            if author not in hits:
                hits[author] = any(family in plain_text(author) for family in families) and any(
                    _is_same(one, other) for other in parse_names([author]) for one in wanted
                )
            if hits[author]:
                found[at] = author
                break
    return found


def _is_same(one: Name, other: Name) -> bool:
    """Whether two names have one family name, and a given name in common, or its initial where one is short.

    Stricter than where two records are compared, which agree in more than an author.
    """
    if one.family != other.family:
        return False
    given, their = one.words - {one.family}, other.words - {other.family}
    if given and their:
        return bool(given & their)
    letters = ({word[0] for word in words} | name.initials for words, name in ((given, one), (their, other)))
    return bool(frozenset.intersection(*map(frozenset, letters)))


def _plain(text: str) -> str:
    return " ".join(words_of(plain_text(text)))


def _stemmed(text: str) -> str:
    return " ".join(_stem(word) for word in _WORD.findall(text.casefold().replace("-", " ")))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return "".join(stems(word)) or word
