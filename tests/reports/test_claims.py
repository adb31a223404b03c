"""Claims by hand: what the page says of numbers that a reader can check."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analytics.exceptions import PapertrendsError
from reports.sections.headlines import Subject, make_moved
from reports.sections.run_changes import changes_since
from reports.values.claims import (
    also_clause,
    change_cell,
    comparison_clause,
    headline_claim,
    missing_clause,
    share_clause,
    verdict_sentence,
)
from reports.values.periods import Period
from reports.values.series import NO_LASTING, NO_RECENT, Series, Verdict, make_series

SPAN = {"period": "month", "since": date(2024, 1, 1), "until": date(2025, 8, 1)}
LATE = {"period": "month", "window": "recent", "since": date(2024, 5, 1), "parted": date(2025, 5, 1),
        "until": date(2025, 8, 1)}  # fmt: skip
RISING = Verdict("rising", 1.9, 1.5, 2.4, 0.0005, 0.001, 900, 19, **SPAN, start=0.015, end=0.031, change=2.07,
                 change_low=1.1, change_high=4.0)  # fmt: skip
FALLING = replace(RISING, word="falling", growth=0.6, start=0.031, end=0.016, change=0.516, change_low=0.31,
                  change_high=0.85)  # fmt: skip
STEADY = Verdict("steady", 1.04, 0.92, 1.18, 0.3, 0.45, 400, 19, **SPAN, start=0.02, end=0.0208, change=1.04,
                 change_low=0.92, change_high=1.18)  # fmt: skip
UNCLEAR = Verdict("unclear", 1.5, 0.8, 2.4, 0.3, 0.45, 400, 19, **SPAN, start=0.02, end=0.03, change=1.5,
                  change_low=0.7, change_high=3.2, papers_to_tell=118.2, days_to_tell=36.0)  # fmt: skip
UNKNOWN = Verdict("insufficient", n_papers=17, n_periods=6)
OLDER = Verdict("rising", 1.9, 1.5, 2.4, 0.0005, 0.001, 900, 7)


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


def late(verdict: Verdict) -> Verdict:
    """The same word of the newest months."""
    return replace(verdict, **LATE)


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
        (UNKNOWN, "too few papers to say (17 in 6 quarters)"),
        (replace(UNKNOWN, period="week", n_periods=30), "too few papers to say (17 in 30 weeks)"),
        (Verdict("insufficient", n_papers=60, n_periods=1), "too few quarters to say (60 in 1 quarter)"),
        (
            Verdict("insufficient", n_papers=95, n_periods=8),
            "too few papers outside it to say (95 in 8 quarters)",
        ),
        (Verdict("insufficient"), "no complete period to compare"),
    ],
)
def test_what_a_verdict_lacks(verdict, clause):
    assert plain(missing_clause(verdict, "quarter")) == clause


def claim(verdict: Verdict, recent: Verdict | None = None, **options) -> tuple[str, str]:
    one = series(TWO_YEARS, verdict, **options)
    if recent is not None:
        one = replace(one, recent=recent)
    return plain(" ".join(headline_claim(one, 656, 3031))), plain(also_clause(one))


def test_the_first_screen_tells_the_change_of_the_share_over_the_span_that_was_seen():
    assert claim(RISING) == (
        "3.1 % of papers (found), up from 1.5 %: 2.1 times in 19 months (1.1 to 4.0)",
        "",
    )
    assert claim(FALLING, kind="topic")[0] == (
        "1.6 % of papers, down from 3.1 %: 0.52 times in 19 months (0.31 to 0.85)"
    )
    weeks = replace(RISING, since=date(2025, 1, 6), until=date(2025, 8, 18))
    assert "2.1 times in 32 weeks" in claim(weeks)[0]
    assert claim(STEADY)[0] == (
        "31 % of papers (found): steady, between 0.8 and 1.25 times its share 19 months earlier"
    )
    assert (
        claim(UNCLEAR)[0]
        == "31 % of papers (found): leans up; 120 more papers, about 5 weeks, would decide it"
    )
    assert claim(UNKNOWN) == (
        "31 % of papers in Q4 2025 (found: 214 of 690), 18 % a year before (62 of 341)",
        "",
    )


def test_what_would_tell_is_left_out_where_it_is_beyond_what_was_seen():
    long = replace(UNCLEAR, days_to_tell=900.0)
    assert claim(long)[0].endswith("leans up; another 19 months would not decide it")
    assert claim(replace(UNCLEAR, days_to_tell=math.inf))[0].endswith("another 19 months would not decide it")
    assert claim(replace(UNCLEAR, papers_to_tell=0.2))[0].endswith(
        "leans up; about 5 weeks more would decide it"
    )
    assert claim(replace(UNCLEAR, days_to_tell=math.nan))[0].endswith(": leans up")
    assert "leans neither way" in claim(replace(UNCLEAR, p=0.9))[0]
    assert "leans down" in claim(replace(UNCLEAR, change=0.7))[0]


def test_the_newest_months_are_the_claim_where_they_are_the_surest():
    sure = replace(late(FALLING), q=0.0001)
    assert claim(UNCLEAR, sure) == (
        "1.6 % of papers (found) in the newest 3 months, down from 3.1 % in the year before: 0.52 times"
        " (0.31 to 0.85)",
        "over the whole 19 months unclear",
    )
    assert claim(RISING, sure)[1] == "over the whole 19 months rising: 2.1 times (1.1 to 4.0)"
    assert claim(STEADY, sure)[1] == "over the whole 19 months steady"


def test_the_other_comparison_is_reported_beside_the_claim():
    assert claim(RISING, late(replace(RISING, q=0.02)))[1] == (
        "also rising in the newest 3 months: 2.1 times the year before (1.1 to 4.0)"
    )
    assert claim(RISING, late(replace(FALLING, q=0.02)))[1] == (
        "but falling in the newest 3 months: 0.52 times the year before (0.31 to 0.85)"
    )
    assert claim(RISING, late(UNCLEAR))[1] == ""
    thirds = replace(
        late(FALLING), since=date(2025, 1, 1), parted=date(2025, 5, 7), until=date(2025, 7, 9), q=0.0
    )
    assert "in the newest 9 weeks, down from 3.1 % in the 18 weeks before" in claim(UNCLEAR, thirds)[0]


def told(verdict: Verdict, recent: Verdict = NO_RECENT, lasting: Verdict = NO_LASTING, **options) -> str:
    one = replace(series(TWO_YEARS, verdict, **options), recent=recent, lasting=lasting)
    return plain(verdict_sentence(one))


def test_sentences_of_a_section():
    goes_on = Verdict("rising", window="lasting", p=0.001, q=0.02, period="month")
    assert told(RISING, late(RISING), goes_on) == (
        "Its share rose from 1.5 % to 3.1 % in 19 months: 2.1 times (95 % interval 1.1 to 4.0). In the"
        " newest 3 months it is higher than in the year before: 3.1 % against 1.5 %, 2.1 times (1.1 to"
        " 4.0). It keeps rising: its usual ups and downs do not explain the change."
    )
    assert told(FALLING, late(UNCLEAR), replace(goes_on, word="unclear")) == (
        "Its share fell from 3.1 % to 1.6 % in 19 months: 0.52 times (95 % interval 0.31 to 0.85). The"
        " newest 3 months against the year before: unclear, leans up (1.5 times, 0.7 to 3.2). Whether it continues is unclear: its usual ups and downs may explain the change."
    )
    assert told(STEADY) == (
        "Its share is steady: after 19 months it is between 0.8 and 1.25 times what it was."
    )
    assert told(UNCLEAR, lasting=replace(goes_on, word="unclear")) == (
        "Whether its share changed in 19 months is unclear. It leans up: 1.5 times (95 % interval 0.7 to"
        " 3.2). 120 more papers, about 5 weeks, would decide it."
    )
    assert "may look like that by chance" in told(replace(UNCLEAR, change_low=1.1))
    assert told(UNKNOWN) == (
        "Too few papers to say (17 in 6 quarters)."
        " A verdict needs 5 complete periods, 20 papers in the series and as many outside it."
    )


def test_a_change_per_year_is_given_where_two_years_were_seen():
    assert "times a year" not in told(RISING)
    years = replace(RISING, since=date(2021, 1, 1), until=date(2025, 1, 1), change=16.0)
    assert "in 4 years: 16 times (95 % interval 1.1 to 4.0), 2.0 times a year." in told(years)


def test_bounds_of_steady_are_those_of_the_run():
    wide = replace(series(TWO_YEARS, STEADY), bound=1.5)
    assert "between 0.67 and 1.5 times" in verdict_sentence(wide)


def test_a_run_from_before_the_five_words_claims_what_was_shown_then():
    assert told(OLDER) == "Its share rose over 7 complete quarters."
    calm = replace(OLDER, word="unclear", growth=1.1, p=0.4)
    assert told(calm) == "Whether its share changed over 7 complete quarters is unclear. It leans up."
    recent = replace(OLDER, word="falling", window="recent")
    assert told(calm, recent).endswith("Its newest quarter is lower than those before.")
    assert claim(OLDER)[0].startswith("31 % of papers in Q4 2025 (found: 214 of 690), 18 % a year before")


def test_cells_hold_the_change_and_whether_it_goes_on():
    one = replace(series(TWO_YEARS, RISING), lasting=Verdict("unclear", window="lasting"))
    assert plain(change_cell(one.verdict, one)) == "1.5 % to 3.1 %, 2.1 times (1.1 to 4.0)"
    assert change_cell(one.lasting, one) == "unclear"
    assert change_cell(one.recent, one) == ""
    still = replace(one, verdict=UNCLEAR)
    assert change_cell(still.verdict, still) == "leans up, 1.5 times (0.7 to 3.2)"
    assert change_cell(still.lasting, still) == ""


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
    assert verdict_sentence(one).endswith(" This was tested on the found shares.")
    smooth = replace(one.periods[-1], smooth=0.03, smooth_low=0.02, smooth_high=0.05)
    known = replace(one, periods=(*one.periods[:-1], smooth))
    assert plain(headline_claim(known, 40, 400)[1]).startswith("of papers (checked: 2.0 to 5.0), up from")
    of_checked = replace(one, verdict=replace(RISING, basis="checked"))
    assert "tested on" not in verdict_sentence(of_checked)


def subject(name: str, verdict: Verdict, kind: str = "theme") -> Subject:
    return Subject(series(TWO_YEARS, verdict, kind, name), name, f"#{kind}-{name}", 656, 3)


def mover(q: float, growth: float = 1.5) -> Verdict:
    word = "rising" if growth > 1 else "falling"
    ends = {"start": 0.1, "end": 0.1 * growth, "change": growth, "change_low": growth, "change_high": growth}
    return Verdict(word, growth, growth * 0.8, growth * 1.25, q / 2, q, 100, 8, **SPAN, **ends)


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


def test_evidence_that_ties_is_ordered_by_p_and_then_by_the_change():
    equal = [
        replace(mover(0.01, change), p=p, change=change)
        for change, p in ((1.2, 0.002), (1.5, 0.002), (1.1, 0.001))
    ]
    moved = make_moved([subject(f"{v.growth}", v) for v in equal], 100, ())
    assert [line.name for line in moved.headlines] == ["1.1", "1.5", "1.2"]


def test_themes_that_did_not_move_fill_the_lines_but_topics_do_not():
    subjects = [
        subject("unknown", UNKNOWN),
        subject("calm", STEADY),
        subject("open", UNCLEAR),
        subject("up", mover(0.01)),
        subject("calm topic", STEADY, "topic"),
    ]
    moved = make_moved(subjects, 3031, ())
    assert [line.name for line in moved.headlines] == ["up", "open", "calm", "unknown"]
    assert moved.lead == "1 of 4 themes moved."
    assert moved.note == (
        "Of the others: 2 steady, 1 unclear and 1 with too few papers to say."
        " Unclear: a share may have moved, but the papers so far do not show it."
    )


def test_a_move_of_the_newest_months_is_a_move():
    one = subject("calm", UNCLEAR)
    moved = make_moved([replace(one, series=replace(one.series, recent=late(FALLING)))], 3031, ())
    assert moved.lead == "The only theme moved."
    assert [(line.verdict, line.icon) for line in moved.headlines] == [("falling", "▼")]
    assert moved.note == ""


def test_a_headline_word_for_word():
    (line,) = make_moved([subject("Agents", RISING)], 3031, ()).headlines
    assert (line.icon, line.verdict, line.name) == ("▲", "rising", "Agents")
    assert (
        plain(f"{line.number} {line.claim}")
        == "3.1 % of papers (found), up from 1.5 %: 2.1 times in 19 months (1.1 to 4.0)"
    )
    assert [(one.name, plain(one.text)) for one in line.numbers] == [
        ("Over 19 months", "odds ×1.9 a year (95 % interval 1.5 to 2.4), p < 0.001, q = 0.001"),
        (
            "Tested on",
            "19 complete months from 1 Jan 2024, up to 1 Aug 2025, 900 papers; a straight line of the log"
            " odds",
        ),
    ]
    assert line.papers == "3 of its papers"
    (topic,) = make_moved([subject("T", RISING, "topic")], 3031, ()).headlines
    assert plain(topic.claim).startswith("of papers, up from 1.5 %")
    assert (topic.basis, topic.known) == ("", "")


def test_what_was_not_shown_is_not_called_steady():
    subjects = [subject(f"s{i}", UNCLEAR, "theme" if i < 4 else "topic") for i in range(44)]
    moved = make_moved([*subjects, subject("small", UNKNOWN)], 3031, ())
    assert moved.lead == "No theme and no topic was shown to move."
    assert moved.note == (
        "Tested: 44 unclear and 1 with too few papers to say."
        " Unclear: a share may have moved, but the papers so far do not show it."
    )
    assert make_moved(subjects, 3031, ()).note.startswith("Tested: all 44 unclear. ")


def test_nothing_moved_is_reported_where_it_was_shown():
    subjects = [subject(f"s{i}", STEADY, "theme" if i < 4 else "topic") for i in range(44)]
    moved = make_moved(subjects, 3031, ())
    assert (moved.lead, moved.note) == (
        "Nothing moved: every series that could be tested is steady.",
        "Tested: all 44 steady.",
    )
    mixed = make_moved([*subjects, subject("open", UNCLEAR)], 3031, ())
    assert mixed.lead == "No theme and no topic was shown to move."


def test_nothing_tested_and_nothing_dated_are_not_nothing_moved():
    assert make_moved([subject("a", UNKNOWN)], 10, ()).lead == "Too early to say what moved."
    undated = Subject(Series("theme", "a", (), UNKNOWN), "a", "#a", 3, 3)
    assert make_moved([undated], 10, ()).lead == "Trends cannot be tested."


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


def test_what_labels_changed_is_a_separate_part():
    row = {
        "kind": "theme", "series_id": "agents", "from_share": 0.31, "to_share": 0.34, "by_new_papers": 0.01,
        "by_reassignment": 0.0, "by_definition": 0.0, "by_correction": 0.02,
    }  # fmt: skip
    told = changes_since(pd.DataFrame([row]), {("theme", "agents"): "Agents"})
    assert told == ("Agents +3.0 points: +1.0 new papers, +2.0 by answers.",)


def test_news_comes_before_what_was_only_read_again():
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


def test_three_questions_and_their_numbers_are_read_from_the_table(make_run):
    run = make_run()
    found = make_series(run.tables, 1.5)
    table = run.tables.verdicts.set_index(["window", "kind", "series_id"])
    for key, one in found.items():
        for window, verdict in (("long", one.verdict), ("recent", one.recent), ("lasting", one.lasting)):
            assert (verdict.window, verdict.word) == (window, table.loc[(window, *key), "verdict"])
        assert one.bound == 1.5
    agents, row = found["theme", "agents"].verdict, table.loc[("long", "theme", "agents")]
    assert (agents.start, agents.end, agents.change) == (row["start_share"], row["end_share"], row["change"])
    assert (agents.since, agents.until) == (row["since"].date(), row["until"].date())


def test_steady_of_an_older_run_was_not_shown_and_is_unclear(run_of):
    tables = run_of("before-five-words").tables
    assert set(tables.verdicts["verdict"]) == {"rising", "falling", "steady", "insufficient"}
    words = {one.verdict.word for one in make_series(tables).values()}
    assert words == {"rising", "falling", "unclear", "insufficient"}
