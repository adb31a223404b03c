"""Bibliographies in BibTeX or BibLaTeX: Zotero, Google Scholar, ACL Anthology, DBLP, Mendeley write them.

The bibtexparser library splits the text into blocks. Where a block never closes it goes on at the
next line that begins with ``@``, so one broken entry costs no other. Values are put together here
(``"10~" # jun``), because the library leaves concatenations as they stand. An entry of any kind with
a title is a record, theses, books and software too; a volume of proceedings is not, because its papers
are the works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ImplicitComment,
    ParsingFailedBlock,
    String,
)

from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.bibtex_blocks import blocks_of, chunks_of
from flows.sources.bibtex_fields import BibtexFields, joined_value
from flows.sources.categories import categories_of
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, read_identifiers, web_address
from flows.sources.latex import decode_latex
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.tagged import looks_tagged
from flows.sources.text_lines import read_lines

__all__ = ["FORMAT", "SOURCE", "SUFFIXES", "looks_like", "read_bibtex"]

SOURCE = "bibtex"
SUFFIXES = (".bib",)

_HEAD = re.compile(
    r"^[ \t]*@(?:(?:comment|string|preamble)[ \t]*[{(]"
    r"|[a-z]+[ \t]*[{(][ \t]*[^\s,{}()=\"#%~\\]+[ \t]*,[ \t]*(?:$|\w+[ \t]*=))",
    re.MULTILINE | re.IGNORECASE,
)
# What stands outside entries is a comment; with a title in it, it is an entry whose beginning is lost.
_LOST_TITLE = re.compile(r"\btitle[ \t]{0,20}=[ \t]{0,20}[{\"]", re.IGNORECASE)
_NO_PAPERS = ("proceedings", "mvproceedings", "set", "xdata")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST_MACRO = 1_000

_AUTHOR_MARK = re.compile(r"(?<!\\)[{}]| and(?= )", re.IGNORECASE)


def looks_like(head: str) -> bool:
    r"""Tell whether a text is a bibliography: whether a line opens an entry with its key.

    Examples
    --------
    >>> looks_like("% my library\n@article{doe2020,\n  title = {Agents}\n}")
    True
    >>> looks_like("Agents That Plan\n@someone wrote it"), looks_like('{"id": "@misc{a,"}')
    (False, False)
    """
    head = head.removeprefix("\ufeff")
    entry = _HEAD.search(head)
    # A record in RIS or its like may hold such a line.
    return entry is not None and not looks_tagged(head[: entry.start()])


def read_bibtex(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a bibliography.

    ``published`` is the biblatex ``date`` or else the year with its month and day as far as they are
    stated. ``@string``, ``@preamble`` and comments are no records. Of a repeated field the first
    counts; entries that repeat a key are all kept.

    In parts; ``"line 12"`` is where an entry begins. An entry that never closes or is without a title is a
    reject.
    """
    return _READER.parts(_entries(file), file)


def _entries(file: SourceFile) -> Iterator[tuple[str, BibtexFields] | RejectedRecord]:
    macros = {month: month for month in _MONTHS}
    for start, text in chunks_of(read_lines(file)):
        for block in blocks_of(text):
            position = f"line {start + (block.start_line or 0)}"
            if isinstance(block, String):
                macros[block.key.casefold()] = joined_value(block.value, macros)[:_LONGEST_MACRO]
            else:
                yield from _read_block(block, position, macros)


def _read_block(
    block: Block, position: str, macros: dict[str, str]
) -> Iterator[tuple[str, BibtexFields] | RejectedRecord]:
    if isinstance(block, (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)):
        block = block.ignore_error_block or block
    if isinstance(block, String):
        # A macro that is defined again has the later meaning from here on.
        macros[block.key.casefold()] = joined_value(block.value, macros)[:_LONGEST_MACRO]
        return
    reason = ""
    if isinstance(block, ParsingFailedBlock):
        reason = "an entry that is not closed or has a broken field"
    elif isinstance(block, ImplicitComment) and _LOST_TITLE.search(block.comment):
        reason = "a title outside any entry"
    elif not isinstance(block, Entry) or not block.entry_type:
        return
    elif block.entry_type.casefold() in _NO_PAPERS:
        reason = f"an entry of the kind {block.entry_type.casefold()}, which is no paper"
    else:
        yield position, BibtexFields(block, macros)
        return
    yield RejectedRecord(position, reason, excerpt(block.raw or ""))


