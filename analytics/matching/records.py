"""Records in the form in which they are compared: taken apart once, compared many times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from analytics.matching.names import Name, parse_names
from analytics.matching.normal_forms import plain_words
from analytics.matching.titles import Title, parse_title
from analytics.papers import PaperRecord

__all__ = ["ComparedRecord", "abstract_words", "work_doi"]

_ABSTRACT_CHARACTERS = 1500
_FEWEST_WORDS = 8
_NO_ABSTRACT = re.compile(
    r"\W*(?:no )?abstract(?: is)?(?: not)?(?: available| provided)?\W*|\W*n/?a\W*", re.IGNORECASE
)
_HEADINGS = frozenset(
    """
    abstract aim aims background conclusion conclusions introduction method methods objective
    objectives purpose results summary
    """.split()  # noqa: SIM905 - a word list is read and changed as words
)
# bioRxiv and medRxiv (not the journals of their press), arXiv, Research Square, SSRN, Preprints.org,
# ChemRxiv, the servers of the Open Science Framework, Authorea, TechRxiv, EarthArXiv.
_PREPRINT_DOI = re.compile(
    r"10\.(?:1101/(?:\d{6}$|\d{4}\.\d\d\.\d\d\.)|48550/|21203/|2139/ssrn|20944/|26434/|31234/|31219/|31235/"
    r"|31223/|22541/|36227/)"
)

# Research Square, ChemRxiv, Preprints.org and F1000 give each version a DOI.
_VERSION = re.compile(
    r"^(10\.21203/rs\.[\d.]+rs-\d+)/v\d+$|^(10\.26434/chemrxiv.*?)[-.]v\d+$|^(10\.20944/[a-z\d.]+?)\.v\d+$"
    r"|^(10\.12688/\w+\.\d+)\.\d+$"
)


@dataclass(frozen=True, slots=True)
class ComparedRecord:
    """A record in the form in which it is compared.

    Attributes
    ----------
    n_authors : int or None
        As stated, else the number of names; None where neither is known.
    is_day : bool
        `published` is known to the day.
    abstract : tuple of str
        Plain words of the first 1,500 characters, without headings; empty for fewer than eight.
    doi : str or None
        Without the version, where a server of preprints gives each version one.
    is_preprint : bool
        An arXiv id, or the DOI of a preprint server: a later print has another DOI and year.
    """

    title: Title
    names: tuple[Name, ...]
    n_authors: int | None
    published: date | None
    is_day: bool
    abstract: tuple[str, ...]
    doi: str | None
    is_preprint_doi: bool
    is_preprint: bool

    @classmethod
    def of(cls, record: PaperRecord) -> ComparedRecord:
        """Take a record apart."""
        names = parse_names(record.authors)
        doi = work_doi(record.doi) if record.doi else None
        is_preprint_doi = _is_preprint_doi(doi)
        return cls(
            parse_title(record.title),
            names,
            record.n_authors or len(names) or None,
            record.published,
            record.published is not None and record.published_precision == "day",
            abstract_words(record.abstract[:_ABSTRACT_CHARACTERS]),
            doi,
            is_preprint_doi,
            record.arxiv_id is not None or is_preprint_doi,
        )

    def filled(self, others: Sequence[ComparedRecord]) -> ComparedRecord:
        """Take what this record leaves unsaid from others that show the same work.

        The longest list of authors, the largest number of them, the earliest date, the longest abstract,
        the first DOI of the alphabet: their order does not matter.

        Examples
        --------
        >>> short = ComparedRecord.of(PaperRecord("A title", ""))
        >>> short.filled([ComparedRecord.of(PaperRecord("Another", "", n_authors=3))]).n_authors
        3
        """
        if not others:
            return self
        dated = min((other for other in others if other.published), key=_date_order, default=None)
        doi = min((other.doi for other in others if other.doi), default=None)
        counts = [other.n_authors for other in others if other.n_authors]
        return replace(
            self,
            names=self.names or max((other.names for other in others), key=_names_order),
            n_authors=self.n_authors or max(counts, default=None),
            published=self.published or (dated.published if dated else None),
            is_day=self.is_day if self.published else bool(dated and dated.is_day),
            abstract=self.abstract or max((other.abstract for other in others), key=_abstract_order),
            doi=self.doi or doi,
            is_preprint_doi=self.is_preprint_doi if self.doi else _is_preprint_doi(doi),
        )


def _date_order(record: ComparedRecord) -> tuple[date, bool]:
    return record.published or date.max, not record.is_day


def _names_order(names: tuple[Name, ...]) -> tuple[int, list[tuple[list[str], list[str]]]]:
    return len(names), [(sorted(name.words), sorted(name.initials)) for name in names]


def _abstract_order(words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return len(words), words


def work_doi(doi: str) -> str:
    """DOI in lower case, without its version where a server gives each version one.

    Examples
    --------
    >>> work_doi("10.21203/rs.3.rs-1234/v2"), work_doi("10.1000/V2")
    ('10.21203/rs.3.rs-1234', '10.1000/v2')
    """
    match = _VERSION.match(doi.lower())
    return next(filter(None, match.groups())) if match else doi.lower()


def _is_preprint_doi(doi: str | None) -> bool:
    return doi is not None and _PREPRINT_DOI.match(doi) is not None


def abstract_words(abstract: str) -> tuple[str, ...]:
    """Plain words of an abstract without its headings; none where there are fewer than eight."""
    if not abstract or _NO_ABSTRACT.fullmatch(abstract):
        return ()
    words = [word for word in plain_words(abstract) if word not in _HEADINGS]
    return tuple(words) if len(words) >= _FEWEST_WORDS else ()
