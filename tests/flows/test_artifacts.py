"""What a run leaves in Prefect, as values that JSON can hold."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.tables import ADDED_COLUMNS, TABLE_COLUMNS, validate_table
from flows.orchestration import artifacts
from flows.orchestration.artifacts import make_artifacts, moved_rows


def verdicts(*rows: dict[str, object]) -> pd.DataFrame:
    usual = dict.fromkeys(TABLE_COLUMNS["verdicts"], np.nan) | ADDED_COLUMNS["verdicts"]
    usual |= {"kind": "theme", "series_id": "agents", "window": "long", "n_papers": 90, "n_periods": 19}
    return validate_table("verdicts", pd.DataFrame([usual | row for row in rows]))


def test_what_moved_is_what_is_claimed_the_surest_first():
    since = {"since": pd.Timestamp("2024-01-01"), "until": pd.Timestamp("2025-08-01")}
    table = verdicts(
        {"verdict": "rising", "q_value": 0.04, "change": 2.07123, "start_share": 0.015, **since},
        {"verdict": "falling", "q_value": 0.001, "window": "recent", "parted": pd.Timestamp("2025-05-01")},
        {"verdict": "rising", "q_value": 0.0001, "window": "lasting"},
        {"verdict": "steady", "q_value": 0.9, "series_id": "other"},
        {"verdict": "unclear", "q_value": 0.06, "series_id": "another"},
    )
    rows = moved_rows(table)
    assert [(row["window"], row["verdict"]) for row in rows] == [("recent", "falling"), ("long", "rising")]
    assert (rows[1]["since"], rows[1]["until"], rows[1]["parted"]) == ("2024-01-01", "2025-08-01", None)
    assert (rows[1]["change"], rows[1]["end_share"]) == (2.0712, None)
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize(
    ("site", "made"),
    [
        ("https://example.org/w", ("link", "https://example.org/w/runs/r1/report.html")),
        ("", ("markdown", "/runs/r1/report.html\n")),
    ],
)
def test_the_report_is_a_link_only_where_a_browser_can_follow_it(monkeypatch, tmp_path, site, made):
    told = {}
    for kind in ("link", "markdown", "table"):

        def keep(value, key, kind=kind, **_):
            told[key] = (kind, value)

        monkeypatch.setattr(artifacts, f"create_{kind}_artifact", keep)
    manifest = {"summary": {"lead": "Nothing moved."}, "counts": {}, "sources": [], "warnings": []}
    make_artifacts(
        tmp_path / "runs" / "r1",
        site,
        SimpleNamespace(verdicts=verdicts({"verdict": "unclear", "q_value": 0.2})),
        manifest,
    )
    kind, value = told["report"]
    assert kind == made[0]
    assert made[1] in value
    assert "file:" not in value


def test_nothing_claimed_gives_no_row():
    assert moved_rows(verdicts({"verdict": "unclear", "q_value": 0.2})) == []
