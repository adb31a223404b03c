"""Data for the page's search and map, read by its script.

A page cannot hold a hundred thousand papers. It holds those of the map, sampled evenly over time, and as
many of the others as fit, ordered by their likely interest to readers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import RunTables, is_among
from analytics.text.distinctive_words import distinctive_words
from reports.sections.held_abstracts import held_abstracts
from reports.sections.watched import watched_names
from reports.values.formatting import clip
from reports.values.palette import MARKS
from reports.values.paper_lines import make_paper_lines, newest_first
from reports.view import Places

__all__ = ["MOST_MAPPED", "Explorer", "SearchIndex", "make_explorer"]

MOST_MAPPED = 7_000
"""Papers on the map at most."""
_MOST_SEARCHED = 12_000
"""Papers that the page's script holds at most: a page of 75,000 papers is usable after a second then."""

_SIDE = 4095
"""Places on the map go from 0 to this number."""
_LINKS = {"https://arxiv.org/abs/": "a", "https://doi.org/": "d"}
_UPVOTED = 1_000
_RARE = 0.1
"""Part of all papers up to which those of a source are marked as its own."""
_N_COLORS = len(MARKS) - 1  # without the grey of what belongs nowhere
_MOST_NAMES = 60
"""Authors of a paper that the search knows."""


@dataclass(frozen=True)
class SearchIndex:
    """What the search knows of each paper beyond what is listed, in the order of the papers.

    `names` are the authors that a line leaves out, `words` places in `vocabulary` of what sets the abstract
    apart from others.
    """

    vocabulary: tuple[str, ...]
    names: Sequence[str]
    words: Sequence[Sequence[int]]

    def first(self, n: int) -> dict[str, Any]:
        """Data for the script when it knows this of the first n papers."""
        return {"vocabulary": self.vocabulary, "names": self.names[:n], "words": self.words[:n]}


_NO_INDEX = SearchIndex((), (), ())


@dataclass(frozen=True)
class Explorer:
    """Papers that the script may hold, the most important first.

    Attributes
    ----------
    n_mapped : int
        How many of the first papers are on the map; 0 without a map.
    themes, topics : tuple of dict
        Name, slug and color of each, and a theme's id; topics of one group share a color, from 0 to 7.
    notes : tuple of str
        What is said of a date: nothing, or how it was inferred.
    sources : tuple of dict
        Name of each kind of source, and whether it is `rare`: then its papers are marked. Empty where all
        papers are of one kind.
    index : SearchIndex
        What the search knows beyond the columns.
    abstracts : tuple of tuple of str
        Ids of papers and their abstracts, those of papers that the page lists first, then the newest.
    n_abstracts : int
        Papers of the corpus that have an abstract.
    columns : dict of str to list
        One value per paper: see `make_explorer`. `x` and `y` end with the last mapped paper.
    """

    n_papers: int
    n_mapped: int
    themes: tuple[dict[str, Any], ...]
    topics: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    columns: dict[str, list[Any]]
    index: SearchIndex = _NO_INDEX
    abstracts: tuple[tuple[str, str], ...] = ()
    n_abstracts: int = 0

    @property
    def n_listed(self) -> int:
        """Papers that the script may hold."""
        return len(self.columns["title"])

    def first(self, n: int) -> dict[str, Any]:
        """Data for the script when it holds the first n papers."""
        return {
            "n": self.n_papers,
            "mapped": min(n, self.n_mapped),
            "themes": self.themes,
            "topics": self.topics,
            "notes": self.notes,
            "sources": self.sources,
            "papers": {name: values[:n] for name, values in self.columns.items()},
        }


