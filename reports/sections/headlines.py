"""What moved: the headlines of the page.

At most five lines, the strongest evidence first. If there are none, the section says so: nothing moved, or
nothing could be tested.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.sparklines import render_sparkline
from reports.values.claims import also_clause, headline_claim, missing_clause
from reports.values.count_sentences import UNCHECKED
from reports.values.exact_numbers import Exact, make_numbers
from reports.values.formatting import count, join_words, percent, plural
from reports.values.movers import MOST_HEADLINES, claim_strength
from reports.values.series import Series
from reports.values.verdict_sentences import ICONS, LEADS, WORDS

__all__ = ["MOST_HEADLINES", "Headline", "Moved", "Subject", "make_moved", "sparkline"]

_STILL = ("unclear", "steady", "insufficient")
"""Order of the themes that did not move."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A theme or topic with its series, its name and its link on the page.

    `known` is the clause on how a theme's share is known, see `reports.values.count_sentences.known_clause`.
    `evidence` is the text of the link to the papers that show a move, `evidence_href` its target; both are
    empty where no papers are chosen. `named_by` says that people or a model named a topic, empty otherwise.
    """

    series: Series
    name: str
    href: str
    n_papers: int
    n_shown: int
    known: str = ""
    evidence: str = ""
    evidence_href: str = ""
    named_by: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of the first screen.

    Of a theme, `basis` is ``found`` or ``checked`` and `known` goes on from that word; both are empty for a
    topic. `evidence` says what a verdict lacks or what the other comparison says; `numbers` are a click away.
    `papers` is a link to `papers_href`, where its papers are listed. `named_by` says that people or a model
    named a topic, empty otherwise.
    """

    verdict: str
    icon: str
    is_fragile: bool
    kind: str
    name: str
    named_by: str
    href: str
    number: str
    claim: str
    basis: str
    known: str
    evidence: str
    numbers: tuple[Exact, ...]
    papers: str
    papers_href: str
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

    What moved over the whole span or in the newest months comes first, by q, then p, then size of the change.
    Themes that are unclear, steady or cannot be judged fill the rest, in that order; other topics have their
    place in the table of topics.

    `subjects` are themes, then topics, in the order of their tables; for `changes` see
    `reports.sections.run_changes.changes_since`.
    """
    movers = sorted(
        (subject for subject in subjects if subject.series.claims),
        key=lambda one: claim_strength(one.series, one.name),
    )
    rest = [subject for subject in subjects if not subject.series.claims]
    themes = [subject for subject in rest if subject.series.kind == "theme"]
    still = sorted(
        themes, key=lambda one: (_STILL.index(one.series.verdict.word), _likely(one.series.verdict.p))
    )
    shown = [*movers, *still][:MOST_HEADLINES]
    left = len(movers) - MOST_HEADLINES
    lead, note = _lead(subjects, movers, rest)
    lines = tuple(_headline(subject, n_corpus) for subject in shown)
    more = LEADS["more"].format(n=plural(left, "more series", "more series"))
    return Moved(
        lead,
        note,
        lines,
        UNCHECKED if any(line.basis == "found" for line in lines) else "",
        more if left > 0 else "",
        changes,
    )


def _likely(p: float) -> float:
    return math.inf if math.isnan(p) else p


def _lead(subjects: Sequence[Subject], movers: Sequence[Subject], rest: Sequence[Subject]) -> tuple[str, str]:
    """First sentence of the page and the one that supports it."""
    words = [subject.series.verdict.word for subject in rest]
    if not any(not period.is_empty for subject in subjects for period in subject.series.periods):
        return LEADS["undated"], LEADS["dateless"]
    if not movers and set(words) <= {"insufficient"}:
        return LEADS["early"], LEADS["untested"]
    counts = join_words(
        [text.format(n=count(words.count(word))) for word, text in WORDS.items() if word in words]
    )
    if len(set(words)) == 1 and len(words) > 1:
        counts = LEADS["same"].format(counts=counts)
    note = LEADS["others" if movers else "tested"].format(counts=counts) if counts else ""
    if "unclear" in words:
        note = f"{note} {LEADS['unclear']}"
    if movers:
        return LEADS["moved"].format(counted=_counted(movers, subjects)), note
    return LEADS["nothing" if "unclear" in words else "steady"], note


def _counted(chosen: Sequence[Subject], among: Sequence[Subject]) -> str:
    """``2 of 4 themes and 11 of 80 topics``, leaving out a kind that has none to count."""
    parts = []
    for kind in ("theme", "topic"):
        n, of = (sum(subject.series.kind == kind for subject in group) for group in (chosen, among))
        if n:
            parts.append(f"{n:,} of {plural(of, kind)}" if of > 1 else f"the only {kind}")
    text = join_words(parts)
    return text[:1].upper() + text[1:]


def _headline(subject: Subject, n_corpus: int) -> Headline:
    series = subject.series
    verdict = (*series.claims, series.verdict)[0]
    number, claim = headline_claim(series, subject.n_papers, n_corpus)
    basis, _, known = subject.known.partition(" ")
    return Headline(
        verdict=verdict.word,
        icon=ICONS[verdict.word],
        is_fragile=verdict.is_fragile,
        kind=series.kind,
        name=subject.name,
        named_by=subject.named_by,
        href=subject.href,
        number=number,
        claim=claim,
        basis=basis,
        known=known,
        evidence=also_clause(series) if verdict.is_tested else missing_clause(verdict, series.unit),
        numbers=make_numbers(series),
        papers=subject.evidence or (f"{count(subject.n_shown)} of its papers" if subject.n_shown else ""),
        papers_href=subject.evidence_href or subject.href,
        sparkline=sparkline(series, subject.name, width=132, height=36),
    )


def sparkline(series: Series, name: str, width: int = 96, height: int = 24) -> str:
    """Sparkline of the series with a describing sentence; empty without a line."""
    complete = series.complete
    if len(complete) < 2:
        return ""
    first, last = complete[0], complete[-1]
    start = first.smooth if first.has_smooth else first.share
    known = f", {series.basis}" if series.basis else ""
    label = f"{name}{known}: {percent(start)} in {first.label}, {percent(series.share_now)} in {last.label}"
    return render_sparkline(series.periods, label, width, height, is_solid=series.is_checked)
