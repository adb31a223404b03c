"""The count of a theme in words: found, with a few answers, or checked on answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from analytics.labels.learned_themes import FEWEST_OF_EACH
from reports.values.formatting import count, percent, percent_range, plural
from reports.values.theme_quality import ANSWERS_TO_CHECK, Measure, Quality

__all__ = [
    "BANDS",
    "COMMAND",
    "UNCHECKED",
    "bands_note",
    "count_warning",
    "known_clause",
    "known_sentence",
    "mail_known",
    "titles_note",
]

COMMAND = "papertrends label"
"""What to run to answer papers."""

UNCHECKED = (
    "A found share counts the papers that a theme's phrases find; how many they miss is unknown."
    f" {ANSWERS_TO_CHECK} answers would show it:"
)
"""What a share found leaves open, with `COMMAND` to follow."""

BANDS = {
    "found": "found by phrases; the band leaves out what they miss",
    "checked": "checked on answers; the band includes what the phrases miss",
}
"""What the band around a theme's shares holds, by how they are known."""

_FEW_FOUND = 2
_LOW_SHARE, _HIGH_SHARE = 0.0005, 0.6
_SMALLEST_CORPUS = 20
"""Papers below which nothing is said of a theme that finds few or most of them."""


def bands_note(bases: Collection[str]) -> str:
    """Say what the bands of several themes hold.

    Examples
    --------
    >>> bands_note(["found", "found"])
    'All shares are found by phrases: the bands leave out what the phrases miss.'
    """
    if "checked" not in bases:
        return "All shares are found by phrases: the bands leave out what the phrases miss."
    if "found" not in bases:
        return "All shares are checked on answers: the bands include what the phrases miss."
    return "Pale bands: found shares, without what the phrases miss. Solid bands: checked shares, with it."


def known_clause(quality: Quality) -> str:
    r"""State briefly how the share of a theme was determined; the first word is ``found`` or ``checked``.

    Examples
    --------
    >>> known_clause(Quality(388, 3736))
    'found 388 papers; how many it misses is unknown'
    >>> known_clause(Quality(388, 3736, n_labels=12, n_yes=3, n_drawn=12))
    'found 388 papers; 12 answers so far (3 yes, 9 no), about 48 more would show how many it misses'
    >>> checked = Quality(388, 3736, n_labels=120, n_drawn=120, is_checked=True, recall=Measure(0.3))
    >>> known_clause(checked).replace("\u202f", " ")
    'checked on 120 answers; the phrases alone find 30 % of them'
    """
    if quality.state == "checked":
        return f"checked on {_answers(quality)}{_recall_clause(quality)}"
    found = f"found {plural(quality.n_found, 'paper')}" if quality.n_found else "found no paper"
    if quality.state == "found":
        return f"{found}; how many it misses is unknown"
    return f"{found}; {_so_far(quality)}, {_needed(quality)} how many it misses"


def known_sentence(quality: Quality) -> str:
    r"""Describe the count of a theme; if answers would help, the caller appends the command.

    Examples
    --------
    >>> known_sentence(Quality(388, 3736)).replace("\u202f", " ")
    '388 papers found (10 %); how many it misses is unknown. 60 answers would show it:'
    >>> few = Quality(388, 3736, n_labels=12, n_yes=3, n_drawn=12)
    >>> known_sentence(few).replace("\u202f", " ")
    '388 papers found (10 %). 12 answers so far (3 yes, 9 no); about 48 more would show how many it misses:'
    >>> checked = Quality(388, 3736, n_labels=120, n_drawn=120, is_checked=True, recall=Measure(0.3),
    ...     share=Measure(0.344, 0.293, 0.4))
    >>> known_sentence(checked).replace("\u202f", " ")
    '34 % of all papers (29 to 40), checked on 120 answers; the phrases alone find 30 % of them.'
    """
    if quality.state == "checked":
        share = f"{percent(quality.share.value)} of all papers{_in_brackets(quality.share)}"
        return f"{share}, {known_clause(quality)}."
    found = f"{plural(quality.n_found, 'paper')} found ({percent(quality.share_found)})"
    found = found if quality.n_found else "No paper found"
    if quality.state == "found":
        return f"{found}; how many it misses is unknown. {ANSWERS_TO_CHECK} answers would show it:"
    return f"{found}. {_so_far(quality)}; {_needed(quality)} how many it misses:"


