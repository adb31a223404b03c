"""How sure it is that two records show one work: the sum of what each comparison says, in bits.

The model of Fellegi and Sunter [1]_: each comparison adds log2(m / u), where m is the probability of
its outcome among pairs of records that show one work and u that among pairs that do not. The weights
below are rounded estimates from labelled duplicates (DBLP-ACM and two literature searches) and from
76,500 arXiv papers, no two of which are one work; `benchmarks/bench_dedup.py` measures what they give.
At the bound `JOINED_FROM` the model expects one false join in 17, over all joins far fewer: of the pairs
joined in DBLP-ACM 1 % are false, in the two searches none, and of the arXiv papers with their ids hidden
0.3 % are joined to another, a bound since many of these were submitted twice.

Comparisons that hang together are weighed together: a different year says little of a preprint and its
print, and much of two articles with different words in their titles.

References
----------
.. [1] Fellegi, I. P. & Sunter, A. B. (1969). A theory for record linkage. Journal of the American
   Statistical Association 64(328), 1183-1210. doi:10.1080/01621459.1969.10501049
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from analytics.matching.names import shared_names
from analytics.matching.records import ComparedRecord
from analytics.matching.titles import TitleAgreement, Wording, compare_titles

__all__ = ["JOINED_FROM", "Evidence", "compare_records"]

_PRIOR = -12.0
"""Bits before anything is compared: of pairs that share a block key one in some 4,000 is one work."""

JOINED_FROM = 4.0
"""Bits from which two records are held to show one work: odds of 16 to 1."""

_SAME_DOI = 24.0
_OTHER_DOI = -18.0
_MOST_FOR_TITLE = 18.0
_FEWEST_LETTERS = 8
_RECURRING = 4.0
"""Most bits of a title that several works have."""

_HARD = -40.0
_EQUAL, _ALIKE, _RELATED, _UNLIKE = 0.97, 0.85, 0.7, 0.6
_COMPARED_WORDS = 150
_FULL_ABSTRACT = 25
"""Words of an abstract from which it counts in full."""

_UPDATE = re.compile(r"\.pub\d+$")
"""Cochrane reviews have a DOI for each update, which is a work of its own."""

_YEARS_TO_PRINT = 6
_MANY = 3
_CONTRADICTED, _OTHER_TITLE = -8.0, -14.0
_UNCONFIRMED = "no authors to confirm it"
_RECURS = "other works have this title"
_SAY_LITTLE = frozenset((_UNCONFIRMED, _RECURS))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the comparison of two records says.

    `parts` are what was compared with its outcome, in words, and the bits that it adds; the titles come
    first.
    """

    parts: tuple[tuple[str, float], ...]

    @property
    def bits(self) -> float:
        """Logarithm to base 2 of the odds that both show one work, rounded to a tenth."""
        return round(_PRIOR + sum(bits for _, bits in self.parts), 1)

    @property
    def contradicts(self) -> bool:
        """Whether something speaks against one work, rather than too little for it."""
        if self.bits >= JOINED_FROM:
            return False
        (_, title), *others = self.parts
        against = sum(bits for said, bits in others if bits < 0 and said not in _SAY_LITTLE)
        return against + (title if title <= _OTHER_TITLE else 0.0) <= _CONTRADICTED

    @property
    def probability(self) -> float:
        """Probability that both show one work."""
        return 1 / (1 + 2**-self.bits)


def compare_records(one: ComparedRecord, other: ComparedRecord, *, recurs: bool = False) -> Evidence:
    """Compare two records; the order of the two does not matter.

    `recurs` says that other works have the title of one of them, so that an equal one says little.

    Examples
    --------
    >>> from analytics.papers import PaperRecord
    >>> def compared(title, *authors):
    ...     return ComparedRecord.of(PaperRecord(title, "", authors=authors))
    >>> same = compare_records(
    ...     compared("Sharing charts among small boats", "Li C.", "Wu Y."),
    ...     compared("Sharing charts among small boats (extended abstract)", "Chun Li", "Yan Wu"),
    ... )
    >>> same.bits, [text for text, _ in same.parts]
    (16.0, ['same title', '2 of 2 authors shared'])
    >>> compare_records(compared("Editorial", "Ada Example"), compared("Editorial", "Ada Example")).bits
    -6.0
    """
    titles = compare_titles(one.title, other.title)
    same_doi = one.doi is not None and one.doi == other.doi
    is_print = one.is_preprint != other.is_preprint
    title = _title_bits(titles, same_doi=same_doi, is_print=is_print)
    parts = [(_title_words(titles), title)]
    if titles.wording is not Wording.SAME and not (same_doi or (one.names and other.names)):
        parts.append((_UNCONFIRMED, -3.0))
    if recurs and title > _RECURRING and titles.wording in {Wording.SAME, Wording.SPELLING}:
        parts.append((_RECURS, round(_RECURRING - title, 1)))
    parts += _author_parts(one, other, counts_less=same_doi and title < 0)
    parts += _abstract_parts(one, other, titles.wording, counts_less=is_print or (same_doi and title >= 0))
    if same_doi:
        parts.append(("same DOI", _SAME_DOI))
    elif one.doi and other.doi and one.is_preprint_doi == other.is_preprint_doi:
        is_update = _UPDATE.sub("", one.doi) == _UPDATE.sub("", other.doi)
        parts.append(("updates of a review", _HARD) if is_update else ("different DOIs", _OTHER_DOI))
    parts += _year_parts(one, other, titles, same_doi=same_doi, is_print=is_print)
    return Evidence(tuple(parts))


