"""Tagged exports of Web of Science, PubMed, EndNote, RefWorks and NoteExpress."""

from __future__ import annotations

import re
from collections.abc import Callable

from flows.sources.tagged import Dialect, tagged_format

__all__ = ["ENDNOTE", "NOTE_EXPRESS", "PUBMED", "REFWORKS", "WEB_OF_SCIENCE"]

# Two letters, a space, the text; what begins otherwise goes on with the line before.
_TWO_LETTERS = re.compile(r"([A-Z][A-Z0-9])(?: (.*)|\s*$)", re.DOTALL)


def _has_lines(*patterns: str) -> Callable[[str], bool]:
    """Whether each pattern matches the beginning of some line."""
    compiled = [re.compile(f"^\ufeff?(?:{pattern})", re.MULTILINE) for pattern in patterns]
    return lambda head: all(pattern.search(head) for pattern in compiled)


WEB_OF_SCIENCE = tagged_format(
    Dialect(
        "web-of-science",
        _TWO_LETTERS,
        begins=("PT",),
        ends=("ER",),
        outside=("FN", "VR", "EF"),
        title=("TI",),
        looks_like=_has_lines(r"PT [A-Z]\s*$", r"(?:TI|SO) \S", r"(?:AU|AF|CA|BE|UT) \S"),
        authors=("AF", "AU", "CA"),
        # The day of early access makes the date finer, or takes its place.
        date=("PD", "PY", "EA"),
        ids=("DI", "D2"),
        keywords=("DE",),
        venue=("SO",),
        suffixes=(".ciw",),
    )
)

PUBMED = tagged_format(
    Dialect(
        "pubmed",
        re.compile(r"([A-Z]{2,4}) {0,2}- ?(.*)", re.DOTALL),
        # Ovid's form of it begins with "UI".
        begins=("PMID", "UI"),
        title=("TI", "BTI", "TT"),
        looks_like=_has_lines(r"(?:PMID|UI  ) ?- {0,3}\d", r"TI  - "),
        abstract=("AB", "OAB"),
        authors=("FAU", "AU", "CN"),
        date=("DP", "DEP"),
        ids=("LID", "AID", "DO"),
        keywords=("OT",),
        venue=("JT", "TA"),
        cuts_words=True,
        has_final_point=True,
        suffixes=(".nbib",),
    )
)

ENDNOTE = tagged_format(
    Dialect(
        "endnote",
        re.compile(r"%([A-Z0-9!@#$&()*+?<>=~\[\]^-])(?: (.*)|$)", re.DOTALL),
        begins=("0",),
        parts_at_blank=True,
        title=("T", "!", "Q"),
        looks_like=_has_lines(r"%[0ADJX] \S", r"%T \S"),
        abstract=("X",),
        authors=("A", "?"),
        date=("8", "D", "7"),
        ids=("R", "M", "3"),
        pages=("U", "1"),
        remarks=("Z",),
        keywords=("K",),
        venue=("J", "B"),
        suffixes=(".enw",),
    )
)

REFWORKS = tagged_format(
    Dialect(
        "refworks",
        _TWO_LETTERS,
        begins=("RT",),
        title=("T1", "TI"),
        looks_like=_has_lines(r"RT [A-Z][A-Za-z]", r"(?:A1|T1) \S", r"(?:JF|YR|SR|ID|PB|AB) \S"),
        authors=("A1", "AU"),
        date=("FD", "YR", "PY"),
        ids=("DO", "DI"),
        pages=("UL", "LK"),
        remarks=("NO",),
        keywords=("K1",),
        venue=("JF", "JO", "T2"),
    )
)

NOTE_EXPRESS = tagged_format(
    Dialect(
        "noteexpress",
        re.compile(r"\{([A-Z][A-Za-z /]{1,40})\}: ?(.*)", re.DOTALL),
        begins=("Reference Type",),
        title=("Title", "Translated Title"),
        looks_like=_has_lines(r"\{Reference Type\}:", r"\{Title\}:"),
        abstract=("Abstract",),
        authors=("Author",),
        date=("Date", "Year"),
        ids=("DOI", "DOI/URL"),
        pages=("URL",),
        keywords=("Keywords",),
        venue=("Journal", "Secondary Title"),
        suffixes=(".net",),
    )
)
