"""Claims in words, derived only from the numbers of a verdict.

The sentences are in `reports.values.verdict_sentences`.

A claim consists of the share at the end, its basis (found or checked), the share at the start, their ratio
with its interval, and the verdict. It contains no cause, no forecast, and no adjective except the verdicts.
"""

from __future__ import annotations

import math

from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS
from reports.values.durations import TWO_YEARS, before_words, more_words, newest_words, span_words
from reports.values.formatting import count, odds, percent, percent_range, plural, two_digits
from reports.values.series import Comparison, Series, Span, Verdict
from reports.values.verdict_sentences import FRAGILE, TEMPLATES, fill

__all__ = [
    "also_clause",
    "change_cell",
    "comparison_clause",
    "counts_of",
    "headline_claim",
    "mail_claim",
    "missing_clause",
    "share_clause",
    "verdict_sentence",
]

_YEAR = 365.25


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
    """Say what was counted in the newest complete period: the number, and what it is a part of.

    `n_papers` and `n_corpus` count the papers of the series and of the corpus, dated or not. Returns a share
    and the rest of the clause; a count where no complete period holds papers.
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
    """Say what was counted before, or nothing where there is no before.

    Examples
    --------
    >>> now, before = Span("Q4 2025", 31, 100), Span("Q4 2024", 18, 100)
    >>> comparison_clause(Comparison(now, before, is_year=True)).replace("\u202f", " ")
    '18 % a year before (18 of 100)'
    >>> halves = Comparison(Span("Apr to Jun 2025", 31, 100), Span("Jan to Mar 2025", 18, 100), False)
    >>> comparison_clause(halves).replace("\u202f", " ")
    '18 % in Jan to Mar 2025 (18 of 100)'
    """
    if comparison is None or comparison.before is None:
        return ""
    before = comparison.before
    when = "a year before" if comparison.is_year else f"in {before.label}"
    return f"{percent(before.share)} {when} ({counts_of(before)})"


def headline_claim(series: Series, n_papers: int, n_corpus: int) -> tuple[str, str]:
    """Number and clause of a line of the first screen.

    From the most certain claim; without one, from the whole span, with the share at the end of the line in
    its chart. If that was not tested, or in an older run, the counts of the newest period and of the one
    before, without a statement about change.
    """
    verdict = (*series.claims, series.verdict)[0]
    if verdict.has_change and ("claim", verdict.window, verdict.word) in TEMPLATES:
        now = verdict.end if verdict.is_move else series.share_now
        return percent(now), _filled("claim", verdict, series)
    number, rest = share_clause(series, n_papers, n_corpus)
    before = comparison_clause(series.comparison())
    return number, f"{rest}, {before}" if before else rest


def mail_claim(series: Series, n_papers: int, n_corpus: int) -> tuple[str, str, str]:
    """Number, clause and, in a sentence, certainty of a line of a mail; the last is empty without a test."""
    verdict = (*series.claims, series.verdict)[0]
    if not verdict.has_change or ("mail", verdict.window, verdict.word) not in TEMPLATES:
        return *headline_claim(series, n_papers, n_corpus), ""
    return percent(verdict.end), _filled("mail", verdict, series), _filled("sure", verdict, series)


def also_clause(series: Series) -> str:
    """Result of the other comparison, shown next to a headline; empty if it found nothing."""
    long, recent = series.verdict, series.recent
    if not recent.is_move or not recent.has_change:
        return ""
    if recent is series.claims[0]:
        return _filled("under", long, series)
    return _filled("also" if recent.word == long.word else "but", recent, series)


def missing_clause(verdict: Verdict, unit: str) -> str:
    """Say what a verdict lacks.

    Examples
    --------
    >>> missing_clause(Verdict("insufficient", n_papers=17, n_periods=6), "quarter")
    'too few papers to say (17 in 6 quarters)'
    """
    if verdict.n_periods == 0:
        lacks = "periods of any kind"
    elif verdict.n_papers < MIN_PAPERS:
        lacks = "papers"
    else:
        lacks = "periods" if verdict.n_periods < MIN_PERIODS else "others"
    unit = verdict.period or unit
    have = f"{count(verdict.n_papers)} in {plural(verdict.n_periods, unit)}"
    return fill("missing", lacks, "insufficient", have=have, unit=unit)


def verdict_sentence(series: Series) -> str:
    """Describe a verdict in a few sentences: whole span, newest months, whether the change continues."""
    verdict = series.verdict
    if not verdict.is_tested:
        missing = missing_clause(verdict, series.unit)
        need = fill("needed", "long", "insufficient", periods=str(MIN_PERIODS), papers=str(MIN_PAPERS))
        return f"{missing[:1].upper()}{missing[1:]}. {need}"
    sentences = [_filled(_section(verdict), verdict, series)]
    if verdict.word == "unclear" and (verdict.change_low > 1 or verdict.change_high < 1):
        sentences.append(fill("chance", "long", "unclear"))
    sentences.append(_filled(_section(series.recent), series.recent, series))
    if verdict.is_move and series.lasting.is_tested:
        sentences.append(_filled("sentence", series.lasting, series))
    if series.basis and verdict.basis != series.basis:
        sentences.append(f"This was tested on the {verdict.basis} shares.")
    if verdict.is_fragile:
        sentences.append(f"Fragile: {FRAGILE}.")
    return " ".join(filter(None, sentences))


def _section(verdict: Verdict) -> str:
    """Key of a verdict's sentence in the table: older runs have no shares at start and end."""
    return "older" if verdict.is_tested and not verdict.period else "sentence"


