"""The lines of a Daily Papers listing: what each one is, before any of them is a paper.

A line is one of

========== ===================================================================================
blank      nothing but white space
furniture  the site's own words and marks, known by name: ``Subscribe``, ``GitHub 123``, ``37``
authors    ``• 8 authors``
dot        ``·``, which stands between authors (or an organization) and the date
day        ``Mar 12, 2024`` or ``Oct 9 2``, see `flows.sources.daily_papers_days`
text       everything else
========== ===================================================================================

Text lines that stand together are one `TextBlock`: a title, a paragraph of an abstract, the name of
an organization, or a stranger. A line as long as an abstract is a block of its own, so that a
listing whose blank lines were lost still comes apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flows.sources.daily_papers_days import PageDay, parse_count, parse_page_day
from flows.sources.plain_text import clean_text, visual_width

__all__ = ["Line", "TextBlock", "is_prose", "is_sentence", "is_site_mark", "parse_blocks"]

LineKind = Literal["blank", "furniture", "authors", "dot", "day", "text"]

_DOTS = "·∙‧⋅・"
_AUTHORS = re.compile(r"(?:[•*·∙+-] ?)*(?P<count>[\d.,]+k?) authors?", re.IGNORECASE | re.ASCII)
_WORDS = frozenset(
    word.strip()
    for word in """
    about, ak, all time, and the research community, blog, buckets, buckets new, by, careers,
    collections, community, company, daily, daily papers, datasets, discord, docs, enterprise,
    enterprise support, forum, hot, hugging face, hugging face pro, hugging face's logo,
    inference endpoints, inference providers, jobs, languages, learn, log in, login, models,
    monthly, new, next, organizations, papers, posts, press, previous, pricing, privacy, search,
    search papers, sign in, sign up, solutions, spaces, storage buckets, submit, submit a paper,
    submit paper, submit papers, subscribe, system theme, tasks, team & enterprise, terms,
    terms of service, today, tos, trending, trending papers, website, weekly, yesterday
    """.split(",")  # noqa: SIM905 (one list a reader can see through)
)
_PATTERNS = re.compile(
    r"[\d.,]+[km]?"  # a bare count
    r"|\W+"  # marks only
    r"|\[[ +-]\] ?(?:\d+|-)"  # the vote button
    r"|(?:https?://|www\.)\S+"
    r"|(?:github|arxiv|arxiv page|project page|paper page|code|demo|upvotes?|comments?)(?: [\d.,]+[km]?)?"
    r"|[\d.,]+[km]? (?:upvotes?|comments?|likes?|stars?)"
    r"|by ?ak and the research community"
    r"|get trending papers in your email inbox.{0,30}"
    r"|submitted by(?: \S+)?"
    r"|(?:view|show|see|load) (?:all|more)(?: \w+)?"
    r"|page \d+(?: of \d+)?"
    r"|(?:©|\(c\)) ?(?:\d{4} )?hugging ?face.{0,60}"
)
_SITE_WORDS = re.compile(
    r"daily papers|trending papers|get trending papers in your email inbox.*"
    r"|by ?ak and the research community"
)
_LONGEST_FURNITURE = 120
_LONGEST_META = 300
_LONGEST_NAME = 60

# Where abstracts begin: over all 6,141 papers of 2024 and 2025 the longest title has 168 characters
# and ends without a mark, the longest that ends with one 125; the shortest abstract has 165.
_PROSE_WIDTH, _LONG_WIDTH, _ENDLESS_WIDTH = 150, 300, 1_000
# Ends of sentences: Latin, Chinese and Japanese, Devanagari, Arabic and Urdu. Questions and
# exclamations end titles too.
_FULL_STOPS = frozenset(".\u2026\u3002\u0964\u06d4")
_SENTENCE_ENDS = _FULL_STOPS | frozenset("!?\uff01\uff1f\u061f")
_CLOSERS = "\"'\u201d\u2019)]}\u00bb\u300d\u300f\uff09*_$"
_SENTENCE_BREAK = re.compile(
    "[.!?\u2026][\"'\u201d\u2019)\\]]{0,3}\\s|[\u3002\uff01\uff1f\u0964\u061f\u06d4]"
)
_ENDS_IN_LINK = re.compile(r"(?:https?://|www\.)\S+$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line (or one part of a joined line) that is not text, with its number in the file."""

    number: int
    kind: LineKind
    text: str
    count: int | None = None
    day: PageDay | None = None


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of text that stand together, first and last line number, and what parted them.

    `after_line` is true when a line of another kind, not only a blank one, stands before.
    """

    number: int
    last_number: int
    lines: tuple[str, ...]
    after_line: bool

    @property
    def text(self) -> str:
        """The lines as one."""
        return " ".join(self.lines)


_BLANK = Line(0, "blank", "")


def is_prose(text: str) -> bool:
    """Whether `text` can only be (part of) an abstract: long, and made of sentences.

    At 150 columns or more with a full stop, at 300 or more with several sentences, or beyond 1,000.

    Examples
    --------
    >>> is_prose("Exploitation Is All You Need... for Exploration")
    False
    >>> is_prose("We train agents. " * 20)
    True
    """
    width = visual_width(text)
    if width < _PROSE_WIDTH:
        return False
    if width > _ENDLESS_WIDTH or text.rstrip(_CLOSERS)[-1:] in _SENTENCE_ENDS:
        return True
    return width >= _LONG_WIDTH and _SENTENCE_BREAK.search(text) is not None


def is_sentence(text: str) -> bool:
    """Whether `text` ends as an abstract's paragraph does and a title does not: full stop or link.

    Examples
    --------
    >>> is_sentence("Code is at https://example.org/x"), is_sentence("Are agents lazy?")
    (True, False)
    """
    return text.rstrip(_CLOSERS)[-1:] in _FULL_STOPS or _ENDS_IN_LINK.search(text[-300:]) is not None


def is_site_mark(block: Line | TextBlock) -> bool:
    r"""Whether `block` stands on a Daily Papers page and hardly anywhere else.

    Examples
    --------
    >>> [is_site_mark(block) for block in parse_blocks("Daily Papers\n8 authors\nPrivacy")]
    [True, True, False]
    """
    if isinstance(block, TextBlock):
        return False
    return block.kind == "authors" or _SITE_WORDS.fullmatch(block.text.casefold().lstrip("#*- ")) is not None


def parse_blocks(text: str) -> list[Line | TextBlock]:
    r"""Blocks of text and the lines between them, blank lines left out.

    Line ends may be ``\n``, ``\r\n``, ``\r`` or the ``\r\r\n`` that a second conversion leaves.

    Examples
    --------
    >>> [block.text for block in parse_blocks("A title\r\n\r\nIts text\r\n  • 2 authors\r\n·\r\nMay 3")]
    ['A title', 'Its text', '• 2 authors', '·', 'May 3']
    """
    blocks: list[Line | TextBlock] = []
    together: list[Line] = []
    for line in _lines(text):
        is_long = line.kind == "text" and is_prose(line.text)
        if together and (line.kind != "text" or is_long or is_prose(together[-1].text)):
            blocks.append(_block(together, blocks))
            together = []
        if line.kind == "text":
            together.append(line)
        elif line.kind != "blank":
            blocks.append(line)
    if together:
        blocks.append(_block(together, blocks))
    return blocks


def _block(lines: list[Line], before: list[Line | TextBlock]) -> TextBlock:
    after_line = bool(before) and isinstance(before[-1], Line)
    return TextBlock(lines[0].number, lines[-1].number, tuple(line.text for line in lines), after_line)


def _lines(text: str) -> Iterator[Line]:
    submitter_follows = False
    one_ending = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    for number, raw in enumerate(one_ending.split("\n"), start=1):
        cleaned = clean_text(raw)
        if not cleaned:
            yield _BLANK
            continue
        for part in _parts(cleaned):
            line = _line(number, part)
            # The name under "Submitted by" is a person's, on its own line.
            if submitter_follows and line.kind == "text" and " " not in part and len(part) <= _LONGEST_NAME:
                line = Line(number, "furniture", part)
            submitter_follows = part.casefold() == "submitted by"
            yield line


def _parts(line: str) -> tuple[str, ...]:
    """Part ``8 authors · Oct 9 2`` into authors, dot and date; leave any other line whole."""
    if len(line) > _LONGEST_META:
        return (line,)
    for dot in _DOTS:
        left, found, right = (part.strip() for part in line.rpartition(dot))
        if not found or not (left or right):
            continue
        if parse_page_day(right) is not None or (not right and _AUTHORS.fullmatch(left)):
            return tuple(part for part in (left, dot, right) if part)
    return (line,)


def _line(number: int, text: str) -> Line:
    if text in _DOTS:
        return Line(number, "dot", text)
    day = parse_page_day(text)
    if day is not None:
        return Line(number, "day", text, day.count, day)
    if len(text) <= _LONGEST_FURNITURE:
        authors = _AUTHORS.fullmatch(text)
        if authors is not None:
            return Line(number, "authors", text, parse_count(authors["count"]))
        folded = text.casefold()
        if folded.lstrip("#*•-> ").rstrip() in _WORDS or _PATTERNS.fullmatch(folded):
            return Line(number, "furniture", text)
    return Line(number, "text", text)
