"""Bibliographies in BibTeX or BibLaTeX: Zotero, Google Scholar, ACL Anthology, DBLP, Mendeley write them.

The bibtexparser library splits the text into blocks. Where a block never closes it goes on at the
next line that begins with ``@``, so one broken entry costs no other. Values are put together here
(``"10~" # jun``), because the library leaves concatenations as they stand. An entry of any kind with
a title is a record, theses, books and software too; a volume of proceedings is none, for its papers
are the works.
"""

from __future__ import annotations

import logging
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
from bibtexparser.splitter import Splitter

from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, read_identifiers, web_address
from flows.sources.latex import decode_latex
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import Doubts, StatedPaper
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.tagged import looks_tagged
from flows.sources.text_lines import Line, read_lines

__all__ = ["FORMAT", "SOURCE", "SUFFIXES", "looks_like", "read_bibtex"]

SOURCE = "bibtex"
SUFFIXES = (".bib",)

_ENTRIES_A_CHUNK = 500
_CHARACTERS_A_CHUNK = 8 * 1024 * 1024
_FIELD_LINE = re.compile(r"[ \t]*[A-Za-z][\w-]{1,30}[ \t]*=[ \t]*[{\"]")
_BLOCK_START = re.compile(r"\s*@[A-Za-z]\w*[ \t]*[{(]")
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
_MOST_PARTS = 100

_ADDRESS_MARKS = re.compile(r"\\url|\\href|[{}]|\\(?=[_%&#~$])")
_VALUE_MARK = re.compile(r"(?<!\\)[{}\"#]")
_AUTHOR_MARK = re.compile(r"(?<!\\)[{}]| and(?= )", re.IGNORECASE)


def looks_like(head: str) -> bool:
    r"""Tell whether a text is a bibliography: whether a line opens an entry with its key.

    Parameters
    ----------
    head : str
        The beginning of the file.

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

    Parameters
    ----------
    file : SourceFile

    Yields
    ------
    Feed
        In parts; ``"line 12"`` is where an entry begins. An entry that never closes or is without
        a title is a reject.

    Raises
    ------
    InputError
        When the file cannot be read, is empty or holds no paper.
    """
    return _READER.parts(_entries(file), file)


def _entries(file: SourceFile) -> Iterator[tuple[str, _Fields] | RejectedRecord]:
    macros = {month: month for month in _MONTHS}
    for start, text in _chunks(read_lines(file)):
        for block in _blocks(text):
            position = f"line {start + (block.start_line or 0)}"
            if isinstance(block, String):
                macros[block.key.casefold()] = _joined(block.value, macros)[:_LONGEST_MACRO]
            else:
                yield from _read_block(block, position, macros)


def _chunks(lines: Iterator[Line]) -> Iterator[tuple[int, str]]:
    """Cut a file where a line begins a block, so that 500 entries are held at once; give each first line."""
    chunk: list[str] = []
    start, n_entries, n_characters = 1, 0, 0
    for line in lines:
        n_entries += _BLOCK_START.match(line.text) is not None
        # Without the second bound a file in which no block begins would be held whole.
        if n_entries > _ENTRIES_A_CHUNK or n_characters > _CHARACTERS_A_CHUNK:
            yield start, "\n".join(chunk)
            chunk, start, n_entries, n_characters = [], line.number, 1, 0
        # The library gives up the rest of an entry for a comma that is missing between two fields.
        before = chunk[-1] if chunk else ""
        if (
            _FIELD_LINE.match(line.text)
            and _FIELD_LINE.match(before)
            and before.rstrip().endswith(("}", '"'))
        ):
            chunk[-1] += ","
        # The library does not count a line end behind a backslash.
        chunk.append(f"{line.text} " if line.text.endswith("\\") else line.text)
        n_characters += len(line.text) + 1
    yield start, "\n".join(chunk)


def _blocks(text: str) -> list[Block]:
    # The library logs each broken block as a warning; here each becomes a reject.
    logger = logging.getLogger("bibtexparser.splitter")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        return list(Splitter(text).split().blocks)
    finally:
        logger.disabled = was_disabled


def _read_block(
    block: Block, position: str, macros: dict[str, str]
) -> Iterator[tuple[str, _Fields] | RejectedRecord]:
    if isinstance(block, (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)):
        block = block.ignore_error_block or block
    if isinstance(block, String):
        # A macro that is defined again has the later meaning from here on.
        macros[block.key.casefold()] = _joined(block.value, macros)[:_LONGEST_MACRO]
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
        yield position, _Fields(block, macros)
        return
    yield RejectedRecord(position, reason, excerpt(block.raw or ""))


class _Fields:
    """Fields of one entry by their lower-case names, put together when they are asked for."""

    def __init__(self, entry: Entry, macros: dict[str, str]) -> None:
        self._macros = macros
        self.source = entry.raw or ""
        self._raw: dict[str, str] = {}
        for field in entry.fields:
            self._raw.setdefault(field.key.casefold(), field.value)

    def raw(self, name: str) -> str:
        return _joined(self._raw[name], self._macros) if name in self._raw else ""

    def text(self, name: str) -> str:
        return decode_latex(self.raw(name))

    def address(self, name: str) -> str:
        return clean_text(_ADDRESS_MARKS.sub("", self.raw(name)))


def _joined(value: str, macros: dict[str, str]) -> str:
    """Value of a field without its delimiters, macros resolved and ``#`` carried out."""
    if "#" not in value:
        return _resolved(value, macros)
    parts, start, depth, is_quoted = [], 0, 0, False
    for mark in _VALUE_MARK.finditer(value):
        if mark[0] == '"':
            is_quoted ^= depth == 0
        elif mark[0] == "#" and depth == 0 and not is_quoted:
            parts.append(value[start : mark.start()])
            start = mark.end()
        elif mark[0] != "#":
            depth += 1 if mark[0] == "{" else -1
    parts.append(value[start:])
    # Macros of macros could make a short file endless.
    return "".join(_resolved(part, macros) for part in parts[:_MOST_PARTS])


def _resolved(part: str, macros: dict[str, str]) -> str:
    part = part.strip()
    if len(part) > 1 and part[0] + part[-1] in ("{}", '""'):
        return part[1:-1]
    return macros.get(part.casefold(), part)


def _record(fields: _Fields, position: str, doubts: Doubts) -> PaperRecord:
    published = _date(fields)
    authors, has_all_authors = _authors(fields.raw("author"))
    return StatedPaper(
        fields.text("title"),
        fields.text("abstract"),
        published=published,
        authors=authors,
        has_all_authors=has_all_authors,
        pages=(_link(fields) or "",),
        found=_identifiers(fields),
        remarks=(fields.text("note"), fields.text("comment")),
        has_unread_date=published == UNDATED and bool(fields.raw("date") or fields.raw("year")),
    ).record(position, doubts)


_READER = EntryReader(SOURCE, _record, lambda fields: excerpt(fields.source))


def _date(fields: _Fields) -> StatedDate:
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


def _identifiers(fields: _Fields) -> Identifiers:
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


def _link(fields: _Fields) -> str | None:
    links = (web_address(fields.address(name)) for name in ("url", "howpublished", "ee"))
    return next((link for link in links if link), None)


FORMAT = SourceFormat(SOURCE, looks_like, read_bibtex, SUFFIXES)
