"""What a source states of one paper, and the record that is made of it: the same for every format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from analytics.papers import PaperRecord, PublishedBasis
from flows.sources.categories import clean_categories, clean_venue
from flows.sources.identifiers import Identifiers, web_address
from flows.sources.plain_text import clean_text, is_nothing
from flows.sources.stated_dates import UNDATED, StatedDate

__all__ = ["UNREAD_DATE", "Doubts", "StatedPaper", "UnusableEntryError", "says_withdrawn", "stated_where"]

UNREAD_DATE = "a stated date that cannot be read is left out"

_WORK = "paper|article|submission|manuscript|preprint|work|report|note|version"
# The ways in which 78 of 76,500 arXiv abstracts say it; a text about withdrawn drugs says none of them.
_WITHDRAWN = re.compile(
    rf"(?:\bthis (?:{_WORK}) (?:is|was|has been)|\bthe (?:{_WORK}) (?:is|has been)"
    rf"|(?:^|[.:!;] ?)(?:{_WORK})(?: is| was| has been)?) (?:\w{{1,20}}ly )?withdrawn\b"
    r"|^withdrawn(?: ?[.,;:!(]| ?$| (?:by|due|since|because|as|at|pending)\b)"
    r"|\bwithdrawn by (?:the )?(?:corresponding )?(?:authors?|arxiv)\b",
    re.IGNORECASE,
)


class UnusableEntryError(Exception):
    """An entry that cannot be a paper; its text is the reason of the reject."""


class Doubts:
    """What was read with a doubt: one sentence for all the places where the same is to be said.

    Examples
    --------
    >>> doubts = Doubts()
    >>> doubts.add(UNREAD_DATE, "entry 3")
    >>> doubts.add(UNREAD_DATE, "entry 5")
    >>> doubts.sentences()
    ('a stated date that cannot be read is left out (entry 3 and 1 more)',)
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, int]] = {}

    def add(self, sentence: str, position: str) -> None:
        """Note one more place of a doubt; of the places the first is kept."""
        first, others = self._places.get(sentence, (position, -1))
        self._places[sentence] = (first, others + 1)

    def sentences(self) -> tuple[str, ...]:
        """Give one sentence a doubt, in the order in which they came up."""
        return tuple(stated_where(what, *places) for what, places in self._places.items())


def stated_where(sentence: str, first: str, n_others: int) -> str:
    """Sentence with its first place and the number of the others.

    Examples
    --------
    >>> stated_where("no date", "line 3", 0)
    'no date (line 3)'
    """
    return f"{sentence} ({first}{f' and {n_others} more' if n_others else ''})"


@dataclass(slots=True)
class StatedPaper:
    """What one entry of any source states, read but not yet judged.

    Attributes
    ----------
    title, abstract : str
        Clean text.
    basis : str
        What a date that is there rests on.
    has_all_authors : bool
        False where the source says that there are more: then their number is not known from the list.
    n_authors, upvotes : int or None
        Counts that the source states; the number of authors is that of `authors` otherwise.
    categories, venue
        As stated; they are cleaned, see `flows.sources.categories`.
    pages : sequence of str
        Addresses in the order of trust, other texts among them.
    last_page : str
        Address to fall back on where neither `pages` nor identifiers give one.
    remarks : sequence of str
        Comments that may say that the work was withdrawn; its abstract is looked at too.
    has_unread_date : bool
        A date that is stated cannot be read.
    """

    title: str
    abstract: str = ""
    published: StatedDate = UNDATED
    basis: PublishedBasis = "stated"
    updated: date | None = None
    authors: Sequence[str] = ()
    has_all_authors: bool = True
    n_authors: int | None = None
    upvotes: int | None = None
    organization: str = ""
    categories: Iterable[str] = ()
    venue: str = ""
    pages: Iterable[str] = ()
    last_page: str = ""
    found: Identifiers = field(default_factory=Identifiers)
    remarks: Iterable[str] = ()
    is_withdrawn: bool = False
    has_unread_date: bool = False

    def record(
        self, position: str, doubts: Doubts, untitled: str = "an entry without a title"
    ) -> PaperRecord:
        """Make the record.

        Raises
        ------
        UnusableEntryError
            When there is no title.

        Examples
        --------
        >>> StatedPaper("Agents", found=Identifiers(doi="10.1000/a")).record("entry 1", Doubts()).url
        'https://doi.org/10.1000/a'
        """
        # A withdrawn paper may be titled "Not Available"; in brackets it is what a database says of none.
        if not self.title or (is_nothing(self.title) and (self.title[0] in "[(" or " " not in self.title)):
            raise UnusableEntryError(untitled)
        if self.has_unread_date:
            doubts.add(UNREAD_DATE, position)
        published, precision = self.published
        authors = tuple(self.authors)
        return PaperRecord(
            self.title,
            "" if is_nothing(self.abstract) else self.abstract,
            published=published,
            published_basis="missing" if published is None else self.basis,
            published_precision=precision,
            updated=self.updated,
            authors=authors,
            n_authors=self.n_authors or (len(authors) or None if self.has_all_authors else None),
            upvotes=self.upvotes,
            organization=self.organization or None,
            url=self._page(),
            arxiv_id=self.found.arxiv_id,
            doi=self.found.doi,
            version=self.found.version,
            is_withdrawn=self.is_withdrawn or says_withdrawn(*self.remarks, self.abstract),
            categories=clean_categories(self.categories),
            venue=clean_venue(self.venue) or None,
            position=position,
        )

    def _page(self) -> str | None:
        """Address that a person would open: a page before a PDF file, an identifier's before none."""
        webs = [address for text in self.pages if text and (address := web_address(text))]
        for address in webs:
            if not address.endswith(".pdf") and "/pdf" not in address:
                return address
        if self.found.arxiv_id:
            return f"https://arxiv.org/abs/{self.found.arxiv_id}"
        if webs:
            return webs[0]
        return f"https://doi.org/{self.found.doi}" if self.found.doi else web_address(self.last_page)


def says_withdrawn(*texts: str) -> bool:
    """Tell whether an arXiv comment or abstract says that its own paper was withdrawn.

    Examples
    --------
    >>> says_withdrawn("12 pages", "This paper has been withdrawn by the authors due to an error.")
    True
    >>> says_withdrawn("Replaces a withdrawn paper", "Cash is withdrawn by the user at a machine.")
    False
    """
    # Few texts hold the word, and the pattern costs a hundred times as much as looking for it.
    comments = (clean_text(text) for text in texts if "withdrawn" in text.lower())
    return any(_WITHDRAWN.search(text) is not None for text in comments)
