"""How blocks of text and the lines between them become papers of a Daily Papers listing.

A file holds one or more pages; a page begins with its own day (``Dec 10`` or ``Dec 10, 2025``) and
is made of papers::

    <title>                                            one block of text
                                                       (a blank line)
    <abstract>                                         one or more blocks of text
                                                       (a blank line)
      • 8 authors            or        tencent Tencent authors, or an organization
    ·
    Oct 9 2                                            the date, and a count

The last three lines are the *credit*. It may be absent as a whole (an undated paper), and so may
its dot or its date. The blocks between two credits are read so:

1. A block that is long and made of sentences (`is_prose`) is never a title. The block before it is
   its title; a block right after it that is prose, or ends in a full stop or a link, is its next
   paragraph.
2. The last two blocks before a credit are a title and an abstract whatever their lengths.
3. Elsewhere a shorter abstract is believed when it ends in a full stop and has 40 columns and 5
   words while its title does not end so, or when it has 150 columns and twice its title's.
4. A single block before a credit is a title that has no abstract; one that ends in a full stop is
   an abstract that has no title. Two lines of one block are a title and its abstract.
5. The last of three or more blocks before a dot and a date is the organization, when it is one line
   of at most 200 characters.

What is left is rejected, never guessed into a paper. Where two readings remain (a line between an
abstract and its credit may be a title that lost its abstract), the credit goes to neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics.papers import RejectedRecord
from flows.sources.daily_papers_days import PageDay
from flows.sources.daily_papers_lines import Line, TextBlock, is_prose, is_sentence
from flows.sources.organizations import LONGEST_NAME, display_name, is_account_and_name
from flows.sources.plain_text import excerpt, visual_width

__all__ = ["Credit", "Entry", "Page", "parse_pages"]

_SHORT_WIDTH, _SHORT_WORDS = 40, 5
_ABSTRACT_WIDTH = 150
_TITLE_WORDS = 3
_TITLE_AND_ABSTRACT = 2
_WRAPPED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Credit:
    """The lines under an abstract. `first` is the first of them, `size` how many they are."""

    first: Line
    size: int
    n_authors: int | None = None
    organization: str | None = None
    day: PageDay | None = None
    day_number: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper as it stands on the page; `number` is the line of its title."""

    number: int
    title: str
    abstract: str
    credit: Credit | None = None


@dataclass(slots=True)
class Page:
    """One page of a file: its own day as written and where, its papers and everything else."""

    header: PageDay | None
    number: int = 0
    entries: list[Entry] = field(default_factory=list)
    rejects: list[RejectedRecord] = field(default_factory=list)


@dataclass(slots=True)
class _Draft:
    """A paper whose abstract may still grow."""

    number: int
    title: str
    paragraphs: list[str]

    def entry(self, credit: Credit | None) -> Entry:
        return Entry(self.number, self.title, " ".join(self.paragraphs), credit)


@dataclass(slots=True)
class _Reading:
    """Blocks between two credits, read: `tail` is the last block when it belongs to no paper."""

    drafts: list[_Draft] = field(default_factory=list)
    left: list[TextBlock] = field(default_factory=list)
    tail: TextBlock | None = None


def parse_pages(blocks: list[Line | TextBlock]) -> list[Page]:
    r"""Pages of a file in their order; the first has no header when text stands before one.

    Time grows linearly with the text.

    Examples
    --------
    >>> from flows.sources.daily_papers_lines import parse_blocks
    >>> text = "Dec 10\n\nA Title\n\nIts text.\n\n• 2 authors\n·\nOct 9 2\n"
    >>> page = parse_pages(parse_blocks(text))[0]
    >>> page.header.month, page.entries[0].title, page.entries[0].credit.n_authors
    (12, 'A Title', 2)
    """
    pages = [Page(None)]
    pending: list[TextBlock] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        at += 1
        if isinstance(block, TextBlock):
            pending.append(block)
            continue
        credit = _credit_at(blocks, at - 1, pending)
        if credit is not None:
            _close(pages[-1], pending[:-1] if credit.organization else pending, credit)
            pending = []
            at += credit.size - 1
        elif block.day is not None:
            is_right_below = at > 1 and isinstance(blocks[at - 2], TextBlock)
            _close_at_day(pages, pending, block, is_right_below=is_right_below)
            pending = []
    _close(pages[-1], pending, None)
    return [page for page in pages if page.header or page.entries or page.rejects]


def _close_at_day(pages: list[Page], pending: list[TextBlock], line: Line, *, is_right_below: bool) -> None:
    """Take a date line that has neither dot nor authors above it."""
    reading = _read(pending, has_credit=False)
    is_under_paper = is_right_below and bool(reading.drafts) and reading.tail is None
    has_count = line.count is not None
    if is_under_paper and has_count:
        # A page's own day never carries a count, so this is the paper's.
        _close(pages[-1], pending, Credit(line, 1, day=line.day, day_number=line.number))
        return
    _close(pages[-1], pending, None)
    if is_under_paper:
        _reject(pages[-1], line, "a date without authors above it: the paper's or a page's own")
    elif has_count:
        _reject(pages[-1], line, "a date and a count without a paper above them")
    else:
        pages.append(Page(line.day, line.number))


