"""RIS, as Zotero, EndNote, Mendeley, Scopus and publishers' pages export it."""

from __future__ import annotations

import re

from flows.sources.tagged import Dialect, tagged_format

__all__ = ["FORMAT", "SOURCE", "looks_like"]

SOURCE = "ris"

_HEAD = re.compile(r"^TY {1,3}- {0,3}[A-Z]", re.MULTILINE)


def looks_like(head: str) -> bool:
    r"""Tell whether a text is RIS: whether a line says of what type a record is.

    Examples
    --------
    >>> looks_like("TY  - JOUR\nTI  - Agents\nER  - \n"), looks_like("TY - a thank you")
    (True, False)
    """
    return _HEAD.search(head.removeprefix("\ufeff")) is not None


FORMAT = tagged_format(
    Dialect(
        SOURCE,
        # Publishers write one space or three where the format has two, and leave the last one out.
        re.compile(r" {0,4}([A-Z][A-Z0-9]) {1,3}-(?: (.*)|$)", re.DOTALL),
        begins=("TY",),
        ends=("ER",),
        title=("TI", "T1", "CT", "BT", "TT"),
        looks_like=looks_like,
        abstract=("AB", "N2"),
        authors=("AU", "A1"),
        # "Y2" is the day of access and no date of the work. A "DA" without a year belongs to "PY".
        date=("DA", "PY", "Y1"),
        ids=("DO", "DI", "L3", "M3", "AN", "M1", "C1", "C7", "LB", "J2", "JO", "JF", "T2", "N1"),
        pages=("UR", "L2", "LK", "L1"),
        remarks=("N1", "RN"),
        keywords=("KW",),
        venue=("JF", "JO", "T2", "JA", "J2"),
        kind="TY",
        no_papers=("JFULL",),
        suffixes=(".ris",),
    )
)
