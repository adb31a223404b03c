"""Bibliographies cut into blocks: entries, macros and what is broken, in bounded memory."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from bibtexparser.model import Block
from bibtexparser.splitter import Splitter

from flows.sources.text_lines import Line

__all__ = ["blocks_of", "chunks_of"]

_ENTRIES_A_CHUNK = 500
_CHARACTERS_A_CHUNK = 8 * 1024 * 1024
_FIELD_LINE = re.compile(r"[ \t]*[A-Za-z][\w-]{1,30}[ \t]*=")
_BLOCK_START = re.compile(r"\s*@[A-Za-z]\w*[ \t]*[{(]")
_MARK = re.compile(r"\\.|[{}\"]")


def chunks_of(lines: Iterator[Line]) -> Iterator[tuple[int, str]]:
    """Cut a file where a line begins a block, so that 500 entries are held at once.

    Gives the number of the first line, and the text: with the commas that are missing between two fields, for
    each of which the library would give up the rest of an entry.
    """
    chunk = _Chunk()
    start, n_entries, n_characters = 1, 0, 0
    for line in lines:
        is_start = _BLOCK_START.match(line.text) is not None
        n_entries += is_start
        # Without the second bound a file in which no block begins would be held whole.
        if n_entries > _ENTRIES_A_CHUNK or n_characters > _CHARACTERS_A_CHUNK:
            yield start, "\n".join(chunk.lines)
            chunk, start, n_entries, n_characters = _Chunk(), line.number, 1, 0
        if is_start:
            chunk.begin_entry()
        elif _FIELD_LINE.match(line.text):
            chunk.end_field()
        # The library does not count a line end behind a backslash.
        chunk.lines.append(f"{line.text} " if line.text.endswith("\\") else line.text)
        n_characters += len(line.text) + 1
    yield start, "\n".join(chunk.lines)


def blocks_of(text: str) -> list[Block]:
    """Blocks of a chunk; a broken one is a block as well, where the library logs a warning of it."""
    logger = logging.getLogger("bibtexparser.splitter")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        return list(Splitter(text).split().blocks)
    finally:
        logger.disabled = was_disabled


class _Chunk:
    """Lines, and how deep in braces and quotation marks their end is; each is looked at once at most."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._seen = 0
        self._depth = 0
        self._is_quoted = False

    def begin_entry(self) -> None:
        self._seen, self._depth, self._is_quoted = len(self.lines), 0, False

    def end_field(self) -> None:
        """Put a comma behind the last field where it is closed and has none."""
        last = len(self.lines) - 1
        while last >= 0 and not self.lines[last].strip():
            last -= 1
        before = self.lines[last].rstrip() if last >= 0 else ""
        if before and before[-1] not in ",={(#" and self._is_between_fields():
            self.lines[last] = f"{before},"

    def _is_between_fields(self) -> bool:
        for text in self.lines[self._seen :]:
            for mark in _MARK.finditer(text):
                if mark[0] == '"' and self._depth == 1:
                    self._is_quoted = not self._is_quoted
                elif mark[0] in "{}":
                    self._depth += 1 if mark[0] == "{" else -1
        self._seen = len(self.lines)
        return self._depth == 1 and not self._is_quoted
