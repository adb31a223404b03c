"""Papers as listed on the page: one line each, with cleaned and clipped texts and checked links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from reports.values.formatting import clip, count, plural

__all__ = ["PaperLine", "make_paper_lines", "newest_first", "paper_href", "papers_by_id"]

_DATE_LENGTH = {"day": 10, "month": 7, "year": 4}
_DATE_NOTES = {
    "year_inferred": "The source gave a day and a month; the year is inferred.",
    "updated": "The source only says when the entry was updated; that day is taken.",
    "id_month": "The source gave no date; the month is that of the arXiv id.",
}
_READ = (
    "paper_id", "title", "published_precision", "published_basis", "url", "authors", "n_authors",
    "organization", "upvotes", "primary_theme", "topic_id",
)  # fmt: skip
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9][a-z0-9.-]*/[\w./-]*", re.ASCII)  # most are so
_PLAIN_KEY = re.compile(r"[\w./-]+", re.ASCII)
_LONGEST_TITLE = 300
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper in a list; `href` is empty without a safe link, `day` is ``undated`` without a date.

    `upvotes` is the bare number for a table, `votes` the number and its noun for a sentence.
    `watched` names the watches that find it.
    """

    paper_id: str
    title: str
    href: str
    day: str
    day_note: str
    authors: str
    organization: str
    upvotes: str
    votes: str
    theme: str
    topic: str
    watched: str = ""


def paper_href(url: object, paper_id: str) -> str:
    """Address of a paper if it may become a link, else that of its arXiv id or DOI, else empty.

    Only absolute http and https addresses may: a source is not trusted to name a script.

    Examples
    --------
    >>> paper_href("https://example.org/p?a=1", "title:0")
    'https://example.org/p?a=1'
    >>> paper_href("javascript:alert(1)", "title:0"), paper_href(None, "arxiv:2503.02130")
    ('', 'https://arxiv.org/abs/2503.02130')
    """
    if isinstance(url, str) and _is_web_address(url):
        return url
    scheme, _, key = paper_id.partition(":")
    places = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
    if scheme not in places:
        return ""
    address = places[scheme] + key
    return address if _PLAIN_KEY.fullmatch(key) or _is_web_address(address) else ""


def _is_web_address(url: str) -> bool:
    """Whether `url` is http(s) with a host and without spaces or controls."""
    if _PLAIN_ADDRESS.fullmatch(url):
        return True
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def papers_by_id(papers: pd.DataFrame) -> pd.DataFrame:
    """Table `papers` with its key as an index that has no name, so that both can be used."""
    return papers.set_index("paper_id", drop=False).rename_axis(None)


def newest_first(papers: pd.DataFrame, most: int | None = None) -> pd.DataFrame:
    """Papers by date, newest first, those of one day by id, the undated last; all, or the first `most`."""
    keys = papers[["published", "paper_id"]].reset_index(drop=True)
    ordered = keys.sort_values(
        ["published", "paper_id"], ascending=[False, True], na_position="last", kind="stable"
    )
    # Only the rows that are wanted are taken: a table's abstracts are large.
    return papers.iloc[ordered.index[:most].to_numpy()]


def make_paper_lines(
    papers: pd.DataFrame,
    themes: Mapping[str, str],
    topics: Mapping[str, str],
    watched: Mapping[str, str] = MappingProxyType({}),
) -> tuple[PaperLine, ...]:
    """Lines of `papers` in their order.

    `papers` are only those rows of the table that will be shown. A paper whose primary theme or topic is not
    in `themes` or `topics` shows none.
    """
    days = np.datetime_as_string(papers["published"].to_numpy().astype("datetime64[D]")).tolist()
    others = (papers[name].tolist() for name in _READ)
    rows = zip(days, *others, strict=True)
    return tuple(_line(row, themes, topics, watched.get(row[1], "")) for row in rows)


def _line(
    row: tuple[Any, ...], themes: Mapping[str, str], topics: Mapping[str, str], watched: str
) -> PaperLine:
    day, paper_id, title, precision, basis, url, authors, n_authors, organization, votes, theme, topic = row
    is_dated, has_votes = day != "NaT", not pd.isna(votes)
    return PaperLine(
        paper_id,
        clip(title, _LONGEST_TITLE),
        paper_href(url, paper_id),
        day[: _DATE_LENGTH.get(precision, 10)] if is_dated else "undated",
        _DATE_NOTES.get(basis, "") if is_dated else "",
        _authors(authors, n_authors),
        clip(organization, _LONGEST_NAME) if isinstance(organization, str) else "",
        count(int(votes)) if has_votes else "",
        plural(int(votes), "upvote") if has_votes else "",
        themes.get(theme, ""),
        topics.get(topic, ""),
        watched,
    )


def _authors(names: Sequence[str] | None, n_authors: Any) -> str:
    """Name the authors in a few words: the first, and how many more there are."""
    if names is None or not len(names):
        return "" if pd.isna(n_authors) else plural(int(n_authors), "author")
    if len(names) <= 2:
        return " and ".join(clip(name, _LONGEST_NAME) for name in names)
    return f"{clip(names[0], _LONGEST_NAME)} and {plural(len(names) - 1, 'other')}"
