"""Answers of arXiv's OAI-PMH interface: ``https://oaipmh.arxiv.org/oai?verb=ListRecords&...``.

Three of its formats of metadata are read. ``arXiv`` and ``arXivRaw`` state the first version's date by
name, ``oai_dc`` only gives dates in order. The header's ``datestamp`` is when the repository last
touched its record, years after the paper for an old one: it is never read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import split_author_names
from flows.sources.categories import arxiv_categories
from flows.sources.entries import EntryReader, numbered
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.markup import plain_prose
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.xml_documents import (
    XmlElement,
    child_text,
    child_texts,
    children,
    flat_text,
    local_name,
    parse_xml,
    root_name,
    show_element,
)

__all__ = ["FORMAT", "SOURCE", "looks_like", "parse_oai_pmh", "resumption_token"]

SOURCE = "arxiv-oai"

_WANTED = "an OAI-PMH answer to ListRecords or GetRecord with arXiv, arXivRaw or oai_dc metadata"
_LISTS = ("ListRecords", "GetRecord")
_ROOTS = ("OAI-PMH", *_LISTS, "record")
_MARKS = ("openarchives.org/OAI/", "arxiv.org/OAI/", "<identifier>oai:")
_VERSION = re.compile(r"v(\d{1,3})", re.ASCII)
_COMMENT = "Comment:"
_OTHER_FORMAT = "metadata of another format"


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an OAI-PMH answer or of one record out of it.

    Examples
    --------
    >>> looks_like("<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'>")
    True
    >>> looks_like("<record xmlns='http://www.loc.gov/MARC21/slim'>")
    False
    """
    return root_name(head) in _ROOTS and any(mark in head for mark in _MARKS)


