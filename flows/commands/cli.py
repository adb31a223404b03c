"""The command line: parses arguments, calls the flows and prints the results."""

from __future__ import annotations

import atexit
import gc
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from analytics.exceptions import InputError, PapertrendsError
from flows.commands.arguments import (
    check_ingest,
    check_output,
    check_sources,
    checked_settings,
    columns_of,
    flow_parameters,
    runner_parameters,
)
from flows.commands.backup import backup
from flows.commands.console import one_line_errors, out, print_lines, print_warnings, show_progress
from flows.commands.examples import EXAMPLES
from flows.commands.export import export
from flows.commands.forget import forget
from flows.commands.label import label
from flows.commands.merge_split import merge, split
from flows.commands.options import (
    AsOf,
    By,
    Columns,
    DaskAddress,
    Refit,
    RunName,
    Runner,
    SomeSources,
    Sources,
    Themes,
    Vectorizer,
    Verbose,
    Workspace,
)
from flows.commands.queries import diff, paper, search, status
from flows.commands.serve import serve
from flows.commands.store_commands import store_commands
from flows.commands.temporary_server import TemporaryServer, answering, in_background, start_server
from flows.commands.themes import themes as list_themes
from flows.commands.topics import topic_commands
from flows.config.default_files import DEFAULT_DAY, DEFAULT_SOURCES

if TYPE_CHECKING:  # imported where it is needed: it takes a second
    from flows.config.settings import Settings

__all__ = ["app", "main"]

_STARTED = time.perf_counter()

