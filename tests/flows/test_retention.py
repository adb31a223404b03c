"""The rule of which run folders stay: by hand, and its laws."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.runs.facts import RunFacts
from flows.runs.retention import runs_to_remove

FIRST = date(2024, 1, 1)


def run(day: date, *, number: int = 0, started: date | None = None, **facts: str) -> RunFacts:
    return RunFacts(f"{started or day}-{number}", day, started or day, **facts)


def daily(n_days: int) -> list[RunFacts]:
    """A run a day, each compared with that of the day before."""
    days = [FIRST + timedelta(days=number) for number in range(n_days)]
    first, *others = days
    return [run(first), *(run(day, against=f"{day - timedelta(days=1)}-0") for day in others)]


def kept(runs, today, keep_days=90, **needed):
    gone = runs_to_remove(runs, today, keep_days, **needed)
    return [one.run_id for one in runs if one.run_id not in gone]


def test_a_year_of_daily_runs_leaves_ninety_days_and_the_ends_of_months():
    runs = daily(366)
    today = runs[-1].as_of  # 31 December 2024
    ends = ["01-31", "02-29", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30"]
    before = ["01-30", "02-28", "03-30", "04-29", "05-30", "06-29", "07-30", "08-30", "09-29"]
    young = [one.run_id[5:-2] for one in runs if one.as_of >= today - timedelta(days=90)]
    # The run before the oldest young one is that which it is compared with.
    assert [one[5:-2] for one in kept(runs, today)] == sorted({"01-01", *ends, *before, "10-01", *young})
    assert len(kept(runs, today)) < 112


def test_nothing_goes_without_a_limit_and_from_nothing():
    assert runs_to_remove(daily(400), date(2030, 1, 1), 0) == []
    assert runs_to_remove([], date(2030, 1, 1), 90) == []


def test_age_counts_from_the_start_and_months_by_the_day_that_a_run_pretends_to_be():
    made = date(2025, 6, 1)
    past = [
        run(date(2024, month, day), started=made, number=month * 40 + day)
        for month in (1, 2)
        for day in (3, 9)
    ]
    assert runs_to_remove(past, made + timedelta(days=90), 90) == []
    # The first of all stays too.
    assert runs_to_remove(past, made + timedelta(days=91), 90) == [past[2].run_id]


def test_a_rerun_counts_as_its_original():
    day, long_after = date(2024, 3, 31), date(2025, 1, 1)
    runs = [
        run(FIRST),
        run(date(2024, 3, 30), number=1),
        run(day, number=2, fingerprint="f", against="2024-03-30-1"),
        run(day, number=3, fingerprint="f", against="2024-03-30-1"),
    ]
    assert runs_to_remove(runs, long_after, 90) == ["2024-03-31-3"]
    # A young rerun keeps the original, so that a further one finds what to be compared with.
    runs[3] = run(day, started=long_after, fingerprint="f", against="2024-03-30-1")
    assert runs_to_remove([*runs, run(date(2024, 3, 31), number=9)], long_after, 90) == []


def test_what_is_needed_stays_with_the_run_before_it():
    runs = daily(200)
    today = date(2025, 6, 1)
    assert {"2024-04-10-0", "2024-04-09-0"} <= set(kept(runs, today, needed={"2024-04-10-0", "gone"}))
    assert "2024-04-10-0" not in kept(runs, today)


@pytest.mark.parametrize("against", ["r0", None])
def test_a_run_before_that_is_gone_is_no_matter(against):
    runs = [run(FIRST, against=against), run(FIRST + timedelta(days=1))]
    assert runs_to_remove(runs, date(2030, 1, 1), 90) == []


@st.composite
def histories(draw):
    n_runs = draw(st.integers(1, 25))
    runs = []
    for number in range(n_runs):
        started = FIRST + timedelta(days=number * draw(st.integers(1, 20)))
        as_of = started - timedelta(days=draw(st.sampled_from([0, 0, 0, 40, 200])))
        earlier = [one.run_id for one in runs]
        runs.append(
            RunFacts(
                f"r{number:03}",
                as_of,
                started,
                draw(st.sampled_from([None, f"{as_of} f", f"{as_of} g"])),  # it tells the day too
                draw(st.sampled_from([None, "gone", *earlier])),
            )
        )
    return runs


@given(histories(), st.integers(0, 900), st.integers(1, 400), st.data())
def test_laws(runs, age, keep_days, data):
    today = FIRST + timedelta(days=age)
    known = {one.run_id: one for one in runs}
    needed = data.draw(st.sets(st.sampled_from(sorted(known)), max_size=3))
    gone = set(runs_to_remove(runs, today, keep_days, needed=needed))
    left = [one for one in runs if one.run_id not in gone]
    # What is needed stays, and so does every young run with what it refers to.
    assert not gone & needed
    young = {one.run_id for one in runs if (today - one.started_on).days <= keep_days}
    assert not gone & {*young, *(known[one].against for one in young | needed)}
    # Each month keeps a run, the first run of all stays, and a second time nothing goes.
    assert {(one.as_of.year, one.as_of.month) for one in left} == {
        (one.as_of.year, one.as_of.month) for one in runs
    }
    assert runs[0].run_id not in gone
    assert runs_to_remove(left, today, keep_days, needed=needed) == []
    # More days keep more, later days less, and the order of what is given is irrelevant.
    assert set(runs_to_remove(runs, today, keep_days + 30, needed=needed)) <= gone
    assert gone <= set(runs_to_remove(runs, today + timedelta(days=30), keep_days, needed=needed))
    assert set(runs_to_remove(runs[::-1], today, keep_days, needed=needed)) == gone
