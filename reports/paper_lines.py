"""Papers as the page lists them: one line each, every text cleaned and clipped, every link checked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from reports.wording import clip, count, plural

__all__ = ["PaperLine", "make_paper_lines", "newest_first", "paper_href", "papers_by_id"]

_DATE_LENGTH = {"day": 10, "month": 7, "year": 4}
_DATE_NOTES = {
    "year_inferred": "The source gave a day and a month; the year is inferred.",
    "id_month": "The source gave no date; the month is that of the arXiv id.",
}
_LONGEST_TITLE = 300
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper in a list; `href` is empty without a safe link, `day` is ``undated`` without a date.

    `upvotes` is the bare number for a table, `votes` the number and its noun for a sentence.
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
    address = places.get(scheme, "") + key
    return address if scheme in places and _is_web_address(address) else ""


def _is_web_address(url: str) -> bool:
    """Whether `url` is http(s) with a host and without spaces or controls."""
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


def newest_first(papers: pd.DataFrame) -> pd.DataFrame:
    """Papers by date, newest first, those of one day by id, the undated last."""
    return papers.sort_values(
        ["published", "paper_id"], ascending=[False, True], na_position="last", kind="stable"
    )


def make_paper_lines(
    papers: pd.DataFrame, themes: Mapping[str, str], topics: Mapping[str, str]
) -> tuple[PaperLine, ...]:
    """Lines of `papers` in their order.

    Parameters
    ----------
    papers : DataFrame
        Rows of the table `papers`: only those that will be shown.
    themes, topics : mapping of id to name
        A paper whose primary theme or topic is not there shows none.
    """
    return tuple(_line(row, themes, topics) for row in papers.to_dict("records"))


def _line(row: Mapping[Hashable, Any], themes: Mapping[str, str], topics: Mapping[str, str]) -> PaperLine:
    day, note = "undated", ""
    if not pd.isna(row["published"]):
        day = row["published"].date().isoformat()[: _DATE_LENGTH.get(row["published_precision"], 10)]
        note = _DATE_NOTES.get(row["published_basis"], "")
    organization = row["organization"]
    return PaperLine(
        row["paper_id"],
        clip(row["title"], _LONGEST_TITLE),
        paper_href(row["url"], row["paper_id"]),
        day,
        note,
        _authors(row["authors"], row["n_authors"]),
        clip(organization, _LONGEST_NAME) if isinstance(organization, str) else "",
        "" if pd.isna(row["upvotes"]) else count(int(row["upvotes"])),
        "" if pd.isna(row["upvotes"]) else plural(int(row["upvotes"]), "upvote"),
        themes.get(row["primary_theme"], ""),
        topics.get(row["topic_id"], ""),
    )


def _authors(names: Sequence[str] | None, n_authors: Any) -> str:
    """Name the authors in a few words: the first, and how many more there are."""
    known = [clip(name, _LONGEST_NAME) for name in (names if names is not None else ())]
    if not known:
        return "" if pd.isna(n_authors) else plural(int(n_authors), "author")
    if len(known) <= 2:
        return " and ".join(known)
    return f"{known[0]} and {plural(len(known) - 1, 'other')}"