def _title_bits(titles: TitleAgreement, *, same_doi: bool, is_print: bool) -> float:
    """Long titles that are the same say most; a title that any work may have ("Editorial") says nothing."""
    if titles.is_about:
        return _HARD
    if titles.numbers_apart > 1:
        return -22.0 if same_doi else -14.0
    known = titles.information
    bits = min(_MOST_FOR_TITLE, 2 + 0.7 * known) if known >= _FEWEST_LETTERS else 0.0
    bits -= {
        Wording.SAME: 0.0,
        Wording.SPELLING: 2.0,
        Wording.CUT: 5.0,
        Wording.STARTS_SAME: 7 + 10 * titles.difference,
        Wording.LONGER: 5 + 30 * titles.difference,
        Wording.REWORDED: 10 + 40 * titles.difference,
    }[titles.wording]
    bits -= 4.0 * titles.numbers_apart
    least = (-6.0 if is_print else -13.0) if same_doi else -16.0
    return round(max(bits, least), 1)


def _title_words(titles: TitleAgreement) -> str:
    if titles.is_about:
        return "one title speaks of another work"
    return "different numbers in the titles" if titles.numbers_apart > 1 else titles.wording.value


def _author_parts(
    one: ComparedRecord, other: ComparedRecord, *, counts_less: bool
) -> list[tuple[str, float]]:
    """Authors by name, else by number. One laboratory has many works under the DOI of one congress."""
    if not (one.names and other.names):
        if not (one.n_authors and other.n_authors):
            return []
        if one.n_authors == other.n_authors:
            return [("as many authors", 1.0)]
        return [(f"{one.n_authors} and {other.n_authors} authors", -8.0)]
    sizes = sorted((len(one.names), len(other.names)))
    shared = shared_names(one.names, other.names)
    said = f"{shared} of {sizes[0]} authors shared"
    if shared == 0:
        return [("no author shared", -12.0)]
    if shared / sizes[0] < 0.5:
        return [(said, -3.0)]
    if counts_less:
        return [(said, 6.0 if shared == sizes[1] > 1 else 0.0)]
    if shared / sizes[0] < 0.8:
        return [(said, 3.0 * min(shared, _MANY) - 3)]
    return [(said, 4.0 * min(shared, _MANY) + (2.0 if sizes[0] == sizes[1] else 0.0))]


def _abstract_parts(
    one: ComparedRecord, other: ComparedRecord, wording: Wording, *, counts_less: bool
) -> list[tuple[str, float]]:
    """Abstracts as far as the shorter goes; a preprint's is often written again for print."""
    n_words = min(len(one.abstract), len(other.abstract), _COMPARED_WORDS)
    if not n_words:
        return []
    alike = float(Indel.normalized_similarity(one.abstract[:n_words], other.abstract[:n_words]))
    if alike >= _ALIKE:
        bits = 18.0 if alike >= _EQUAL else 14.0
    elif alike >= _RELATED:  # one study is often published in several papers
        bits = 0.0 if wording in {Wording.LONGER, Wording.REWORDED} else 3.0
    elif counts_less:
        bits = -4.0
    else:  # a talk and the paper that came of it have one title, not one abstract
        bits = -18.0 if alike >= _UNLIKE else -24.0
    return [(f"abstracts {alike:.0%} alike", round(bits * min(1.0, n_words / _FULL_ABSTRACT), 1))]


def _year_parts(
    one: ComparedRecord, other: ComparedRecord, titles: TitleAgreement, *, same_doi: bool, is_print: bool
) -> list[tuple[str, float]]:
    if one.published is None or other.published is None:
        return []
    years = sorted((one.published.year, other.published.year))
    apart = years[1] - years[0]
    if apart == 0:
        is_one_day = one.is_day and other.is_day and one.published == other.published
        if is_one_day and titles.wording in {Wording.SAME, Wording.SPELLING}:
            # The first of a month often means a month or a year.
            return [("same day", 10.0 if one.published.day > 1 else 6.0)]
        return [("same year", 1.0 if same_doi else 3.0)]
    said = f"years {years[0]} and {years[1]}"
    if same_doi:
        return [(said, -1.0 if apart == 1 else -2.0)]
    if is_print:
        is_near = apart <= _YEARS_TO_PRINT and bool(one.names and other.names)
        return [(said, 0.0 if apart == 1 else -1.0 if is_near else -6.0)]
    if titles.wording in {Wording.LONGER, Wording.REWORDED}:
        return [(said, -26.0)]
    if one.doi and other.doi:  # a yearly update under a DOI of its own
        return [(said, -14.0 if apart == 1 else -20.0)]
    return [(said, -3.0 if apart == 1 else -20.0)]