def make_explorer(tables: RunTables, places: Places, most: int = _MOST_SEARCHED) -> Explorer:
    """Choose the papers and lay them out in columns.

    Returns
    -------
    Explorer
        Columns: `id`, empty where it follows from the link; `title`; `link`, an address, or ``a`` and ``d``
        before what follows arXiv's and the DOI's; `day`, empty without a date; `note`, a position in `notes`;
        `authors`, as shown; `organization`; `watched`, names of watches; `votes`, a number or None; `themes`,
        positions with the primary one first; `topic`, a position or -1; `sources`, positions, unless there
        are none; `x` and `y` from 0 to 4095.
    """
    mapped = _sample(tables)
    listed = list(dict.fromkeys([*mapped, *_wanted(tables, most)]))[:most]
    topic_at = {one: at for at, one in enumerate(places.topic_names)}
    shown = tables.papers.iloc[pd.Index(tables.papers["paper_id"]).get_indexer(listed)]
    shown = shown.set_index("paper_id", drop=False).rename_axis(None)
    lines = make_paper_lines(shown, {}, {})
    themes_of = _memberships(tables, places, shown)
    votes = [None if pd.isna(one) else int(one) for one in shown["upvotes"]]
    notes, watched, sources = {"": 0}, watched_names(tables), _sources(tables.papers)
    vocabulary, words = distinctive_words(shown["abstract"].fillna("").tolist())
    links = [_short_link(line.href) for line in lines]
    columns: dict[str, list[Any]] = {
        "id": [
            "" if _id_from_link(link) == one else one
            for link, one in zip(links, shown["paper_id"], strict=True)
        ],
        "title": [line.title for line in lines],
        "link": links,
        "day": ["" if line.day == "undated" else line.day for line in lines],
        "note": [notes.setdefault(line.day_note, len(notes)) for line in lines],
        "authors": [line.authors for line in lines],
        "organization": [line.organization for line in lines],
        "watched": [watched.get(one, "") for one in shown["paper_id"]],
        "votes": votes,
        "themes": themes_of,
        "topic": [topic_at.get(one, -1) for one in shown["topic_id"]],
        **_by_source(sources, shown["sources"]),
        **_on_the_map(tables, mapped),
    }
    return Explorer(
        len(tables.papers),
        len(mapped),
        tuple(
            {"id": one, "name": name, "slug": places.theme_slugs[one], "color": places.theme_colors[one]}
            for one, name in places.theme_names.items()
        ),
        _topics(tables, places),
        tuple(notes),
        tuple({"name": clip(one.replace("-", " "), 40), "rare": rare} for one, rare in sources.items()),
        columns,
        SearchIndex(tuple(vocabulary), [_other_names(one) for one in shown["authors"]], words),
        held_abstracts(tables),
        int((tables.papers["abstract"].fillna("") != "").sum()),
    )


def _sources(papers: pd.DataFrame) -> dict[str, bool]:
    """Kinds of sources, and whether few papers are of it; empty where there is but one."""
    counts = papers["sources"].explode().value_counts()
    if len(counts) < 2:
        return {}
    return {str(one): bool(counts[one] <= _RARE * len(papers)) for one in sorted(counts.index)}


def _other_names(names: Sequence[str] | None) -> str:
    """Authors that a line of a paper leaves out, for the search.

    Examples
    --------
    >>> _other_names(["A. One", "B. Two", "C. Three"]), _other_names(["A. One", "B. Two"]), _other_names(None)
    ('B. Two, C. Three', '', '')
    """
    if names is None or len(names) <= 2:
        return ""
    return ", ".join(clip(name, 80) for name in names[1:_MOST_NAMES])


def _by_source(sources: Mapping[str, bool], shown: pd.Series) -> dict[str, list[list[int]]]:
    at = {one: place for place, one in enumerate(sources)}
    return {"sources": [[at[one] for one in ones] for ones in shown]} if sources else {}


def _topics(tables: RunTables, places: Places) -> tuple[dict[str, Any], ...]:
    groups = dict(zip(tables.topics["topic_id"], tables.topics["group_id"], strict=True))
    numbers = {one: at for at, one in enumerate(sorted({g for g in groups.values() if isinstance(g, str)}))}
    return tuple(
        {"name": name, "slug": places.topic_slugs[one], "color": numbers.get(groups[one], at) % _N_COLORS}
        for at, (one, name) in enumerate(places.topic_names.items())
    )


