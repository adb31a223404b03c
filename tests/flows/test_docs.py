"""The documentation is whole and true: links, generated pages, commands, settings, tables, formats."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from analytics.table_columns import TABLES
from analytics.tables import TABLE_COLUMNS, RunTables
from docs import format_guides
from docs.make_reference import BENCHMARKS, commands, fill_blocks
from docs.make_reference import PAGES as GENERATED
from flows.commands.cli import app
from flows.config.settings import Settings, load_settings
from flows.config.themes_file import parse_themes
from flows.config.topics_file import parse_topic_edits
from flows.feeds.names import FEED_NAMES, parse_feed_name
from flows.sources.formats import SourceFormat
from flows.sources.recognition import FORMATS
from tests.flows.documents import (
    DOCS,
    DOCUMENTS,
    PAGES,
    PAPERS,
    ROOT,
    blocks,
    command_lines,
    named,
    prose,
    read,
)

# Programs that prepare a machine; what they do is not the project's.
PREPARATION = {"pip", "uv", ".venv/bin/python", "python3", "python", "export", "createdb", "ollama"}
# Commands of `text` blocks need another machine, a server or a person. Each has a test that does the same.
TESTED_ELSEWHERE = {
    "papertrends label --workspace": ("test_labelling_server.py", "test_a_stop_on_the_page_ends_it"),
    "papertrends label corrections.csv": ("test_label_files.py", "test_answers_of_the_report_have_no_draw"),
    "papertrends label --by": ("test_label_command.py", "test_a_model_answers_where_it_is_asked_to"),
    "papertrends digest --send": ("test_digest_mail.py", "test_sending_is_reported"),
    "papertrends store copy": ("test_store_copy.py", "test_there_and_back_all_tables_are_equal"),
    "papertrends status": ("test_store_copy.py", "test_runs_give_the_same_tables_on_both_and_after_copies"),
    "papertrends analyze": ("test_mirror.py", "test_a_run_its_page_and_the_newest"),
    "papertrends run my-papers.txt --workspace my-workspace --runner dask": (
        "test_dask_runner.py",
        "test_an_analysis_gives_the_same_bytes",
    ),
    "dask": ("test_dask_runner.py", "test_an_analysis_gives_the_same_bytes"),
    "prefect": ("test_prefect_server.py", "test_prefect_yaml_deploys_the_same_to_a_work_pool"),
    "docker": ("test_container_files.py", "test_what_is_copied_is_enough"),
    "marimo": ("../reports/test_notebook.py", "test_its_numbers_are_those_of_the_run"),
    "0 6 * * 1": ("test_main_job.py", "test_the_run_folder_is_complete"),
}
NUMBERS = ("int", "int?", "float")


def slug(heading: str) -> str:
    """Anchor of a heading, as GitHub and MkDocs make it."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
    return re.sub(r"\s", "-", kept)


def links(text: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(text)) if "://" not in link]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path):
    for link in links(read(path)):
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.is_file(), link
        if path in PAGES:
            assert file.is_relative_to(DOCS), f"{link} leads out of docs/, where a site has no page"
        if anchor:
            assert anchor in map(slug, re.findall(r"^#+ (.*)$", read(file), flags=re.M)), link


def test_every_page_is_linked_from_the_first_one_and_the_readme():
    for start in (DOCS / "index.md", ROOT / "README.md"):
        linked = {(start.parent / link.partition("#")[0]).resolve() for link in links(read(start))}
        assert [named(page) for page in PAGES if page not in linked and page.name != "index.md"] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= 8 * 1024


@pytest.mark.parametrize("name", GENERATED)
def test_generated_pages_are_current(name):
    assert read(DOCS / "reference" / name) == GENERATED[name](), "run: make docs"


def test_tables_of_the_benchmarks_are_those_of_their_results():
    page = read(BENCHMARKS)
    assert page == fill_blocks(page), "run: make docs"


def test_every_command_argument_and_option_says_what_it_is():
    found = commands()
    assert len(found) > 10
    for name, command in found:
        assert command.help, name
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"


def test_help_is_printed_as_it_is_written():
    """Rich would print ``:cat:`` as a picture and leave ``[default: ...]`` out."""
    for name, command in commands():
        shown = "".join(CliRunner().invoke(app, [*name.split()[1:], "--help"]).output.split())
        for parameter in command.params:
            assert "".join(parameter.help.split()) in shown, f"{name} {parameter.name}"


def test_every_command_is_used_in_a_page_that_a_person_wrote():
    generated = {DOCS / "reference" / name for name in GENERATED}
    written = "\n".join(read(page) for page in PAGES if page not in generated)
    for name, _ in commands():
        assert re.search(rf"{name}\b", written), f"{name} appears in the reference only"


def parsed(words: list[str]):
    """Context of a command line, parsed by the command itself."""
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands") and (rest[:1] or not command.invoke_without_command):
        if command.invoke_without_command and rest[0] not in command.commands:  # options of the group itself
            break
        command, rest = command.commands[rest[0]], rest[1:]
    return command.make_context(" ".join(words), list(rest))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_command_lines_are_accepted(path):
    text = read(path)
    for words in [*command_lines(text, "bash"), *command_lines(text, "text")]:
        if words[0] != "papertrends" or "[OPTIONS]" in words:
            continue
        for source in parsed(words).params.get("sources") or []:
            parse_feed_name(source, today=date(2026, 1, 1))