def _credit_at(blocks: list[Line | TextBlock], at: int, pending: list[TextBlock]) -> Credit | None:
    """Credit that begins with the line `at`, None when that line begins none."""
    first = blocks[at]
    following = [block for block in blocks[at + 1 : at + 3] if isinstance(block, Line)]
    if not isinstance(first, Line) or first.kind not in {"authors", "dot"}:
        return None
    lines = [first]
    for line in following:
        expected = {"authors": {"dot", "day"}, "dot": {"day"}}.get(lines[-1].kind, set())
        if line.kind not in expected or blocks[at + len(lines)] is not line:
            break
        lines.append(line)
    last = lines[-1]
    number = last.number if last.day else 0
    if first.kind == "authors":
        return Credit(first, len(lines), n_authors=first.count, day=last.day, day_number=number)
    if last.day is None:
        return None
    return Credit(first, 2, organization=_organization(pending, first), day=last.day, day_number=number)


def _organization(pending: list[TextBlock], dot: Line) -> str | None:
    """Organization that the last block of `pending` is, None when it is an abstract or missing."""
    if not pending or len(pending[-1].lines) > 1 or len(pending[-1].text) > LONGEST_NAME:
        return None
    name = pending[-1].text
    if len(pending) > _TITLE_AND_ABSTRACT:
        stands_on_dot = pending[-1].last_number >= dot.number - 1
        leaves_a_paper = _read(pending[:-1], has_credit=True).tail is None
        is_name = leaves_a_paper and (stands_on_dot or not is_sentence(name))
    else:
        is_name = is_account_and_name(name)
    return display_name(name) if is_name else None


def _close(page: Page, pending: list[TextBlock], credit: Credit | None) -> None:
    """Move the blocks since the last credit to the page, as papers and rejects."""
    reading = _read(pending, has_credit=credit is not None)
    owner: Credit | None = None
    if credit is not None:
        may_be_title = reading.tail is not None and len(reading.tail.text.split()) >= _TITLE_WORDS
        if reading.drafts and not may_be_title:
            owner = credit
        else:
            _reject(page, credit.first, "authors and date that belong to no paper above them for certain")
    for block in reading.left:
        _reject(page, block, _why_left(block))
    page.entries += [draft.entry(None) for draft in reading.drafts[:-1]]
    page.entries += [draft.entry(owner) for draft in reading.drafts[-1:]]


def _read(blocks: list[TextBlock], *, has_credit: bool) -> _Reading:
    """Blocks between two credits as papers, by the rules of the module's docstring."""
    if has_credit and len(blocks) == 1:
        return _read_single(blocks[0])
    reading = _Reading()
    at = 0
    while at < len(blocks):
        block = blocks[at]
        following = blocks[at + 1] if at + 1 < len(blocks) else None
        is_within = bool(reading.drafts) and reading.tail is None and not block.after_line
        if is_within and (is_prose(block.text) or is_sentence(block.text)):
            reading.drafts[-1].paragraphs.append(block.text)
        elif following and _starts_paper(block, following, is_last=has_credit and at + 2 == len(blocks)):
            reading.drafts.append(_Draft(block.number, block.text, [following.text]))
            reading.tail = None
            at += 1
        else:
            reading.left.append(block)
            reading.tail = block
        at += 1
    return reading


def _read_single(block: TextBlock) -> _Reading:
    """One block and a credit: title and abstract on two lines, or a title alone."""
    first, *others = block.lines
    # Lines that an editor broke at one width are one text, not a title and an abstract.
    is_even = len(others) > 1 and len(first) > _WRAPPED_SHARE * len(others[0])
    is_title = not is_prose(first) and not is_sentence(first)
    if others and is_title and not is_even and not others[0][:1].islower():
        return _Reading([_Draft(block.number, first, [" ".join(others)])])
    if is_prose(block.text) or is_sentence(block.text):
        return _Reading(left=[block], tail=block)
    return _Reading([_Draft(block.number, block.text, [])])


def _starts_paper(title: TextBlock, abstract: TextBlock, *, is_last: bool) -> bool:
    if is_prose(title.text):
        return False
    if is_last or is_prose(abstract.text):
        return True
    width = visual_width(abstract.text)
    if width >= _ABSTRACT_WIDTH and width >= 2 * visual_width(title.text):
        return True
    has_words = len(abstract.text.split()) >= _SHORT_WORDS or width > len(abstract.text)
    return width >= _SHORT_WIDTH and has_words and is_sentence(abstract.text) and not is_sentence(title.text)


def _why_left(block: TextBlock) -> str:
    if is_prose(block.text) or is_sentence(block.text):
        return "an abstract without a title"
    return "text that is no paper: neither a title with an abstract nor words of the site"


def _reject(page: Page, at: Line | TextBlock, reason: str) -> None:
    page.rejects.append(RejectedRecord(f"line {at.number}", reason, excerpt(at.text)))
