"""No sentence claims more than the table: every template and every place, with every verdict that can be."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from reports.archive import make_archive
from reports.sections.headlines import Subject, make_moved
from reports.values.claims import also_clause, change_cell, headline_claim, verdict_sentence
from reports.values.exact_numbers import make_numbers
from reports.values.periods import Period
from reports.values.series import Series
from reports.values.verdict_row import VERDICTS, Verdict
from reports.values.verdict_sentences import ICONS, LEADS, ORDER, TEMPLATES, WORDS

STEADY = re.compile(r"\b(steady|held|holds|stable|unchanged|no change|the same|stayed|constant|flat)\b", re.I)
UP = re.compile(r"\b(ros\w*|rise\w*|rising|up from|grew|grow\w*|higher|more than|increas\w*|upward)\b", re.I)
DOWN = re.compile(r"\b(fell|fall\w*|down from|shr[aiu]nk\w*|lower|less than|decreas\w*|decline\w*)\b", re.I)
LEAN = re.compile(r"\blean\w*\b", re.I)
STIFF = re.compile(r"stands? in|is none|are none|\btold\b|\banew\b|\bby then\b", re.I)
MAY_SAY = {"rising": {UP}, "falling": {DOWN}, "steady": {STEADY}, "unclear": {LEAN}, "insufficient": set()}

PERIODS = tuple(
    Period(date(2024 + i // 12, i % 12 + 1, 1), "month", 20, 100, 0.2, 0.1, 0.3, True, 0.2, 0.15, 0.26)
    for i in range(20)
)
LONG = {"since": date(2024, 1, 1), "until": date(2025, 9, 1)}
LATE = {"since": date(2024, 6, 1), "parted": date(2025, 6, 1), "until": date(2025, 9, 1)}


def verdicts(window: str) -> Iterator[Verdict]:
    """Every kind of verdict that a table may hold for a window, of new runs and of older ones."""
    days = LATE if window == "recent" else LONG
    for word in VERDICTS:
        if word == "insufficient":
            for n_papers, n_periods in ((0, 0), (3, 19), (40, 3), (900, 19)):
                yield Verdict(word, window=window, period="month", n_papers=n_papers, n_periods=n_periods)
            continue
        if window == "lasting" and word == "steady":
            continue
        ratios = {"rising": (1.02, 2.1, 40.0), "falling": (0.98, 0.5, 0.01)}.get(
            word, (0.4, 0.98, 1.0, 1.02, 3.0)
        )
        for ratio, p in itertools.product(ratios, (0.0001, 0.3, 0.95)):
            shown = {"growth": ratio, "growth_low": 0.8 * ratio, "growth_high": 1.2 * ratio, "p": p, "q": p}
            usual = Verdict(word, **shown, n_papers=200, n_periods=19, window=window, period="month", **days)
            ends = {} if window == "lasting" else {
                "start": 0.01, "end": 0.01 * ratio, "change": ratio, "change_low": 0.8 * ratio,
                "change_high": 1.2 * ratio,
            }  # fmt: skip
            for plan in ((math.nan, math.nan), (120.0, 35.0), (0.1, 9.0), (1e9, 1e9), (math.inf, math.inf)):
                if word == "unclear" or math.isnan(plan[0]):
                    yield replace(usual, papers_to_tell=plan[0], days_to_tell=plan[1], **ends)
            if word != "steady":
                yield replace(usual, period="", since=None, parted=None, until=None)


def every_series() -> Iterator[Series]:
    """Whole span, newest months and whether it goes on, in every mixture that a table may hold."""
    # Of equal words one of each is enough beside the others.
    some = {
        window: list({one.word: one for one in verdicts(window)}.values()) for window in ("recent", "lasting")
    }
    bases = [("theme", False), ("theme", True), ("topic", False)]
    for long in verdicts("long"):
        for (kind, is_checked), recent, lasting in itertools.product(bases, some["recent"], some["lasting"]):
            if lasting.is_move and lasting.word != long.word:
                continue
            yield Series(kind, "a", PERIODS, long, recent, is_checked, lasting)


def of_word(word: str) -> list[re.Pattern[str]]:
    """What a sentence with this verdict alone may not say."""
    return [pattern for pattern in (STEADY, UP, DOWN, LEAN) if pattern not in MAY_SAY[word]]


@pytest.mark.parametrize("key", TEMPLATES, ids="-".join)
def test_a_template_says_no_more_than_its_word(key):
    place, _, word = key
    text = TEMPLATES[key]
    forbidden = of_word(word)
    assert not [pattern.pattern for pattern in forbidden if pattern.search(text)]
    assert not STIFF.search(text)
    if place not in {"lean", "plan"} and word == "unclear":
        assert "unclear" in text or "{lean}" in text or place == "chance"


def test_every_sentence_says_no_more_than_the_verdicts_that_it_is_made_of():
    n = 0
    for one in every_series():
        words = {one.verdict.word, one.recent.word}
        allowed = set().union(*(MAY_SAY[word] for word in words))
        first = headline_claim(one, 400, 2000)[1]
        for text in (first, also_clause(one), verdict_sentence(one)):
            for pattern in {STEADY, UP, DOWN, LEAN} - allowed:
                assert not pattern.search(text), (one, text)
            assert not STIFF.search(text)
            assert "{" not in text
            assert not re.search(r"\bnan\b|\binf\b|None", text)
        claimed = (*one.claims, one.verdict)[0].word
        for pattern in of_word(claimed):
            assert not pattern.search(first), (one, first)
        assert bool(make_numbers(one)) is one.verdict.is_tested
        n += 1
    assert n > 2000


def test_every_cell_says_no_more_than_its_own_verdict():
    for one in every_series():
        for verdict in (one.verdict, one.recent, one.lasting):
            text = change_cell(verdict, one)
            assert not [pattern.pattern for pattern in of_word(verdict.word) if pattern.search(text)], text


def test_a_headline_shows_the_word_of_its_claim_and_an_icon():
    for one in every_series():
        (line,) = make_moved([Subject(one, "A", "#a", 400, 3)], 2000, ()).headlines or (None,)
        claimed = (*one.claims, one.verdict)[0].word
        if line is None:
            assert one.kind == "topic"
            assert not one.claims
            continue
        assert (line.verdict, line.icon) == (claimed, ICONS[claimed])


@pytest.mark.parametrize(
    "words",
    [one for n in (1, 2, 3) for one in itertools.combinations_with_replacement(VERDICTS, n)],
    ids="-".join,
)
def test_the_first_sentences_claim_no_more_than_all_verdicts_together(words):
    usual = {one.word: one for one in verdicts("long")}
    subjects = [
        Subject(Series("theme", f"s{i}", PERIODS, usual[word]), f"s{i}", f"#s{i}", 9, 3)
        for i, word in enumerate(words)
    ]
    moved = make_moved(subjects, 2000, ())
    moves = {"rising", "falling"} & set(words)
    assert bool(re.search(r"themes? moved\.$", moved.lead)) == bool(moves)
    if STEADY.search(moved.lead):
        assert set(words) <= {"steady", "insufficient"}
    if STEADY.search(moved.note):
        assert f"{words.count('steady')} steady" in moved.note
    for word, text in WORDS.items():
        if word in words and not set(words) <= {"insufficient"}:
            assert text.format(n=words.count(word)) in moved.note
    assert not STIFF.search(moved.lead + moved.note)


def test_words_icons_and_order_are_complete():
    assert tuple(ICONS) == tuple(ORDER) == VERDICTS
    assert len(set(ICONS.values())) == len(VERDICTS)
    assert {"rising", "falling"} | set(WORDS) == set(VERDICTS)
    assert all(not STIFF.search(text) for text in LEADS.values())


def test_the_archive_takes_back_what_older_runs_claimed():
    line = {"verdict": "steady", "name": "Agents", "claim": "31 %", "href": "#theme-agents", "kind": "theme"}
    old = {"lead": "1 of 4 themes moved.", "note": "3 others held steady.", "headlines": [line]}
    manifest = {"run_id": "r1", "as_of": "2025-01-01", "summary": old}
    (run,) = make_archive([manifest]).runs
    assert run.note == "3 others were not shown to move."
    assert [(one.verdict, one.icon) for one in run.lines] == [("unclear", ICONS["unclear"])]
    silent = {"lead": "Nothing moved.", "note": ""}
    assert make_archive([manifest | {"summary": silent}]).runs[0].lead == "Nothing was shown to move."
    new = old | {
        "verdicts": list(VERDICTS),
        "lead": "Nothing moved: every series that could be tested is steady.",
    }
    (run,) = make_archive([manifest | {"summary": new}]).runs
    assert (run.lead, run.lines[0].verdict) == (new["lead"], "steady")
