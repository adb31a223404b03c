"""Names of columns and fields as people and programs write them: which one of a table holds what.

A name is compared without its case, spaces and punctuation: ``Arxiv ID``, ``arxiv_id`` and
``arXiv-Id`` are one. Where several columns hold one field, they are kept in the order of trust.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.exceptions import InputError
from flows.sources.plain_text import excerpt

__all__ = ["FieldMap", "match_fields"]

_NAMES_SHOWN = 20

# Folded names in the order of trust. "Date Added", "Date Modified" and "created_at" of reference
# managers and databases are the catalogue's clock, so they are no dates of a paper.
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    field: tuple(" ".join(names).split())
    for field, names in {
        "title": ("title papertitle articletitle documenttitle itemtitle displayname",),
        "abstract": ("abstract abstracttext abstractnote paperabstract summary description",),
        "id": ("arxivid arxiv id paperid eprint archiveid entryid",),
        "doi": ("doi doiurl itemdoi articledoi doilink",),
        "published": (
            # The versions of arXiv's bulk metadata: the first one's day is the day of publication.
            "versions published date publicationdate pubdate publishedat publisheddate datepublished",
            "publishdate issued created submitted submitteddate submissiondate coverdate",
            "year publicationyear pubyear yearpublished jahr",
            # Days of electronic or early access make what an issue says finer, or take its place.
            "onlinedate publicationdateonline publicationdateprint earlyaccessdate epubdate issuedate",
            "month publicationmonth",
        ),
        "updated": ("updated updatedate updatedat updateddate modified",),
        "authors": (
            "authorfullnames authors author authornames authorlist creators creator authorname",
            "authorshipsauthordisplayname autoren",
        ),
        "n_authors": ("nauthors numauthors authorcount numberofauthors",),
        "upvotes": ("upvotes votes likes numupvotes",),
        "organization": ("organization organisation affiliation",),
        "categories": (
            "categories category arxivcategories primarycategory primary fieldsofstudy subjects keywords",
            "authorkeywords",
        ),
        "venue": (
            "venue journal journaltitle booktitle conference publicationtitle sourcetitle containertitle",
        ),
        "url": ("url paperurl link abs absurl arxivurl forumurl pdfurl pdf dimensionsurl",),
        "comment": ("comment comments",),
    }.items()
}
# Web of Science's tables head their columns with the two letters of its plain text.
_WEB_OF_SCIENCE = {
    "title": ("TI",),
    "abstract": ("AB",),
    "doi": ("DI",),
    "published": ("PD", "PY", "EA"),
    "authors": ("AF", "AU"),
    "categories": ("DE",),
    "venue": ("SO",),
}
_FIELD_OF = {usual: field for field, names in _USUAL_NAMES.items() for usual in names}


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Which columns of a table hold which field of a paper, each in the order in which they are tried.

    Attributes
    ----------
    title : tuple of str
        Never empty.
    authors, n_authors, upvotes, organization, categories, venue, url, comment : tuple of str
        Empty where the table has no such column. `comment` is read for a withdrawal only.
    serials : tuple of str
        Columns of dates that the caller names: a number of five digits there is a spreadsheet's day.
    """

    title: tuple[str, ...]
    abstract: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    doi: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    n_authors: tuple[str, ...] = ()
    upvotes: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    venue: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()


def match_fields(names: Sequence[str], given: Mapping[str, str], *, location: str) -> FieldMap:
    """Find the columns that hold each field of a paper.

    `given` is what the caller says of some columns, ``{"Heading": "title"}``. A field that is given is read
    from the given columns alone.

    Raises
    ------
    InputError
        When no column holds titles, or `given` names a column or a field that there is not.

    Examples
    --------
    >>> found = match_fields(["Title", "arXiv ID", "Publication Year", "Date", "Notes"], {}, location="a.csv")
    >>> found.title, found.id, found.published
    (('Title',), ('arXiv ID',), ('Date', 'Publication Year'))
    >>> match_fields(["Heading", "Title"], {"heading": "title"}, location="a.csv").title
    ('Heading',)
    >>> match_fields(["Heading", "Text"], {}, location="a.csv")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: a.csv has no column of titles among 'Heading', 'Text'; \
name it with --map COLUMN=title
    """
    columns = [name for name in dict.fromkeys(names) if isinstance(name, str)]
    chosen = {
        _given_column(column, columns, location): _given_field(field) for column, field in given.items()
    }
    free = [(_fold(column), column) for column in columns if column not in chosen]
    found: dict[str, tuple[str, ...]] = {}
    tagged = _WEB_OF_SCIENCE if {"PT", "TI", "AU", "PY"} <= {*columns} else {}
    for field, usual in _USUAL_NAMES.items():
        named = tuple(column for column, its_field in chosen.items() if its_field == field)
        ranked = sorted((usual.index(folded), column) for folded, column in free if folded in usual)
        by_tag = tuple(column for column in tagged.get(field, ()) if column in columns)
        found[field] = named or by_tag or tuple(column for _, column in ranked)
    if not found["title"]:
        raise InputError(
            f"{location} has no column of titles among {_listed(columns)}; name it with --map COLUMN=title"
        )
    serials = tuple(column for column, its_field in chosen.items() if its_field == "published")
    return FieldMap(**found, serials=serials)


def _given_column(name: str, columns: list[str], location: str) -> str:
    if name in columns:
        return name
    alike = [column for column in columns if _fold(column) == _fold(name) != ""]
    if len(alike) == 1:
        return alike[0]
    raise InputError(
        f"{location} has no column {excerpt(name)!r}; its columns are {_listed(columns)}"
        f"{_hint(name, columns)}"
    )


def _given_field(name: str) -> str:
    field = _FIELD_OF.get(_fold(name))
    if field is None:
        allowed = list(_USUAL_NAMES)
        raise InputError(
            f"unknown field {excerpt(name)!r} of --map COLUMN=FIELD; allowed is one of "
            f"{', '.join(allowed)}{_hint(name, allowed)}"
        )
    return field


def _hint(name: str, allowed: Sequence[str]) -> str:
    close = difflib.get_close_matches(name[:100], [column[:100] for column in allowed[:1_000]], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(excerpt(column)[:60]) for column in columns[:_NAMES_SHOWN])
    n_more = len(columns) - _NAMES_SHOWN
    return f"{shown} and {n_more} more" if n_more > 0 else shown or "none at all"


def _fold(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name[:200]).casefold()
    return "".join(character for character in folded if character.isalnum())
