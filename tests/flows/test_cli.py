"""What the command line says to mistakes: one line, the right status, no traceback, nothing left behind."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from flows.commands.cli import app

PAGE = "data/sample/daily_papers.txt"


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PAPERTRENDS_WORKSPACE", "PAPERTRENDS_THEMES"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nowhere.txt"], "no file or folder 'nowhere.txt'"),
        (["run", "--as-of", "yesterday"], "--as-of 'yesterday' is not a day; write it as YYYY-MM-DD"),
        (["run", "--vectorizer", "word2vec"], "vectorizer"),
        (["run", "--themes", "none.toml"], "cannot read the themes file"),
        (["ingest", "nowhere"], "no file or folder 'nowhere'"),
        (["ingest", "[red]:cat:"], "no file or folder '[red]:cat:'"),
        (["ingest", "none"], "or a feed such as arxiv:cat:cs.AI"),
        (["report", "--workspace", "empty"], "empty"),
        (["status", "--workspace", "empty"], "has no store yet; start with: papertrends run SOURCE"),
        (["serve", "nowhere.txt"], "no file or folder"),
        (["ingest", "arxive:cat:cs.AI"], "did you mean 'arxiv'"),
        (["run", "daily-papers:yesteryear"], "'yesteryear'"),
        (["ingest", "daily-papers:2025-10-05..2025-10-01"], "ends on 2025-10-01, before it starts"),
        (["ingest", "rss:ftp://example.org"], "rss needs a web address"),
        (["ingest"], "nothing to ingest; give a file, a folder or a feed, or --fill-dates arxiv"),
        (["ingest", "--fill-dates", "arxiv"], "has no store yet"),
        (["ingest", "--fill-dates", "crossref"], "--fill-dates 'crossref' is an unknown service; use arxiv"),
        (["ingest", "x.csv", "--map", "Heading"], "--map 'Heading' is not COLUMN=FIELD"),
        (["paper", "2503.00001", "--workspace", "empty"], "has no store yet"),
    ],
)
def test_a_mistake_gets_one_line_and_status_2(call, tmp_path, arguments, says):
    result = call(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.startswith("papertrends: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_themes_mistake_names_line_and_field(call, tmp_path):
    (tmp_path / "t.toml").write_text('[[themes]]\nid = "a"\nname = 3\nphrases = ["x"]\n')
    result = call("run", "--themes", "t.toml")
    assert result.exit_code == 2
    assert "line 3: field 'name'" in result.stderr


def test_an_unknown_setting_is_named(call, tmp_path):
    (tmp_path / "papertrends.toml").write_text("vectoriser = 'minilm'\n")
    result = call("run")
    assert result.exit_code == 2
    assert "'vectoriser'" in result.stderr
    assert "vectorizer" in result.stderr


@pytest.mark.parametrize(
    "command", ["run", "ingest", "analyze", "paper", "report", "status", "serve", "label", "themes"]
)
def test_every_command_has_help(call, command):
    result = call(command, "--help")
    assert result.exit_code == 0
    assert "--workspace" in result.output


@pytest.mark.parametrize("command", ["report", "digest"])
@pytest.mark.parametrize(
    "output",
    [
        "w/runs/{run}/report.html",
        "w/latest/report.html",
        "w/runs/20240101T000000-000000-bbbbbbbb/x",
        "w/x/../runs/x",
    ],
)
def test_an_output_inside_a_run_folder_is_refused(call, tmp_path, command, output):
    run = tmp_path / "w" / "runs" / "20250101T000000-000000-aaaaaaaa"
    run.mkdir(parents=True)
    (tmp_path / "w" / "latest").symlink_to(f"runs/{run.name}")
    result = call(command, run.name, "--workspace", "w", "--output", output.format(run=run.name))
    assert result.exit_code == 2
    assert "never changes" in result.stderr
    assert list(run.iterdir()) == []


@pytest.mark.parametrize("name", ["../../private", "..", "/etc", "runs/../x", ".staged"])
@pytest.mark.parametrize("command", ["report", "digest", "diff"])
def test_the_name_of_a_run_leads_nowhere_else(call, tmp_path, command, name):
    (tmp_path / "w" / "runs" / "20250101T000000-000000-aaaaaaaa").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    result = call(command, name, "--workspace", "w")
    assert result.exit_code == 2
    assert f"there is no run {name!r}" in result.stderr


def test_a_table_whose_columns_are_unknown_says_how_to_name_them(call, tmp_path):
    (tmp_path / "a.csv").write_text("Heading;Body\nMaps;They change.\n")
    result = call("ingest", "a.csv")
    assert result.exit_code == 2
    assert "--map" in result.stderr
    wrong = call("ingest", "a.csv", "--map", "Headding=title")
    assert wrong.exit_code == 2
    assert "Heading" in wrong.stderr
