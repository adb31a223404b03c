"""The notebook runs over a run folder, and its numbers are the tables'."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from flows.runs import publish_run

pytest.importorskip("marimo", reason="needs marimo, of the extra notebook")
NOTEBOOK = Path(__file__).resolve().parents[2] / "flows" / "notebooks" / "run.py"


@pytest.fixture
def run_notebook(tmp_path, monkeypatch):
    """Publish a made-up run, run the notebook over it, give what it defined."""

    def running(run):
        number = len(list(tmp_path.glob("runs/*")))
        folder = publish_run(tmp_path, f"r{number}", run.tables, run.manifest, {}, "")
        monkeypatch.setattr(sys, "argv", [str(NOTEBOOK), "--run", str(folder)])
        spec = importlib.util.spec_from_file_location("run_notebook", NOTEBOOK)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _, defined = module.app.run()
        return defined

    return running


def test_its_numbers_are_those_of_the_run(run_notebook, run_of):
    run = run_of("usual")
    defined = run_notebook(run)
    told = run.tables.trends.query("kind == 'theme' and series_id == @defined['theme'].value")
    assert defined["differing"] == 0
    assert defined["again"]["n"].tolist() == told["n_papers"].tolist()
    assert defined["again"]["total"].tolist() == told["n_total"].tolist()
    assert defined["again"]["low"].to_numpy() == pytest.approx(told["share_low"].to_numpy(), nan_ok=True)
    assert set(defined["charts"]) <= {"themes", *(f"theme-{one}" for one in run.tables.themes["theme_id"])}
    assert "theme-agents" in defined["charts"]


def test_a_run_without_dates_or_themes_has_no_charts(run_notebook, run_of):
    assert run_notebook(run_of("all-undated"))["charts"] == {}
    assert run_notebook(run_of("no-themes"))["again"].empty