def parse_oai_pmh(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one OAI-PMH answer, or of one record saved without the answer around it.

    `records` in the order of the answer; none where no record matched. A deleted record without metadata is a
    reject that names its id.

    Parameters
    ----------
    text : str
        The answer, with metadata in the formats arXiv, arXivRaw or oai_dc.
    day : date or None
        The day of the look; None for the day on which the answer says that it was made.

    Raises
    ------
    InputError
        When the text is no such answer, or one that reports another error: code and message are
        passed on.

    Examples
    --------
    >>> paper = "<id>2503.02130</id><created>2025-03-04</created><title>A Title</title>"
    >>> text = f"<record><header/><metadata><arXiv>{paper}</arXiv></metadata></record>"
    >>> record = parse_oai_pmh(text, location="a.xml", day=None).records[0]
    >>> record.paper_id, record.published
    ('arxiv:2503.02130', datetime.date(2025, 3, 4))
    """
    root = parse_xml(text, location, _WANTED, roots=_ROOTS)
    day = day or read_date(child_text(root, "responseDate"))[0]
    feed = _READER.whole(numbered(_records(root, location), "record"), location=location, day=day)
    if feed.rejects and not feed.records and all(_OTHER_FORMAT in one.reason for one in feed.rejects):
        raise InputError(f"{location} holds {feed.rejects[0].reason}; expected {_WANTED}")
    return feed


def resumption_token(text: str) -> str | None:
    """Token that asks for the next part of a list, None at its last part.

    Examples
    --------
    >>> resumption_token("<ListRecords><resumptionToken>6|1</resumptionToken></ListRecords>")
    '6|1'
    >>> resumption_token("<ListRecords><resumptionToken/></ListRecords>") is None
    True
    """
    root = parse_xml(text, "the answer", _WANTED, roots=_ROOTS)
    lists = [root, *(part for name in _LISTS for part in children(root, name))]
    tokens = (token.text for part in lists for token in children(part, "resumptionToken"))
    return next((str(token).strip() for token in tokens if token and token.strip()), None)


def _records(root: XmlElement, location: str) -> list[XmlElement]:
    if local_name(root) == "record":
        return [root]
    errors = children(root, "error")
    failures = [error for error in errors if error.get("code") != "noRecordsMatch"]
    if failures:
        code = excerpt(failures[0].get("code") or "no code")
        message = excerpt(flat_text(failures[0])) or "no message"
        raise InputError(
            f"{location} is the service's report of an error, {code}: {message}; change the request"
        )
    lists = (
        [root] if local_name(root) in _LISTS else [part for name in _LISTS for part in children(root, name)]
    )
    if not lists and not errors:
        raise InputError(f"{location} is an OAI-PMH answer without a list of records; expected {_WANTED}")
    return [record for part in lists for record in children(part, "record")]


def _record(element: XmlElement, position: str, doubts: Doubts) -> PaperRecord:
    header = next(iter(children(element, "header")), None)
    identifier = "" if header is None else child_text(header, "identifier")
    is_deleted = header is not None and header.get("status") == "deleted"
    formats = [part for metadata in children(element, "metadata") for part in metadata if local_name(part)]
    if not formats:
        if not is_deleted:
            raise UnusableEntryError("a record without metadata")
        arxiv_id = read_identifiers(identifier).arxiv_id
        name = excerpt(identifier) if arxiv_id is None else f"arXiv {arxiv_id}"
        raise UnusableEntryError(f"deleted by the service: {name or 'without an id'}")
    read = _FORMATS.get(local_name(formats[0]))
    if read is None:
        raise UnusableEntryError(f"{_OTHER_FORMAT} (<{excerpt(local_name(formats[0]))}>)")
    paper = read(formats[0], identifier)
    paper.is_withdrawn = is_deleted
    return paper.record(position, doubts, "a paper without a title")


_READER = EntryReader(SOURCE, _record, show_element)


def _read_arxiv(paper: XmlElement, identifier: str) -> StatedPaper:
    authors = [author for part in children(paper, "authors") for author in children(part, "author")]
    names = (
        " ".join(child_text(author, part) for part in ("forenames", "keyname", "suffix"))
        for author in authors
    )
    published, updated = (read_date(child_text(paper, name)) for name in ("created", "updated"))
    stated = len(child_texts(paper, "created")[:1]) + len(child_texts(paper, "updated")[:1])
    return StatedPaper(
        child_text(paper, "title"),
        child_text(paper, "abstract"),
        found=_identifiers(paper, identifier),
        # Collaborations put a ":" of its own between their name and the first author.
        authors=[" ".join(name.split()) for name in names if any(map(str.isalnum, name))],
        categories=arxiv_categories(child_texts(paper, "categories")),
        remarks=(child_text(paper, "comments"),),
        published=published,
        updated=updated[0],
        has_unread_date=sum(day is not None for day, _ in (published, updated)) < stated,
    )


def _read_arxiv_raw(paper: XmlElement, identifier: str) -> StatedPaper:
    versions: dict[int, XmlElement] = {}
    for element in children(paper, "version"):
        if match := _VERSION.fullmatch(element.get("version") or ""):
            versions[int(match[1])] = element
    dates = {number: read_date(child_text(element, "date")) for number, element in versions.items()}
    newest = max(versions, default=None)
    identifiers = _identifiers(paper, identifier)
    return StatedPaper(
        child_text(paper, "title"),
        child_text(paper, "abstract"),
        found=replace(identifiers, version=newest or identifiers.version),
        authors=split_author_names(child_text(paper, "authors")),
        categories=arxiv_categories(child_texts(paper, "categories")),
        remarks=(child_text(paper, "comments"),),
        # A list that begins with v2 does not say when the paper appeared.
        published=dates.get(1, UNDATED),
        updated=None if newest is None else dates[newest][0],
        has_unread_date=any(number in dates and dates[number][0] is None for number in (1, newest or 1)),
    )


def _read_dublin_core(paper: XmlElement, identifier: str) -> StatedPaper:
    """Read oai_dc, whose fields repeat and say little of what they are.

    Of two dates arXiv gives the first version's, then the newest version's: ``math`` papers of 2003
    with one date, 1412.1417 with 2014-12-03 (its id's month) and 2023-01-23. So the earliest is the
    publication. Another repository's later dates may be those of its own bookkeeping (``accessioned``,
    ``available``): only arXiv's are read as the date of an update.
    """
    descriptions = child_texts(paper, "description")
    comments = [text for text in descriptions if text.startswith(_COMMENT)]
    abstracts = [text for text in descriptions if not text.startswith(_COMMENT)]
    texts = child_texts(paper, "identifier")
    # "doi:10.1000/a 10.1000/b" holds two; a journal's reference is not taken apart.
    parts = [part for text in texts for part in (text.split() if text.lower().startswith("doi:") else [text])]
    identifiers = read_identifiers(identifier, *parts)
    stated = child_texts(paper, "date")
    dates = sorted(
        (found for text in stated if (found := read_date(text))[0] is not None),
        key=lambda found: str(found[0]),
    )
    published: StatedDate = dates[0] if dates else UNDATED
    is_arxiv = identifiers.arxiv_id is not None
    return StatedPaper(
        plain_prose(child_text(paper, "title")),
        plain_prose(abstracts[0]) if abstracts else "",
        found=identifiers,
        authors=[_given_name_first(name) for name in child_texts(paper, "creator")],
        categories=child_texts(paper, "subject"),
        remarks=[text.removeprefix(_COMMENT) for text in comments],
        published=published,
        updated=dates[-1][0] if is_arxiv and len(dates) > 1 else None,
        has_unread_date=len(dates) < len(stated),
        pages=() if is_arxiv else texts,
    )


_FORMATS: dict[str, Callable[[XmlElement, str], StatedPaper]] = {
    "arXiv": _read_arxiv,
    "arXivRaw": _read_arxiv_raw,
    "dc": _read_dublin_core,
}


def _identifiers(paper: XmlElement, identifier: str) -> Identifiers:
    return read_identifiers(child_text(paper, "id"), identifier, *child_text(paper, "doi").split())


def _given_name_first(name: str) -> str:
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma and "," not in given else name


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_oai_pmh))
