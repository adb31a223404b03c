"""Who publishes: a folded section with escaped names, absent where nothing is grouped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.tables import validate_table
from reports.context import make_report_context
from reports.render import render_report
from reports.sections.groups import make_groups
from reports.view import RunView


def group_rows(theme: str | None) -> list[dict[str, object]]:
    usual = {
        "by": "organization", "theme_id": theme, "n_groups": 1, "n_total": 100, "is_newcomer": False,
        "first_published": pd.Timestamp("2025-11-03"), "is_tested": True, "verdict": "rising",
        "start_share": 0.1, "end_share": 0.3, "change": 3.0, "change_low": 2.0, "change_high": 4.0, "p_value": 0.001,
        "q_value": 0.01,
    }  # fmt: skip
    shares = {"share": 0.2, "share_low": 0.13, "share_high": 0.29}
    return [
        {**usual, **shares, "group": "A <b>Lab</b>", "n_papers": 20},
        {**usual, **shares, "group": "New", "n_papers": 1, "is_newcomer": True, "is_tested": False,
         "verdict": "insufficient", "p_value": np.nan, "q_value": np.nan},
        {**usual, **shares, "group": None, "n_groups": 7, "n_papers": 9, "is_tested": False,
         "verdict": "insufficient"},
    ]  # fmt: skip


def test_the_section_is_folded_escaped_and_bounded(make_run):
    made = make_run(40)
    theme = made.tables.themes["theme_id"].iloc[0]
    table = validate_table("groups", pd.DataFrame([*group_rows(None), *group_rows(theme)]))
    run = made.with_tables(groups=table)
    view = RunView(run.tables, run.manifest)
    first, second = make_groups(run.tables, view.places)
    assert first.title == "Organizations: all papers"
    assert second.title.startswith("Organizations: ")
    assert first.rest == "7 further organizations with 9 papers."
    assert first.base == "Of 100 papers that name any organization"
    assert [row.since for row in first.rows] == ["", "first paper 3 Nov 2025"]
    assert [row.verdict for row in first.rows] == ["rising", ""]
    page = render_report(make_report_context(view))
    section = page.split('<section id="groups"')[1].split("</section>")[0]
    assert section.count("<details><summary") == 2
    assert "A &lt;b&gt;Lab&lt;/b&gt;" in section
    assert "<b>Lab" not in section
    assert section.count("not tested") == 2


def test_without_groups_there_is_no_section(make_run):
    made = make_run(40)
    assert 'id="groups"' not in render_report(make_report_context(RunView(made.tables, made.manifest)))
