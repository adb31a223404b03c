"""Sentences of a text."""

from __future__ import annotations

import re

__all__ = ["split_sentences"]

_MOST_SENTENCES = 60
_MOST_CHARACTERS = 20_000
# A full stop behind these ends no sentence.
_ABBREVIATIONS = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|resp|approx|Fig|Figs|Sec|Eq|Eqs|Tab|No|Dr|Prof|St|Inc|Ltd|[A-Z])|\.\.)\.$"
)
_END = re.compile(r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[$]*[^\W_a-z])")


def split_sentences(text: str) -> list[str]:
    """Sentences of a text, in order; a stop within an abbreviation, a number or a name ends none.

    At most 60 of the first 20,000 characters.

    Examples
    --------
    >>> split_sentences("Agents plan, e.g. GPT-4.1 by A. Author et al. They fail. Why? 3.5 % do not.")
    ['Agents plan, e.g. GPT-4.1 by A. Author et al.', 'They fail.', 'Why?', '3.5 % do not.']
    """
    text = " ".join(text[:_MOST_CHARACTERS].split())
    found, start = [], 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].rstrip()
        if _ABBREVIATIONS.search(piece) and not piece.endswith("et al."):
            continue
        found.append(piece)
        start = end.end()
    found.append(text[start:].rstrip())
    return [one for one in found if one][:_MOST_SENTENCES]
