"""How a verdict is reached, step by step, for a reader who knows no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.tables import RunTables
from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS
from reports.marks import allowed_rate
from reports.series import Series
from reports.verdict_sentences import FRAGILE
from reports.wording import NARROW, plural

__all__ = ["Step", "verdict_steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name and what is done in it."""

    name: str
    text: str


def verdict_steps(
    tables: RunTables, manifest: Mapping[str, Any], series: Mapping[tuple[str, str], Series]
) -> tuple[Step, ...]:
    """Steps from the papers to the words on the page; only what the page shows is explained.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
        Its false discovery rate and, in newer runs, its forecasts.
    series : mapping of (kind, series_id) to Series
    """
    allowed = f"{100 * allowed_rate(manifest):g}{NARROW}%"
    tested = sum(one.verdict.word != "insufficient" for one in series.values())
    # An older run did not look for any of these; that nothing was found is worth the words.
    looked = "forecasts" in manifest
    steps = [*_verdict(tested, allowed), _newest_quarter()]
    if looked or tables.verdicts["is_fragile"].any():
        steps.append(_fragile())
    if looked or len(tables.bursts):
        steps.append(_burst(allowed))
    if looked or len(tables.change_points):
        steps.append(_level(allowed))
    if len(tables.forecasts):
        steps.append(_bands())
    return (*steps, _whole())


def _verdict(tested: int, allowed: str) -> tuple[Step, ...]:
    """From counts to the four words."""
    return (
        Step(
            "Share",
            "The papers of a theme or topic over all dated papers of the same period. The band around a"
            f" line is its 95{NARROW}% interval. Of a topic and of a theme that is found it is Wilson's: what"
            " sampling alone leaves open, with no doubt about whether a paper was put in the right theme."
            " Share and band of a theme that is checked are estimated from answers, and the band holds that"
            " doubt too.",
        ),
        Step(
            "Line",
            "The odds are the papers in a series for each one outside it. Through the complete periods"
            " goes the line that fits their logarithm best; there, a constant growth is a straight line."
            " Its slope tells by which factor the odds change in a year.",
        ),
        Step(
            "Noise",
            "Counts scatter more than chance, and a good month is often followed by another. How much so"
            " is learned from all series together (logistic regression with pooled noise). The wider the"
            " noise, the steeper a line must be to say anything. The interval beside a growth holds it.",
        ),
        Step(
            "Test",
            "The p value tells how often a series without growth would seem to grow or shrink as much."
            f" {plural(tested, 'series was', 'series were')} tested on this page, and of many tests some"
            " succeed by luck. So q is corrected for that number (Benjamini-Hochberg): rising or falling"
            f" is said only at a q of {allowed} or below, and then at most {allowed} of the claims are"
            " expected to be false.",
        ),
        Step(
            "Other words",
            "Steady means that no trend was shown, not that there is none: read the interval. Insufficient"
            f" means fewer than {MIN_PERIODS} complete periods, {MIN_PAPERS} papers in the series or"
            f" {MIN_PAPERS} outside it.",
        ),
    )


def _newest_quarter() -> Step:
    return Step(
        "Newest quarter",
        "It is tested against what preceded it in the same way, as a family of tests of its own.",
    )


def _fragile() -> Step:
    return Step(
        "Fragile",
        f"A verdict is fragile when it hangs on papers that were left out: {FRAGILE}. That spread is one"
        " possible truth of many, so a verdict that is not fragile can still owe to what was left out.",
    )


def _burst(allowed: str) -> Step:
    return Step(
        "Burst",
        "Periods in a row in which the share is about twice the usual one (Kleinberg's automaton). Its p"
        " tells how often the same papers on random dates would burst as heavily; its q also counts the"
        f" run's own noise and that many series were looked at. Only bursts at a q of {allowed} or below"
        " are shown. A steady rise ends in a burst too: read it beside the verdict.",
    )


def _level(allowed: str) -> Step:
    return Step(
        "Level changed",
        "The period from which on the share stands on another level, where that explains the counts better"
        " than one level and better than a steady trend. It is compared with many made-up series of one"
        f" level and this run's noise; q, as above, is at most {allowed}. Why it changed is not known: a"
        " new source moves shares as a field does.",
    )


def _bands() -> Step:
    return Step(
        "Forecast",
        "Dashed, with two bands. If past errors are a guide, half of the coming shares lie in the"
        f" 50{NARROW}% band and nine in ten in the 90{NARROW}% band. The bands hold the luck of which"
        " papers appear and how far earlier forecasts were off. They hold no breakthrough, and no new"
        " source.",
    )


def _whole() -> Step:
    return Step(
        "Parts of a whole",
        "When one theme takes more of the papers, the rest must take less. A change in what the sources list"
        " moves shares too.",
    )
