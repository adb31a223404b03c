"""``papertrends themes``: counts, how sure they are, and the likeliest misses."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analytics.tables import TABLE_COLUMNS, RunTables, empty_table
from flows.commands.theme_lines import quality_lines

NAN = math.nan


def make_tables(quality=(), misses=()):
    papers = pd.DataFrame(
        {"paper_id": [f"p{n}" for n in range(50)], "title": [f"Title {n}" for n in range(50)]}
    )
    tables = {name: empty_table(name) for name in TABLE_COLUMNS}
    tables["papers"] = papers
    rows = [("agents", "Agents", "", 5), ("maps", "Maps", "", 0)]
    tables["themes"] = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["themes"]))
    tables["theme_quality"] = pd.DataFrame(quality, columns=list(TABLE_COLUMNS["theme_quality"]))
    tables["near_misses"] = pd.DataFrame(misses, columns=list(TABLE_COLUMNS["near_misses"]))
    return RunTables(**tables)


def quality(theme_id, **fields):
    row = dict.fromkeys(TABLE_COLUMNS["theme_quality"], NAN)
    counts = dict.fromkeys(("n_labels", "n_yes", "n_drawn", "n_earlier", "n_both"), 0)
    flags = {"is_taught": False, "is_checked": False, "labelled_by": "ann"}
    return [{**row, **counts, **flags, "theme_id": theme_id, **fields}[name] for name in row]


def test_without_labels_it_says_what_is_not_known():
    assert list(quality_lines(make_tables())) == [
        "agents  Agents",
        "  5 papers found (10 %); how many it misses is unknown. 60 answers would show it: papertrends label",
        "maps  Maps",
        "  No paper found; how many it misses is unknown. 60 answers would show it: papertrends label",
    ]


def test_with_too_few_labels_it_says_how_many_more_are_needed():
    few = quality("agents", n_labels=12, n_yes=3, n_drawn=12, n_earlier=1)
    assert list(quality_lines(make_tables([few])))[1:3] == [
        "  5 papers found (10 %). 12 answers so far (3 yes, 9 no); about 48 more would show how many it misses: "
        "papertrends label",
        "  1 answer under an earlier definition of the theme",
    ]


def test_checked_shares_come_first():
    checked = quality(
        "agents", n_labels=120, n_drawn=120, n_yes=40, is_checked=True, share_checked=0.34, checked_low=0.29,
        checked_high=0.4, recall=0.3, labelled_by="ann, model:llama3.1:8b",
    )  # fmt: skip
    assert list(quality_lines(make_tables([checked])))[1:3] == [
        "  34 % of all papers (29 to 40), checked on 120 answers; the phrases alone find 30 % of them.",
        "  judged by llama3.1:8b, and by people",
    ]


def test_the_three_likeliest_misses_are_named():
    misses = [("agents", f"p{n}", 2.0, chance) for n, chance in enumerate((0.1, 0.4, 0.49, 0.4, 0.2))]
    assert list(quality_lines(make_tables(misses=[*misses, ("maps", "p9", 1.0, 0.3)]))) == [
        "agents  Agents",
        "  5 papers found (10 %); how many it misses is unknown. 60 answers would show it: papertrends label",
        "  may miss 0.49  p2  Title 2",
        "  may miss 0.40  p1  Title 1",
        "  may miss 0.40  p3  Title 3",
        "maps  Maps",
        "  No paper found; how many it misses is unknown. 60 answers would show it: papertrends label",
        "  may miss 0.30  p9  Title 9",
    ]


@pytest.mark.parametrize("n_papers", [0, 50])
def test_a_run_without_themes_says_so(n_papers):
    tables = make_tables()
    none = RunTables(
        **{**vars(tables), "themes": empty_table("themes"), "papers": tables.papers.head(n_papers)}
    )
    assert list(quality_lines(none)) == ["no themes"]
