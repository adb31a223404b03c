"""The command line: reads what the caller gave, calls the flows, and says plainly what came of it."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics.exceptions import InputError, PapertrendsError
from flows.store_commands import store_commands
from flows.temporary_server import answering, in_background, server_ahead

__all__ = ["app", "main"]

DEFAULT_SOURCE = Path(__file__).resolve().parents[1] / "data" / "sample" / "daily_papers.txt"

_STARTED = time.perf_counter()
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

app = typer.Typer(
    name="papertrends",
    help="Themes, topics and tested trends in feeds of research papers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, or feeds such as arxiv:cat:cs.AI; the sample without any."),
]
SomeSources = Annotated[
    list[str] | None, typer.Argument(help="Files, folders, or feeds such as 'daily-papers:2025-10'.")
]
NeededSources = Annotated[list[str], typer.Argument(help="Files, folders, or feeds.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="A table's own name for a field, Heading=title."),
]
Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of the store and the runs.  [default: data/workspace]"),
]
Themes = Annotated[Path | None, typer.Option("--themes", help="File of the themes.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day to pretend to be, YYYY-MM-DD.")]
Vectorizer = Annotated[str | None, typer.Option("--vectorizer", help="auto, minilm, student or lexical.")]
Refit = Annotated[bool, typer.Option("--refit", help="Look for topics anew, whatever the rules say.")]
Runner = Annotated[
    str | None, typer.Option("--runner", help="Where work in parts is done: local or dask.  [default: local]")
]
DaskAddress = Annotated[
    str | None,
    typer.Option(
        "--dask-address", metavar="HOST:PORT", help="Dask scheduler; without it workers on this machine."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show what Prefect logs, and tracebacks.")]


@app.command()
def run(  # noqa: PLR0913 - its options
    sources: Sources = None,
    workspace: Workspace = None,
    themes: Themes = None,
    as_of: AsOf = None,
    vectorizer: Vectorizer = None,
    columns: Columns = None,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Ingest sources, analyze the corpus and write a report."""
    with _told_plainly(verbose):
        server = server_ahead()
        spreading = _spreading(runner, dask_address)
        settings = _settings(workspace, themes, as_of, vectorizer, spreading)
        given, named = sources or [str(DEFAULT_SOURCE)], _columns(columns)
        _check_sources(given, settings.as_of, named)
        from flows.pipeline import papertrends

        _load_ahead(settings.workspace)
        with answering(server), _progress():
            folder = papertrends(
                given, **_parameters(settings, themes, vectorizer), columns=named, **spreading
            )
        _tell_run(Path(folder))