app = typer.Typer(
    name="papertrends",
    help="Themes, topics and tested trends in feeds of research papers.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich would read ":cat:" as a picture and "[default: ...]" as a style
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"papertrends {version('papertrends')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Themes, topics and tested trends in feeds of research papers."""


def run(  # noqa: PLR0913 - its options
    sources: Sources = None,
    workspace: Workspace = None,
    themes: Themes = None,
    as_of: AsOf = None,
    vectorizer: Vectorizer = None,
    by: By = None,
    columns: Columns = None,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Ingest sources, analyze the corpus and write a report."""
    with one_line_errors(verbose):
        server = start_server(shown=verbose)
        runner_options = runner_parameters(runner, dask_address)
        settings = checked_settings(workspace, themes, as_of, vectorizer, {**runner_options, "by": by})
        given, named = sources or [str(one) for one in DEFAULT_SOURCES], columns_of(columns)
        if not sources and settings.as_of is None:
            settings = settings.model_copy(update={"as_of": DEFAULT_DAY})
        check_sources(given, settings.as_of, named)
        parameters = {**flow_parameters(settings, themes, vectorizer), "by": by}
        _run_pipeline(server, settings, given, {**parameters, "columns": named, **runner_options})


def ingest(
    sources: SomeSources = None,
    workspace: Workspace = None,
    as_of: AsOf = None,
    columns: Columns = None,
    fill_dates: Annotated[
        str | None,
        typer.Option(
            "--fill-dates",
            metavar="SERVICE",
            help="Service that looks up missing publication days: arxiv.  [default: none]",
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Read sources into the store, without an analysis."""
    with one_line_errors(verbose):
        server = start_server(shown=verbose)
        settings, named, given = (
            checked_settings(workspace, None, as_of, None),
            columns_of(columns),
            sources or [],
        )
        check_ingest(given, fill_dates, settings)
        check_sources(given, settings.as_of, named)
        from flows.ingest import ingest as ingest_flow
        from flows.orchestration.states import run_flow

        with answering(server), show_progress():
            counts = run_flow(
                ingest_flow,
                given,
                str(settings.workspace),
                settings.as_of,
                named,
                cast("Literal['arxiv'] | None", fill_dates),
            )
        _print_ingest(counts, fill_dates)


def analyze(  # noqa: PLR0913 - its options
    workspace: Workspace = None,
    themes: Themes = None,
    as_of: AsOf = None,
    vectorizer: Vectorizer = None,
    by: By = None,
    refit: Refit = False,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Analyze the papers in the store and write a report."""
    with one_line_errors(verbose):
        server = start_server(shown=verbose)
        runner_options = runner_parameters(runner, dask_address)
        settings = checked_settings(workspace, themes, as_of, vectorizer, {**runner_options, "by": by})
        parameters = {**flow_parameters(settings, themes, vectorizer), "by": by}
        _run_pipeline(server, settings, [], {**parameters, "refit": refit, **runner_options})


def report(
    run_name: RunName = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write the page to.  [default: RUN.html]")
    ] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Render a run's page again from its tables; the run folder itself never changes."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.publication.publish import render_page
        from flows.runs import read_run, resolve_run
        from reports.view import RunView

        folder = resolve_run(settings.workspace, run_name)
        target = output or Path(f"{folder.name}.html")
        check_output(target, settings.workspace)
        page, _ = render_page(RunView(*read_run(folder)))
        try:
            target.write_text(page, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {target} ({error.strerror}); choose another --output") from error
        out.print(f"report  {target}", soft_wrap=True)


def digest(
    run_name: RunName = None,
    send: Annotated[bool, typer.Option("--send", help="Send the mail, once to each recipient.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write the mail to.  [default: RUN.eml]")
    ] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Write the digest of a run as a mail file, or send it to the configured recipients."""
    with one_line_errors(verbose):
        if send and output is not None:
            raise InputError("--output and --send cannot be combined; remove one of them")
        settings = checked_settings(workspace, None, None, None)
        if output is not None:
            check_output(output, settings.workspace)
        from flows.clock import now
        from flows.commands.output_lines import mail_lines
        from flows.publication.digest_mail import make_mails, send_mails, write_mail
        from flows.runs import resolve_run

        folder = resolve_run(settings.workspace, run_name)
        mails = make_mails(folder, settings, now(), only_due=send)
        if not mails:
            out.print("no mail: nothing is new (setting mail_when_still), or no reader is due (how_often)")
            return
        if not send:
            target = output or Path(f"{folder.name}.eml")
            write_mail(next(iter(mails.values())), target)
            out.print(f"mail    {target}", soft_wrap=True)
            return
        sent = send_mails(settings.workspace, folder.name, mails, settings)
        print_lines(mail_lines(sent))
        if sent.failed:
            raise PapertrendsError(
                f"{len(sent.failed)} of {len(mails)} mails were not accepted by the mail server; see above"
            )


def main() -> None:
    """Entry point of the ``papertrends`` command."""
    # A corpus is millions of objects that stay; to look for cycles among them again and again takes seconds.
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)
    app()


def _run_pipeline(
    server: TemporaryServer | None, settings: Settings, sources: list[str], parameters: dict[str, Any]
) -> None:
    from flows.orchestration.states import run_flow
    from flows.pipeline import papertrends

    _preload(settings.workspace, refit=parameters.get("refit", False))
    with answering(server), show_progress():
        folder = run_flow(papertrends, sources, **parameters)
    _print_run(Path(folder))


def _preload(workspace: Path, *, refit: bool = False) -> None:
    """Import modules that the run needs while Prefect's server starts."""
    from analytics.topics.clustering import precompile
    from flows.analysis.vectorizers import load_ahead
    from reports.render import compile_templates

    if refit or not (workspace / "latest").exists():  # topics are likely to be looked for
        in_background(precompile)
    in_background(partial(load_ahead, workspace))
    compile_templates()


def _print_ingest(counts: dict[str, Any], fill_dates: str | None) -> None:
    """Print counts and warnings; a failed feed makes the command fail, but the other data are kept."""
    from flows.commands.output_lines import ingest_lines

    print_lines(ingest_lines(counts, fill_dates))
    print_warnings(counts["warnings"])
    if counts["failures"]:
        rest = len(counts["failures"]) - 1
        more = f", and {rest} more failed" if rest else ""
        raise PapertrendsError(
            f"{counts['failures'][0]}{more}; what was read is stored; run the command again for the rest"
        )


def _print_run(folder: Path) -> None:
    from flows.commands.output_lines import run_lines
    from flows.publication.mirror import mirror_failure
    from flows.runs import read_manifest

    manifest = read_manifest(folder)
    print_lines(run_lines(manifest, folder, time.perf_counter() - _STARTED))
    not_copied = mirror_failure(folder.parents[1])
    print_warnings([*manifest.get("warnings", []), *([not_copied] if not_copied else [])])


for command in (
    run, ingest, paper, analyze, report, diff, digest, search, status, serve, label, export, merge,
    split, forget, backup,
):  # fmt: skip
    app.command(epilog=EXAMPLES.get(command.__name__))(command)
app.command("themes")(list_themes)
app.add_typer(topic_commands, name="topics")
app.add_typer(store_commands, name="store")

if __name__ == "__main__":
    main()
