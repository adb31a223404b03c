"""Claims in words: the sentences by which a verdict is told, from its numbers alone.

A claim is share, how it is known (found or checked) with its counts or interval, comparison, verdict, growth
with its interval, q. No cause, no forecast, and no adjective that is not one of the four verdicts.
"""

from __future__ import annotations

import math

from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS
from reports.series import Comparison, Series, Span, Verdict
from reports.wording import NARROW, TIMES, count, odds, percent, percent_range, plural, q_value

__all__ = [
    "FRAGILE",
    "ICONS",
    "comparison_clause",
    "counts_of",
    "evidence_clause",
    "growth_clause",
    "share_clause",
    "verdict_sentence",
]

ICONS = {"rising": "▲", "falling": "▼", "steady": "▬", "insufficient": "?"}
"""Sign of each verdict; it never stands without the word."""


FRAGILE = (
    "the verdict changes when the papers without a topic or a date are spread over topics and periods in"
    " proportion"
)
"""What makes a verdict fragile, as a clause."""


def counts_of(span: Span) -> str:
    """Write the counts that a share is made of, or the interval of one that is checked.

    Examples
    --------
    >>> counts_of(Span("Q4 2025", 214, 1690)), counts_of(Span("Q4 2025", 214, 1690, 0.34, 0.29, 0.4))
    ('214 of 1,690', '29 to 40')
    >>> counts_of(Span("Q3 to Q4 2025", 214, 1690, 0.34))
    'of 1,690'
    """
    if not span.is_checked:
        return f"{count(span.n_papers)} of {count(span.n_total)}"
    return f"of {count(span.n_total)}" if math.isnan(span.low) else percent_range(span.low, span.high)


def share_clause(series: Series, n_papers: int, n_corpus: int) -> tuple[str, str]:
    """Say what the series is now: the number, and what it is a part of.

    Parameters
    ----------
    series : Series
    n_papers : int
        Papers of the series, dated or not.
    n_corpus : int
        Papers of the corpus, dated or not.

    Returns
    -------
    tuple of str
        A share and the rest of the clause; a count where no complete period holds papers.
    """
    comparison = series.comparison()
    if comparison is not None:
        now = comparison.now
        if not now.is_checked:
            known = f"{series.basis}: " if series.basis else ""
            return percent(now.share), f"of papers in {now.label} ({known}{counts_of(now)})"
        known = "" if math.isnan(now.low) else f": {counts_of(now)}"
        return percent(now.share), f"of papers in {now.label} (checked{known})"
    rest = f"{'found ' if series.basis else ''}of {plural(n_corpus, 'paper')}"
    if all(period.is_empty for period in series.periods):
        return count(n_papers), f"{rest}; none has a date" if n_papers else rest
    return count(n_papers), f"{rest}; no period is complete yet"


def comparison_clause(comparison: Comparison | None) -> str:
    """Say what the share was before, or nothing where there is no before.

    Examples
    --------
    >>> now, before = Span("Q4 2025", 31, 100), Span("Q4 2024", 18, 100)
    >>> comparison_clause(Comparison(now, before, is_year=True)).replace(NARROW, " ")
    '18 % a year before (18 of 100)'
    >>> halves = Comparison(Span("Apr to Jun 2025", 31, 100), Span("Jan to Mar 2025", 18, 100), False)
    >>> comparison_clause(halves).replace(NARROW, " ")
    '18 % in Jan to Mar 2025 (18 of 100)'
    """
    if comparison is None or comparison.before is None:
        return ""
    before = comparison.before
    when = "a year before" if comparison.is_year else f"in {before.label}"
    return f"{percent(before.share)} {when} ({counts_of(before)})"


def growth_clause(verdict: Verdict) -> str:
    """Growth of the odds with its interval, or nothing where it could not be estimated.

    Examples
    --------
    >>> growth_clause(Verdict("rising", 1.9, 1.5, 2.4, 0.0001, 0.001, 900, 7)).replace(TIMES, "x")
    'odds x1.9 a year (1.5 to 2.4)'
    """
    if math.isnan(verdict.growth):
        return ""
    interval = f"{odds(verdict.growth_low)} to {odds(verdict.growth_high)}"
    return f"odds {TIMES}{odds(verdict.growth)} a year ({interval})"


def evidence_clause(verdict: Verdict, unit: str) -> str:
    r"""Say what the verdict rests on: growth and q, or what is missing.

    Examples
    --------
    >>> rising = Verdict("rising", 1.9, 1.5, 2.4, 0.0001, 0.001, 900, 7)
    >>> evidence_clause(rising, "quarter").replace("\u00a0", " ").replace(TIMES, "x")
    'odds x1.9 a year (1.5 to 2.4), q = 0.001'
    >>> evidence_clause(Verdict("insufficient", n_papers=17, n_periods=6), "quarter")
    'too few papers to say (17 in 6 quarters)'
    """
    if verdict.word != "insufficient":
        return f"{growth_clause(verdict)}, {q_value(verdict.q)}"
    have = f"({count(verdict.n_papers)} in {plural(verdict.n_periods, unit)})"
    if verdict.n_periods == 0:
        return "no complete period to compare"
    if verdict.n_papers < MIN_PAPERS:
        return f"too few papers to say {have}"
    if verdict.n_periods < MIN_PERIODS:
        return f"too few {unit}s to say {have}"
    return f"too few papers outside it to say {have}"


def verdict_sentence(series: Series) -> str:
    """Tell the verdict in a sentence or two, for a reader who knows no statistics.

    Parameters
    ----------
    series : Series
    """
    sentence = _bare_sentence(series)
    if series.basis and series.verdict.basis != series.basis and series.verdict.word != "insufficient":
        sentence += f" This was tested on the shares {series.verdict.basis}."
    return f"{sentence} Fragile: {FRAGILE}." if series.verdict.is_fragile else sentence


def _bare_sentence(series: Series) -> str:
    """Tell the verdict without its doubts."""
    verdict, unit = series.verdict, series.unit
    over = f"{plural(verdict.n_periods, f'complete {unit}')}"
    if verdict.word == "insufficient":
        need = (
            f"A verdict needs {MIN_PERIODS} complete periods, {MIN_PAPERS} papers in it and as many outside."
        )
        return f"{evidence_clause(verdict, unit).capitalize()}. {need}"
    numbers = (
        f"{odds(verdict.growth)} a year (95{NARROW}% interval {odds(verdict.growth_low)} to"
        f" {odds(verdict.growth_high)}, {q_value(verdict.q)})"
    )
    if verdict.word == "steady":
        # Its own interval may leave out 1 and the series still fall short, once all tests are counted.
        apart = verdict.growth_low > 1 or verdict.growth_high < 1
        lead = "No trend that outlasts the correction for many tests," if apart else "No trend beyond chance"
        return f"{lead} over {over}. The odds that a paper is about it changed by a factor of {numbers}."
    way = "rose" if verdict.word == "rising" else "fell"
    return f"Its share {way} over {over}: the odds that a paper is about it changed by a factor of {numbers}."
