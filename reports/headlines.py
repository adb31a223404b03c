"""What moved: the lines a reader sees first.

At most five lines, the strongest evidence first. What is not there to be said is said: that nothing
moved, or that nothing can be said to have moved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.claims import ICONS, comparison_clause, evidence_clause, share_clause
from reports.drawing import render_sparkline
from reports.quality_words import UNCHECKED
from reports.series import Series
from reports.wording import join_words, percent, plural

__all__ = ["MOST_HEADLINES", "Headline", "Moved", "Subject", "make_moved", "sparkline"]

MOST_HEADLINES = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """A theme or topic as claims need it: its series, its name, where it stands on the page.

    `known` is the clause on how a theme's share is known, see `reports.quality_words.known_clause`.
    """

    series: Series
    name: str
    href: str
    n_papers: int
    n_shown: int
    known: str = ""
    numbers_href: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of the first screen.

    Of a theme, `basis` is ``found`` or ``checked`` and `known` goes on from that word; both are empty for a
    topic. `numbers_href` is where growth and q stand, empty where `evidence` tells them itself.
    """

    verdict: str
    icon: str
    is_fragile: bool
    kind: str
    name: str
    href: str
    number: str
    claim: str
    basis: str
    known: str
    evidence: str
    numbers_href: str
    papers: str
    sparkline: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The first screen: one sentence, what supports it, at most five lines, what changed since.

    `unchecked` says what a share found leaves open, and is followed by the command that helps; empty where
    every theme among the lines is checked.
    """

    lead: str
    note: str
    headlines: tuple[Headline, ...]
    unchecked: str
    more: str
    changes: tuple[str, ...]


def make_moved(subjects: Sequence[Subject], n_corpus: int, changes: tuple[str, ...]) -> Moved:
    """First screen from all themes and topics.

    Movers come first by q, then p, then size of the growth; themes that held, then those that
    cannot be judged, fill the rest. A topic without a move has its place in the table of topics.

    Parameters
    ----------
    subjects : sequence of Subject
        Themes, then topics, in the order of their tables.
    n_corpus : int
        Papers of the corpus.
    changes : tuple of str
        See `reports.run_changes.changes_since`.
    """
    movers = sorted((subject for subject in subjects if subject.series.verdict.is_move), key=_strength)
    themes = [subject for subject in subjects if subject.series.kind == "theme"]
    steady = [subject for subject in themes if subject.series.verdict.word == "steady"]
    unknown = [subject for subject in themes if subject.series.verdict.word == "insufficient"]
    shown = [*movers, *steady, *unknown][:MOST_HEADLINES]
    left = len(movers) - MOST_HEADLINES
    lead, note = _lead(subjects, movers)
    lines = tuple(_headline(subject, n_corpus) for subject in shown)
    return Moved(
        lead,
        note,
        lines,
        UNCHECKED if any(line.basis == "found" for line in lines) else "",
        f"{plural(left, 'more series', 'more series')} moved: see topics and themes." if left > 0 else "",
        changes,
    )


def _strength(subject: Subject) -> tuple[float, float, float, str]:
    """Sort key: strongest evidence first."""
    verdict = subject.series.verdict
    return (verdict.q, verdict.p, -abs(math.log(verdict.growth)), subject.name)


def _lead(subjects: Sequence[Subject], movers: Sequence[Subject]) -> tuple[str, str]:
    """First sentence of the page and the one that supports it."""
    tested = [subject for subject in subjects if subject.series.verdict.word != "insufficient"]
    untested = len(subjects) - len(tested)
    if not any(not period.is_empty for subject in subjects for period in subject.series.periods):
        return (
            "Nothing can be said to have moved.",
            "No paper here has a date, and without dates there is no trend.",
        )
    if not tested:
        return (
            "Too early to say what moved.",
            "No theme and no topic has enough papers in enough complete periods to be tested.",
        )
    left = f" {_of_kinds(subjects, 'insufficient')} had too few papers to be tested." if untested else ""
    if movers:
        lead = f"{_counted(movers, subjects)} moved."
        held = len(tested) - len(movers)
        return lead, f"{plural(held, 'other')} held steady.{left}" if held else left.strip()
    chance = round(0.05 * len(tested))
    note = f"{_of_kinds(subjects, 'steady')} were tested, and none shows a change beyond chance."
    if chance:
        note += (
            f" Tested one by one, about {chance} would have seemed to move by chance alone;"
            " the correction for many tests held them back."
        )
    return "Nothing moved.", note + left


def _counted(chosen: Sequence[Subject], among: Sequence[Subject]) -> str:
    """``2 of 4 themes and 11 of 80 topics``, leaving out a kind that has none to count."""
    parts = []
    for kind in ("theme", "topic"):
        n, of = (sum(subject.series.kind == kind for subject in group) for group in (chosen, among))
        if n:
            parts.append(f"{n:,} of {plural(of, kind)}" if of > 1 else f"the only {kind}")
    text = join_words(parts)
    return text[:1].upper() + text[1:]


def _of_kinds(subjects: Iterable[Subject], word: str) -> str:
    """``3 themes and 2 topics`` among those with the verdict `word`."""
    found = [subject.series.kind for subject in subjects if subject.series.verdict.word == word]
    return join_words([plural(found.count(kind), kind) for kind in ("theme", "topic") if kind in found])


def _headline(subject: Subject, n_corpus: int) -> Headline:
    series = subject.series
    number, rest = share_clause(series, subject.n_papers, n_corpus)
    before = comparison_clause(series.comparison())
    basis, _, known = subject.known.partition(" ")
    return Headline(
        verdict=series.verdict.word,
        icon=ICONS[series.verdict.word],
        is_fragile=series.verdict.is_fragile,
        kind=series.kind,
        name=subject.name,
        href=subject.href,
        number=number,
        claim=f"{rest}, {before}" if before else rest,
        basis=basis,
        known=known,
        evidence=evidence_clause(series.verdict, series.unit),
        numbers_href="" if series.verdict.word == "insufficient" else subject.numbers_href,
        papers=f"{plural(subject.n_shown, 'paper')} that show it" if subject.n_shown else "",
        sparkline=sparkline(series, subject.name, width=132, height=36),
    )


def sparkline(series: Series, name: str, width: int = 96, height: int = 24) -> str:
    """Small line of the series with a sentence for those who do not see it; empty where it has no line."""
    complete = series.complete
    if len(complete) < 2:
        return ""
    first, last = complete[0], complete[-1]
    known = f", {series.basis}" if series.basis else ""
    label = f"{name}{known}: {percent(first.share)} in {first.label}, {percent(last.share)} in {last.label}"
    return render_sparkline(series.periods, label, width, height, is_solid=series.is_checked)
