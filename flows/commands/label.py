"""``papertrends label``: labels by people or a model, which teach themes and check their counts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError, PapertrendsError
from flows.commands.arguments import check_output, checked_settings, require_store
from flows.commands.console import (
    one_line_errors,
    print_lines,
    print_warnings,
    refuse_faults,
    show_progress,
)
from flows.commands.options import (
    AsOf,
    Themes,
    Vectorizer,
    Verbose,
    Workspace,
    export_option,
    name_option,
)

if TYPE_CHECKING:  # the commands that need them import them: they take seconds
    from analytics.themes import Theme
    from flows.config.settings import Settings
    from flows.labelling.stored_sitting import StoredSitting

__all__ = ["label"]

_MOST = 60
_REQUESTS_PER_PAPER = 4
"""Requests to a model per paper: one answer, another try, and retries if the endpoint is busy."""

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]",
        help="File to import: a filled CSV, a CSV saved from the report, or exported labels.",
    ),
]
Most = Annotated[int, typer.Option("--most", metavar="N", help="Maximum number of papers to label.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="CSV", help="Write the drawn papers to this file, to be filled in."),
]
Export = Annotated[Path | None, export_option("labels and draws")]
Name = Annotated[str | None, name_option("labeller")]
By = Annotated[str | None, typer.Option("--by", metavar="MODEL", help="Let this model label the papers.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible chat endpoint of the model."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="N", help="Port of the labelling page; any free port by default."),
]


@dataclass(frozen=True)
class _Asked:
    """What every way to label needs; `again` repeats the options of this command."""

    settings: Settings
    themes: tuple[Theme, ...]
    day: date
    name: str | None
    most: int
    again: str


def label(  # noqa: PLR0913 - its options
    file: File = None,
    workspace: Workspace = None,
    themes: Themes = None,
    most: Most = _MOST,
    output: Output = None,
    export: Export = None,
    name: Name = None,
    by: By = None,
    endpoint: Endpoint = None,
    port: Port = None,
    vectorizer: Vectorizer = None,
    as_of: AsOf = None,
    verbose: Verbose = False,
) -> None:
    """Label papers by theme: on a local web page, in a CSV file, or with a model."""
    with one_line_errors(verbose):
        _check_one_way({"FILE": file, "--output": output, "--export": export, "--by": by})
        if endpoint is not None and by is None:
            raise InputError("--endpoint works only with --by MODEL; remove it, or name the model")
        settings = checked_settings(workspace, themes, as_of, vectorizer)
        require_store(settings.workspace)
        from flows.clock import today
        from flows.config.themes_file import read_themes

        declared, day = read_themes(settings.themes_file), settings.as_of or today()
        again = _options(settings, {"--themes": themes, "--vectorizer": vectorizer, "--as-of": as_of})
        asked = _Asked(settings, declared, day, name, most, again)
        if export is not None:
            _export(settings, export)
        elif file is not None:
            _take(asked, file)
        elif output is not None:
            _write_questions(asked, output)
        elif by is not None:
            _ask_model(asked, by, endpoint)
        else:
            _open_page(asked, port)


def _check_one_way(given: dict[str, object]) -> None:
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise InputError(f"{' and '.join(named)} are different ways to label; give only one of them")


def _export(settings: Settings, target: Path) -> None:
    from flows.commands.csv_export import check_replaceable, write_export
    from flows.labelling.label_file import COLUMNS, render_labels
    from flows.store import Store

    check_output(target, settings.workspace, option="--export")
    check_replaceable(target, COLUMNS, "labels")
    with Store.open(settings.workspace) as store:
        history, draws = store.read_label_history(), store.read_draws()
    write_export(target, render_labels(history, draws))
    print_lines([f"labels  {target}: {len(history)} labels and {len(draws)} drawn papers"])


def _take(asked: _Asked, file: Path) -> None:
    from flows.commands.label_lines import taken_lines, theme_lines
    from flows.labelling.label_import import take_file
    from flows.labelling.labellers import labeller_name
    from flows.store import Store

    labeller = labeller_name(asked.name, asked.settings)
    taken = take_file(asked.settings.workspace, file, asked.themes, labeller=labeller, day=asked.day)
    with Store.open(asked.settings.workspace) as store:
        known = store.read_labels(asked.day)
    print_lines([*taken_lines(taken, file.name), *theme_lines(asked.themes, known)])
    print_warnings(taken.doubts)
    refuse_faults(file, taken.faults)
    if taken.n_labels:
        print_lines([f"then: papertrends analyze{asked.again}"])


def _write_questions(asked: _Asked, target: Path) -> None:
    from flows.labelling.question_file import check_free, write_questions

    check_output(target, asked.settings.workspace)
    check_free(target)
    sitting = _sitting(asked)
    if not sitting.papers:
        print_lines([_nothing_left(asked.day)])
        return
    write_questions(sitting.papers, [theme.theme_id for theme in asked.themes], target)
    print_lines(
        [
            f"papers  {target}: {len(sitting.papers)} papers",
            "write 1 for yes, 0 for no, ? for unsure; blank cells count as not answered",
            f"then: papertrends label {shlex.quote(str(target))}{asked.again}",
        ]
    )


def _ask_model(asked: _Asked, model: str, endpoint: str | None) -> None:
    from analytics.labels import MODEL
    from flows.commands.label_lines import theme_lines
    from flows.endpoints.endpoint_address import parse_endpoint
    from flows.labelling.judge_lines import agreement_lines, judge_lines
    from flows.labelling.judge_settings import endpoint_of, key_of
    from flows.labelling.model_judge import judge_papers
    from flows.store import Store

    place, key = endpoint_of(asked.settings, endpoint), key_of(asked.settings)
    parse_endpoint(place)  # before the minutes that vectors may take
    sitting = _sitting(asked, f"{MODEL}{model}")
    if not sitting.papers:
        print_lines([_nothing_left(asked.day)])
        return
    bound = _REQUESTS_PER_PAPER * len(sitting.papers)
    with show_progress():
        judged = judge_papers(sitting, model=model, endpoint=place, key=key, most_requests=bound)
    with Store.open(asked.settings.workspace) as store:
        known = store.read_labels(asked.day)
    names = {theme.theme_id: theme.name for theme in asked.themes}
    print_lines(
        [*judge_lines(judged), *agreement_lines(known, model, names), *theme_lines(asked.themes, known)]
    )
    if judged.n_answered:
        print_lines([f"then: papertrends analyze{asked.again}"])
    if judged.stopped is not None:
        raise PapertrendsError(f"{model} did not finish, see above; run the same command to continue")


def _open_page(asked: _Asked, port: int | None) -> None:
    from flows.commands.label_lines import theme_lines
    from flows.commands.labelling_server import check_port, serve_sitting
    from flows.store import Store

    check_port(port)
    sitting = _sitting(asked)
    if not sitting.papers:
        print_lines([_nothing_left(asked.day)])
        return
    serve_sitting(
        sitting, port=port, then=f"papertrends analyze{asked.again}", go_on=f"papertrends label{asked.again}"
    )
    with Store.open(asked.settings.workspace) as store:
        print_lines(theme_lines(asked.themes, store.read_labels(asked.day)))


def _sitting(asked: _Asked, labeller: str | None = None) -> StoredSitting:
    from flows.labelling.labellers import labeller_name
    from flows.labelling.open_sitting import open_sitting

    labeller = labeller or labeller_name(asked.name, asked.settings)
    with show_progress():
        return open_sitting(
            asked.settings, asked.themes, n_papers=asked.most, labeller=labeller, day=asked.day
        )


def _options(settings: Settings, given: dict[str, str | None]) -> str:
    """Options that repeat this command's workspace and files; defaults are omitted."""
    usual = type(settings).model_fields["workspace"].default
    place = None if settings.workspace == usual else str(settings.workspace)
    options = {"--workspace": place, **given}
    return "".join(
        f" {option} {shlex.quote(value)}" for option, value in options.items() if value is not None
    )


def _nothing_left(day: date) -> str:
    return f"every paper of the corpus as of {day} is labelled; ingest more papers to label"