def change_cell(verdict: Verdict, series: Series) -> str:
    """Change of a verdict for a cell of a table, where its word is shown next to it; empty without a test."""
    if verdict.window == "lasting":
        return _filled("cell", verdict, series) if verdict.is_tested and series.verdict.is_move else ""
    return _filled("cell", verdict, series) if verdict.has_change else ""


def _filled(place: str, verdict: Verdict, series: Series) -> str:
    """Sentence of the table with the numbers of a verdict."""
    unit = series.unit
    tested = plural(verdict.n_periods, f"complete {verdict.period or unit}")
    fields = {"tested": tested, "unit": "year" if unit == "year" else "quarter"}
    if verdict.is_tested:
        fields |= {
            "lean": fill("lean", verdict.lean, "unclear"),
            "start": percent(verdict.start),
            "end": percent(verdict.end),
            "times": odds(verdict.change),
            "low": odds(verdict.change_low),
            "high": odds(verdict.change_high),
            "known": _known(series, verdict),
            "floor": f"{1 / series.bound:.2g}",
            "ceiling": f"{series.bound:g}",
            **_spans(verdict),
            "yearly": _yearly(verdict),
            "plan": _plan(verdict, place),
        }
    return fill(place, verdict.window, verdict.word, **fields)


def _known(series: Series, verdict: Verdict) -> str:
    """How the share is known, with the interval of a checked one at the end of its line."""
    if not series.basis:
        return ""
    last = series.latest
    now = verdict.end if verdict.is_move else series.share_now
    if series.is_checked and last is not None and last.smooth_low <= now <= last.smooth_high:
        return f" (checked: {percent_range(last.smooth_low, last.smooth_high)})"
    return f" ({series.basis})"


def _spans(verdict: Verdict) -> dict[str, str]:
    """Lengths of the span and its parts in words."""
    if verdict.since is None or verdict.until is None:
        return {"span": "the time seen", "newest": "months", "before": "time before"}
    parted = verdict.parted or verdict.since
    return {
        "span": span_words((verdict.until - verdict.since).days),
        "newest": newest_words((verdict.until - parted).days),
        "before": before_words((parted - verdict.since).days),
    }


def _yearly(verdict: Verdict) -> str:
    """``, 1.2 times a year``, where the span holds two years."""
    if not verdict.days >= TWO_YEARS:
        return ""
    return f", {odds(verdict.change ** (_YEAR / verdict.days))} times a year"


def _plan(verdict: Verdict, place: str) -> str:
    """How much more data would decide an unclear verdict, if known."""
    days, papers = verdict.days_to_tell, verdict.papers_to_tell
    if math.isnan(days) or verdict.word != "unclear":
        return ""
    if not days <= verdict.days:
        plan = fill("plan", "longer", "unclear", **_spans(verdict))
    elif papers >= 1:
        plan = fill("plan", "papers", "unclear", papers=count(two_digits(papers)), more=more_words(days))
    else:
        plan = fill("plan", "time", "unclear", more=more_words(days))
    return f"; {plan}" if place == "claim" else f" {plan[:1].upper()}{plan[1:]}."
