"""Lists and tables of papers in Markdown, as people and machines keep them in repositories.

A table is read by its columns; a list by its items, each with one link to a paper: an address of arXiv, a
DOI, a PDF. A heading or a cell may date what follows or itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import read_identifiers
from flows.sources.markdown_links import paper_link, plain_line, title_above, web_addresses
from flows.sources.markdown_tables import (
    cell_text,
    cells_of,
    holds_only_id,
    is_rule,
    table_names,
    whole_rows,
)
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.tables import Header, header_of, names_titles, table_entry, table_reader
from flows.sources.text_lines import Line, read_lines

__all__ = ["FORMAT", "SOURCE", "looks_like", "read_markdown"]

SOURCE = "markdown"

_HEADING = re.compile(r"(#{1,6})(?:\s+|$)")
_DATE_FIRST = re.compile(r"\W{0,3}(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_SAMPLE_LINES = 400
_FEWEST = 2
_LINES_BELOW = 6


@dataclass(frozen=True, slots=True)
class _Above:
    """Title of a heading or an item, for the links below it; empty once a link has taken it."""

    title: str
    number: int
    text: str

    def is_of(self, line: Line) -> bool:
        """Whether a line of links belongs to it: it follows soon, and is no item of the same list."""
        is_near = 0 < line.number - self.number <= _LINES_BELOW
        return is_near and (self.text.lstrip()[:1] == "#" or _indent(line.text) > _indent(self.text))


_NOTHING_ABOVE = _Above("", 0, "")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def looks_like(head: str) -> bool:
    r"""Tell whether a text is a table of papers in Markdown, or a list with links to papers.

    Examples
    --------
    >>> looks_like("|Title|Year|\n|---|---|\n|Agents|2025|\n")
    True
    >>> looks_like("- [Agents](https://arxiv.org/abs/2503.02130)\n- [Maps](https://arxiv.org/abs/2503.02131)\n")
    True
    >>> looks_like("# Notes\n\n- buy bread\n")
    False
    """
    lines = head.removeprefix("\ufeff").splitlines()[:_SAMPLE_LINES]
    for line, following in pairwise(lines):
        if (
            "|" in line
            and is_rule(following)
            and names_titles(table_names([plain_line(name) for name in cells_of(line)]))
        ):
            return True
    return sum(link is not None and bool(link.title) for link in map(paper_link, lines)) >= _FEWEST


def read_markdown(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a file in Markdown.

    In parts; ``"line 12"`` is where a row or an item is. Lines that are neither are passed over.
    """
    has_papers = False
    for feed in _READER.parts(_entries(file), file):
        has_papers |= bool(feed.records)
        if feed.is_last and not has_papers and not feed.rejects:
            raise InputError(
                f"{file.location} holds no paper; expected a table with titles, or links to papers"
            )
        yield feed


def _entries(file: SourceFile) -> Iterator[tuple[str, Any] | RejectedRecord]:
    listing = _Listing(file.columns, file.location)
    for line in whole_rows(read_lines(file)):
        if found := listing.read(line):
            yield found


@dataclass(slots=True)
class _Listing:
    """Where a reader of lines is: in which table, below which date and which title without a link."""

    columns: Mapping[str, str]
    location: str = ""
    header: Header | None = None
    is_summary: bool = False
    before: str = ""
    dated: StatedDate = UNDATED
    level: int = 0
    above: _Above = _NOTHING_ABOVE

    def read(self, line: Line) -> tuple[str, Any] | RejectedRecord | None:
        """Entry or reject of a line, None for one that is neither."""
        text = line.text.strip()
        found: tuple[str, Any] | RejectedRecord | None = None
        if is_rule(text):
            self.header = self._header(self.before)
        elif self.header is not None and "|" in text:
            found = self._row(text, self.header, f"line {line.number}")
        else:
            self._look_at_heading(text)
            found = self._link(line)
        self.before = text
        return found

    def _header(self, line: str) -> Header | None:
        stated = [plain_line(name) for name in cells_of(line)]
        names = stated if any(name in self.columns for name in stated) else table_names(stated)
        self.is_summary = names != stated
        return header_of(names, self.columns, location=self.location) if names_titles(names) else None

    def _row(self, text: str, header: Header, position: str) -> tuple[str, Any] | RejectedRecord | None:
        found = table_entry([cell_text(cell) for cell in cells_of(text)], header, position, text)
        if isinstance(found, Header):
            self.header = found
            return None
        if found is None or isinstance(found, RejectedRecord):
            return found
        row, fields = found[1]
        if holds_only_id(found[1]):
            # A summary names papers so that are listed elsewhere; a column of titles should hold titles.
            return None if self.is_summary else RejectedRecord(position, "an id for a title", excerpt(text))
        return position, ({**row, "": web_addresses(text)}, fields, self.dated)

    def _look_at_heading(self, text: str) -> None:
        """Take the date of a heading; it holds for what is below, other headings of lower rank among it."""
        if not (found := _HEADING.match(text)):
            return
        self.header = None
        words = plain_line(text[found.end() :]).rpartition(" for ")[2]
        dated = read_date(words) if _DATE_FIRST.match(words) else UNDATED
        if dated != UNDATED or len(found[1]) <= self.level:
            self.dated, self.level = dated, len(found[1])

    def _link(self, line: Line) -> tuple[str, Any] | RejectedRecord | None:
        link = paper_link(line.text)
        if link is None:
            if title := title_above(line.text):
                self.above = _Above(title, line.number, line.text)
            return None
        self.header = None
        position = f"line {line.number}"
        title = link.title
        if not title and self.above.is_of(line):
            title = self.above.title
            self.above = replace(self.above, title="")
            if not title:  # another link to the same paper
                return None
        elif title:
            self.above = _Above("", line.number, line.text)
        if not title:
            reject = RejectedRecord(position, "a link to a paper without a title", excerpt(line.text))
            return reject if link.is_item else None
        return position, (line.text, (title, link.address), self.dated)


def _record(entry: Any, position: str, doubts: Doubts) -> PaperRecord:
    if isinstance(entry[0], str):
        line, (title, address), dated = entry
        return StatedPaper(
            title, published=dated, pages=(address,), found=read_identifiers(address, *web_addresses(line))
        ).record(position, doubts, "an item without a title")
    row, fields, dated = entry
    links = row[""]
    record = table_reader(SOURCE).read((row, fields), position, doubts)
    found = read_identifiers(record.arxiv_id, record.doi, *links)
    published: StatedDate = (record.published, record.published_precision)
    if not record.title:
        raise UnusableEntryError("a row without a title")
    return StatedPaper(
        record.title,
        record.abstract,
        published=dated if published == UNDATED else published,
        authors=record.authors,
        has_all_authors=record.n_authors is not None or not record.authors,
        pages=links,
        found=found,
    ).record(position, doubts)


_READER = EntryReader(SOURCE, _record, lambda entry: excerpt(str(entry[0])))

FORMAT = SourceFormat(SOURCE, looks_like, read_markdown, (".md", ".markdown"))
