"""Lists and tables of papers in Markdown, as people and machines keep them in repositories.

A table is read by its columns; a list by its items, each with one link to a paper: an address of arXiv, a
DOI, a PDF. A heading or a cell may date what follows or itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.markup import plain_prose
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.tables import Header, header_of, names_titles, table_entry, table_reader
from flows.sources.text_lines import Line, read_lines

__all__ = ["FORMAT", "SOURCE", "looks_like", "read_markdown"]

SOURCE = "markdown"

_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]{0,200}\]){1,1000})\]\((https?://[^\s()]{1,1000})(?: \"[^\"]{0,200}\")?\)"
)
_BARE = re.compile(r"https?://[^\s<>()\[\]|]{1,1000}")
_ITEM = re.compile(r"\s{0,12}(?:[-*+]|\d{1,4}[.)])\s+(.*)")
_RULE = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
_EMPHASIS = re.compile(r"\*\*|__|~~|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_PAPER_PAGE = re.compile(
    r"arxiv\.org/|doi\.org/|openreview\.net/|aclanthology\.org/|huggingface\.co/papers/|\.pdf$|/10\.\d{4,9}/"
)
_WORD_OF_LINK = {
    *("paper", "pdf", "arxiv", "link", "code", "project", "page", "github", "abs", "html", "blog"),
    *("website", "url", "doi", "here"),
}
_READ_MORE = re.compile(r"\(?\s*read more on.*$", re.IGNORECASE)
_SAMPLE_LINES = 400
_FEWEST = 2


def looks_like(head: str) -> bool:
    r"""Tell whether a text is a table of papers in Markdown, or a list with links to papers.

    Parameters
    ----------
    head : str
        The beginning of the file.

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
        if "|" in line and _RULE.match(following) and "|" in following and names_titles(_cells(line)):
            return True
    return sum(_item_link(line) is not None for line in lines) >= _FEWEST


def read_markdown(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a file in Markdown.

    Parameters
    ----------
    file : SourceFile

    Yields
    ------
    Feed
        In parts; ``"line 12"`` is where a row or an item is. Lines that are neither are passed over.

    Raises
    ------
    InputError
        When the file cannot be read or holds no paper.
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
    header: Header | None = None
    before = Line(0, "")
    dated = UNDATED
    for line in read_lines(file):
        position = f"line {line.number}"
        text = line.text.strip()
        if text.startswith("#"):
            dated = read_date(_plain(text.lstrip("# ")).rpartition(" for ")[2])
            header = None
        elif "|" in text and _RULE.match(text):
            cells = [_plain(cell) for cell in _cells(before.text)]
            header = header_of(cells, file.columns, location=file.location) if names_titles(cells) else None
        elif header is not None and "|" in text:
            found = table_entry([_cell(cell) for cell in _cells(text)], header, position, text)
            if isinstance(found, tuple) and not isinstance(found, Header):
                row, fields = found[1]
                yield position, ({**row, "": _links_of(text)}, fields, dated)
            elif isinstance(found, RejectedRecord):
                yield found
        elif link := _item_link(line.text):
            header = None
            yield position, (line.text, link, dated)
        before = line


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _cell(text: str) -> str:
    """Text of a cell: that of its link, or the address where the text says nothing."""
    link = _LINK.search(text)
    plain = _READ_MORE.sub("", _plain(text))
    return "" if plain.casefold() in ("null", "none") else plain or (link[2] if link else "")


def _plain(text: str) -> str:
    text = _LINK.sub(lambda link: link[1], text)
    return clean_text(plain_prose(_EMPHASIS.sub("", text).replace("\\|", "|")))


def _links_of(text: str) -> list[str]:
    return [address.rstrip(".,;") for address in _BARE.findall(text)]


def _item_link(line: str) -> tuple[str, str] | None:
    """Title and address of an item of a list that leads to a paper, None for any other line."""
    item = _ITEM.match(line[:20_000])
    if item is None:
        return None
    links = _LINK.findall(item[1])
    papers = [(name, address) for name, address in links if _PAPER_PAGE.search(address)]
    if not papers:
        return None
    name, address = papers[0]
    title = _plain(name)
    if title.casefold().strip("[]() ") in _WORD_OF_LINK or _is_identifier(title):
        # "**Title**, authors, [paper](...)": the title comes before the link.
        before = item[1].partition(f"[{name}]")[0]
        title = _plain(re.split(r"\*\*(?=[,.:(\s])|\s[-\u2013\u2014|]\s|\.\s|\s*\(\s*$", before)[0]).strip(
            " ,.:|[("
        )
    return (title, address) if title else None


def _is_identifier(text: str) -> bool:
    return read_identifiers(text) != Identifiers()


def _record(entry: Any, position: str, doubts: Doubts) -> PaperRecord:
    if isinstance(entry[0], str):
        line, (title, address), dated = entry
        return StatedPaper(
            title, published=dated, pages=(address,), found=read_identifiers(address, *_links_of(line))
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
        pages=[link for link in links if _PAPER_PAGE.search(link)],
        found=found,
    ).record(position, doubts)


_READER = EntryReader(SOURCE, _record, lambda entry: excerpt(str(entry[0])))

FORMAT = SourceFormat(SOURCE, looks_like, read_markdown, (".md", ".markdown"))
