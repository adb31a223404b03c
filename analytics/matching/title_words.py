"""Words by which titles are taken apart: labels, numbers, and what just any title holds."""

from __future__ import annotations

import re

__all__ = [
    "ABOUT_OTHERS",
    "BRACKETED",
    "BREAK",
    "CITES_ANOTHER",
    "GENERIC",
    "LEADING_LABEL",
    "LETTERED",
    "NUMBERS",
    "ONLY_LABEL",
    "PARTS",
    "STOP_WORDS",
    "TRAILING_LABEL",
]

_MODIFIER = (
    r"(?:full|short|long|brief|extended|invited|industrial|experience|original|research|position|vision|panel"
    r"|book|keynote)"
)
_LABEL = (
    rf"(?:{_MODIFIER} )*(?:abstracts?(?: only)?|version|panel|tutorial|talk|papers?|demo|demonstration|poster"
    r"|keynote|session|summary|preprint|report|article|communication|review|letter|address|article in press"
    r"|case report)(?: session| summary| abstract| description| article| paper)?"
)
BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]{0,200})[)\]}]")
ONLY_LABEL = re.compile(rf"\W*(?:{_LABEL}|in [a-z]{{4,12}}|with discussion|held in .*|talk.slides .*)\W*")
"""Texts in brackets that name the kind of text, or its language: "(extended abstract)"."""

LEADING_LABEL = re.compile(
    rf"^\W*(?:(?:{_LABEL}|retracted(?: article)?|withdrawn)\s*(?::|\.|\s-+\s|\u2013|\u2014)"
    r"|(?:tutorial|panel) on\b)\s*(?=\w)"
)
TRAILING_LABEL = re.compile(rf"(?:\s+-+\s*|[:.?!]\s+|\s?[\u2013\u2014]\s*)(?:an? )?{_LABEL}\W*$")
BREAK = re.compile(r"[:;.?!(\[\u2013\u2014]|\s-+\s|-\s|\s-")
"""Where a subtitle or a bracket may begin."""

ABOUT_OTHERS = frozenset(
    """
    addendum comment commentary comments corrigenda corrigendum correction corrections errata
    erratum protocol rebuttal rejoinder reply response retraction
    """.split()  # noqa: SIM905 - a word list is read and changed as words
)
"""Among the first words of a title: the work is about another one, or is its plan."""

CITES_ANOTHER = re.compile(r"\(vol(?:ume)?\.? ?\d[^)]*\)\W*$|^\W*re: ")
"""Web of Science names the corrected article so: "... (vol 12, pg 34, 2001)"; letters begin with "Re:"."""

STOP_WORDS = frozenset(
    """
    a an and are as at by das de der des die du et for from in into is its la of on or the to und
    use using via with
    """.split()  # noqa: SIM905
)
GENERIC = frozenset(
    """
    abstract abstracts acknowledgements acknowledgments annual announcement announcements author
    authors back book books calendar case chair chairs column comment comments committee conclusion
    conclusions conference contents correction corrigendum discussion editor editorial editors
    erratum foreword front guest index introduction introductory issue journal letter letters matter
    meeting memoriam message news note notes obituary overview page pages part preface preliminary
    president presidents proceedings program remarks reply report reports response review reviews
    section special summary supplement symposium table title untitled volume welcome workshop year
    years
    """.split()  # noqa: SIM905
)
"""Words of titles that many works have: "Editorial", "Letter to the editor"."""

_NUMBER_WORDS = """
    one first i 1st
    two second ii 2nd
    three third iii 3rd
    four fourth iv 4th
    five fifth v 5th
    six sixth vi 6th
    seven seventh vii 7th
    eight eighth viii 8th
    nine ninth ix 9th
    ten tenth x 10th
"""
NUMBERS = {
    word: str(number)
    for number, line in enumerate(_NUMBER_WORDS.strip().splitlines(), start=1)
    for word in line.split()
}
PARTS = frozenset({"chapter", "part", "vol", "volume"})
LETTERED = frozenset("abcd")
"""Letters that number parts: "part b"."""
