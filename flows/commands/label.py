"""``papertrends label``: labels by people or a model, which teach themes and check their counts."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError, PapertrendsError
from flows.commands.arguments import check_output, checked_settings, require_store
from flows.commands.console import err, one_line_errors, out, show_progress
from flows.commands.options import AsOf, Themes, Vectorizer, Verbose, Workspace

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
Export = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Export all labels and draws, for a git repository."),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Name of the labeller; by default the setting labeller, else the login name.",
    ),
]
By = Annotated[str | None, typer.Option("--by", metavar="MODEL", help="Let this model label the papers.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible chat endpoint of the model."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="N", help="Port of the labelling page; any free port by default."),
]


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
        if export is not None:
            _export(settings, export)
        elif file is not None:
            _take(settings, declared, file, name, day, again)
        elif output is not None:
            _write_questions(settings, declared, output, most, name, day, again)
        elif by is not None:
            _ask_model(settings, declared, by, endpoint, most, day, again)
        else:
            _open_page(settings, declared, most, name, day, port, again)


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
    _print_line([f"labels  {target}: {len(history)} labels and {len(draws)} drawn papers"])


def _take(
    settings: Settings, themes: tuple[Theme, ...], file: Path, name: str | None, day: date, again: str
) -> None:
    from flows.commands.label_lines import taken_lines, theme_lines
    from flows.labelling.label_import import take_file
    from flows.labelling.labellers import labeller_name
    from flows.store import Store

    taken = take_file(settings.workspace, file, themes, labeller=labeller_name(name, settings), day=day)
    with Store.open(settings.workspace) as store:
        known = store.read_labels(day)
    _print_line([*taken_lines(taken, file.name), *theme_lines(themes, known)])
    for doubt in taken.doubts:
        err.print(f"warning: {doubt}", markup=False, soft_wrap=True)
    for fault in taken.faults:
        err.print(f"{file.name}, {fault}", markup=False, soft_wrap=True)
    if taken.faults:
        places = "1 place" if len(taken.faults) == 1 else f"{len(taken.faults)} places"
        raise InputError(
            f"{file} cannot be read at {places}, see above; everything else is stored: correct the file"
            " and import it again"
        )
    if taken.n_labels:
        _print_line([f"then: papertrends analyze{again}"])


def _write_questions(
    settings: Settings,
    themes: tuple[Theme, ...],
    target: Path,
    most: int,
    name: str | None,
    day: date,
    again: str,
) -> None:
    from flows.labelling.question_file import check_free, write_questions

    check_output(target, settings.workspace)
    check_free(target)
    sitting = _sitting(settings, themes, most, name, day)
    if not sitting.papers:
        _print_line([_nothing_left(day)])
        return
    write_questions(sitting.papers, [theme.theme_id for theme in themes], target)
    _print_line(
        [
            f"papers  {target}: {len(sitting.papers)} papers",
            "write 1 for yes, 0 for no, ? for unsure; blank cells count as not answered",
            f"then: papertrends label {shlex.quote(str(target))}{again}",
        ]
    )


def _ask_model(
    settings: Settings,
    themes: tuple[Theme, ...],
    model: str,
    endpoint: str | None,
    most: int,
    day: date,
    again: str,
) -> None:
    from analytics.labels import MODEL
    from flows.commands.label_lines import theme_lines
    from flows.endpoints.endpoint_address import parse_endpoint
    from flows.labelling.judge_lines import agreement_lines, judge_lines
    from flows.labelling.judge_settings import endpoint_of, key_of
    from flows.labelling.model_judge import judge_papers
    from flows.labelling.open_sitting import open_sitting
    from flows.store import Store

    place, key = endpoint_of(settings, endpoint), key_of(settings)
    parse_endpoint(place)  # before the minutes that vectors may take
    with show_progress():
        sitting = open_sitting(settings, themes, n_papers=most, labeller=f"{MODEL}{model}", day=day)
        if not sitting.papers:
            _print_line([_nothing_left(day)])
            return
        bound = _REQUESTS_PER_PAPER * len(sitting.papers)
        judged = judge_papers(sitting, model=model, endpoint=place, key=key, most_requests=bound)
    with Store.open(settings.workspace) as store:
        known = store.read_labels(day)
    names = {theme.theme_id: theme.name for theme in themes}
    _print_line([*judge_lines(judged), *agreement_lines(known, model, names), *theme_lines(themes, known)])
    if judged.n_answered:
        _print_line([f"then: papertrends analyze{again}"])
    if judged.stopped is not None:
        raise PapertrendsError(f"{model} did not finish, see above; run the same command to continue")


def _open_page(
    settings: Settings,
    themes: tuple[Theme, ...],
    most: int,
    name: str | None,
    day: date,
    port: int | None,
    again: str,
) -> None:
    from flows.commands.label_lines import theme_lines
    from flows.commands.labelling_server import check_port, serve_sitting
    from flows.store import Store

    check_port(port)
    sitting = _sitting(settings, themes, most, name, day)
    if not sitting.papers:
        _print_line([_nothing_left(day)])
        return
    serve_sitting(sitting, port=port, then=f"papertrends analyze{again}", go_on=f"papertrends label{again}")
    with Store.open(settings.workspace) as store:
        _print_line(theme_lines(themes, store.read_labels(day)))


def _sitting(
    settings: Settings, themes: tuple[Theme, ...], most: int, name: str | None, day: date
) -> StoredSitting:
    from flows.labelling.labellers import labeller_name
    from flows.labelling.open_sitting import open_sitting

    labeller = labeller_name(name, settings)
    with show_progress():
        return open_sitting(settings, themes, n_papers=most, labeller=labeller, day=day)


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


def _print_line(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
