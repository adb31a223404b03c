from __future__ import annotations

import pandas as pd

from analytics.tables import empty_table, validate_table
from reports.sections.theme_term_shifts import make_shift
from reports.values.upvotes import upvotes_of_the_day
from reports.view import RunView


def table(*rows):
    return validate_table("theme_terms", pd.DataFrame(rows, columns=list(empty_table("theme_terms").columns)))


def test_terms_are_listed_by_direction_with_their_counts():
    terms = table(
        ("agents", "web navigation", 1, 90, 24, 110, 1e-6, 1e-5),
        ("agents", "computer use", 30, 90, 2, 110, 1e-9, 1e-8),
        ("other", "reward", 9, 50, 0, 1200, 1e-4, 1e-3),
    )
    shift = make_shift(terms, "agents")
    assert [word.term for word in shift.more] == ["computer use"]
    assert [word.term for word in shift.fewer] == ["web navigation"]
    assert shift.more[0].counts == "30 of 90 papers, before 2 of 110"
    assert shift.more[0].shares.replace("\u202f", " ") == "33 %, before 1.8 %"
    assert shift.note == (
        "Share of the 90 papers of the newest year, and of the 110 earlier ones, that use a term."
    )


def test_a_theme_without_any_says_so_and_an_old_run_says_nothing():
    terms = table(("other", "reward", 9, 50, 0, 1200, 1e-4, 1e-3))
    assert make_shift(terms, "agents").note.startswith("No term is clearly more or less frequent")
    assert make_shift(empty_table("theme_terms"), "agents") is None


def test_upvotes_are_compared_within_a_day_and_ties_beat_nobody():
    papers = pd.DataFrame(
        {
            "paper_id": list("abcdef"),
            "published": pd.to_datetime(["2025-01-01"] * 3 + ["2025-01-02", "2025-01-01", None]),
            "published_precision": ["day", "day", "day", "day", "month", "none"],
            "upvotes": pd.array([5, 5, 1, 900, 7, 8], dtype="Int64"),
        }
    )
    votes = upvotes_of_the_day(papers)
    assert votes.index.tolist() == list("abcd")
    assert votes["beaten"].tolist() == [1, 1, 0, 0]
    assert votes["others"].tolist() == [2, 2, 2, 0]
    # A day's only paper leads nobody, however many upvotes it has.
    assert votes["standing"].idxmax() in {"a", "b"}


def test_most_upvoted_papers_of_a_theme(run_of):
    from reports.context import make_report_context

    run = run_of("usual")
    (section,) = [
        one
        for one in make_report_context(RunView(run.tables, run.manifest)).themes
        if one.theme_id == "agents"
    ]
    votes = upvotes_of_the_day(run.tables.papers)
    own = run.tables.theme_assignments.query("theme_id == 'agents'")["paper_id"]
    expected = votes.loc[votes.index.intersection(own)].query("beaten > 0")["standing"].nlargest(5)
    found = [one.line.paper_id for one in section.upvoted]
    assert votes.loc[found, "standing"].tolist() == expected.tolist()
    for paper in section.upvoted:
        row = votes.loc[paper.line.paper_id]
        assert (
            paper.standing
            == f"more than {row['beaten']:.0f} of the {row['others']:.0f} other papers of its day"
        )