@pytest.mark.parametrize("path", [*DOCUMENTS], ids=named)
def test_commands_within_sentences_exist(path):
    known = {name: {option for one in command.params for option in one.opts} for name, command in commands()}
    for quoted in re.findall(r"`(papertrends [^`]+)`", prose(read(path))):
        name = next((one for one in known if re.match(rf"{one}\b", quoted)), None)
        assert name, quoted
        assert set(re.findall(r"(?<=\s)--[a-z-]+", quoted)) <= known[name] | {"--help"}, quoted


def test_commands_that_do_not_run_here_are_tested_elsewhere():
    used = set()
    for path in DOCUMENTS:
        for words in command_lines(read(path), "text"):
            line = " ".join(word for word in words if not re.match(r"[A-Z_]+=", word))
            if "[OPTIONS]" in words or line.startswith("papertrends ingest") or words[0] in PREPARATION:
                continue  # usage lines; feeds run in test_docs_commands
            same = [start for start in TESTED_ELSEWHERE if line.startswith(start)]
            assert same, f"{named(path)}: {line}"
            used.update(same)
    assert used == set(TESTED_ELSEWHERE)
    for file, test in TESTED_ELSEWHERE.values():
        assert f"def {test}(" in read(ROOT / "tests" / "flows" / file), test


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_make_targets_exist(path):
    targets = re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), flags=re.M)
    for target in re.findall(r"`make ([a-z-]+)`", prose(read(path))):
        assert target in targets
    for words in command_lines(read(path), "bash"):
        assert words[0] != "make" or words[1] in targets


def test_every_make_target_is_documented():
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), flags=re.M)) - {"constraints", "clean"}
    text = "\n".join(map(read, DOCUMENTS))
    assert {target for target in targets if f"make {target}" not in text} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_examples_of_files_are_valid(path, tmp_path):
    for example in blocks(read(path), "toml"):
        if "[[themes]]" in example:
            assert parse_themes(example, location=named(path))[0].theme_id == "robot-learning"
        elif re.match(r"\[T\d{4}\]", example):
            assert parse_topic_edits(example, location=named(path))
        else:
            (tmp_path / "papertrends.toml").write_text(example, encoding="utf-8")
            assert set(tomllib.loads(example)) <= load_settings(folder=tmp_path).model_fields_set


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_settings_and_files_named_in_the_text_exist(path):
    text = read(path)
    for name in re.findall(r"settings? `(\w+)`", text):
        assert name in Settings.model_fields
    for variable in re.findall(r"PAPERTRENDS_(\w+)", text):
        assert variable.lower() in Settings.model_fields
    for file in re.findall(r"`((?:analytics|benchmarks|data|docs|flows|reports|tests)/[\w./-]+)`", text):
        assert (ROOT / file).exists() or file.startswith("data/workspace"), file


def test_every_setting_says_what_it_is():
    assert [name for name, info in Settings.model_fields.items() if not info.description] == []


def test_every_table_and_column_says_what_it_is_and_numbers_have_units():
    assert list(TABLES) == list(TABLE_COLUMNS) == list(RunTables.__dataclass_fields__)
    for name, table in TABLES.items():
        assert table.rows.endswith("."), name
        for column, spec in table.columns.items():
            assert spec.meaning.endswith("."), f"{name}.{column}"
            assert spec.unit or spec.kind not in NUMBERS or column == "draw", f"{name}.{column} has no unit"


def test_every_format_has_a_guide_and_every_guide_a_format():
    guided = {name for guide in format_guides.FORMATS for name in guide.formats}
    assert guided == {one.name for one in FORMATS if isinstance(one, SourceFormat)}


def test_every_feed_has_an_example_that_is_read_as_one():
    assert set(format_guides.FEEDS) == set(FEED_NAMES)
    for name, guide in format_guides.FEEDS.items():
        spec = parse_feed_name(guide.example, today=date(2026, 1, 1))
        assert spec is not None
        assert spec.name == name


def test_the_licence_is_the_one_that_the_package_states():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    assert read(ROOT / "LICENSE").startswith(f"{project['license']} License")
    citation = read(ROOT / "CITATION.cff")
    assert f"license: {project['license']}\n" in citation
    assert f"version: {project['version']}\n" in citation
    released = re.search(rf"## \[{re.escape(project['version'])}\] - (\S+)", read(ROOT / "CHANGELOG.md"))
    assert released is not None
    assert f'date-released: "{released[1]}"' in citation


@pytest.mark.parametrize("path", [*PAPERS, *PAGES], ids=named)
def test_plain_english(path):
    if path.name in GENERATED:
        return
    said = re.sub(r"<!-- .*?<!-- /\w+ -->", "", prose(read(path)), flags=re.S)
    for phrase in (
        r"\banew\b",
        r"\bis none\b",
        r"\bstands? in\b",
        r"\bof its own\b",
        r"\bbeside\b",
        r"\btold by\b",
    ):
        assert not re.search(phrase, said), phrase


def test_where_to_change_names_files_that_hold_what_it_says_and_every_folder():
    text = read(DOCS / "where-to-change.md")
    rows = re.findall(r"^\| [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", text, flags=re.M)
    assert len(rows) >= 20
    for file, name in rows:
        assert re.search(rf"\b{re.escape(name)}\b", read(ROOT / file)), f"{name} is not in {file}"
    folders = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for package in ("analytics", "reports", "flows")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    assert {folder for folder in folders if f"`{folder}`" not in text} == set()


def test_ci_runs_the_test_command_of_the_readme():
    tested = [words for words in command_lines(read(ROOT / "README.md"), "bash") if words[-1] == "test"]
    assert tested == [["make", "test"]]
    assert "make test\n" in read(ROOT / ".ci" / "run")
