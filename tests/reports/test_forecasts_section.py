"""What comes next and what came of it, by hand: sentences, rows and sections from tables a reader can check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.forecasts.forecasters import FORECASTERS
from analytics.tables import TABLE_COLUMNS, RunTables, empty_table, validate_table
from reports.sections.forecasts import make_forecast_section
from reports.sections.growing import make_growing, ranking_worth
from reports.sections.track_record_rows import make_record
from reports.sections.unassigned_papers import make_unassigned_papers
from reports.sections.verdict_steps import verdict_steps
from reports.values.series import make_series
from reports.view import Places

PLACES = Places(
    {"agents": "agents"}, {"agents": "Agents"}, {}, {"T0001": "t0001"}, {"T0001": "sparse rewards"}
)
NOTHING = RunTables(**{name: empty_table(name) for name in TABLE_COLUMNS})
MONTHS = pd.date_range("2024-01-01", periods=24, freq="MS")


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u201c", '"').replace("\u201d", '"')


def table(name: str, *rows: tuple) -> pd.DataFrame:
    return validate_table(name, pd.DataFrame(rows, columns=list(TABLE_COLUMNS[name])))


def tried(*rows: dict) -> pd.DataFrame:
    usual = dict.fromkeys(TABLE_COLUMNS["backtests"], np.nan) | {
        "coverage_50": 0.5, "coverage_90": 0.9, "n_forecasts": 240, "n_origins": 20, "n_series": 4
    }  # fmt: skip
    return validate_table("backtests", pd.DataFrame([usual | row for row in rows]))


def outlook(backtests: pd.DataFrame, method: str = "last_value", **more):
    chosen = {"method": method, "reason": f"{FORECASTERS[method].name}: so it was", "horizon": 3}
    return make_forecast_section(replace(NOTHING, backtests=backtests), {"forecasts": chosen, **more}, PLACES)


def test_an_older_run_has_no_outlook():
    assert make_forecast_section(NOTHING, {}, PLACES) is None


def test_nothing_forecast_and_no_earlier_run():
    found = make_forecast_section(NOTHING, {"forecasts": None, "record": None}, PLACES)
    assert found.sentences == ("There is no forecast: it needs 8 complete periods with papers.",)
    assert found.candidates == ()
    assert found.record.sentences == ("There are no earlier runs whose forecasts could be checked.",)


@pytest.mark.parametrize(
    ("ratio", "p", "sentence"),
    [
        (0.71, 0.003, 'It beats "same as a year before": its error was 0.71 times as large, p = 0.003.'),
        (0.97, 0.31, 'It does not beat "same as a year before" significantly: its error was 0.97 times as large, p = 0.31.'),
        (1.4, 0.001, 'It does not beat "same as a year before" significantly: its error was 1.40 times as large, p = 0.001.'),
        (0.9, np.nan, 'It does not beat "same as a year before" significantly: its error was 0.90 times as large.'),
        (np.nan, np.nan, 'It could not be compared with "same as a year before": the history is too short.'),
    ],
)  # fmt: skip
def test_the_chosen_forecaster_against_the_calendar(ratio, p, sentence):
    rows = tried({"method": "damped_trend", "error_ratio": 0.8, "year_ratio": ratio, "p_over_year": p})
    assert plain(outlook(rows, "damped_trend").sentences[-1]) == sentence


def test_the_forecaster_its_reason_and_that_nothing_beats_the_naive_one():
    rows = tried(
        {"method": "last_value", "error_ratio": 1.0, "year_ratio": 0.8},
        {"method": "trailing_mean", "error_ratio": 1.2},
    )
    found = outlook(rows)
    assert (
        plain(found.sentences[0])
        == 'The next 3 periods are forecast by "same as the last period": so it was.'
    )
    assert found.sentences[1].startswith("No forecaster beats the share of the last period")
    assert [(row.name, row.is_chosen, row.over_last) for row in found.candidates] == [
        ("same as the last period", True, "1.00"),
        ("the mean of the last periods", False, "1.20"),
    ]
    assert [plain(row.coverage_90) for row in found.candidates] == ["90 %", "90 %"]
    assert found.candidates[1].over_year == "\u2013"
    assert found.candidates_note.startswith("Each candidate forecast the past 240 times from 20 dates")
    better = tried(
        {"method": "last_value", "error_ratio": 1.0}, {"method": "trailing_mean", "error_ratio": 0.5}
    )
    assert not any("beats the share" in one for one in outlook(better, "trailing_mean").sentences)


def test_a_history_too_short_for_a_backtest_says_so_once():
    rows = tried({"method": "last_value", "n_forecasts": 0, "n_origins": 0})
    found = outlook(rows)
    assert len(found.sentences) == 1
    assert found.candidates == ()
    assert found.candidates_note == "The history is too short for a backtest."


def scored(n: int, *, naive: float = 0.02) -> pd.DataFrame:
    bands = (0.2, 0.18, 0.22, 0.15, 0.25)
    rows = [
        ("r1", "theme", "agents", MONTHS[i], MONTHS[i + 1], *bands, "last_value", "found", MONTHS[i], 0.2,
         0.01 if i % 2 else -0.01, naive if i else np.nan, i < 4, i < 9)
        for i in range(n)
    ]  # fmt: skip
    return table("scored_forecasts", *rows)


def claim(series_id: str, verdict: str, month: int, came_true: bool, kind: str = "topic") -> tuple:
    return ("r1", kind, series_id, verdict, MONTHS[month], 0.05, 0.0712, came_true)


def test_the_record_of_forecasts():
    told = make_record(replace(NOTHING, scored_forecasts=scored(10)), {"n_runs": 7}, PLACES)
    assert plain(told.sentences[0]) == (
        "10 forecasts of 7 earlier runs can be checked: 9 of 10 (90 %) lay in their 90 % band and 4 (40 %) in"
        " their"
        ' 50 % band; their mean error was 0.50 times that of "same as the last period".'
    )
    assert told.sentences[1] == "No claim of 7 earlier runs is a year old yet."
    still = make_record(replace(NOTHING, scored_forecasts=scored(10, naive=0.0)), {"n_runs": 1}, PLACES)
    assert plain(still.sentences[0]).endswith("in their 50 % band.")
    one = make_record(replace(NOTHING, scored_forecasts=scored(1)), {"n_runs": 1}, PLACES)
    assert (
        plain(one.sentences[0])
        == "The only forecast of 1 earlier run that can be checked lay in its 90 % band."
    )


def test_the_record_of_claims_newest_first_and_at_most_twelve():
    claims = table(
        "scored_claims",
        *(claim("T0001", "rising", i, i != 3) for i in range(12)),
        claim("T0666", "falling", 13, True),
        claim("agents", "falling", 14, False, "theme"),
    )
    told = make_record(replace(NOTHING, scored_claims=claims), {"n_runs": 2}, PLACES)
    assert told.sentences == (
        "No forecast of 2 earlier runs can be checked yet.",
        "Of 12 series called rising, 11 had a higher share a year later;"
        " of 2 series called falling, 1 had a lower share a year later.",
    )
    assert [(row.name, row.href) for row in told.claims[:3]] == [
        ("Agents", "#theme-agents"), ("T0666", ""), ("sparse rewards", "#topic-t0001")
    ]  # fmt: skip
    assert (told.claims[0].known_until, plain(told.claims[0].after), told.claims[0].came_true) == (
        "Mar 2025", "7.1 %", "no"
    )  # fmt: skip
    assert len(told.claims) == 12
    assert told.claims_note == "The newest 12 of 14."


def test_nothing_due_is_one_sentence():
    assert make_record(NOTHING, {"n_runs": 3}, PLACES).sentences == (
        "No forecast or claim of 3 earlier runs can be checked yet.",
    )


def scores(*years: tuple) -> pd.DataFrame:
    rows = []
    for number, (trend, momentum, chance) in enumerate(years):
        day = pd.Timestamp(f"{2015 + number}-01-01")
        rows += [
            (day, "trend", trend, chance),
            (day, "momentum", momentum, chance),
            (day, "chance", chance, chance),
        ]
    return table("emerging_scores", *rows)


def test_what_a_ranking_was_worth():
    assert plain(ranking_worth(scores((0.8, 0.6, 0.5), (0.6, 0.6, 0.4)))) == (
        "In 2 past years that could be judged, 70 % of the first ten of this ranking had a higher share a"
        " year later, against 60 % of the ten whose share had grown most over the year and 45 % of all ranked topics. The topics were found with knowledge of the later years, so this is an upper bound."
    )
    no_better = plain(ranking_worth(scores((0.4, 0.5, 0.4))))
    assert no_better.startswith("In the one past year that could be judged, 40 %")
    assert "It did no better than a random order or the simpler ranking by last year's growth." in no_better
    for unknown in (empty_table("emerging_scores"), scores((np.nan, np.nan, np.nan))):
        assert ranking_worth(unknown).endswith("is unknown: the history is too short.")


def test_only_what_grows_more_likely_than_not_is_listed():
    emerging = table(
        "emerging",
        ("topic", "T0001", 0.93, 1.31, 140),
        ("topic", "T0666", 0.6, 1.1, 40),
        ("topic", "T0002", 0.49, 0.9, 30),
    )
    found = make_growing(replace(NOTHING, emerging=emerging), {}, PLACES)
    assert [(row.label, row.href, plain(row.probability), row.growth) for row in found.rows] == [
        ("sparse rewards", "#topic-t0001", "93 %", "×1.3"), ("T0666", "", "60 %", "×1.1")
    ]  # fmt: skip
    assert found.lead.startswith(
        "The first 2 of 3 topics with enough papers to be ranked, ordered by the probability"
    )
    assert "The others are not more likely to grow than not. This is a ranking, not a test" in found.lead
    none = make_growing(replace(NOTHING, emerging=emerging[2:]), {}, PLACES)
    assert none.lead == "1 topic is ranked, and it is not more likely to grow than not."
    assert make_growing(NOTHING, {}, PLACES) is None


def loose(*counts: tuple[int, int, int], complete: int | None = None, undated: int = 0, topics: int = 1):
    """What is said of counts (of all, in no topic, undated) a month, with `undated` papers in the corpus."""
    last = len(counts) if complete is None else complete
    rows = [
        (MONTHS[i], MONTHS[i + 1], total, unclustered, undated_then, i < last)
        for i, (total, unclustered, undated_then) in enumerate(counts)
    ]
    papers = pd.DataFrame({"published": [pd.NaT] * undated + [MONTHS[0]]})
    found = (
        table(
            "topics",
            *[("T0001", "sparse rewards", [], 0.1, 9, [], None, None, None, "data", [], False, False, "")]
            * topics,
        )
        if topics
        else NOTHING.topics
    )
    unassigned = table("unassigned", *rows) if rows else NOTHING.unassigned
    return make_unassigned_papers(replace(NOTHING, unassigned=unassigned, papers=papers, topics=found))


def test_loose_papers_in_words():
    found = loose((100, 30, 0), (0, 0, 2), (200, 50, 6), (9, 9, 0), complete=3, undated=9)
    assert (
        plain(found.sentence) == "In no topic: 25 % of the papers in Mar 2024 (50 of 200), 30 % in Jan 2024."
    )
    assert (
        found.undated
        == "8 of 9 undated papers were first seen from Jan 2024 to Apr 2024, most in Mar 2024 (6)."
    )
    assert found.values.rows[1] == ("Feb 2024", "0", "0", "\u2013", "yes", "2")
    assert "<path" in found.sparkline
    begun = loose((10, 4, 0), complete=0)
    assert begun.sentence == "4 of 10 dated papers belong to no topic; no period is complete yet."
    assert begun.undated == "No paper is undated."


@pytest.mark.parametrize(
    ("seen", "undated", "sentence"),
    [
        (1, 1, "The undated paper was first seen in Jan 2024."),
        (0, 1, "The undated paper was not first seen in these periods."),
        (0, 6, "None of 6 undated papers was first seen in these periods."),
        (1, 6, "1 of 6 undated papers was first seen in Jan 2024."),
        (6, 6, "6 of 6 undated papers were first seen in Jan 2024."),
    ],
)
def test_undated_papers_in_words(seen, undated, sentence):
    found = loose((100, 0, seen), undated=undated)
    assert (found.sentence, found.undated) == ("Every dated paper belongs to a topic.", sentence)
    assert found.sparkline == ""


def test_no_unassigned_paper_is_one_short_sentence_and_an_older_run_says_nothing():
    none = loose((100, 0, 0), (100, 0, 0))
    assert none.sentence == "Every paper has a date and belongs to a topic."
    assert (none.undated, none.sparkline, none.values) == ("", "", None)
    assert loose() is None
    assert loose((100, 100, 0), topics=0) is None
    assert loose((100, 100, 3), undated=3, topics=0).sentence == ""


def test_steps_explain_only_what_the_run_looked_for(make_run, run_of):
    old, new = make_run(60), run_of("ahead")

    def names(run) -> list[str]:
        return [step.name for step in verdict_steps(run.tables, run.manifest, make_series(run.tables))]

    told = [
        "Share", "Line", "Noise", "Is the share now different?", "Does it keep moving?", "Five words",
        "False alarms",
    ]  # fmt: skip
    assert names(old) == [*told, "Terms of a theme", "Parts of a whole"]
    further = ["Fragile", "Burst", "Level changed", "Terms of a theme", "Forecast"]
    assert names(new) == [*told, *further, "Parts of a whole"]
    assert "Forecast" not in names(run_of("ahead-short"))
    then = ["Share", "Line", "Noise", "Test", "Verdicts of this older version"]
    assert names(run_of("older")) == [*then, "Terms of a theme", "Parts of a whole"]


def test_every_rate_is_named_with_what_it_holds_for(run_of):
    def false_alarms(run) -> str:
        steps = verdict_steps(run.tables, run.manifest, make_series(run.tables))
        return plain(next(step.text for step in steps if step.name == "False alarms"))

    run = run_of("ahead")
    n = int((run.tables.verdicts.query("window != 'lasting'")["verdict"] != "insufficient").sum())
    told = false_alarms(run)
    assert told.startswith(f"{n} comparisons were made for this page")
    assert "On average, at most 5 % of the rising and falling verdicts on this page should be false" in told
    assert "over the whole span and in the newest months together" in told
    assert told.endswith(
        "Steady verdicts have their own limit of 5 %; so have bursts, level changes and terms of themes,"
        " each list separately."
    )
    bare = run.with_tables(theme_terms=empty_table("theme_terms"))
    assert false_alarms(bare).endswith("so have bursts and level changes, each list separately.")
