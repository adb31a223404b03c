"""Fields of one entry of a bibliography: macros resolved, parts joined, TeX read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bibtexparser.model import Entry

from flows.sources.latex import decode_latex
from flows.sources.plain_text import clean_text

__all__ = ["BibtexFields", "joined_value"]

_MOST_PARTS = 100
_ADDRESS_MARKS = re.compile(r"\\url|\\href|[{}]|\\(?=[_%&#~$])")
_VALUE_MARK = re.compile(r"(?<!\\)[{}\"#]")


class BibtexFields:
    """Fields of one entry by their lower-case names, put together when they are asked for."""

    def __init__(self, entry: Entry, macros: Mapping[str, str]) -> None:
        self._macros = macros
        self.source = entry.raw or ""
        self._raw: dict[str, str] = {}
        for field in entry.fields:
            self._raw.setdefault(field.key.casefold(), field.value)

    def raw(self, name: str) -> str:
        """Text of a field as it is written; empty where there is none."""
        return joined_value(self._raw[name], self._macros) if name in self._raw else ""

    def text(self, name: str) -> str:
        """Text of a field to read."""
        return decode_latex(self.raw(name))

    def address(self, name: str) -> str:
        """Text of a field that may be an address or an identifier, in which TeX is not read."""
        return clean_text(_ADDRESS_MARKS.sub("", self.raw(name)))


def joined_value(value: str, macros: Mapping[str, str]) -> str:
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


def _resolved(part: str, macros: Mapping[str, str]) -> str:
    part = part.strip()
    if len(part) > 1 and part[0] + part[-1] in ("{}", '""'):
        return part[1:-1]
    return macros.get(part.casefold(), part)
