"""What publishers write into the description of a feed's item in place of an abstract, or before it."""

from __future__ import annotations

import re

from flows.sources.author_names import names_of

__all__ = ["without_boilerplate"]

# Date, authors, what follows.
_BOILERPLATE = (
    # ScienceDirect
    re.compile(
        r"Publication date: (?P<date>.{4,40}?) ?Source: ?.{0,300}?"
        r"(?:Author\(s\): (?P<authors>.{0,5000}))?(?P<rest>)"
    ),
    # Nature
    re.compile(r"[^.;]{1,80}, Published online: (?P<date>[^;]{6,30});? ?(?:doi: ?10\.\S+ ?)?(?P<rest>.*)"),
    # Wiley, Taylor & Francis, SAGE, ACM
    re.compile(
        r"(?:[^.]{1,120}, )?(?:Volume|Vol\.) \d[^,.]{0,20}(?:, (?:Issue|No\.) [^,.]{1,20})?"
        r"(?:, Pages? [^,.]{1,30})?"
        r"(?:, (?P<date>[^,.]{0,12}(?:\d{1,2}, )?\d{4}))?(?:, Pages? [^,.]{1,30})?\. ?(?P<rest>.*)"
    ),
    re.compile(
        r"[^.]{1,120}, (?:Early ?View|Ahead of Print|Online First|Accepted Article)\. ?"
        r"(?P<date>)(?P<rest>.*)",
        re.IGNORECASE,
    ),
)
_HEADING = re.compile(r"^(?:ABSTRACT|SUMMARY)\b:? *")


def without_boilerplate(texts: list[str], authors: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """First text that holds more than its publisher's words, and the date and authors that these tell.

    `texts` are the descriptions of one item, the likeliest abstract first.

    Examples
    --------
    >>> without_boilerplate(["Journal of Maps, Volume 3, May 2021. ", "We draw maps."], ())
    ('We draw maps.', 'May 2021', ())
    """
    dated = ""
    named: tuple[str, ...] = ()
    for text in texts:
        plain = text.removeprefix(f"by {', '.join(authors)} ") if authors else text
        match = next((match for form in _BOILERPLATE if (match := form.fullmatch(plain))), None)
        found = match.groupdict() if match else {"rest": plain}
        dated, named = dated or found.get("date") or "", named or names_of(found.get("authors") or "")
        if rest := _HEADING.sub("", found["rest"]):
            return rest, dated, named
    return "", dated, named
