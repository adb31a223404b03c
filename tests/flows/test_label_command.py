"""``papertrends label``: the round from a draw over a filled file to a run, and what it says to mistakes."""

from __future__ import annotations

import csv
import io
import json
import socket
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.analysis import steps
from flows.analysis.manifest import definitions_hash, fingerprint_of
from flows.commands.cli import app
from flows.config.settings import load_settings
from flows.config.themes_file import read_themes
from flows.ingest import ingest_source
from flows.runs import read_manifest, read_run, resolve_run
from flows.store import Store
from tests.flows.night import write_papers

DAY = "2025-12-10"
LEXICAL = ("--vectorizer", "lexical", "--as-of", DAY)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, without settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("WORKSPACE", "THEMES", "LABELLER", "AS_OF"):
        monkeypatch.delenv(f"PAPERTRENDS_{name}", raising=False)
    return tmp_path


@pytest.fixture
def call(folder):
    """Runs a command in a workspace of 45 papers."""
    write_papers(folder / "papers.jsonl", 45)

    def run(*arguments, status=0, workspace="w"):
        result = CliRunner().invoke(app, [*map(str, arguments), "--workspace", workspace])
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    ingest_source("papers.jsonl", Path("w"), date.fromisoformat(DAY))  # as `ingest`, without Prefect
    return run


