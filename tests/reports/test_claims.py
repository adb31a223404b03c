"""Claims by hand: what the page says of numbers that a reader can check."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analytics.exceptions import PapertrendsError
from reports.claims import comparison_clause, evidence_clause, share_clause, verdict_sentence
from reports.headlines import Subject, make_moved
from reports.periods import Period
from reports.run_changes import changes_since
from reports.series import Series, Verdict, make_series

RISING = Verdict("rising", 1.9, 1.5, 2.4, 0.0005, 0.001, 900, 7)
STEADY = Verdict("steady", 1.04, 0.92, 1.18, 0.3, 0.45, 400, 7)
UNKNOWN = Verdict("insufficient", n_papers=17, n_periods=6)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def quarters(counts: list[tuple[int, int]], *, first_year: int = 2024, complete: int | None = None):
    """Quarters from the first of `first_year`, each (papers, total); those from `complete` on are incomplete."""
    last = len(counts) if complete is None else complete
    return tuple(
        Period(
            date(first_year + i // 4, 1 + 3 * (i % 4), 1), "quarter", n, total,
            n / total if total else math.nan, 0.0, 1.0, i < last,
        )
        for i, (n, total) in enumerate(counts)
    )  # fmt: skip


def series(counts, verdict=RISING, kind="theme", name="agents", **options) -> Series:
    return Series(kind, name, quarters(counts, **options), verdict)


TWO_YEARS = [(10, 100), (20, 200), (30, 250), (62, 341), (80, 400), (90, 450), (150, 600), (214, 690)]


def test_a_year_before_is_the_same_quarter():
    one = series(TWO_YEARS)
    number, rest = share_clause(one, 656, 3031)
    assert plain(number) == "31 %"
    assert plain(rest) == "of papers in Q4 2025 (found: 214 of 690)"
    assert plain(comparison_clause(one.comparison())) == "18 % a year before (62 of 341)"


def test_an_incomplete_quarter_is_not_what_is_claimed():
    one = series(TWO_YEARS, complete=7)
    assert plain(share_clause(one, 656, 3031)[1]) == "of papers in Q3 2025 (found: 150 of 600)"
    assert plain(comparison_clause(one.comparison())) == "12 % a year before (30 of 250)"


def test_a_short_span_compares_its_halves_without_the_middle():
    one = series([(10, 100), (20, 100), (90, 100), (30, 100), (50, 100)], first_year=2025, complete=5)
    # Q1 2026 has Q1 2025 a year before it, so take that away first.
    assert one.comparison().is_year
    halves = series([(10, 100), (20, 100), (90, 100)], first_year=2025)
    assert plain(share_clause(halves, 120, 300)[1]) == "of papers in Q3 2025 (found: 90 of 100)"
    assert plain(comparison_clause(halves.comparison())) == "10 % in Q1 2025 (10 of 100)"
    pooled = series([(10, 100), (20, 100), (90, 100), (30, 300)], first_year=2025)
    assert plain(share_clause(pooled, 150, 600)[1]) == "of papers in Q3 to Q4 2025 (found: 120 of 400)"
    assert plain(comparison_clause(pooled.comparison())) == "15 % in Q1 to Q2 2025 (30 of 200)"


def test_a_quarter_without_papers_is_never_compared():
    counts = [*TWO_YEARS]
    counts[3] = (0, 0)
    one = series(counts)
    assert not one.comparison().is_year


def test_one_period_has_no_before():
    one = series([(5, 20)], UNKNOWN)
    assert plain(share_clause(one, 5, 20)[0]) == "25 %"
    assert comparison_clause(one.comparison()) == ""


def test_without_a_complete_period_counts_are_claimed():
    assert share_clause(series([(5, 20)], UNKNOWN, complete=0), 6, 22) == (
        "6",
        "found of 22 papers; no period is complete yet",
    )
    assert share_clause(Series("theme", "a", (), UNKNOWN), 6, 22) == (
        "6",
        "found of 22 papers; none has a date",
    )


def test_weeks_are_named_so_that_a_sentence_holds():
    week = Period(date(2025, 3, 3), "week", 5, 20, 0.25, 0.1, 0.5, True)
    assert "in the week of 3 Mar 2025" in share_clause(Series("theme", "a", (week,), UNKNOWN), 5, 20)[1]


@pytest.mark.parametrize(
    ("verdict", "clause"),
    [
        (RISING, "odds ×1.9 a year (1.5 to 2.4), q = 0.001"),
        (STEADY, "odds ×1.04 a year (0.92 to 1.2), q = 0.45"),
        (UNKNOWN, "too few papers to say (17 in 6 quarters)"),
        (Verdict("insufficient", n_papers=60, n_periods=1), "too few quarters to say (60 in 1 quarter)"),
        (
            Verdict("insufficient", n_papers=95, n_periods=8),
            "too few papers outside it to say (95 in 8 quarters)",
        ),
        (Verdict("insufficient"), "no complete period to compare"),
    ],
)
def test_evidence(verdict, clause):
    assert plain(evidence_clause(verdict, "quarter")) == clause


def test_verdict_sentences():
    assert plain(verdict_sentence(series(TWO_YEARS))) == (
        "Its share rose over 7 complete quarters: the odds that a paper is about it changed by a factor of"
        " 1.9 a year (95 % interval 1.5 to 2.4, q = 0.001)."
    )
    assert verdict_sentence(series(TWO_YEARS, STEADY)).startswith("No trend beyond chance over 7 complete")
    apart = Verdict("steady", 1.8, 1.1, 2.8, 0.03, 0.062, 142, 19)
    assert verdict_sentence(series(TWO_YEARS, apart)).startswith("No trend that outlasts the correction")
    assert verdict_sentence(series(TWO_YEARS, UNKNOWN)) == (
        "Too few papers to say (17 in 6 quarters)."
        " A verdict needs 5 complete periods, 20 papers in it and as many outside."
    )


def checked(shares, verdict=RISING, **options) -> Series:
    """Quarters of a hundred papers, ten of them found, with a checked share each and five points about it."""
    found = quarters([(10, 100)] * len(shares), **options)
    periods = tuple(
        replace(one, share=share, low=share - 0.05, high=share + 0.05)
        for one, share in zip(found, shares, strict=True)
    )
    return Series("theme", "agents", periods, verdict, is_checked=True)


def test_a_checked_share_has_its_interval_where_a_found_one_has_its_counts():
    one = checked([0.2, 0.2, 0.2, 0.18, 0.3, 0.3, 0.3, 0.34])
    assert [plain(part) for part in share_clause(one, 80, 800)] == [
        "34 %", "of papers in Q4 2025 (checked: 29 to 39)"
    ]  # fmt: skip
    assert plain(comparison_clause(one.comparison())) == "18 % a year before (13 to 23)"


def test_halves_of_checked_shares_are_pooled_by_their_papers_and_have_no_interval():
    halves = checked([0.1, 0.2, 0.3, 0.5], first_year=2025)
    assert [plain(part) for part in share_clause(halves, 40, 400)] == [
        "40 %", "of papers in Q3 to Q4 2025 (checked)"
    ]  # fmt: skip
    assert plain(comparison_clause(halves.comparison())) == "15 % in Q1 to Q2 2025 (of 200)"


def test_a_verdict_of_another_kind_than_its_shares_says_so():
    one = checked([0.1, 0.2, 0.3, 0.5])
    assert verdict_sentence(one).endswith(" This was tested on the shares found.")
    of_checked = replace(one, verdict=replace(RISING, basis="checked"))
    assert "tested on" not in verdict_sentence(of_checked)


def subject(name: str, verdict: Verdict, kind: str = "theme") -> Subject:
    return Subject(series(TWO_YEARS, verdict, kind, name), name, f"#{kind}-{name}", 656, 3)


def mover(q: float, growth: float = 1.5) -> Verdict:
    word = "rising" if growth > 1 else "falling"
    return Verdict(word, growth, growth * 0.8, growth * 1.25, q / 2, q, 100, 8)


def test_strongest_evidence_comes_first_and_five_at_most():
    subjects = [
        subject("weak", mover(0.04)),
        subject("calm", STEADY),
        *(subject(f"topic {i}", mover(0.001 * (i + 1), 0.5), "topic") for i in range(6)),
    ]
    moved = make_moved(subjects, 3031, ())
    assert [line.name for line in moved.headlines] == [f"topic {i}" for i in range(5)]
    assert moved.lead == "1 of 2 themes and 6 of 6 topics moved."
    assert moved.more == "2 more series moved: see topics and themes."


def test_evidence_that_ties_is_ordered_by_p_and_then_by_growth():
    equal = [
        Verdict("rising", growth, 1.0, 3.0, p, 0.01, 100, 8)
        for growth, p in ((1.2, 0.002), (1.5, 0.002), (1.1, 0.001))
    ]
    moved = make_moved([subject(f"{v.growth}", v) for v in equal], 100, ())
    assert [line.name for line in moved.headlines] == ["1.1", "1.5", "1.2"]


def test_themes_that_held_fill_the_lines_but_topics_do_not():
    subjects = [
        subject("unknown", UNKNOWN),
        subject("calm", STEADY),
        subject("up", mover(0.01)),
        subject("calm topic", STEADY, "topic"),
    ]
    moved = make_moved(subjects, 3031, ())
    assert [line.name for line in moved.headlines] == ["up", "calm", "unknown"]
    assert moved.note == "2 others held steady. 1 theme had too few papers to be tested."


def test_a_headline_word_for_word():
    (line,) = make_moved([subject("Agents", RISING)], 3031, ()).headlines
    assert (line.icon, line.verdict, line.name) == ("▲", "rising", "Agents")
    assert (
        plain(f"{line.number} {line.claim}")
        == "31 % of papers in Q4 2025 (found: 214 of 690), 18 % a year before (62 of 341)"
    )
    assert plain(line.evidence) == "odds ×1.9 a year (1.5 to 2.4), q = 0.001"
    assert line.papers == "3 papers that show it"
    (topic,) = make_moved([subject("T", RISING, "topic")], 3031, ()).headlines
    assert plain(topic.claim).startswith("of papers in Q4 2025 (214 of 690), ")
    assert (topic.basis, topic.known) == ("", "")


def test_nothing_moved_is_said_first_and_with_pride():
    subjects = [subject(f"s{i}", STEADY, "theme" if i < 4 else "topic") for i in range(44)]
    moved = make_moved([*subjects, subject("small", UNKNOWN)], 3031, ())
    assert moved.lead == "Nothing moved."
    assert moved.note == (
        "4 themes and 40 topics were tested, and none shows a change beyond chance. Tested one by one, about 2"
        " would have seemed to move by chance alone; the correction for many tests held them back."
        " 1 theme had too few papers to be tested."
    )


def test_nothing_tested_and_nothing_dated_are_not_nothing_moved():
    assert make_moved([subject("a", UNKNOWN)], 10, ()).lead == "Too early to say what moved."
    undated = Subject(Series("theme", "a", (), UNKNOWN), "a", "#a", 3, 3)
    assert make_moved([undated], 10, ()).lead == "Nothing can be said to have moved."


def test_changes_are_split_as_the_table_splits_them():
    names = {("theme", "agents"): "Agents", ("theme", "rl"): "RL"}
    columns = (
        "kind", "series_id", "from_share", "to_share", "by_new_papers", "by_reassignment", "by_definition"
    )  # fmt: skip
    rows = [
        ("theme", "rl", 0.12, 0.118, -0.002, 0.0, 0.0),
        ("theme", "agents", 0.302, 0.310, 0.007, 0.001, 0.0),
        ("theme", "gone", 0.5, 0.0, 0.0, 0.0, -0.5),
        ("topic", "gone:T0009", 0.9, 0.0, 0.0, -0.9, 0.0),
    ]
    changes = pd.DataFrame(rows, columns=list(columns)).assign(by_correction=0.0)
    assert changes_since(changes, names) == (
        "gone (gone) \u221250.0 points: \u221250.0 changed definition.",
        "Agents +0.8 points: +0.7 new papers, +0.1 reassigned.",
        "RL \u22120.2 points: \u22120.2 new papers.",
    )
    topics = changes_since(changes[3:], {})
    assert topics == ("T0009 (topic, gone) \u221290.0 points: \u221290.0 reassigned.",)
    assert changes_since(changes.iloc[:0], names) == ()
    assert changes_since(changes.assign(to_share=changes["from_share"]), names) == (
        "No share changed by a tenth of a point.",
    )


def test_a_change_of_checked_shares_says_so():
    row = {"kind": "theme", "series_id": "a", "from_share": 0.3, "to_share": 0.34, "by_new_papers": 0.04}
    changes = pd.DataFrame([row | {"by_reassignment": 0.0, "by_definition": 0.0, "by_correction": 0.0}])
    key = ("theme", "a")
    assert changes_since(changes, {key: "A"}, {key: 0.34}) == ("A (checked) +4.0 points: +4.0 new papers.",)
    # The run before had no checked share: shares found are compared.
    assert changes_since(changes, {key: "A"}, {key: 0.4}) == ("A (found) +4.0 points: +4.0 new papers.",)


def test_what_labels_changed_is_a_part_of_its_own():
    row = {
        "kind": "theme", "series_id": "agents", "from_share": 0.31, "to_share": 0.34, "by_new_papers": 0.01,
        "by_reassignment": 0.0, "by_definition": 0.0, "by_correction": 0.02,
    }  # fmt: skip
    told = changes_since(pd.DataFrame([row]), {("theme", "agents"): "Agents"})
    assert told == ("Agents +3.0 points: +1.0 new papers, +2.0 by answers.",)


def test_news_comes_before_what_was_only_read_anew():
    columns = [
        "kind", "series_id", "from_share", "to_share", "by_new_papers", "by_reassignment", "by_definition"
    ]  # fmt: skip
    rows = [
        ("topic", "T0001", 0.10, 0.20, 0.0, 0.1, 0.0),
        ("topic", "T0002", 0.10, 0.30, 0.0, 0.0, 0.2),
        ("theme", "agents", 0.10, 0.11, 0.01, 0.0, 0.0),
        ("theme", "rl", 0.10, 0.15, 0.0, 0.0, 0.05),
    ]
    told = changes_since(pd.DataFrame(rows, columns=columns).assign(by_correction=0.0), {})
    assert [sentence.split(" ")[0] for sentence in told] == ["rl", "agents", "T0002"]


def test_an_unknown_verdict_is_an_error(make_run):
    run = make_run(60)
    odd = run.with_tables(verdicts=run.tables.verdicts.assign(verdict="exploding"))
    with pytest.raises(PapertrendsError, match="exploding.*allowed are rising"):
        make_series(odd.tables)


def test_the_newest_quarter_is_a_fact_beside_the_long_verdict(make_run):
    run = make_run()
    long = run.tables.verdicts
    falling = long.assign(window="recent", verdict="falling", q_value=0.01)
    found = make_series(run.with_tables(verdicts=pd.concat([long, falling])).tables)
    before = make_series(run.tables)
    assert {key: one.verdict.word for key, one in found.items()} == {
        key: one.verdict.word for key, one in before.items()
    }
    assert {one.recent.word for one in found.values()} == {"falling"}
    assert {one.recent.word for one in before.values()} == {"insufficient"}
