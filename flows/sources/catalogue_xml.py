"""XML of PubMed and of EndNote, as their sites and programs export it."""

from __future__ import annotations

from datetime import date

from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import names_of
from flows.sources.entries import EntryReader, numbered
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import read_identifiers
from flows.sources.markup import plain_prose
from flows.sources.plain_text import without_final_point
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, read_dates
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

__all__ = ["ENDNOTE_XML", "PUBMED_XML", "parse_endnote_xml", "parse_pubmed_xml"]

_PUBMED_WANTED = "PubMed's XML: a set of articles"
_ENDNOTE_WANTED = "EndNote's XML: records of references"
_PUBMED_ROOTS = ("PubmedArticleSet", "PubmedArticle", "MedlineCitationSet")


def parse_pubmed_xml(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of a set of PubMed's articles."""
    root = parse_xml(text, location, _PUBMED_WANTED, roots=_PUBMED_ROOTS)
    entries = [root] if local_name(root) == "PubmedArticle" else [one for one in root if local_name(one)]
    return _PUBMED.whole(numbered(entries, "article"), location=location, day=day)


def parse_endnote_xml(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of an EndNote library as XML."""
    root = parse_xml(text, location, _ENDNOTE_WANTED, roots=("xml", "records"))
    parts = [root] if local_name(root) == "records" else children(root, "records")
    records = [record for part in parts for record in children(part, "record")]
    return _ENDNOTE.whole(numbered(records, "record"), location=location, day=day)


def _inner(element: XmlElement | None, *names: str) -> list[XmlElement]:
    """Elements along a path of names."""
    found = [] if element is None else [element]
    for name in names:
        found = [child for one in found for child in children(one, name)]
    return found


def _article(element: XmlElement, position: str, doubts: Doubts) -> PaperRecord:
    citation = (
        element
        if local_name(element) == "MedlineCitation"
        else next(iter(children(element, "MedlineCitation")), None)
    )
    article = next(iter(_inner(citation, "Article")), None)
    if article is None:
        raise UnusableEntryError(
            f"an entry of another kind (<{local_name(element)[:60]}>), without an article"
        )
    title = child_text(article, "ArticleTitle") or child_text(article, "VernacularTitle")
    authors = [
        {name: child_text(author, name) for name in ("ForeName", "LastName", "Initials", "CollectiveName")}
        for author in _inner(article, "AuthorList", "Author")
    ]
    dates = [*_inner(article, "Journal", "JournalIssue", "PubDate"), *children(article, "ArticleDate")]
    stated = [_pubmed_date(one) for one in dates]
    published = read_dates(stated)
    ids = [*_inner(element, "PubmedData", "ArticleIdList", "ArticleId"), *children(article, "ELocationID")]
    kinds = [flat_text(kind) for kind in _inner(article, "PublicationTypeList", "PublicationType")]
    return StatedPaper(
        without_final_point(title),
        " ".join(flat_text(part) for part in _inner(article, "Abstract", "AbstractText")).strip(),
        published=published,
        authors=names_of(authors),
        found=read_identifiers(*map(flat_text, ids)),
        last_page=f"https://pubmed.ncbi.nlm.nih.gov/{child_text(citation, 'PMID')}/"
        if citation is not None
        else "",
        categories=[flat_text(one) for one in _inner(citation, "KeywordList", "Keyword")],
        venue="".join(flat_text(one) for one in _inner(article, "Journal", "Title")[:1]),
        is_withdrawn="Retracted Publication" in kinds,
        has_unread_date=published == UNDATED and any(stated),
    ).record(position, doubts, "an article without a title")


def _pubmed_date(element: XmlElement) -> str:
    parts = [child_text(element, name) for name in ("Year", "Month", "Day")]
    if parts[1].isdecimal():
        return "-".join(part for part in parts if part)
    return " ".join(part for part in parts if part) or child_text(element, "MedlineDate")


def _reference(record: XmlElement, position: str, doubts: Doubts) -> PaperRecord:
    stated = [
        flat_text(one)
        for one in (*_inner(record, "dates", "pub-dates", "date"), *_inner(record, "dates", "year"))
    ]
    published = read_dates(stated)
    pages = [
        flat_text(url)
        for kind in ("web-urls", "related-urls", "pdf-urls")
        for url in _inner(record, "urls", kind, "url")
    ]
    ids = [*child_texts(record, "electronic-resource-num"), *child_texts(record, "accession-num")]
    return StatedPaper(
        plain_prose(next((flat_text(one) for one in _inner(record, "titles", "title")), "")),
        plain_prose(child_text(record, "abstract")),
        published=published,
        authors=[
            name
            for one in _inner(record, "contributors", "authors", "author")
            for name in names_of(flat_text(one))
        ],
        pages=pages,
        found=read_identifiers(*ids, *pages),
        categories=[flat_text(one) for one in _inner(record, "keywords", "keyword")],
        venue=next((flat_text(one) for one in _inner(record, "titles", "secondary-title")), ""),
        remarks=child_texts(record, "notes"),
        has_unread_date=published == UNDATED and any(stated),
    ).record(position, doubts, "a record without a title")


_PUBMED = EntryReader("pubmed", _article, show_element)
_ENDNOTE = EntryReader("endnote", _reference, show_element)

PUBMED_XML = SourceFormat("pubmed", lambda head: root_name(head) in _PUBMED_ROOTS, parsed(parse_pubmed_xml))
ENDNOTE_XML = SourceFormat(
    "endnote",
    lambda head: (
        root_name(head) in ("xml", "records") and any(mark in head for mark in ("<ref-type", "<titles>"))
    ),
    parsed(parse_endnote_xml),
)
