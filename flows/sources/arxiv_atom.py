"""Answers of arXiv's search API: ``https://export.arxiv.org/api/query?...``, an Atom feed.

An entry states the time of its first version (``published``) and of the version shown (``updated``).
The API reports its own errors as a feed with one entry titled "Error".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.categories import arxiv_categories
from flows.sources.entries import EntryReader, numbered
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import read_identifiers
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, read_date
from flows.sources.xml_documents import (
    XmlElement,
    child_text,
    child_texts,
    children,
    parse_xml,
    root_name,
    show_element,
)

__all__ = [
    "FORMAT",
    "SOURCE",
    "AtomPaging",
    "atom_paging",
    "looks_like",
    "parse_arxiv_atom",
]

SOURCE = "arxiv"

_WANTED = "an answer of arXiv's API: an Atom feed"
_MARKS = ("arxiv.org/api/", "arxiv.org/schemas/atom")
_COUNT = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AtomPaging:
    """Where an answer stands among all papers of its query.

    Attributes
    ----------
    total : int or None
        Papers that the query has in all.
    start : int or None
        How many of them stand before the answer's first.
    """

    total: int | None
    start: int | None
    n_entries: int


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an answer of arXiv's API.

    Examples
    --------
    >>> looks_like("<feed xmlns='http://www.w3.org/2005/Atom'><id>http://arxiv.org/api/x</id>")
    True
    >>> looks_like("<feed xmlns='http://www.w3.org/2005/Atom'><id>http://rss.arxiv.org/atom/cs.AI</id>")
    False
    """
    # arXiv's daily Atom feed has announcements instead of versions: it is read as RSS is.
    is_announcement = "announce_type>" in head or "rss.arxiv.org" in head.partition("<entry")[0]
    return root_name(head) == "feed" and not is_announcement and any(mark in head for mark in _MARKS)


def parse_arxiv_atom(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of arXiv's API.

    `records` in the order of the answer; none for an answer without an entry. `published` is the UTC day of
    the first version, `updated` and `version` those of the version shown.

    Without `day` the look is of the day on which the answer says that it was made.

    Raises
    ------
    InputError
        When the text is no Atom feed, or arXiv's report of an error: its message is passed on.

    Examples
    --------
    >>> entry = "<entry><id>http://arxiv.org/abs/2503.02130v2</id><title>A Title</title></entry>"
    >>> feed = parse_arxiv_atom(f"<feed>{entry}</feed>", location="a.xml", day=None)
    >>> feed.records[0].paper_id, feed.records[0].version
    ('arxiv:2503.02130', 2)
    """
    root = parse_xml(text, location, _WANTED, roots=("feed",))
    entries = children(root, "entry")
    failures = [message for entry in entries if (message := _failure(entry)) is not None]
    if failures and len(failures) == len(entries):
        raise InputError(
            f"{location} is arXiv's report of an error: {excerpt(failures[0])}; change the query"
        )
    day = day or read_date(child_text(root, "updated"))[0]
    return _READER.whole(numbered(entries), location=location, day=day)


def atom_paging(text: str) -> AtomPaging:
    """Where an answer of arXiv's API stands among all papers of its query.

    Examples
    --------
    >>> atom_paging("<feed><totalResults>7</totalResults><startIndex>5</startIndex><entry/></feed>")
    AtomPaging(total=7, start=5, n_entries=1)
    """
    root = parse_xml(text, "the answer", _WANTED, roots=("feed",))
    total, start = (_count(child_text(root, name)) for name in ("totalResults", "startIndex"))
    return AtomPaging(total, start, len(children(root, "entry")))


def _failure(entry: XmlElement) -> str | None:
    """Message of an entry that reports an error, None for any other."""
    is_report = "/api/errors" in child_text(entry, "id") and child_text(entry, "title").lower() == "error"
    return (child_text(entry, "summary") or "no message") if is_report else None


def _record(entry: XmlElement, position: str, doubts: Doubts) -> PaperRecord:
    if (failure := _failure(entry)) is not None:
        raise UnusableEntryError(f"an error of arXiv: {excerpt(failure)}")
    links = [link.get("href") or "" for link in children(entry, "link")]
    found = read_identifiers(child_text(entry, "id"), *child_text(entry, "doi").split(), *links)
    stated = [child_text(entry, name) for name in ("published", "updated")]
    published, (updated, _) = (read_date(text) for text in stated)
    return StatedPaper(
        child_text(entry, "title"),
        child_text(entry, "summary"),
        published=published,
        updated=updated,
        authors=[name for author in children(entry, "author") for name in child_texts(author, "name")[:1]],
        categories=arxiv_categories(one.get("term") or "" for one in children(entry, "category")),
        pages=() if found.arxiv_id else links,
        found=found,
        remarks=(child_text(entry, "comment"),),
        has_unread_date=bool((stated[0] and published == UNDATED) or (stated[1] and updated is None)),
    ).record(position, doubts)


_READER = EntryReader(SOURCE, _record, show_element)


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_arxiv_atom))
