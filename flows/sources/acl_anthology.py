"""Collections of the ACL Anthology's own data: ``data/xml/2024.eacl.xml`` in its repository.

A collection holds volumes, a volume its month and year, its frontmatter and its papers. A paper has no
date of its own: it appeared with its volume, known to the month or the year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from analytics.papers import Feed, PaperRecord
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers, clean_doi
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import UNREAD_DATE, Doubts, StatedPaper
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.xml_documents import (
    XmlElement,
    child_text,
    children,
    flat_text,
    local_name,
    parse_xml,
    root_name,
    show_element,
)

__all__ = ["FORMAT", "SOURCE", "looks_like", "parse_acl_anthology"]

SOURCE = "acl-anthology"

_WANTED = "a collection of the ACL Anthology: XML with volumes of papers"
_FIRST_WORD = re.compile(r"[A-Za-z]{3,9}")
_ANTHOLOGY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MATTER = frozenset({"frontmatter", "backmatter"})


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of a collection of the ACL Anthology.

    Examples
    --------
    >>> looks_like("<?xml version='1.0'?><collection id='2024.eacl'><volume id='long'>")
    True
    >>> looks_like("<collection xmlns='http://www.loc.gov/MARC21/slim'><record>")
    False
    """
    return root_name(head) == "collection" and "<volume" in head


def parse_acl_anthology(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one collection of the ACL Anthology.

    Front and back matter are no papers and are left out without a word. A retracted or removed paper
    is kept as withdrawn.

    `records` in the order of the collection. `published` is the first day of the volume's month, or of its
    year where no month is readable; `updated` the day of the newest revision.

    Examples
    --------
    >>> title = "<title>A <fixed-case>T</fixed-case>itle</title>"
    >>> paper = f"<paper id='1'>{title}<url>2024.eacl-long.1</url></paper>"
    >>> meta = "<meta><month>March</month><year>2024</year></meta>"
    >>> text = f"<collection id='2024.eacl'><volume id='long'>{meta}{paper}</volume></collection>"
    >>> record = parse_acl_anthology(text, location="a.xml", day=None).records[0]
    >>> record.title, record.url, record.published_precision
    ('A Title', 'https://aclanthology.org/2024.eacl-long.1', 'month')
    """
    root = parse_xml(text, location, _WANTED, roots=("collection",))
    doubts = Doubts()
    return _READER.whole(_papers(root, doubts), location=location, day=day, doubts=doubts)


def _papers(root: XmlElement, doubts: Doubts) -> Iterator[tuple[str, tuple[XmlElement, StatedDate]]]:
    """Papers with their positions, each with the date of its volume."""
    for volume in children(root, "volume"):
        published, is_unread = _volume_date(volume)
        name = excerpt(volume.get("id") or "without an id")
        if is_unread:
            doubts.add(UNREAD_DATE, f"volume {name}")
        for number, paper in enumerate(children(volume, "paper"), start=1):
            if paper.get("type") not in _MATTER:
                yield f"volume {name}, paper {number}", (paper, published)


def _volume_date(volume: XmlElement) -> tuple[StatedDate, bool]:
    """Date of a volume, and whether it states one that cannot be read."""
    meta = next(iter(children(volume, "meta")), None)
    if meta is None:
        return UNDATED, False
    year, month = child_text(meta, "year"), child_text(meta, "month")
    found = read_date(year)
    if found[1] != "year":
        return UNDATED, bool(year)
    # "July 5 - July 10" and "November-December" begin with the month in which the volume appeared.
    word = _FIRST_WORD.match(month)
    monthly = read_date(f"{word[0]} {year}") if word else UNDATED
    return (monthly, False) if monthly[1] == "month" else (found, bool(month))


def _record(entry: tuple[XmlElement, StatedDate], position: str, doubts: Doubts) -> PaperRecord:
    paper, published = entry
    revisions = [revision.get("date") for revision in children(paper, "revision")]
    stated = [text for text in revisions if text]
    days = [day for text in stated if (day := read_date(text)[0]) is not None]
    doi = clean_doi(child_text(paper, "doi"))
    return StatedPaper(
        _text(paper, "title"),
        _text(paper, "abstract"),
        published=published,
        updated=max(days, default=None),
        authors=[name for author in children(paper, "author") if (name := _name(author))],
        pages=(_page(child_text(paper, "url")),),
        found=Identifiers(doi=doi),
        is_withdrawn=bool(children(paper, "retracted") or children(paper, "removed")),
        has_unread_date=len(days) < len(stated),
    ).record(position, doubts, "a paper without a title")


_READER = EntryReader(SOURCE, _record, lambda entry: show_element(entry[0]))


def _text(paper: XmlElement, name: str) -> str:
    """Text of the first child of a name, with its formulas between dollars as all sources have them."""
    element = next(iter(children(paper, name)), None)
    if element is None:
        return ""
    parts: list[str] = [element.text or ""]
    for child in element:
        if local_name(child) == "tex-math":
            parts.append(f"${flat_text(child).strip('$')}$")
        elif local_name(child):
            parts.append(_inner(child))
        parts.append(child.tail or "")
    return clean_text("".join(parts))


def _inner(element: XmlElement) -> str:
    # An inline element may begin or end with the space that separates it.
    return "".join(str(text) for text in element.itertext())


def _name(author: XmlElement) -> str:
    return clean_text(f"{child_text(author, 'first')} {child_text(author, 'last')}")


def _page(url: str) -> str:
    """Page of a paper: the Anthology's for its own ids, else the address itself."""
    return f"https://aclanthology.org/{url}" if _ANTHOLOGY_ID.fullmatch(url) else url


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_acl_anthology))