def fill(path: Path, answers: str, *, separator: str = ",") -> list[str]:
    """Fill every theme's cells with answers in turn, a letter each; gives the papers."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    for place, row in enumerate(rows):
        row[5:] = [answers[(place + theme) % len(answers)].strip() for theme in range(len(header) - 5)]
    content = io.StringIO()
    csv.writer(content, delimiter=separator).writerows([header, *rows])
    path.write_text(content.getvalue(), encoding="utf-8-sig", newline="")
    return [row[0] for row in rows]


def known(workspace="w"):
    with Store.open(Path(workspace)) as store:
        return store.read_labels(pd.Timestamp(DAY).date())


def test_a_round_through_a_file(call, folder):
    told = call("label", "--most", 12, "--output", "to_label.csv", *LEXICAL).stdout.splitlines()
    assert told == [
        "papers  to_label.csv: 12 papers",
        "write 1 for yes, 0 for no, ? for unsure; blank cells count as not answered",
        f"then: papertrends label to_label.csv --workspace w --vectorizer lexical --as-of {DAY}",
    ]
    papers = fill(folder / "to_label.csv", "100?", separator=";")
    told = call("label", "to_label.csv", "--as", "ann", "--as-of", DAY).stdout.splitlines()
    assert told == [
        "48 answers for 12 papers from to_label.csv by ann",
        "self-improvement  3 yes, 6 no, 3 unsure",
        "rl-exploration    3 yes, 6 no, 3 unsure",
        "agents            3 yes, 6 no, 3 unsure",
        "introspection     3 yes, 6 no, 3 unsure",
        f"then: papertrends analyze --workspace w --as-of {DAY}",
    ]
    labels = known()
    assert set(labels["paper_id"]) == set(papers)
    assert labels["draw"].eq(1).all()
    assert labels["labeller"].eq("ann").all()


@pytest.mark.slow
def test_labels_are_part_of_a_run_and_of_its_fingerprint(call, folder):
    settings = load_settings({"workspace": folder / "w", "vectorizer": "lexical"})
    themes, day = read_themes(settings.themes_file), pd.Timestamp(DAY).date()
    definitions = definitions_hash(themes, settings, "lexical-x")

    def fingerprint():
        return fingerprint_of(steps.read_day(folder / "w", day), day, definitions, settings, 0)

    without = fingerprint()
    assert steps.read_day(folder / "w", day).labels.empty
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    assert fingerprint() == without
    fill(folder / "a.csv", "1000")
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    some = fingerprint()
    assert some != without
    assert len(steps.read_day(folder / "w", day).labels) == 24
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    assert fingerprint() == some
    fill(folder / "a.csv", "1001")
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    assert fingerprint() not in {without, some}


@pytest.mark.slow
@pytest.mark.xdist_group("disasters")
def test_a_run_holds_the_labels_known_on_its_day(night, tmp_path):
    write_papers(tmp_path / "papers.jsonl", 45)

    def run(*arguments):
        done = night.run(*arguments, "--workspace", "w", *LEXICAL, cwd=tmp_path)
        assert (done.status, done.err) == (0, "")
        return done.out

    run("run", "papers.jsonl")
    first = resolve_run(tmp_path / "w").name
    run("label", "--most", "20", "--output", "to_label.csv")
    fill(tmp_path / "to_label.csv", "100?")
    run("label", "to_label.csv", "--as", "ann")
    run("analyze")
    tables, manifest = read_run(resolve_run(tmp_path / "w"))
    assert len(tables.labels) == 80
    assert tables.labels.equals(known(tmp_path / "w"))
    assert manifest["against"] == first  # it is no repetition of the run without labels
    before = (tmp_path / "w" / "latest" / "labels.parquet").read_bytes()
    run("analyze")
    again = read_manifest(resolve_run(tmp_path / "w"))
    assert (again["fingerprint"], again["against"]) == (manifest["fingerprint"], first)
    assert (tmp_path / "w" / "latest" / "labels.parquet").read_bytes() == before
    assert "labeller" not in again["settings"]


def test_labels_go_to_another_workspace_as_a_file(call, folder):
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    fill(folder / "a.csv", "10")
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    told = call("label", "--export", "labels.csv").stdout
    assert told == "labels  labels.csv: 24 labels and 6 drawn papers\n"
    ingest_source("papers.jsonl", Path("v"), date.fromisoformat(DAY))
    told = call("label", "labels.csv", workspace="v").stdout
    assert told.startswith("24 answers for 6 papers from labels.csv by ann\n")
    assert known("v").equals(known("w"))
    call("label", "--export", "again.csv", workspace="v")
    assert (folder / "again.csv").read_bytes() == (folder / "labels.csv").read_bytes()
    # The draw is known there too: the next one is of other papers.
    asked = call("label", "--most", 12, "--output", "b.csv", *LEXICAL, workspace="v")
    assert "12 papers" in asked.stdout
    assert not set(fill(folder / "b.csv", "1")) & set(known("v")["paper_id"])


def test_a_bad_cell_ends_with_status_2_and_all_else_is_kept(call, folder):
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    fill(folder / "a.csv", "1011b")
    result = call("label", "a.csv", "--as", "ann", "--as-of", DAY, status=2)
    *cells, last = result.stderr.splitlines()
    assert last == (
        f"papertrends: a.csv cannot be read at {len(cells)} places, see above; everything else is stored: correct the file and import it again"
    )
    assert cells[0].startswith("a.csv, line 3, column introspection: 'b' is not an answer; 1, yes, y, true")
    assert len(known()) == 24 - len(cells)
    assert result.stdout.startswith(f"{24 - len(cells)} answers for 6 papers from a.csv by ann\n")


def test_answers_under_another_definition_are_reported(call, folder):
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    fill(folder / "a.csv", "10")
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    (folder / "t.toml").write_text('[[themes]]\nid = "agents"\nname = "A"\nphrases = ["agents"]\n')
    result = call("label", "a.csv", "--as", "ann", "--as-of", DAY, "--themes", "t.toml")
    assert "agents  3 yes, 3 no, 0 unsure; 6 of them for an earlier definition of the theme" in result.stdout
    assert "warning: column 'introspection' is not a theme id and is ignored" in result.stderr


def test_when_nothing_is_left_it_says_so(call, folder):
    call("label", "--most", 100, "--output", "a.csv", *LEXICAL)
    assert len(fill(folder / "a.csv", "10")) == 45
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    told = call("label", "--output", "b.csv", *LEXICAL).stdout
    assert told == f"every paper of the corpus as of {DAY} is labelled; ingest more papers to label\n"
    assert not (folder / "b.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("a.csv", "--output", "b.csv"),
            "FILE and --output are different ways to label; give only one of them",
        ),
        (("--export", "a.csv", "--by", "llama"), "--export and --by are different ways to label"),
        (("--endpoint", "http://127.0.0.1"), "--endpoint works only with --by MODEL"),
        (("nowhere.csv",), "cannot read nowhere.csv: No such file or directory"),
        (("papers.jsonl",), "papers.jsonl has no column 'paper_id' in its first line"),
        (
            ("--output", "papers.jsonl"),
            "papers.jsonl exists and may contain answers; choose another --output",
        ),
        (("--output", "w/runs/r/a.csv"), "--output w/runs/r/a.csv is in a run folder"),
        (("--export", "w/runs/r/a.csv"), "--export w/runs/r/a.csv is in a run folder"),
        (("--export", "papers.jsonl"), "papers.jsonl exists and is not a file of exported labels"),
        (
            ("--output", "no/folder/a.csv"),
            "cannot write no/folder/a.csv: the folder no/folder does not exist;",
        ),
        (("--port", "70000"), "--port 70000 is not a port; use 1 to 65535"),
        (("--by", "m"), "--by MODEL needs the address of a chat endpoint"),
        (("--by", "m", "--endpoint", "ftp://a"), "the endpoint is not an address of http or https"),
        (("--export", "no/folder/a.csv"), "cannot write no/folder/a.csv (No such file or directory)"),
        (("--output", "b.csv", "--most", "0"), "0 papers were asked for; at least 1 must be drawn"),
        (("--output", "b.csv", "--as", "model:x"), "--as 'model:x' is the name of a model"),
        (("--output", "b.csv", "--as-of", "2000-01-01"), "has no paper as of 2000-01-01"),
        (("--output", "b.csv", "--themes", "none.toml"), "cannot read the themes file"),
    ],
)
def test_a_mistake_gets_one_line_and_status_2_and_draws_nothing(call, arguments, says):
    result = call("label", *arguments, status=2)
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    with Store.open(Path("w")) as store:
        assert store.read_draws().empty


def test_a_port_in_use_draws_nothing(call):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = call("label", "--port", port, *LEXICAL, status=2)
    assert f"port {port} of 127.0.0.1 is already in use; use another --port" in result.stderr
    with Store.open(Path("w")) as store:
        assert store.read_draws().empty


def test_a_file_without_answers_has_no_next_command(call, folder):
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    told = call("label", "a.csv", "--as", "ann", "--as-of", DAY).stdout
    assert told.startswith("0 answers for 0 papers from a.csv by ann\n")
    assert "then:" not in told


def test_exported_labels_are_replaced_by_newer_ones(call, folder):
    call("label", "--most", 6, "--output", "a.csv", *LEXICAL)
    call("label", "--export", "labels.csv")
    before = (folder / "labels.csv").read_bytes()
    fill(folder / "a.csv", "10")
    call("label", "a.csv", "--as", "ann", "--as-of", DAY)
    call("label", "--export", "labels.csv")
    assert len((folder / "labels.csv").read_bytes()) > len(before)


def says(loopback_server, text):
    """Answer of a chat endpoint."""
    make_answer = type(loopback_server.answer(None))
    return make_answer(json.dumps({"choices": [{"message": {"content": text}}]}).encode())


def test_a_model_answers_where_it_is_asked_to(call, loopback_server):
    themes = ["self-improvement", "rl-exploration", "agents", "introspection"]
    answer = says(loopback_server, json.dumps(dict.fromkeys(themes, "no") | {"agents": "yes"}))
    loopback_server.answer = lambda asked: answer
    model = ("--by", "llama", "--endpoint", loopback_server.url)
    told = call("label", *model, "--most", 6, *LEXICAL).stdout.splitlines()
    assert told[0] == "llama answered 6 of 6 papers"
    assert "agents            6 yes, 0 no, 0 unsure" in told
    assert told[-1] == f"then: papertrends analyze --workspace w --vectorizer lexical --as-of {DAY}"
    assert known()["labeller"].eq("model:llama").all()
    assert known()["draw"].eq(1).all()


def test_a_model_that_ends_early_is_a_failure_that_keeps_its_answers(call, loopback_server):
    themes = ["self-improvement", "rl-exploration", "agents", "introspection"]
    good = says(loopback_server, json.dumps(dict.fromkeys(themes, "no")))
    other = says(loopback_server, "I cannot.")
    loopback_server.answer = lambda asked: good if len(loopback_server.asked) <= 2 else other
    model = ("--by", "llama", "--endpoint", loopback_server.url)
    result = call("label", *model, "--most", 30, *LEXICAL, status=1)
    assert result.stdout.startswith("llama answered 2 of 30 papers; ")
    assert result.stderr.splitlines()[-1] == (
        "papertrends: llama did not finish, see above; run the same command to continue"
    )
    assert known()["paper_id"].nunique() == 2


def test_a_workspace_without_a_store_is_named(folder):
    result = CliRunner().invoke(app, ["label", "--export", "a.csv", "--workspace", "empty"])
    assert result.exit_code == 2
    assert "has no store yet; start with: papertrends run SOURCE" in result.stderr
    assert list(folder.iterdir()) == []