def _sample(tables: RunTables) -> list[str]:
    """Papers on the map, sampled evenly over time if there are too many; unordered."""
    placed = tables.papers.loc[is_among(tables.papers["paper_id"], tables.positions["paper_id"])]
    if placed.empty:
        return []
    if len(placed) > MOST_MAPPED:
        by_date = placed["published"].argsort(kind="stable").to_numpy()
        placed = placed.iloc[by_date[np.linspace(0, len(placed) - 1, MOST_MAPPED).round().astype(int)]]
    # Any first part of it is a sample too, should there be less room.
    return sorted(placed["paper_id"], key=lambda one: (zlib.crc32(one.encode()), one))


def _wanted(tables: RunTables, most: int) -> list[str]:
    """Papers by their likely interest to readers: representative, upvoted, newest."""
    paper_ids = [one for ids in tables.topics["representative_papers"] for one in ids]
    best = tables.theme_assignments.sort_values(["score", "paper_id"], ascending=[False, True], kind="stable")
    paper_ids += best.groupby("theme_id", sort=True)["paper_id"].head(20).tolist()
    votes = tables.papers.loc[tables.papers["upvotes"].notna(), ["paper_id", "upvotes"]]
    votes = votes.sort_values(["upvotes", "paper_id"], ascending=[False, True], kind="stable")
    paper_ids += votes["paper_id"].head(_UPVOTED).tolist()
    paper_ids += newest_first(tables.papers[["paper_id", "published"]], most)["paper_id"].tolist()
    paper_ids = list(dict.fromkeys(paper_ids))
    known = pd.Index(tables.papers["paper_id"]).get_indexer(paper_ids) >= 0
    return [one for one, is_known in zip(paper_ids, known.tolist(), strict=True) if is_known]


def _memberships(tables: RunTables, places: Places, shown: pd.DataFrame) -> list[list[int]]:
    """Positions of each paper's themes, the primary one first."""
    at = {one: place for place, one in enumerate(places.theme_names)}
    found: dict[str, list[int]] = {one: [] for one in shown["paper_id"]}
    rows = tables.theme_assignments.sort_values("is_primary", ascending=False, kind="stable")
    rows = rows.loc[is_among(rows["paper_id"], shown.index)]
    for paper_id, theme_id in zip(rows["paper_id"], rows["theme_id"], strict=True):
        if theme_id in at:
            found[paper_id].append(at[theme_id])
    return list(found.values())


def _on_the_map(tables: RunTables, mapped: Sequence[str]) -> dict[str, list[int]]:
    """Coordinates of the papers on the map, on one scale for both directions."""
    if not mapped:
        return {"x": [], "y": []}
    places = tables.positions.set_index("paper_id").loc[list(mapped), ["x", "y"]].to_numpy(dtype=float)
    low, high = places.min(axis=0), places.max(axis=0)
    side = float((high - low).max()) or 1.0
    scaled: NDArray[np.int64] = ((places - (low + high) / 2) / side * _SIDE + _SIDE / 2).round().astype(int)
    return {"x": scaled[:, 0].tolist(), "y": scaled[:, 1].tolist()}


def _id_from_link(link: str) -> str:
    """Id of a paper derived from its short link, in the same way as in the page's script.

    Examples
    --------
    >>> _id_from_link("a2401.01234"), _id_from_link("d10.1/x"), _id_from_link("https://huggingface.co/papers/2401.01234")
    ('arxiv:2401.01234', 'doi:10.1/x', 'arxiv:2401.01234')
    """
    if link[:1] == "d":
        return f"doi:{link[1:]}"
    return f"arxiv:{link[1:] if link[:1] == 'a' else link.rpartition('/')[2]}"


def _short_link(href: str) -> str:
    for start, letter in _LINKS.items():
        if href.startswith(start):
            return letter + href.removeprefix(start)
    return href
