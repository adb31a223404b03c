"""Answers of arXiv's search API: ``https://export.arxiv.org/api/query?...``, an Atom feed.

An entry states the time of its first version (``published``) and of the version shown (``updated``).
The API reports its own errors as a feed with one entry titled "Error".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.identifiers import read_identifiers, web_address
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.stated_dates import basis_of, date_warning, read_date
from flows.sources.xml_documents import (
    XmlElement,
    child_text,
    child_texts,
    children,
    flat_text,
    parse_xml,
    root_name,
)

__all__ = [
    "SOURCE",
    "AtomPaging",
    "atom_paging",
    "looks_like",
    "parse_arxiv_atom",
    "says_withdrawn",
    "split_author_names",
]

SOURCE = "arxiv"

_WANTED = "an answer of arXiv's API: an Atom feed"
_MARKS = ("arxiv.org/api/", "arxiv.org/schemas/atom")
_COUNT = re.compile(r"\d{1,12}", re.ASCII)
_WORK = "paper|article|submission|manuscript|preprint|work|report|note|version"
# The ways in which 78 of 76,500 arXiv abstracts say it; a text about withdrawn drugs says none of them.
_WITHDRAWN = re.compile(
    rf"(?:\bthis (?:{_WORK}) (?:is|was|has been)|\bthe (?:{_WORK}) (?:is|has been)"
    rf"|(?:^|[.:!;] ?)(?:{_WORK})(?: is| was| has been)?) (?:\w{{1,20}}ly )?withdrawn\b"
    r"|^withdrawn(?: ?[.,;:!(]| ?$| (?:by|due|since|because|as|at|pending)\b)"
    r"|\bwithdrawn by (?:the )?(?:corresponding )?(?:authors?|arxiv)\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r" ?\([^()]*\)")
_NAME_BREAK = re.compile(r" ?[,;:] ?(?:and )?| and | & ")
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})


@dataclass(frozen=True, slots=True)
class AtomPaging:
    """Where an answer stands among all papers of its query.

    Attributes
    ----------
    total : int or None
        Papers that the query has in all.
    start : int or None
        How many of them stand before the answer's first.
    n_entries : int
        Entries in the answer.
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

    Parameters
    ----------
    text : str
        The answer.
    location : str
        Its file or address, for messages and the feed.
    day : date or None
        The day of the look; None for the day on which the answer says that it was made.

    Returns
    -------
    Feed
        `records` in the order of the answer; none for an answer without an entry. `published` is the
        UTC day of the first version, `updated` and `version` those of the version shown.

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
    records: list[PaperRecord] = []
    rejects: list[RejectedRecord] = []
    unread: list[str] = []
    for number, entry in enumerate(entries, start=1):
        position = f"entry {number}"
        failure = _failure(entry)
        if failure is not None or not child_text(entry, "title"):
            reason = (
                "an entry without a title" if failure is None else f"an error of arXiv: {excerpt(failure)}"
            )
            rejects.append(RejectedRecord(position, reason, excerpt(flat_text(entry))))
            continue
        records.append(_record(entry, position, unread))
    day = day or read_date(child_text(root, "updated"))[0]
    return Feed(SOURCE, location, day, tuple(records), tuple(rejects), date_warning(unread))


def atom_paging(text: str) -> AtomPaging:
    """Where an answer of arXiv's API stands among all papers of its query.

    Raises
    ------
    InputError
        When the text is no Atom feed.

    Examples
    --------
    >>> atom_paging("<feed><totalResults>7</totalResults><startIndex>5</startIndex><entry/></feed>")
    AtomPaging(total=7, start=5, n_entries=1)
    """
    root = parse_xml(text, "the answer", _WANTED, roots=("feed",))
    total, start = (_count(child_text(root, name)) for name in ("totalResults", "startIndex"))
    return AtomPaging(total, start, len(children(root, "entry")))


def says_withdrawn(*texts: str) -> bool:
    """Tell whether an arXiv comment or abstract says that its own paper was withdrawn.

    Examples
    --------
    >>> says_withdrawn("12 pages", "This paper has been withdrawn by the authors due to an error.")
    True
    >>> says_withdrawn("Replaces a withdrawn paper", "Cash is withdrawn by the user at a machine.")
    False
    """
    # Few texts hold the word, and the pattern costs a hundred times as much as looking for it.
    told = (clean_text(text) for text in texts if "withdrawn" in text.lower())
    return any(_WITHDRAWN.search(text) is not None for text in told)


def split_author_names(text: str) -> tuple[str, ...]:
    """Names out of arXiv's one line of authors; affiliations in parentheses are left out.

    Examples
    --------
    >>> split_author_names("Ada Example (1 and 2), Bo Muster, Jr., and Cy Sample ((1) Here, (2) There)")
    ('Ada Example', 'Bo Muster, Jr.', 'Cy Sample')
    """
    text = _PARENTHESES.sub("", _PARENTHESES.sub("", clean_text(text)))
    names: list[str] = []
    for part in _NAME_BREAK.split(text):
        if names and part.lower() in _SUFFIXES:
            names[-1] += f", {part}"
        elif part.strip():
            names.append(part.strip())
    return tuple(names)


def _failure(entry: XmlElement) -> str | None:
    """Message of an entry that reports an error, None for any other."""
    is_report = "/api/errors" in child_text(entry, "id") and child_text(entry, "title").lower() == "error"
    return (child_text(entry, "summary") or "no message") if is_report else None


def _record(entry: XmlElement, position: str, unread: list[str]) -> PaperRecord:
    links = [link.get("href") or "" for link in children(entry, "link")]
    found = read_identifiers(child_text(entry, "id"), *child_text(entry, "doi").split(), *links)
    stated = [child_text(entry, name) for name in ("published", "updated")]
    (published, precision), (updated, _) = (read_date(text) for text in stated)
    if (stated[0] and published is None) or (stated[1] and updated is None):
        unread.append(position)
    authors = tuple(name for author in children(entry, "author") for name in child_texts(author, "name")[:1])
    abstract = child_text(entry, "summary")
    return PaperRecord(
        child_text(entry, "title"),
        abstract,
        published=published,
        published_basis=basis_of(published),
        published_precision=precision,
        updated=updated,
        authors=authors,
        n_authors=len(authors) or None,
        url=_page(found.arxiv_id, links),
        arxiv_id=found.arxiv_id,
        doi=found.doi,
        version=found.version,
        is_withdrawn=says_withdrawn(child_text(entry, "comment"), abstract),
        position=position,
    )


def _page(arxiv_id: str | None, links: list[str]) -> str | None:
    if arxiv_id is not None:
        return f"https://arxiv.org/abs/{arxiv_id}"
    return next((address for link in links if (address := web_address(link))), None)


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None
