"""RSS 2.0, RSS 1.0 (RDF) and Atom feeds of journals, of arXiv's announcements and of services about papers.

Feeds are read with lxml alone: feedparser's sanitizer and its search for mail addresses take time
that grows with the square of a text (22 s for 400,000 characters of ``<!--``).

Whose clock an item's date is decides what it is read as. A journal's item appeared on it. arXiv's
announcement of a new paper is that paper's appearance; one of a replacement or a cross-list is not.
An entry of Atom without a date of publication is dated by its update, and marked so.
Another service that shows arXiv's papers dates its own posts: such a date is no publication date,
with one exception that was checked. In feeds of Hugging Face's daily papers 137 of 141 dates agree with
their arXiv id and follow its order, weekends included (10 of 136 neighbours stand the other way round);
the four others lie after the month of their id, by up to five months, and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from analytics.dates import date_fault
from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.arxiv_atom import looks_like as is_arxiv_answer
from flows.sources.author_names import names_of, split_author_names
from flows.sources.categories import arxiv_categories
from flows.sources.entries import EntryReader, numbered
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.markup import unwrap_markup
from flows.sources.publishers_words import without_boilerplate
from flows.sources.records import Doubts, StatedPaper
from flows.sources.stated_dates import UNDATED, StatedDate, finest_date, read_date
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

__all__ = ["FORMAT", "SOURCE", "looks_like", "parse_rss"]

SOURCE = "rss"

_WANTED = "an RSS or Atom feed of papers"
_ROOTS = ("rss", "RDF", "feed")
_PLAIN_SPACES = ("", "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/", "http://purl.org/atom/ns#")
_SPACES = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://arxiv.org/schemas/atom": "arxiv:",
}
_ABSTRACTS = ("description", "summary", "dc:description", "content:encoded", "content")
_DATES = ("prism:publicationDate", "dc:date", "published", "issued", "pubDate", "prism:coverDate")
_CLOCK = "a date of another service's own clock is not read as an arXiv paper's"
_ANNOUNCEMENT = re.compile(r"arXiv:(\S{1,40}) Announce Type: ([\w-]{1,30})(?: Abstract:)? ?(.*)")
_OLD_TITLE = re.compile(r"\.? \(arXiv:(\S{1,40}) \[[\w.-]{1,40}\]( UPDATED| CROSS LISTED)?\)$")
_DAILY_PAPERS = re.compile(r"Authors: (.*?) Upvotes: (\d{1,9}) Summary: ?(.*)")

_MAIL_FIRST = re.compile(r"\S{1,100}@\S{1,100} ?\(([^()]{1,200})\)")
_MAIL = re.compile(r" ?[(<]? ?[^\s()<>@]{1,100}@[^\s()<>]{1,100} ?[)>]?")
_BY_UPDATE = "an entry that only states when it was updated is dated by that"

_Fields = dict[str, list[XmlElement]]


@dataclass(frozen=True, slots=True)
class _Item:
    """What an item says after its service's way of writing was taken off.

    `announced` is the way in which arXiv announces it (``"new"``, ``"cross"``, ``"replace"``), empty
    for an item of any other service; `dated` is a date among the words of its description.
    """

    title: str
    abstract: str
    authors: tuple[str, ...]
    identifiers: Identifiers
    announced: str = ""
    upvotes: int | None = None
    dated: str = ""


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an RSS or Atom feed, arXiv's API left out.

    Examples
    --------
    >>> looks_like("<?xml version='1.0'?><rss version='2.0'><channel>")
    True
    >>> looks_like("<feed xmlns='http://www.w3.org/2005/Atom'><id>http://arxiv.org/api/x</id>")
    False
    """
    name = root_name(head)
    if name == "RDF":
        return "purl.org/rss/1.0/" in head
    if name == "feed":
        return any(space in head for space in _PLAIN_SPACES[1:]) and not is_arxiv_answer(head)
    return name == "rss"