@app.command()
def ingest(
    sources: SomeSources = None,
    workspace: Workspace = None,
    as_of: AsOf = None,
    columns: Columns = None,
    fill_dates: Annotated[
        str | None,
        typer.Option("--fill-dates", metavar="SERVICE", help="Look up papers without a day: arxiv."),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Read sources into the store, without an analysis."""
    with _told_plainly(verbose):
        server = server_ahead()
        settings, named, given = _settings(workspace, None, as_of, None), _columns(columns), sources or []
        _check_ingest(given, fill_dates, settings)
        _check_sources(given, settings.as_of, named)
        from flows.ingest import ingest as ingest_flow

        with answering(server), _progress():
            counts = ingest_flow(
                given,
                str(settings.workspace),
                settings.as_of,
                named,
                cast("Literal['arxiv'] | None", fill_dates),
            )
        _tell_ingest(counts, fill_dates)


@app.command()
def paper(
    asked: Annotated[
        str, typer.Argument(metavar="ID", help="arxiv:2503.02130, doi:10.1000/182, title:... or a title.")
    ],
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Show a paper, which look each of its fields comes from, and every look at it."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, None, None)
        from flows.store import Store
        from flows.telling import paper_lines

        _require_store(settings.workspace)
        with Store.open(settings.workspace) as store:
            history = store.read_paper(asked)
        for line in paper_lines(history):
            _out.print(line, markup=False, soft_wrap=True)


@app.command()
def analyze(  # noqa: PLR0913 - its options
    workspace: Workspace = None,
    themes: Themes = None,
    as_of: AsOf = None,
    vectorizer: Vectorizer = None,
    refit: Refit = False,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Analyze what the store holds and write a report."""
    with _told_plainly(verbose):
        server = server_ahead()
        spreading = _spreading(runner, dask_address)
        settings = _settings(workspace, themes, as_of, vectorizer, spreading)
        from flows.pipeline import papertrends

        _load_ahead(settings.workspace, refit=refit)
        with answering(server), _progress():
            folder = papertrends([], **_parameters(settings, themes, vectorizer), refit=refit, **spreading)
        _tell_run(Path(folder))


@app.command()
def report(
    run_name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Id of a run; the latest without.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Where the page goes.")] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Render a run's page again from its tables; the run folder itself never changes."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, None, None)
        from flows.publish import render_page
        from flows.runs import read_run, resolve_run

        folder = resolve_run(settings.workspace, run_name)
        target = output or Path(f"{folder.name}.html")
        _check_output(target, settings.workspace)
        page, _ = render_page(*read_run(folder))
        try:
            target.write_text(page, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {target} ({error.strerror}); choose another --output") from error
        _out.print(f"report  {target}", soft_wrap=True)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="RUN", help="Id of the earlier run.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="Id of the later one, or latest.")] = "latest",
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Say how shares differ between two runs: by new papers, by reassigned ones, by definitions."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, None, None)
        from flows.comparison import diff_runs
        from flows.runs import resolve_run
        from flows.telling import diff_lines

        folders = [resolve_run(settings.workspace, name) for name in (before, after)]
        for line in diff_lines(diff_runs(*folders)):
            _out.print(line, markup=False, soft_wrap=True)


@app.command()
def topics(
    history: Annotated[
        bool, typer.Option("--history", help="What became of topics at every fit, with papers.")
    ] = False,
    as_of: AsOf = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """List the topics of the latest run, or what became of topics over time."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, as_of, None)
        from flows.clock import today
        from flows.runs import read_tables, resolve_run
        from flows.store import Store
        from flows.telling import history_lines, topic_lines

        _require_store(settings.workspace)
        if history:
            with Store.open(settings.workspace) as store:
                lines = history_lines(store.topic_history(settings.as_of or today()))
        else:
            folder = resolve_run(settings.workspace)
            lines = topic_lines(read_tables(folder, ["topics"])["topics"])
        for line in lines:
            _out.print(line, markup=False, soft_wrap=True)


@app.command()
def digest(
    run_name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Id of a run; the latest without.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it, once to each recipient.")] = False,
    output: Annotated[Path | None, typer.Option("--output", help="File of the mail, .eml.")] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Write what a run has to tell as a mail, or send it to the recipients of the settings."""
    with _told_plainly(verbose):
        if send and output is not None:
            raise InputError("--output is of use without --send only; leave one of them out")
        settings = _settings(workspace, None, None, None)
        if output is not None:
            _check_output(output, settings.workspace)
        from flows.clock import now
        from flows.digest import make_mails, send_mails, write_mail
        from flows.runs import resolve_run
        from flows.telling import mail_lines

        folder = resolve_run(settings.workspace, run_name)
        mails = make_mails(folder, settings, now())
        if not mails:
            _out.print("nothing moved and no topic is new; no mail is wished then (setting mail_when_still)")
            return
        if not send:
            target = output or Path(f"{folder.name}.eml")
            write_mail(next(iter(mails.values())), target)
            _out.print(f"mail    {target}", soft_wrap=True)
            return
        told = send_mails(settings.workspace, folder.name, mails, settings)
        for line in mail_lines(told):
            _out.print(line, markup=False, soft_wrap=True)
        if told.failed:
            raise PapertrendsError(f"{len(told.failed)} of {len(mails)} mails were not taken; see above")


@app.command()
def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A phrase, or a whole abstract.")],
    run_name: Annotated[str | None, typer.Option("--run", help="Id of a run; the latest without.")] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="Id of a theme to search in.")] = None,
    most: Annotated[int, typer.Option("--most", help="Papers to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, a list of papers.")] = False,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Find the papers of a run that are nearest to some words in meaning."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, None, None)
        from flows.runs import resolve_run
        from flows.search import search_papers
        from flows.telling import search_json, search_lines

        _require_store(settings.workspace)
        folder = resolve_run(settings.workspace, run_name)
        hits = search_papers(settings.workspace, folder, words, most=most, theme=theme)
        if as_json:
            typer.echo(search_json(hits))
            return
        for line in search_lines(hits):
            _out.print(line, markup=False, soft_wrap=True)


@app.command()
def status(workspace: Workspace = None, verbose: Verbose = False) -> None:
    """Say what the workspace holds: papers, runs, and when the last one was."""
    with _told_plainly(verbose):
        settings = _settings(workspace, None, None, None)
        from flows.clock import today
        from flows.store import Store
        from flows.telling import feed_lines

        _require_store(settings.workspace)
        with Store.open(settings.workspace) as store:
            corpus, runs, looks = store.read_corpus(today()), store.read_runs(), store.feed_looks(today())
        _out.print(f"{len(corpus.papers)} papers in {store.name}", markup=False, soft_wrap=True)
        for line in feed_lines(looks):
            _out.print(line, markup=False, soft_wrap=True)
        for one in runs[-10:]:
            _out.print(f"{one.run_id}  as of {one.as_of}  {one.status}", soft_wrap=True)
        if not runs:
            _out.print("no run yet; make one with: papertrends analyze")


@app.command()
def serve(  # noqa: PLR0913 - its options
    sources: NeededSources,
    ingest_cron: Annotated[str | None, typer.Option(help="When to read the sources, as a cron line.")] = None,
    analysis_cron: Annotated[str | None, typer.Option(help="When to analyze and report.")] = None,
    digest_cron: Annotated[str | None, typer.Option(help="When to send the digest.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Of the cron lines.")] = None,
    workspace: Workspace = None,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Stay and run on a schedule: ingest the sources, analyze and report, send the digest."""
    with _told_plainly(verbose):
        server = server_ahead(scheduling=True)
        when = {
            "ingest_cron": ingest_cron,
            "analysis_cron": analysis_cron,
            "digest_cron": digest_cron,
            "timezone": timezone,
        }
        settings = _settings(workspace, None, None, None, {**_spreading(runner, dask_address), **when})
        _check_sources(sources, settings.as_of)
        from flows.schedules import serve_deployments
        from flows.telling import schedule_lines

        with answering(server):
            for line in schedule_lines(settings, os.environ.get("PREFECT_API_URL", "")):
                _out.print(line, markup=False, soft_wrap=True)
            serve_deployments(sources, settings)


def main() -> None:
    """Entry point of the ``papertrends`` command."""
    # A corpus is millions of objects that stay; to look for cycles among them again and again takes seconds.
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)
    app()


def _settings(
    workspace: Path | None,
    themes: Path | None,
    as_of: str | None,
    vectorizer: str | None,
    spreading: dict[str, Any] | None = None,
) -> Any:
    """Settings with the command line on top; themes and cluster are checked before anything starts."""
    from flows.settings import load_settings
    from flows.themes_file import read_themes

    given = {"workspace": workspace, "themes": themes, "as_of": _day(as_of), "vectorizer": vectorizer}
    settings = load_settings({**given, **(spreading or {})})
    read_themes(settings.themes_file)
    if spreading is not None and settings.runner != "local":
        from flows.cluster_checks import check_runner

        check_runner(settings.runner, settings.dask_address)
    return settings


def _spreading(runner: str | None, dask_address: str | None) -> dict[str, Any]:
    """Flow parameters that say where work in parts is done."""
    if dask_address is not None and runner == "local":
        raise InputError("--dask-address is of use with --runner dask only; leave one of them out")
    return {"runner": runner, "dask_address": dask_address}


def _parameters(settings: Any, themes: Path | None, vectorizer: str | None) -> dict[str, Any]:
    """Plain flow parameters; the flows read the remaining settings themselves."""
    return {
        "workspace": str(settings.workspace),
        "as_of": settings.as_of,
        "themes": None if themes is None else str(themes),
        "vectorizer": vectorizer,
        "command": shlex.join(["papertrends", *sys.argv[1:]]),
    }


def _check_sources(sources: list[str], as_of: date | None, columns: dict[str, str] | None = None) -> None:
    """Fail before Prefect's server starts, which takes seconds: a file is looked at, a folder is listed."""
    from flows.clock import today
    from flows.feeds.names import named_feed
    from flows.sources.recognition import read_source

    for source in sources:
        if named_feed(source, as_of or today()) is None:
            read_source(source, as_of=as_of, columns=columns)


def _check_ingest(sources: list[str], fill_dates: str | None, settings: Any) -> None:
    from flows.date_lookup import LOOKUPS

    if fill_dates is not None and fill_dates not in LOOKUPS:
        raise InputError(f"--fill-dates {fill_dates!r} is no service that knows dates; write {LOOKUPS[0]}")
    if not sources and fill_dates is None:
        raise InputError("nothing to ingest; give a file, a folder or a feed, or --fill-dates arxiv")
    if not sources:
        _require_store(settings.workspace)


def _check_output(target: Path, workspace: Path) -> None:
    if target.resolve().is_relative_to((workspace / "runs").resolve()):
        raise InputError(f"--output {target} lies in a run folder, which never changes; choose another file")


def _require_store(workspace: Path) -> None:
    from flows.store import Store

    if not Store.exists(workspace):
        raise InputError(f"the workspace {workspace} holds no store; start with: papertrends run SOURCE")


def _columns(given: list[str] | None) -> dict[str, str] | None:
    """Columns of ``--map``: ``Heading=title``; an equals sign in a column's name goes before the last one."""
    if not given:
        return None
    named = {}
    for one in given:
        column, _, field = (part.strip() for part in one.rpartition("="))
        if not column or not field:
            raise InputError(f"--map {one!r} is not COLUMN=FIELD; write it as in --map Heading=title")
        named[column] = field
    return named


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--as-of {text!r} is not a day; write it as YYYY-MM-DD, such as 2025-12-10"
        ) from error


@contextmanager
def _told_plainly(verbose: bool) -> Iterator[None]:
    """Turn errors into one line and an exit status; keep libraries quiet unless asked."""
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
        os.environ.setdefault("TQDM_DISABLE", "1")
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
        logging.getLogger().setLevel(logging.ERROR)
    try:
        with nullcontext() if verbose else _warnings_told():
            yield
    except (InputError, PapertrendsError) as error:
        if verbose:
            _err.print_exception()
        _err.print(f"papertrends: {' '.join(str(error).split())}", markup=False, soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, InputError) else 1) from None
    except KeyboardInterrupt:
        _err.print("papertrends: stopped; the store and the published runs are whole")
        raise typer.Exit(130) from None
    except Exception as error:
        if verbose:
            raise
        _err.print(
            f"papertrends: the run failed: {type(error).__name__}: {' '.join(str(error).split())[:500]}; "
            "--verbose shows where",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from None


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Say what the program warns of, each warning once, as one line without a library's ornaments."""
    said: set[str] = set()

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = " ".join(record.getMessage().split())
            if line not in said:
                said.add(line)
                _err.print(f"warning: {line}", markup=False, soft_wrap=True)

    program, handler = logging.getLogger("flows"), Told(logging.WARNING)
    before = program.level, program.propagate
    program.addHandler(handler)
    program.setLevel(logging.WARNING)
    program.propagate = False
    try:
        yield
    finally:
        program.removeHandler(handler)
        program.setLevel(before[0])
        program.propagate = before[1]


def _load_ahead(workspace: Path, *, refit: bool = False) -> None:
    """Load what the run will need while Prefect's server starts, which takes seconds longer."""
    from analytics.clustering import compile_ahead
    from flows.vectorizers import load_ahead
    from reports.render import compile_templates

    if refit or not (workspace / "latest").exists():  # topics are likely to be looked for
        in_background(compile_ahead)
    in_background(partial(load_ahead, workspace))
    compile_templates()


@contextmanager
def _progress() -> Iterator[None]:
    """Bars for the long stages, on stderr, when it is a terminal."""
    from flows.progress import listening

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as bars:
        stages: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total)
            bars.update(stages[stage], completed=done, total=total)

        with listening(show):
            yield


def _tell_ingest(counts: dict[str, Any], fill_dates: str | None) -> None:
    """Counts and warnings; a feed that failed makes the whole a failure, though what came is kept."""
    from flows.telling import ingest_lines

    for line in ingest_lines(counts, fill_dates):
        _out.print(line, markup=False, soft_wrap=True)
    for warning in counts["warnings"]:
        _err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    if counts["failures"]:
        rest = len(counts["failures"]) - 1
        more = f", and {rest} more failed" if rest else ""
        raise PapertrendsError(f"{counts['failures'][0]}{more}; what came is kept, run it again for the rest")


def _tell_run(folder: Path) -> None:
    """Counts, where the seconds went, and the path of the report."""
    from flows.mirror import mirror_failure
    from flows.runs import read_manifest
    from flows.telling import run_lines

    manifest = read_manifest(folder)
    for line in run_lines(manifest, folder, time.perf_counter() - _STARTED):
        _out.print(line, markup=False, soft_wrap=True)
    not_copied = mirror_failure(folder.parents[1])
    for warning in [*manifest.get("warnings", []), *([not_copied] if not_copied else [])]:
        _err.print(f"warning: {warning}", markup=False, soft_wrap=True)


app.add_typer(store_commands(_told_plainly, _progress), name="store")

if __name__ == "__main__":
    main()
