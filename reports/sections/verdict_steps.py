"""How a verdict is reached, step by step; only steps that the page uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.tables import RunTables
from reports.sections.five_word_steps import Step, five_word_steps, older_steps
from reports.values.formatting import NARROW
from reports.values.marks import allowed_rate, steady_bound
from reports.values.series import Series
from reports.values.verdict_sentences import FRAGILE

__all__ = ["Step", "verdict_steps"]


def verdict_steps(
    tables: RunTables, manifest: Mapping[str, Any], series: Mapping[tuple[str, str], Series]
) -> tuple[Step, ...]:
    """Steps from the papers to the words on the page; only what the page shows is explained.

    The manifest gives the false discovery rate and, in newer runs, the forecasts.
    """
    allowed = f"{100 * allowed_rate(manifest):g}{NARROW}%"
    # An older run did not look for any of these; that nothing was found is worth the words.
    looked = "forecasts" in manifest
    further = {
        "bursts": (looked or len(tables.bursts), _burst(allowed)),
        "level changes": (looked or len(tables.change_points), _level(allowed)),
        "terms of themes": (len(tables.theme_terms), _terms(allowed)),
    }
    shown = {name: step for name, (is_shown, step) in further.items() if is_shown}
    steps = list(_tests(series, allowed, steady_bound(manifest), list(shown)))
    if looked or tables.verdicts["is_fragile"].any():
        steps.append(_fragile())
    steps += shown.values()
    if len(tables.forecasts):
        steps.append(_bands())
    return (*steps, _whole())


def _tests(
    series: Mapping[tuple[str, str], Series], allowed: str, bound: float, lists: Sequence[str]
) -> tuple[Step, ...]:
    """From counts to the five words, as the run did it."""
    tested = [one for one in series.values() if one.verdict.is_tested]
    if len(tested) and not any(one.verdict.period for one in tested):
        return older_steps(len(tested), allowed)
    unit = next((one.verdict.period for one in tested), "")
    n_tests = sum(one.verdict.is_tested + one.recent.is_tested for one in series.values())
    return five_word_steps(unit, n_tests, allowed, bound, lists)


def _fragile() -> Step:
    return Step(
        "Fragile",
        f"A verdict is fragile when it depends on papers that were left out: {FRAGILE}. A verdict that is not"
        " fragile can still depend on them in another way.",
    )


def _burst(allowed: str) -> Step:
    return Step(
        "Burst",
        "Consecutive periods in which the share is about twice the usual one. A long rise also ends in a"
        " burst, so read it together with the verdict.",
        "Kleinberg's automaton. p is how often the same papers on random dates would burst as strongly; q"
        " also accounts for the noise of this run and the number of series. Bursts have their own false"
        f" discovery rate: only bursts with a q of {allowed} or less are shown.",
    )


def _level(allowed: str) -> Step:
    return Step(
        "Level changed",
        "From this period on, the share is at another level. The cause is unknown: a new source can change"
        " shares just as a field can.",
        "Shown if two levels explain the counts better than one level, and better than a straight trend,"
        " compared with many simulated series of one level and the noise of this run. Level changes have"
        f" their own false discovery rate: q is at most {allowed}.",
    )


def _terms(allowed: str) -> Step:
    return Step(
        "Terms of a theme",
        "Terms that the theme's papers of the newest year use more or less often than earlier ones.",
        f"Fisher's exact test for each term. These lists have their own false discovery rate, {allowed}.",
    )


def _bands() -> Step:
    return Step(
        "Forecast",
        f"Dashed, with two bands. Half of the future shares should fall in the 50{NARROW}% band, and nine in"
        f" ten in the 90{NARROW}% band.",
        "The bands include sampling error and the errors of earlier forecasts. They do not include"
        " breakthroughs or new sources.",
    )


def _whole() -> Step:
    return Step(
        "Parts of a whole",
        "If the share of one theme grows, that of others shrinks. A change in what the sources list"
        " changes shares too.",
    )
