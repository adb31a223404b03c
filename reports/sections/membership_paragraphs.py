"""How papers are assigned to themes, and what found and checked mean, for readers without statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.tables import RunTables
from reports.values.count_sentences import COMMAND
from reports.values.formatting import NARROW, join_words
from reports.values.theme_quality import ANSWERS_TO_CHECK, Quality

__all__ = ["membership_paragraphs"]

_BELONGS = (
    "For each theme, each paper gets a probability that a careful reader would say it belongs to the"
    " theme. From"
    f" 50{NARROW}% on it belongs. It may belong to several themes; the one that fits best is its primary"
    " theme. The phrase shown with a paper is the one closest to it."
)
_BY_PHRASES = (
    "Without answers, the probability depends on how much closer the paper is to the theme's description"
    " and phrases, in meaning and in words, than papers on other subjects."
)
_FOUND = (
    "A found share counts these papers. How many papers of the theme it misses or wrongly includes is"
    f" unknown. Its 95{NARROW}% interval includes sampling error only."
)
_CHECKED = (
    "A checked share is estimated from answers on papers drawn at random. The answers show how many papers"
    " are missed and how many are wrongly found, and the count is corrected for both. Its"
    f" 95{NARROW}% interval includes sampling error and the uncertainty of so few answers. It does not"
    " include mistakes in the answers themselves: a reader who understands the theme differently shifts"
    " the share."
)
_NOT_CHECKED = (
    f"About {ANSWERS_TO_CHECK} answers on papers drawn at random turn a found share into a checked one:"
    " corrected for what is missed and what is wrongly found, with an interval that includes those errors."
)
_CORRECTIONS = (
    "Corrections made in the lists of this page (\u201cnot this theme\u201d, \u201cthis theme too\u201d)"
    " teach a theme. They are never used in estimates, because those papers were not drawn at random."
)


def membership_paragraphs(
    tables: RunTables, manifest: Mapping[str, Any], qualities: Mapping[str, Quality], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Paragraphs on how membership was decided in this run.

    For an older run without probabilities, the rule of that version is described; the manifest's setting
    ``theme_threshold`` is the score that it asked for, where it was set.
    """
    if tables.themes.empty:
        return ("No theme was declared.",)
    rows = tables.theme_assignments
    if len(rows) and rows["probability"].isna().all():
        return (_by_score(manifest), _FOUND)
    taught = [names[one] for one, quality in qualities.items() if quality.is_taught]
    by_answers = (
        f" In {join_words(taught)} it also uses answers, because this improves predictions."
        if taught
        else f" With answers ({COMMAND}) it also uses them where this improves predictions."
    )
    paragraphs = [_BELONGS, _BY_PHRASES + by_answers, _FOUND]
    paragraphs.append(_CHECKED if any(quality.is_checked for quality in qualities.values()) else _NOT_CHECKED)
    return (*paragraphs, _CORRECTIONS, _who(qualities))


def _by_score(manifest: Mapping[str, Any]) -> str:
    threshold = manifest["settings"].get("theme_threshold")
    return (
        "This run was made before themes had probabilities. A paper's score on a theme says how far it is"
        " above what general abstracts, and most of this corpus, score on the same phrases, in standard"
        f" deviations; from a score of {float(threshold or 3.0):g} on it belongs to the theme."
    )


def _who(qualities: Mapping[str, Quality]) -> str:
    """Who labelled papers for this page."""
    if any(quality.has_people for quality in qualities.values()):
        return "People have read the papers that they labelled, and no others."
    if any(quality.models for quality in qualities.values()):
        return "A model has labelled papers for this page; no person has."
    return "No person has read these papers for this page."
