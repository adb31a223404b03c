"""How papers come to their themes, and what found and checked mean, for a reader who is no statistician."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.tables import RunTables
from reports.quality_words import COMMAND
from reports.theme_quality import ANSWERS_TO_CHECK, Quality
from reports.wording import NARROW, join_words

__all__ = ["membership_paragraphs"]

_BELONGS = (
    "For each paper and theme there is a probability that a careful reader would call the paper one of the"
    " theme. From one half on, the paper belongs to it; it may belong to several, and the one that fits best"
    " is its first theme. The phrase beside a paper is the one nearest to it."
)
_BY_PHRASES = (
    "Without answers, the probability follows from the theme's description and phrases: from how much nearer"
    " a paper is to them, in meaning and in words, than papers on anything else are."
)
_FOUND = (
    "A share found counts the papers that belong. How many of a theme's papers it misses, and how many it"
    f" wrongly holds, is not known. Its 95{NARROW}% interval (Wilson) holds sampling only: which papers"
    " happened to appear."
)
_CHECKED = (
    "A share checked is estimated from answers on papers drawn at random with known probabilities. They tell"
    " how many papers are missed and how many are wrongly found, and the count is corrected for both. Its"
    f" 95{NARROW}% interval holds sampling and what so few answers leave open. It does not hold mistakes in"
    " the answers themselves: a reader who takes the theme for something else moves the share."
)
_NOT_CHECKED = (
    f"Some {ANSWERS_TO_CHECK} answers on papers drawn at random make a share checked: corrected for what is"
    " missed and what is wrongly found, with an interval that holds those errors too."
)
_CORRECTIONS = (
    "Corrections made in the lists of this page (\u201cnot this theme\u201d, \u201cthis theme too\u201d)"
    " teach a theme and never enter an estimate, because nobody drew those papers at random."
)


def membership_paragraphs(
    tables: RunTables, manifest: Mapping[str, Any], qualities: Mapping[str, Quality], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Paragraphs on how membership was decided in this run.

    Parameters
    ----------
    tables : RunTables
        Of an older run, whose papers have no probability, the rule of then is told.
    manifest : mapping
        Its setting ``theme_threshold`` is the score that an older run asked for, where it was set.
    qualities : mapping of theme id to Quality
    names : mapping of theme id to name
    """
    if tables.themes.empty:
        return ("No theme was declared.",)
    rows = tables.theme_assignments
    if len(rows) and rows["probability"].isna().all():
        return (_by_score(manifest), _FOUND)
    taught = [names[one] for one, quality in qualities.items() if quality.is_taught]
    by_answers = (
        f" In {join_words(taught)} it follows from answers as well, because that foresees them better."
        if taught
        else f" With answers ({COMMAND}) it follows from those as well, where that is better."
    )
    told = [_BELONGS, _BY_PHRASES + by_answers, _FOUND]
    told.append(_CHECKED if any(quality.is_checked for quality in qualities.values()) else _NOT_CHECKED)
    return (*told, _CORRECTIONS, _who(qualities))


def _by_score(manifest: Mapping[str, Any]) -> str:
    threshold = manifest["settings"].get("theme_threshold")
    return (
        "This run is older than probabilities of membership. A paper's score on a theme is how far it stands"
        " above what general abstracts, and the bulk of this corpus, score on the same phrases, in standard"
        f" deviations; from a score of {float(threshold or 3.0):g} on it belongs to the theme."
    )


def _who(qualities: Mapping[str, Quality]) -> str:
    """Who has read papers for this page."""
    if any(quality.has_people for quality in qualities.values()):
        return "People have read the papers that they answered, and no others for this page."
    if any(quality.models for quality in qualities.values()):
        return "A model that was asked has judged papers for this page; no person has."
    return "No person has read these papers for this page."
