"""Papers as sources report them: one record for each sighting, one reject for what is not a paper.

The vocabulary is that of `docs/glossary.md`. Records are plain frozen dataclasses, so that a
parser is a pure function from text to values and can be tested without a store.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, overload

__all__ = [
    "Feed",
    "PaperRecord",
    "PaperTexts",
    "PublishedBasis",
    "PublishedPrecision",
    "RejectedRecord",
    "content_hash",
    "content_hashes",
    "fold_title",
    "paper_id_for",
    "paper_text",
]

PublishedBasis = Literal["stated", "updated", "year_inferred", "id_month", "missing"]
PublishedPrecision = Literal["day", "month", "year", "none"]

_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z][a-z.-]*(?:\.[A-Za-z]{2})?/\d{7})(?:v\d+)?", re.ASCII)
_VERSION = re.compile(r"v\d+$")


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """One look at one paper, as a source shows it.

    Attributes
    ----------
    title, abstract : str
        Text with white space collapsed to single spaces. `abstract` may be empty, `title` may not.
    published : date or None
        The day the work appeared; None exactly when `published_basis` is ``"missing"``.
    published_basis : str
        ``"stated"``, ``"updated"`` (only the day of an update is stated), ``"year_inferred"``,
        ``"id_month"`` or ``"missing"``.
    published_precision : str
        ``"day"``, ``"month"``, ``"year"``, or ``"none"`` when the date is missing.
    updated : date or None
        The day of the version shown, where the source states one; never a publication date.
    authors : tuple of str
        Names in order; empty when the source gives only a count.
    n_authors : int or None
        None when the source does not say.
    upvotes : int or None
        As of this look; None when the source does not say.
    arxiv_id, doi : str or None
        Identifiers as text, an arXiv id without its version. A record may state both.
    version : int or None
        arXiv version of the work that this look shows.
    is_withdrawn : bool
        The source says that the work was withdrawn.
    categories : tuple of str
        arXiv's categories, keywords or fields of study, in the source's order and spelling.
    venue : str or None
        Journal or conference; None where the source names none, or arXiv.
    position : str
        Where in the source the record stands, for people: ``"line 13"``, ``"entry 4"``.
    """

    title: str
    abstract: str
    published: date | None = None
    published_basis: PublishedBasis = "missing"
    published_precision: PublishedPrecision = "none"
    updated: date | None = None
    authors: tuple[str, ...] = ()
    n_authors: int | None = None
    upvotes: int | None = None
    organization: str | None = None
    url: str | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    version: int | None = None
    is_withdrawn: bool = False
    categories: tuple[str, ...] = ()
    venue: str | None = None
    position: str = ""

    @property
    def paper_id(self) -> str:
        """The key of the work that this record shows, see `paper_id_for`."""
        return paper_id_for(self.title, arxiv_id=self.arxiv_id, doi=self.doi)


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """Something in a source that cannot be a paper, kept so that every loss is reported.

    `reason` is one clause in plain words, such as ``"abstract without a title"``; `excerpt` has at most 200
    characters of what stood there.
    """

    position: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one source file or answer held, or one part of it.

    A long file comes in parts, so that memory does not grow with it: parts of one feed share
    `source`, `location` and `day`, follow each other, and all but the last have `is_last` False.

    Attributes
    ----------
    source : str
        Kind of source, ``"daily-papers-page"`` or ``"daily-papers"``.
    location : str
        The file or address that was read, for people (its name, not a machine's path).
    day : date or None
        The day of the look, when the source states one; the reader's own day otherwise.
    warnings : tuple of str
        What was understood with a doubt, one sentence each.
    name : str
        What is looked at again and again, ``"arxiv:cat:cs.AI"``: looks of one name are compared by
        volume. Empty for a file, whose name is its `source`.
    window : tuple of (date, date) or None
        First and last publication day that the feed was asked for; None where it was not asked for days.
    failure : str or None
        Why the feed did not come whole; what came of it is kept.
    is_last : bool
        False for a part that is followed by another.
    """

    source: str
    location: str
    day: date | None
    records: tuple[PaperRecord, ...]
    rejects: tuple[RejectedRecord, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    name: str = ""
    window: tuple[date, date] | None = None
    failure: str | None = None
    is_last: bool = True


def fold_title(title: str) -> str:
    """Title reduced to what identifies it: compatibility form, case folded, letters and digits only.

    Examples
    --------
    >>> fold_title("Self-Improving  LLM Agents: at Test-Time!")
    'selfimprovingllmagentsattesttime'
    >>> fold_title("«…»")
    ''
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(character for character in folded if character.isalnum())


def paper_id_for(title: str, *, arxiv_id: str | None = None, doi: str | None = None) -> str:
    """Key of a work: its arXiv id, else its DOI, else a hash of its folded title.

    The arXiv version is not part of the key, and a DOI is compared without regard to case.

    Raises
    ------
    ValueError
        When `arxiv_id` does not look like one.

    Examples
    --------
    >>> paper_id_for("Any title", arxiv_id="2503.02130v2")
    'arxiv:2503.02130'
    >>> paper_id_for("Any title", doi="10.1000/ABC")
    'doi:10.1000/abc'
    >>> paper_id_for("A title") == paper_id_for(" a TITLE.")
    True
    """
    if arxiv_id is not None:
        if not _ARXIV_ID.fullmatch(arxiv_id):
            raise ValueError(f"not an arXiv id: {arxiv_id!r}; an id is text such as 2503.02130 or cs/9301111")
        return f"arxiv:{_VERSION.sub('', arxiv_id)}"
    if doi is not None:
        return f"doi:{doi.lower()}"
    # A title of punctuation only folds to nothing; two such titles must not become one paper.
    key = fold_title(title) or title
    return f"title:{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def paper_text(title: str, abstract: str) -> str:
    """Text of a paper that a vectorizer reads.

    Examples
    --------
    >>> paper_text("Agents", "We study them.")
    'Agents. We study them.'
    >>> paper_text("Agents", "")
    'Agents'
    """
    return f"{title}. {abstract}" if abstract else title


def content_hash(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes in hexadecimal: the key under which its vector is cached."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class PaperTexts(Sequence[str]):
    """Texts of papers, each made when it is looked at: most are known by their hash and never read.

    `hashes` are the `content_hash` of each text.

    Examples
    --------
    >>> texts = PaperTexts(["Agents", "Rewards"], ["We study them.", ""], ["a", "b"])
    >>> list(texts), texts[-1]
    (['Agents. We study them.', 'Rewards'], 'Rewards')
    """

    def __init__(self, titles: Sequence[str], abstracts: Sequence[str], hashes: Sequence[str]) -> None:
        self.titles, self.abstracts, self.hashes = titles, abstracts, list(hashes)

    def __len__(self) -> int:
        return len(self.hashes)

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        return paper_text(self.titles[row], self.abstracts[row])

    def __iter__(self) -> Iterator[str]:
        return map(paper_text, self.titles, self.abstracts)


def content_hashes(texts: Sequence[str]) -> list[str]:
    """`content_hash` of each text, taken from `PaperTexts` where they are known already."""
    return texts.hashes if isinstance(texts, PaperTexts) else [content_hash(text) for text in texts]
