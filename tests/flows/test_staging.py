"""Staged runs: their ids come through Prefect's API, so none may lead out of the workspace."""

from __future__ import annotations

import pytest

from analytics.exceptions import PapertrendsError
from flows.analysis.staging import read_staged, remove_staged


@pytest.mark.parametrize("run_id", ["../../private", "..", "", "/etc", "a/b", ".hidden", "x" * 200])
def test_an_id_leads_nowhere_else(tmp_path, run_id):
    kept = tmp_path / "private" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("kept")
    for touch in (read_staged, remove_staged):
        with pytest.raises(PapertrendsError, match="is no id of a run"):
            touch(tmp_path / "w", run_id)
    assert kept.read_text() == "kept"