def mail_known(quality: Quality) -> str:
    r"""Describe the count of a theme to the reader of a mail, who runs no commands.

    Examples
    --------
    >>> mail_known(Quality(388, 3736)).replace("\u202f", " ")
    '10 % of all papers have its phrases; papers in other words are not counted.'
    >>> mail_known(Quality(388, 3736, n_labels=12, n_yes=3, n_drawn=12)).replace("\u202f", " ")
    '10 % of all papers have its phrases; papers in other words are not counted (12 papers labelled so far).'
    >>> checked = Quality(388, 3736, n_labels=120, n_drawn=120, is_checked=True, recall=Measure(0.3),
    ...     share=Measure(0.344, 0.293, 0.4))
    >>> mail_known(checked).replace("\u202f", " ")
    '34 % of all papers (29 to 40), estimated from 120 labelled papers.'
    """
    if quality.state == "checked":
        share = f"{percent(quality.share.value)} of all papers{_in_brackets(quality.share)}"
        return f"{share}, estimated from {plural(quality.n_drawn or quality.n_labels, 'labelled paper')}."
    found = f"{percent(quality.share_found)} of all papers have its phrases"
    text = (
        f"{found if quality.n_found else 'No paper has its phrases'}; papers in other words are not counted"
    )
    labelled = f" ({plural(quality.n_labels, 'paper')} labelled so far)" if quality.n_labels else ""
    return f"{text}{labelled}."


def _answers(quality: Quality) -> str:
    return plural(quality.n_drawn or quality.n_labels, "answer")


def _so_far(quality: Quality) -> str:
    """``12 answers so far (3 yes, 9 no)``, and how many of them count for an estimate where not all do."""
    text = f"{plural(quality.n_labels, 'answer')} so far"
    text += f" ({count(quality.n_yes)} yes, {count(quality.n_labels - quality.n_yes)} no)"
    if quality.n_drawn < quality.n_labels:
        text += f", {count(quality.n_drawn) if quality.n_drawn else 'none'} of them on papers drawn at random"
    return text


def _needed(quality: Quality) -> str:
    left = ANSWERS_TO_CHECK - quality.n_drawn
    if left > 0:
        return f"about {count(left)} more would show"
    if min(quality.n_yes, quality.n_labels - quality.n_yes) < FEWEST_OF_EACH:
        return f"more, {FEWEST_OF_EACH} yes and {FEWEST_OF_EACH} no at least, would show"
    return "more would show"


def _recall_clause(quality: Quality) -> str:
    if not quality.recall.is_known:
        return ""
    return f"; the phrases alone find {percent(quality.recall.value)} of them"


def _in_brackets(measure: Measure) -> str:
    return f" ({percent_range(measure.low, measure.high)})" if measure.has_interval else ""


def count_warning(quality: Quality) -> str:
    r"""Warn of a theme that finds nearly nothing or nearly everything, with advice; empty for others.

    Examples
    --------
    >>> count_warning(Quality(1, 3736)).replace("\u202f", " ")[:44]
    'Finds nearly nothing: 1 of 3,736 papers (<0.'
    >>> count_warning(Quality(388, 3736))
    ''
    """
    if quality.n_corpus < _SMALLEST_CORPUS:
        return ""
    of = f"{count(quality.n_found)} of {plural(quality.n_corpus, 'paper')} ({percent(quality.share_found)})"
    if quality.n_found <= _FEW_FOUND or quality.share_found < _LOW_SHARE:
        return (
            f"Finds nearly nothing: {of}. Such papers may not exist, or their authors use other words. Add"
            f" more phrases, worded as in titles{_or_answer(quality)}."
        )
    if quality.share_found > _HIGH_SHARE:
        return (
            f"Finds nearly everything: {of}. A theme this wide distinguishes little. Remove phrases that"
            f" fit most papers here and write narrower ones{_or_answer(quality)}."
        )
    return ""


def _or_answer(quality: Quality) -> str:
    return "" if quality.is_checked else f", or label some papers ({COMMAND})"


def titles_note(counts: Mapping[str, Any]) -> str:
    """What to keep in mind where at least half of the papers have no abstract, else empty.

    `counts` are those of the manifest.

    Examples
    --------
    >>> titles_note({"papers": 6174, "without_abstract": 6127}).partition(", which")[0]
    '6,127 of 6,174 papers were read by title alone'
    >>> titles_note({"papers": 47, "without_abstract": 5})
    ''
    """
    n_papers, n_bare = int(counts["papers"]), int(counts.get("without_abstract", 0))
    if n_bare == 0 or 2 * n_bare < n_papers:
        return ""
    return (
        f"{count(n_bare)} of {plural(n_papers, 'paper')} were read by title alone, which says less than an"
        " abstract: themes are found less often, and shares are lower."
    )
