"""Tables in Markdown: their rows, whole and cut into cells, and the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flows.sources.markdown_links import is_identifier, plain_line, web_addresses
from flows.sources.tables import TableEntry, names_titles
from flows.sources.text_lines import Line

__all__ = ["cell_text", "cells_of", "holds_only_id", "is_rule", "table_names", "whole_rows"]

_RULE = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
_TITLES = {
    "paper",
    "papers",
    "name",
    "paper name",
    "work",
    "publication",
    "paper title and link",
    "paper & link",
}
_READ_MORE = re.compile(r"\(?\s*read more on.*$", re.IGNORECASE)
_MOST_LINES_OF_ROW = 20


def is_rule(line: str) -> bool:
    """Tell whether a line is the rule below the names of a table.

    Examples
    --------
    >>> is_rule("|:---|---|"), is_rule("| a | b |"), is_rule("-----")
    (True, False, False)
    """
    return "|" in line and _RULE.match(line) is not None


def whole_rows(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines, with those rows of tables whole that whoever wrote them broke within a cell.

    Examples
    --------
    >>> lines = [Line(1, "| Agents"), Line(2, "that plan | 2025 |"), Line(3, "| Maps | 2024 |")]
    >>> [line.text for line in whole_rows(lines)]
    ['| Agents that plan | 2025 |', '| Maps | 2024 |']
    """
    begun: list[Line] = []
    for line in lines:
        text = line.text.strip()
        goes_on = bool(begun) and text != "" and text[0] not in "|#-*" and len(begun) < _MOST_LINES_OF_ROW
        if goes_on and text.endswith("|"):
            whole = " ".join(part.text.strip() for part in [*begun, line])
            yield begun[0]._replace(text=whole)
            begun = []
        elif goes_on:
            begun.append(line)
        else:
            yield from begun
            begun = [line] if text.startswith("|") and not text.endswith("|") else []
            if not begun:
                yield line
    yield from begun


def table_names(names: list[str]) -> list[str]:
    """Names of the columns of a table; in one of papers without titles "Paper" heads them.

    Examples
    --------
    >>> table_names(["Date", "Paper", "Link"]), table_names(["Paper", "Title"])
    (['Date', 'Title', 'Link'], ['Paper', 'Title'])
    """
    if names_titles(names):
        return names
    first = next((number for number, name in enumerate(names) if name.casefold() in _TITLES), None)
    return ["Title" if number == first else name for number, name in enumerate(names)]


def holds_only_id(entry: TableEntry) -> bool:
    """Whether a row names its paper by an id alone, as summaries of papers do that are listed elsewhere."""
    row, fields = entry
    return all(is_identifier(str(row.get(name) or "")) for name in fields.title)


def cells_of(line: str) -> list[str]:
    r"""Cells of a row.

    Examples
    --------
    >>> cells_of(r"| a \| b | c |")
    ['a \\| b', 'c']
    """
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def cell_text(text: str) -> str:
    """Text of a cell: that of its link, or the address where the text says nothing."""
    addresses = web_addresses(text)
    plain = _READ_MORE.sub("", plain_line(text))
    return "" if plain.casefold() in ("null", "none") else plain or (addresses[0] if addresses else "")
