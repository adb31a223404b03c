"""The benchmark beside BERTopic: what it measures is what it says, and the docs show what it found."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.arxiv_sample import changed_copies
from benchmarks.measured_process import run_measured
from benchmarks.scale_measures import agreement, term_quality
from benchmarks.scale_page import (
    checked_targets,
    docs_block,
    docs_table,
    part_names,
    render_page,
    replace_block,
)
from flows.sources.identifiers import find_arxiv_id

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "scale.json"


def part(seconds, v_measure=0.4, peak_mb=1500.0, stages=None):
    quality = {
        "v_measure": v_measure,
        "v_measure_clustered": 0.5,
        "npmi": 0.1,
        "npmi_subject": 0.1,
        "diversity": 0.9,
        "unclustered": 0.2,
        "topics": 40,
    }
    return {
        "seconds": seconds,
        "peak_mb": peak_mb,
        "stages": stages or {"topics": seconds},
        "quality": quality,
    }


@pytest.fixture
def results():
    """Two sizes of each; every target holds exactly."""
    parts = {
        "bertopic-500": part(100.0), "ours-500": part(20.0), "student-500": part(15.0),
        "bertopic-given-500": part(70.0), "ours-given-500": part(20.0),
        "bertopic-2000": part(450.0), "ours-2000": part(50.0), "student-2000": part(30.0),
        "bertopic-given-2000": part(105.0), "ours-given-2000": part(30.0),
        "scale-7500": part(100.0), "scale-750000": part(1800.0, peak_mb=6000.0), "more-7500": part(8.0),
        "limit-10000": part(600.0),
    }  # fmt: skip
    about = {
        "machine": "2 cores",
        "python": "3.11.7",
        "versions": {"bertopic": "0.17.4"},
    }
    return {"about": about, "sizes": [500, 2000], "scale": [7500, 750000], "limit": 10000, "parts": parts}


def test_the_docs_show_what_the_results_give():
    block = docs_block((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else None
    assert block == (docs_table(found) if found else ""), "run: make bench"


def test_the_page_beside_the_results_is_theirs():
    if RESULTS.is_file():
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
        assert RESULTS.with_suffix(".md").read_text(encoding="utf-8") == render_page(found)


def test_targets_worked_by_hand(results):
    checked = checked_targets(results)
    assert {one["holds"] for one in checked} == {True}
    values = [one["value"] for one in checked]
    growth = 0.6276  # log 18 / log 100
    assert values == pytest.approx([5, 15, 3.5, 3.5, 1, 1, 1, 0, 0.9, 30, 6, growth, 0.08, 10], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "key", "value", "row"),
    [
        ("ours-500", "seconds", 20.1, 0),
        ("student-2000", "seconds", 30.1, 1),
        ("ours-given-500", "seconds", 20.1, 2),
        ("ours-given-2000", "seconds", 30.1, 3),
        ("scale-750000", "seconds", 1801.0, 9),
        ("scale-750000", "peak_mb", 6001.0, 10),
        ("scale-7500", "seconds", 14.0, 11),  # 100 ** 1.05 is 125.9
        ("more-7500", "seconds", 8.1, 12),
        ("limit-10000", "seconds", 601.0, 13),
    ],
)
def test_a_target_missed_by_a_little_is_missed(results, name, key, value, row):
    results["parts"][name][key] = value
    assert [one["holds"] for one in checked_targets(results)].index(False) == row
    assert "| NO |" in docs_table(results)


@pytest.mark.parametrize(
    ("name", "key", "row"),
    [
        ("ours-500", "v_measure", 4),
        ("ours-2000", "v_measure", 5),
        ("student-2000", "v_measure", 6),
        ("ours-500", "npmi_subject", 7),
        ("ours-500", "diversity", 8),
    ],
)
def test_worse_topics_miss_a_target(results, name, key, row):
    results["parts"][name]["quality"][key] -= 0.001
    assert [one["holds"] for one in checked_targets(results)].index(False) == row


def test_parts_that_did_not_run_are_reported_and_judged_nowhere(results):
    whole = copy.deepcopy(results)
    for name in part_names(results["sizes"], results["scale"], results["limit"]):
        results["parts"] = {key: value for key, value in whole["parts"].items() if key != name}
        assert "not run" in render_page(results)
    results["parts"] = {}
    assert {one["holds"] for one in checked_targets(results)} == {None}
    assert results["about"]["machine"] in render_page(results)


def test_one_size_alone_has_no_growth(results):
    results["scale"] = [7500]
    by_rule = {one["name"]: one["holds"] for one in checked_targets(results)}
    assert by_rule["exponent of growth, 7,500 to 7,500 papers"] is None
    render_page(results)


def test_a_table_goes_between_the_marks_and_comes_back(results):
    page = "# A\n\n<!-- scale -->\n\nold\n\n<!-- /scale -->\n\nrest\n"
    table = docs_table(results)
    once = replace_block(page, table)
    assert docs_block(once) == table
    assert replace_block(once, table) == once
    assert once.startswith("# A\n\n")
    assert once.endswith("\n\nrest\n")
    with pytest.raises(ValueError, match="needs a line"):
        replace_block("# A\n", table)


def test_agreement_worked_by_hand():
    labels = pd.Series(["a", "a", "b", "b"])
    found = agreement(labels, pd.Series([0, 0, 1, -1]), -1)
    assert found["v_measure_clustered"] == 1
    assert found["unclustered"] == 0.25
    assert found["topics"] == 2
    # Homogeneous, and of the label's 1 bit of b's split half a bit is too much: completeness 1 / 1.5.
    assert found["v_measure"] == pytest.approx(2 * (1 / 1.5) / (1 + 1 / 1.5))


def test_terms_of_both_are_counted_alike():
    texts = ["the graph neural network", "the graph neural network", "a sparse tree", "a sparse tree"]
    ours = term_quality(texts, [["Graph neural", "network"], ["sparse tree", "sparse"]])
    assert ours == {"npmi": 1, "npmi_subject": 1, "diversity": 1, "uncounted": 0}
    # Function words have no column of ours; "the" stands where "graph" does.
    theirs = term_quality(texts, [["the", "graph"], ["sparse", "graph"]])
    assert theirs["npmi"] == 0  # 1 of the first topic, -1 of the second
    assert theirs["npmi_subject"] == -1
    assert theirs["diversity"] == 0.75


def test_words_made_by_deleting_punctuation_are_counted_and_strange_ones_told():
    texts = ["a state-of-the-art tree", "state-of-the-art tree", "forest", "forest"]
    found = term_quality(texts, [["stateoftheart", "tree", "nowhere"]])
    assert found["npmi"] == 1
    assert found["uncounted"] == 1


def test_no_topic_has_no_quality():
    assert term_quality(["forest", "forest"], []) == {
        "npmi": None,
        "npmi_subject": None,
        "diversity": None,
        "uncounted": 0,
    }


@pytest.mark.slow
def test_memory_of_children_counts_and_ends_are_reported(tmp_path):
    block = "import time; held = b'x' * 120_000_000; time.sleep(1.5)"
    parent = f"import subprocess, sys; {block.replace('time.sleep(1.5)', '')}subprocess.run([sys.executable, '-c', {block!r}]); print('done')"
    found = run_measured([sys.executable, "-c", parent], tmp_path)
    assert found.output == "done\n"
    assert 240 < found.peak_mb < 400
    assert found.seconds > 1.5
    with pytest.raises(RuntimeError, match="ended with 3: no such thing"):
        run_measured(
            [sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"],
            tmp_path,
        )


def papers(ids):
    words = " ".join(f"word{number}" for number in range(200))
    return pd.DataFrame(
        {"id": ids, "title": words, "abstract": words, "date": "2019-02-03", "doi": "10.1000/1"}
    )


def test_copies_are_new_papers_of_the_same_days():
    table = papers(["1902.00001", "1902.00003", "0704.0001", "cs/9301111"])
    copies = changed_copies(table, 3, seed=0)
    ids = [one for copy_ in [table, *copies] for one in copy_["id"]]
    assert len(set(ids)) == len(ids) == 16
    assert [find_arxiv_id(one)[0] for one in ids] == ids
    assert copies[0]["id"].tolist() == ["1902.00002", "1902.00004", "0704.0002", "cs/9301001"]
    for copy_ in copies:
        assert copy_["date"].tolist() == table["date"].tolist()
        assert not copy_["doi"].any()
        for old, new in zip(table["abstract"], copy_["abstract"], strict=True):
            changed = [one != other for one, other in zip(old.split(), new.split(), strict=True)]
            assert 0.15 < sum(changed) / 200 < 0.45
    assert len({text for copy_ in copies for text in copy_["abstract"]}) == 12
    again = changed_copies(table, 3, seed=0)
    assert all(one.equals(other) for one, other in zip(copies, again, strict=True))


def test_a_month_runs_out_of_numbers():
    with pytest.raises(ValueError, match="more ids than a month has"):
        changed_copies(papers([f"0704.{number:04d}" for number in range(1, 6000)]), 1, seed=0)


def test_copies_of_a_full_month_go_to_other_archives():
    first, second = changed_copies(papers([f"cs/9301{number:03d}" for number in range(1, 600)]), 2, seed=0)
    ids = [*first["id"], *second["id"]]
    assert ids[:400] == [f"cs/9301{number}" for number in range(600, 1000)]
    assert ids[400] == "math/9301001"
    assert len(set(ids)) == 1198
    assert all(find_arxiv_id(one)[0] == one for one in ids)
