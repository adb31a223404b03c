"""The main job as a user runs it: the command line, real weights, real clustering, a real Prefect server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analytics.tables import TABLE_COLUMNS
from flows.runs import read_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGE = str(ROOT / "data" / "sample" / "daily_papers.txt")
COMMAND = [sys.executable, "-m", "flows.commands.cli"]
S, E, A, I, NONE = "self-improvement", "rl-exploration", "agents", "introspection", None  # noqa: E741

# What each paper of the page is about, by reading: the themes that its first one may be.
LABELS = {
    "OmniMatch": {NONE}, "pyhgf": {NONE}, "B-STaR": {S, E}, "SELF: Language": {S}, "CoMAS": {S, A},
    "Looking Inward": {I}, "Internal Consistency": {S, I}, "Is PRM Necessary": {S, I, NONE},
    "Introspective Growth": {I, S}, "ReST-MCTS*": {S}, "Augmenting Autotelic": {E, A}, "SLIM": {E},
    "Self-Improvement in": {S}, "SSR-Zero": {S}, "Discovering and Exploiting": {E}, "Paired Open-Ended": {E},
    "Self-Correcting Large": {S}, "Exploitation Is": {E}, "Self-Improving LLM": {S, A}, "Learning in Sparse": {E},
    "The AI Scientist": {A}, "Training Language Models to Self": {S}, "SSRL": {A, S}, "KnowRL": {I, S},
    "When AI Takes": {I}, "Large Language Models for Scientific": {NONE, A}, "Learn the Ropes": {E, A},
    "Toward Self-Improvement": {S}, "Discovering Temporally": {E, NONE}, "DeepScientist": {A},
    "Tell me about": {I}, "Agent Laboratory": {A}, "Huxley": {S, A}, "WebEvolver": {S, A}, "ReSeek": {A, S},
    "Evaluating and Inducing": {I}, "Your Agent May": {A, S}, "S^3c-Math": {S}, "Representation-Based": {E},
    "Reward Design": {E}, "START": {S}, "CycleResearcher": {A}, "SWE-Search": {A}, "Iterative Deepening": {S, NONE},
    "Optimizing Language": {S}, "Emergence of Hidden": {NONE}, "Long Term Memory": {S},
}  # fmt: skip


def papertrends(*arguments, cwd):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def forked(night):
    """The same in a child of the warm process, for what does not depend on how the program starts."""

    def call(*arguments, cwd):
        done = night.run(*arguments, cwd=cwd)
        assert done.status == 0, done.err
        return done

    return call


def digests(folder):
    """Digest of every table and chart of a run folder."""
    files = [*folder.glob("*.parquet"), *folder.glob("charts/*.svg")]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


class TestSample:
    @pytest.fixture(scope="class")
    @staticmethod
    def runs(tmp_path_factory):
        """The same command twice on one workspace."""
        cwd = tmp_path_factory.mktemp("sample")
        said = [
            papertrends("run", PAGE, "--workspace", "w", "--as-of", "2025-12-10", cwd=cwd).stdout
            for _ in range(2)
        ]
        return cwd / "w", said

    def test_the_run_folder_is_complete(self, runs):
        workspace, said = runs
        latest = workspace / "latest"
        assert latest.is_symlink()
        names = {path.name for path in latest.iterdir()}
        assert names == {"manifest.json", "report.html", "papers.csv", "charts"} | {
            f"{table}.parquet" for table in TABLE_COLUMNS
        }
        assert {path.name for path in (latest / "charts").iterdir()} >= {"themes.svg", "theme-agents.svg"}
        assert f"{latest.resolve().name}/report.html" in said[1]
        # The first run fits topics; stages that take no twentieth of a second are not told.
        # They are told longest first, which is not the same stage on every machine.
        for stage in ("start", "topics"):
            assert re.search(rf"seconds [\d.]+: .*\b{stage} .*[\d.]+", said[0])

    def test_the_manifest_says_how_it_was_made(self, runs):
        manifest = json.loads((runs[0] / "latest" / "manifest.json").read_text())
        assert manifest["counts"]["papers"] == 47
        assert (manifest["counts"]["dated"], manifest["counts"]["undated"]) == (41, 6)
        assert manifest["counts"]["year_inferred"] == 17
        assert manifest["vectorizer_id"].startswith("minilm-53aa5117-")
        assert manifest["as_of"] == "2025-12-10"
        assert {"encode", "topics", "trends", "report"} <= set(manifest["seconds"])
        assert manifest["versions"]["bertopic"]
        assert manifest["command"] == f"papertrends run {PAGE} --workspace w --as-of 2025-12-10"

    def test_again_gives_the_same_bytes_and_encodes_nothing(self, runs):
        workspace, said = runs
        first, second = sorted((workspace / "runs").glob("2*"))
        assert digests(first) == digests(second)
        assert ", 0 texts encoded" in said[1]
        assert ", 0 texts encoded" not in said[0]

    def test_another_workspace_gives_the_same_tables(self, runs, tmp_path, forked):
        forked("run", PAGE, "--workspace", "other", "--as-of", "2025-12-10", cwd=tmp_path)
        assert digests(tmp_path / "other" / "latest") == digests(runs[0] / "latest")

    def test_the_page_can_be_made_again_from_its_tables(self, runs, forked):
        workspace, _ = runs
        before = digests(workspace / "latest")
        forked("report", "--workspace", "w", "--output", "again.html", cwd=workspace.parent)
        page = (workspace.parent / "again.html").read_text()
        assert "<h1" in page
        assert "47 papers" in page
        assert digests(workspace / "latest") == before

    def test_status_lists_both_runs(self, runs, forked):
        done = forked("status", "--workspace", "w", cwd=runs[0].parent)
        assert done.out.startswith("47 papers")
        assert done.out.count("completed") == 2

    def test_own_themes_and_vectors_of_papers_from_the_store(self, runs, forked):
        workspace, _ = runs
        own = workspace.parent / "own.toml"
        own.write_text('[[themes]]\nid = "robots"\nname = "Robots"\nphrases = ["robotic manipulation"]\n')
        done = forked(
            "analyze",
            "--workspace",
            "w",
            "--themes",
            "own.toml",
            "--as-of",
            "2025-12-10",
            cwd=workspace.parent,
        )
        assert "1 texts encoded" in done.out
        tables, manifest = read_run(workspace / "latest")
        assert tables.themes["theme_id"].tolist() == ["robots"]
        assert manifest["since"]["new_papers"] == 0
        of_themes = tables.changes[tables.changes["kind"] == "theme"]
        assert set(of_themes["series_id"]) == {"robots", S, E, A, I}


@pytest.mark.shared
class TestPage:
    @pytest.fixture(scope="class")
    @staticmethod
    def tables(tmp_path_factory, shared_dir, forked):
        cwd = tmp_path_factory.mktemp("page")
        forked("run", shared_dir / "seed" / "daily_papers_page.txt", "--workspace", "w", cwd=cwd)
        return read_run(cwd / "w" / "latest")[0]

    def test_every_paper_is_there(self, tables):
        papers = tables.papers
        assert len(papers) == 47
        assert papers["published_basis"].value_counts().to_dict() == {
            "stated": 24,
            "year_inferred": 17,
            "missing": 6,
        }
        assert papers["organization"].dropna().tolist() == ["Tencent"]
        assert papers["upvotes"].notna().sum() == 12

    def test_primary_themes_agree_with_labels_by_hand(self, tables):
        assert len(LABELS) == 47
        wrong = []
        for start, allowed in LABELS.items():
            found = tables.papers.loc[tables.papers["title"].str.startswith(start), "primary_theme"]
            assert len(found) == 1, start
            theme = None if pd.isna(found.iloc[0]) else found.iloc[0]
            if theme not in allowed:
                wrong.append((start, theme))
        assert len(wrong) <= 2, wrong

    def test_assignments_name_a_phrase(self, tables):
        assert (tables.theme_assignments["phrase"].str.len() > 5).all()
        assert (tables.theme_assignments["probability"] >= 0.5).all()


@pytest.mark.shared
def test_the_folder_of_saved_answers(tmp_path, shared_dir, forked):
    """All 415 files; lexical vectors, because the encoder takes minutes."""
    done = forked(
        "run",
        shared_dir / "corpora" / "hf_daily_papers",
        "--workspace",
        "w",
        "--vectorizer",
        "lexical",
        cwd=tmp_path,
    )
    assert done.out.startswith("6141 papers (0 undated, 0 records rejected)")
    latest = tmp_path / "w" / "latest"
    tables, manifest = read_run(latest)
    assert (latest / "report.html").stat().st_size < 3_000_000
    assert manifest["period"]["freq"] == "month"
    assert len(tables.topics) > 20
    assert (tables.papers["topic_id"] == "-1").mean() < 0.4
    assert tables.trends.groupby(["kind", "series_id"]).size().nunique() == 1


HARD_PAGES = {
    "20 papers": "".join(
        f"Paper number {n} on sparse rewards\n\nWe study exploration of agents in part {n} of a long series of works. "
        f"The agents explore.\n\n  • 3 authors\n·\nMar {n + 1}, 2025\n\n" for n in range(20)
    ),
    "a long abstract": "A long paper\n\n" + "Exploration of sparse rewards. " * 6500 + "\n\n  • 3 authors\n·\nMar 1, 2025\n",
    "Chinese": "稀疏奖励下的探索\n\n我们研究稀疏奖励下的强化学习探索方法，并说明好奇心为何有用。\n\n  • 3 authors\n·\nMar 1, 2025\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HARD_PAGES)
def test_hard_pages_end_in_a_report(tmp_path, forked, name):
    head = "Daily Papers\n\nbyAK and the research community\n\nDec 10\n\n"
    (tmp_path / "page.txt").write_text(head + HARD_PAGES[name], encoding="utf-8")
    done = forked("run", "page.txt", "--workspace", "w", "--as-of", "2025-12-10", cwd=tmp_path)
    assert (tmp_path / "w" / "latest" / "report.html").stat().st_size > 10_000
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body><h1>Daily Papers</h1></body></html>", "HTML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "page.txt"),
    ],
)
def test_what_is_not_a_page_gets_one_line(tmp_path, night, content, says):
    (tmp_path / "page.txt").write_bytes(content)
    done = night.run("run", "page.txt", "--workspace", "w", cwd=tmp_path)
    assert done.status == 2
    assert done.err.startswith("papertrends: ")
    assert done.err.count("\n") == 1
    assert says in done.err
    assert not (tmp_path / "w" / "latest").exists()
