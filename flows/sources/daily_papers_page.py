"""The text of a Daily Papers listing, as a person copies it from the browser.

What a line is stands in `flows.sources.daily_papers_lines`, how lines make papers in
`flows.sources.daily_papers_grammar`, what a date without a year means in
`flows.sources.daily_papers_days`. Here papers become records.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.daily_papers_days import PageCalendar
from flows.sources.daily_papers_grammar import Entry, Page, parse_pages
from flows.sources.daily_papers_lines import Line, TextBlock, is_site_mark, parse_blocks
from flows.sources.formats import SourceFile, SourceFormat, whole_text
from flows.sources.plain_text import require_text
from flows.sources.tagged import looks_tagged

__all__ = ["FORMAT", "SOURCE", "parse_daily_papers_page"]

SOURCE = "daily-papers-page"

_WANTED = "the text of a Daily Papers listing (a title, its abstract, '• 8 authors', '·', 'Oct 9 2')"

_NO_YEAR = (
    "dates without a year are left out, since nothing tells the year of the page: "
    "give --as-of, the day on which it was copied"
)
_NO_SUCH_DAY = "a date that its year does not have; the paper is kept undated"
_NO_SUCH_PAGE_DAY = "the page's own day does not exist in its year"
_AFTER_PAGE = "a date later than the page's own day: is --as-of the day of the page or after it?"
_BARE_YEAR = "a year without its comma is read as a year, not as a count of upvotes"
_NO_ABSTRACT = "a paper without an abstract"


def parse_daily_papers_page(text: str, *, location: str, as_of: date | None = None) -> Feed:
    r"""Papers of a Daily Papers listing.

    `records` in the order of the page, each at the line of its title; `rejects` for text that is neither
    paper nor furniture; `warnings` for what was read with a doubt. `day` is the page's own day, the newest
    where the file holds several pages, None where it is unknown. A date is ``stated`` with its year or
    ``year_inferred``, and never later than the page's own day then; an undated paper is ``missing``.

    Parameters
    ----------
    text : str
        The page as copied; any line ends, a byte order mark and stray spaces do no harm.
    as_of : date or None
        The day of the analysis: the page's own day is the latest such day that is not after it.
        Without it the page is of the year after the newest year that stands on it in full.

    Raises
    ------
    InputError
        When the text is empty, binary, HTML, or holds no paper at all.

    Notes
    -----
    The number after a date is taken for upvotes. ``Oct 9 2024`` is taken for a year, with a
    warning: the site writes counts above 999 as ``2.02k``.

    Examples
    --------
    >>> page = "Dec 10\n\nA Title\n\nIts text.\n\n  • 2 authors\n·\nDec 31 4\n"
    >>> feed = parse_daily_papers_page(page, location="page.txt", as_of=date(2025, 12, 10))
    >>> feed.records[0].published, feed.records[0].upvotes, feed.records[0].position
    (datetime.date(2024, 12, 31), 4, 'line 3')
    """
    text = require_text(text, location, wanted=_WANTED)
    if looks_tagged(text):
        raise InputError(
            f"{location} looks like the export of a reference manager in a form that is not read; export it "
            "as RIS, BibTeX or CSV"
        )
    blocks = parse_blocks(text)
    pages = parse_pages(blocks)
    rejects = sorted((reject for page in pages for reject in page.rejects), key=_line_number)
    _require_listing(blocks, pages, rejects, location)
    doubts: dict[str, list[int]] = {}
    records: list[PaperRecord] = []
    days: set[date] = set()
    for page in pages:
        calendar = _calendar(page, as_of)
        if page.entries and calendar.day is not None:
            days.add(calendar.day)
        if page.header is not None and calendar.year is not None and calendar.day is None:
            doubts.setdefault(_NO_SUCH_PAGE_DAY, []).append(page.number)
        records += [_record(entry, calendar, doubts) for entry in page.entries]
    warnings = [_warning(reason, numbers) for reason, numbers in doubts.items()]
    if len(days) > 1:
        warnings.append(
            f"the file holds pages of {len(days)} days; its look is dated {max(days)}, the newest"
        )
    return Feed(SOURCE, location, max(days, default=None), tuple(records), tuple(rejects), tuple(warnings))


def _require_listing(
    blocks: list[Line | TextBlock], pages: list[Page], rejects: list[RejectedRecord], location: str
) -> None:
    n_papers = sum(len(page.entries) for page in pages)
    # Prose of any kind has headings and paragraphs. Without a mark of the site it is a listing only
    # when it is titles and abstracts throughout.
    is_marked = any(map(is_site_mark, blocks)) or any(map(_has_credit, pages))
    is_listing = is_marked or (not rejects and not any(map(_has_headings, pages)))
    if n_papers and is_listing:
        return
    found = f" ({rejects[0].position}: {rejects[0].excerpt[:60]!r})" if rejects else ""
    if is_marked:
        what = "is text, but no Daily Papers listing" if n_papers else "holds no paper"
        raise InputError(f"{location} {what}{found}; expected {_WANTED}, copied from the browser")
    raise InputError(
        f"{location} is text of no form that is read{found}; expected an export of papers (CSV, RIS, BibTeX, "
        "Web of Science, PubMed, EndNote, JSON, XML), or the text of a Daily Papers listing"
    )


def _has_credit(page: Page) -> bool:
    return any(entry.credit is not None for entry in page.entries)


def _has_headings(page: Page) -> bool:
    # Markdown's and YAML's, and the words before a list.
    return any(entry.title[0] in "#|>`-*" or entry.title.endswith(":") for entry in page.entries)


def _calendar(page: Page, as_of: date | None) -> PageCalendar:
    unknown = PageCalendar(None, None, None)
    stated = (
        unknown.date_of(entry.credit.day)[0]
        for entry in page.entries
        if entry.credit is not None and entry.credit.day is not None
    )
    newest_year = max((day.year for day in stated if day is not None), default=None)
    return PageCalendar.of_page(page.header, newest_year=newest_year, as_of=as_of)


def _record(entry: Entry, calendar: PageCalendar, doubts: dict[str, list[int]]) -> PaperRecord:
    """Record of one entry; what is doubtful about it is added to `doubts` under its line."""
    if not entry.abstract:
        doubts.setdefault(_NO_ABSTRACT, []).append(entry.number)
    record = PaperRecord(entry.title, entry.abstract, position=f"line {entry.number}")
    credit = entry.credit
    if credit is None:
        return record
    record = replace(record, n_authors=credit.n_authors, organization=credit.organization)
    if credit.day is None:
        return record
    published, basis = calendar.date_of(credit.day)
    if published is None:
        is_yearless = credit.day.year is None and calendar.year is None
        doubts.setdefault(_NO_YEAR if is_yearless else _NO_SUCH_DAY, []).append(credit.day_number)
    elif calendar.day is not None and published > calendar.day:
        doubts.setdefault(_AFTER_PAGE, []).append(credit.day_number)
    if credit.day.bare_year:
        doubts.setdefault(_BARE_YEAR, []).append(credit.day_number)
    return replace(
        record,
        published=published,
        published_basis=basis,
        published_precision="none" if published is None else "day",
        upvotes=credit.day.count,
    )


def _line_number(reject: RejectedRecord) -> int:
    return int(reject.position.removeprefix("line "))


def _warning(reason: str, numbers: list[int]) -> str:
    others = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return f"{reason} (line {numbers[0]}{others})"


def _parse(text: str, file: SourceFile) -> Feed:
    return parse_daily_papers_page(text, location=file.location, as_of=file.as_of)


# The page's text has no mark of its own.
FORMAT = SourceFormat(SOURCE, lambda _head: True, whole_text(_parse))