def _record(fields: BibtexFields, position: str, doubts: Doubts) -> PaperRecord:
    published = _date(fields)
    authors, has_all_authors = _authors(fields.raw("author"))
    return StatedPaper(
        fields.text("title"),
        fields.text("abstract"),
        published=published,
        authors=authors,
        has_all_authors=has_all_authors,
        categories=categories_of(fields.text("keywords") or fields.text("primaryclass")),
        venue=_venue(fields),
        pages=(_link(fields) or "",),
        found=_identifiers(fields),
        remarks=(fields.text("note"), fields.text("comment")),
        has_unread_date=published == UNDATED and bool(fields.raw("date") or fields.raw("year")),
    ).record(position, doubts)


_READER = EntryReader(SOURCE, _record, lambda fields: excerpt(fields.source))


def _date(fields: BibtexFields) -> StatedDate:
    """Biblatex's date (of a span of days its first), else year, month and day as far as they can be read."""
    stated = read_date(fields.address("date").partition("/")[0])
    if stated != UNDATED:
        return stated
    year, month, day = (fields.text(name) for name in ("year", "month", "day"))
    if not month:
        return read_date(year)
    # "Sept." and "June" begin like the macros; "10 jun" and "jun 10" hold the day as well.
    month = " ".join(word[:3] if _is_month(word) else word for word in month.split())
    if month.isdecimal():
        written = (f"{year}-{month}-{day}", f"{year}-{month}")
    else:
        written = (f"{day} {month} {year}", f"{month} {year}")
    for text in (*written, year):
        stated = read_date(text)
        if stated != UNDATED:
            return stated
    return UNDATED


def _is_month(word: str) -> bool:
    return word[:3].casefold() in _MONTHS and word.rstrip(".").isalpha()


def _authors(raw: str) -> tuple[tuple[str, ...], bool]:
    """Names as ``First Last`` and whether they are all: ``and others`` says that they are not."""
    raw = f" {' '.join(raw.split())} "
    names, start, depth = [], 0, 0
    for mark in _AUTHOR_MARK.finditer(raw):
        if mark[0] in "{}":
            depth += 1 if mark[0] == "{" else -1
        elif depth <= 0:
            names.append(raw[start : mark.start()])
            start = mark.end()
    names.append(raw[start:])
    whole = [name for name in names if name.strip().casefold() not in ("others", "et al.", "et al")]
    read = (_name(name.strip()) for name in whole)
    return tuple(name for name in read if name), len(whole) == len(names)


def _name(raw: str) -> str:
    name = decode_latex(raw)
    # A name in braces is one of an organization, commas and all.
    if raw.startswith("{") and raw.endswith("}") and "}" not in raw[:-1]:
        return name
    last, *others = (part.strip() for part in name.split(","))
    if last.startswith(("family=", "given=", "prefix=")):
        # Biblatex's extended form: "family=Berg, given=Cy, prefix=van den, useprefix=true".
        named = {key: value for key, _, value in (part.partition("=") for part in (last, *others))}
        return " ".join(named[key] for key in ("given", "prefix", "family", "suffix") if named.get(key))
    # "Last, Jr, First": the first name stands at the end.
    parts = (others[1], last, others[0]) if len(others) == 2 else (*others, last)
    return " ".join(part for part in parts if part)


def _identifiers(fields: BibtexFields) -> Identifiers:
    archive = (fields.text("archiveprefix") or fields.text("eprinttype")).casefold()
    journal = fields.address("journal") or fields.address("journaltitle")
    volume = fields.address("volume")
    return read_identifiers(
        fields.address("eprint") if archive in ("", "arxiv") else None,
        fields.address("arxivid"),
        fields.address("doi"),
        _link(fields),
        journal,
        journal.casefold()
        .removeprefix("arxiv preprint ")
        .removeprefix("arxiv e-prints ")
        .removeprefix("arxiv "),
        # DBLP: journal = {CoRR}, volume = {abs/1706.03762}.
        volume.removeprefix("abs/") if journal.casefold() == "corr" else None,
        *(fields.address(name) for name in ("note", "number", "howpublished")),
    )


def _venue(fields: BibtexFields) -> str:
    names = ("journal", "journaltitle", "booktitle")
    return next((text for name in names if (text := fields.text(name))), "")


def _link(fields: BibtexFields) -> str | None:
    links = (web_address(fields.address(name)) for name in ("url", "howpublished", "ee"))
    return next((link for link in links if link), None)


FORMAT = SourceFormat(SOURCE, looks_like, read_bibtex, SUFFIXES)
