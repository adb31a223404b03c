"""What somebody sees who runs papertrends for the first time, without a source."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.analysis.manifest import _title
from flows.commands.cli import app
from flows.commands.found_lines import found_lines


def summary(*headlines, changes=(), note="Of the others: all unclear."):
    return {"lead": "Nothing moved.", "headlines": list(headlines), "changes": list(changes), "note": note}


def headline(name, kind="theme"):
    return {"verdict": "rising", "name": name, "kind": kind, "claim": "up"}


def test_at_most_three_lines_say_what_was_found():
    told = list(found_lines(summary(headline("A"), headline("B", "topic"), headline("C"))))
    assert told == ["Nothing moved.", "  rising: A, up", "  rising: B (topic), up"]


def test_without_a_move_changes_and_note_are_told():
    assert list(found_lines(summary())) == ["Nothing moved.", "  Of the others: all unclear."]
    assert list(found_lines(summary(changes=["Agents +1 point."], note="")))[1:] == ["  Agents +1 point."]


@pytest.mark.parametrize(
    ("sources", "title"),
    [
        ([("daily-papers-page", "a.txt"), ("table", "x/daily_papers_2024_2025.csv")], "Daily Papers"),
        ([("table", "my_library.csv")], "My library"),
        ([("table", "GPT.csv"), ("table", "GPTs.csv")], "GPT, GPTs"),
    ],
)
def test_the_title_of_a_report_names_its_sources_once(sources, title):
    assert _title(pd.DataFrame(sources, columns=["source", "location"])) == title


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """The command as it is first typed, in an empty folder: what it printed, and the run folder."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("PAPERTRENDS_WORKSPACE", "PAPERTRENDS_VECTORIZER", "PAPERTRENDS_AS_OF"):
            patch.delenv(name, raising=False)
        done = CliRunner().invoke(app, ["run"])
    assert done.exit_code == 0, done.output
    return done.stdout, folder / "data" / "workspace" / "latest"


@pytest.mark.slow
def test_the_first_report_has_moves_and_a_chart_of_each_theme(first_run):
    _, run = first_run
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["title"] == "Daily Papers"
    assert manifest["as_of"] == "2025-12-31"
    moved = [one for one in manifest["summary"]["headlines"] if one["verdict"] in ("rising", "falling")]
    assert len(moved) >= 1
    page = (run / "report.html").read_text(encoding="utf-8")
    first = page[: page.index('<section id="themes"')]
    for name in ("Self-improvement", "RL exploration", "Agents", "Introspection"):
        assert re.search(rf'class="panel".*?{name}.*?<svg', first, flags=re.S), name
    verdicts = pd.read_parquet(run / "verdicts.parquet").query("kind == 'theme' and window == 'long'")
    assert (verdicts["n_periods"] >= 12).all()


@pytest.mark.slow
def test_it_says_that_titles_were_read_and_what_was_found(first_run):
    printed, run = first_run
    papers = pd.read_parquet(run / "papers.parquet")
    n_bare = int((papers["abstract"] == "").sum())
    assert n_bare == 6127
    assert f"{n_bare} of {len(papers)} papers have no abstract: their titles were read" in printed
    page = (run / "report.html").read_text(encoding="utf-8")
    trust = page[page.index('<section id="trust"') :]
    assert "title only" in trust
    assert "6,127" in trust
    *_, lead, first, second, report = printed.splitlines()
    assert lead.endswith(" moved.")
    assert first.startswith("  rising: ")
    assert second.startswith(("  rising: ", "  falling: "))
    assert report.startswith("report  ")


@pytest.mark.slow
def test_the_works_of_the_page_stay_recognizable(first_run):
    _, run = first_run
    papers = pd.read_parquet(run / "papers.parquet")
    assert sum("daily-papers-page" in one for one in papers["sources"]) == 47