def parse_rss(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one RSS or Atom feed.

    `records` in the order of the feed. `published` is the item's date, and missing where that is the clock of
    a service that shows arXiv's papers. An item without an abstract is kept.

    Parameters
    ----------
    text : str
        The feed. Bare ampersands, forbidden characters and undeclared prefixes are mended.
    day : date or None
        The day of the look; None for the day on which the feed says that it was built.

    Examples
    --------
    >>> item = "<item><title>A Title</title><dc:date>2025-03-04</dc:date></item>"
    >>> rss = f"<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{item}</channel></rss>"
    >>> parse_rss(rss, location="a.xml", day=None).records[0].published
    datetime.date(2025, 3, 4)
    """
    root = parse_xml(text, location, _WANTED, roots=_ROOTS)
    channel = next(iter(children(root, "channel")), root)
    if channel is root and local_name(root) != "feed":
        raise InputError(f"{location} holds no channel of items; expected {_WANTED}")
    is_daily_papers = any("huggingface.co/papers" in flat_text(link) for link in children(channel, "link"))
    items = children(channel, "item") + children(channel, "entry")
    items += children(root, "item") if root is not channel else []
    day = day or _built(channel)
    reader = EntryReader(SOURCE, partial(_record, is_daily_papers=is_daily_papers), show_element)
    return reader.whole(numbered(items, "item"), location=location, day=day)


def _fields(element: XmlElement) -> _Fields:
    """Direct children by name, with a short prefix where their namespace is not that of feeds."""
    fields: _Fields = {}
    for child in element:
        name = local_name(child)
        if not name:
            continue
        space = str(child.tag).rpartition("}")[0].lstrip("{")
        if space not in _PLAIN_SPACES:
            # prism comes in several editions, each with an address of its own.
            name = _SPACES.get(space, "prism:" if "prismstandard.org" in space else "other:") + name
        fields.setdefault(name, []).append(child)
    return fields


def _first(fields: _Fields, names: tuple[str, ...]) -> str:
    texts = (flat_text(element) for name in names for element in fields.get(name, ()))
    return next((text for text in texts if text), "")


def _item(fields: _Fields) -> _Item:
    title = unwrap_markup(_first(fields, ("title", "dc:title")))
    abstracts = [text for name in _ABSTRACTS if (text := unwrap_markup(_first(fields, (name,))))]
    abstract = next(iter(abstracts), "")
    announced = _first(fields, ("arxiv:announce_type",))
    authors, upvotes, stated_id, dated = _authors(fields), None, None, ""
    if match := _ANNOUNCEMENT.fullmatch(abstract):
        stated_id, announced, abstract = match[1], announced or match[2], match[3]
    elif match := _OLD_TITLE.search(title):
        title, stated_id = title[: match.start()], match[1]
        announced = {" UPDATED": "replace", " CROSS LISTED": "cross"}.get(match[2] or "", "new")
    elif match := _DAILY_PAPERS.fullmatch(abstract):
        authors, upvotes, abstract = split_author_names(match[1]), int(match[2]), match[3]
    else:
        abstract, dated, named = without_boilerplate(abstracts, authors)
        authors = authors or named
    split = split_author_names if announced else names_of
    authors = tuple(name for text in authors for name in split(text))
    return _Item(title, abstract, authors, _identifiers(fields, stated_id), announced, upvotes, dated)


def _authors(fields: _Fields) -> tuple[str, ...]:
    names: list[str] = []
    for element in fields.get("dc:creator") or fields.get("author") or ():
        text = unwrap_markup(child_text(element, "name") or flat_text(element))
        # RSS 2.0 wants "ada@example.org (Ada Example)".
        mail = _MAIL_FIRST.fullmatch(text)
        names.append(mail[1] if mail else _MAIL.sub("", text) if "@" in text else text)
    return tuple(name for name in names if name)


def _identifiers(fields: _Fields, stated_id: str | None) -> Identifiers:
    named = ("guid", "id", "arxiv:DOI", "arxiv:doi", "prism:doi", "dc:identifier")
    texts = [flat_text(element) for name in named for element in fields.get(name, ())]
    return read_identifiers(stated_id, *texts, *_links(fields))


def _links(fields: _Fields) -> list[str]:
    links = [link for link in fields.get("link", ()) if link.get("rel") in (None, "alternate")]
    return [flat_text(link) or link.get("href") or "" for link in links]


def _dates(
    item: _Item, fields: _Fields, *, is_daily_papers: bool
) -> tuple[tuple[StatedDate, date | None], bool]:
    """Publication and update of an item, and whether a date that counts cannot be read."""
    texts = [flat_text(element) for name in _DATES for element in fields.get(name, ())]
    stated = next((text for text in texts if text), item.dated)
    found = finest_date(map(read_date, (*texts, item.dated)))
    is_unread = bool(stated) and found[0] is None
    arxiv_id = item.identifiers.arxiv_id
    if item.announced:
        # A cross-list may be of an old paper: only arXiv's word "new" says that it appears today.
        published = found if item.announced == "new" else UNDATED
        return (published, found[0] if item.announced.startswith("replace") else None), is_unread
    if arxiv_id is None:
        changed = _first(fields, ("updated", "modified"))
        updated = read_date(changed)[0]
        return (found, updated), is_unread or (bool(changed) and updated is None)
    is_late = date_fault(*found, f"arxiv:{arxiv_id}") == "after_id_month"
    return (found if is_daily_papers and not is_late else UNDATED, None), is_unread and is_daily_papers


def _record(element: XmlElement, position: str, doubts: Doubts, *, is_daily_papers: bool) -> PaperRecord:
    fields = _fields(element)
    item = _item(fields)
    (published, updated), is_unread = _dates(item, fields, is_daily_papers=is_daily_papers)
    # Atom demands a date of update and no other; it is read as the day of a paper where no other is stated.
    is_by_update = published == UNDATED and updated is not None and not item.announced
    record = StatedPaper(
        item.title,
        item.abstract,
        published=(updated, "day") if is_by_update else published,
        basis="updated" if is_by_update else "stated",
        updated=updated,
        authors=item.authors,
        upvotes=item.upvotes,
        categories=_categories(item, fields),
        venue=_first(fields, ("prism:publicationName", "dc:source")) if not item.announced else "",
        pages=[*_links(fields), *(flat_text(guid) for guid in fields.get("guid", ()))],
        found=item.identifiers,
        has_unread_date=is_unread,
    ).record(position, doubts, "an item without a title")
    if is_by_update:
        doubts.add(_BY_UPDATE, position)
    elif not is_unread and published == UNDATED and not item.announced and _first(fields, _DATES):
        doubts.add(_CLOCK, position)
    return record


def _categories(item: _Item, fields: _Fields) -> Sequence[str]:
    """Categories of an item: arXiv's own for its announcements, else as stated."""
    stated = [element for name in ("category", "dc:subject") for element in fields.get(name, ())]
    texts = [element.get("term") or flat_text(element) for element in stated]
    return arxiv_categories(texts) if item.announced else texts


def _built(channel: XmlElement) -> date | None:
    stated = _first(_fields(channel), ("lastBuildDate", "updated", "pubDate", "dc:date"))
    return read_date(stated)[0]


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_rss))
