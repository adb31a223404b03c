"""``papertrends serve``: the flows of a workspace on a schedule."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from flows.commands.arguments import check_sources, checked_settings, runner_parameters
from flows.commands.console import one_line_errors, out
from flows.commands.options import DaskAddress, NeededSources, Runner, Verbose, Workspace
from flows.commands.temporary_server import answering, start_server

__all__ = ["serve"]


def serve(  # noqa: PLR0913 - its options
    sources: NeededSources,
    ingest_cron: Annotated[
        str | None, typer.Option(help="When to read the sources, as a cron expression.  [default: 0 5 * * *]")
    ] = None,
    analysis_cron: Annotated[
        str | None, typer.Option(help="When to analyze and report.  [default: 0 6 * * 1]")
    ] = None,
    digest_cron: Annotated[
        str | None, typer.Option(help="When to send the digest.  [default: 0 8 * * 1]")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of the cron expressions.  [default: UTC]")
    ] = None,
    workspace: Workspace = None,
    runner: Runner = None,
    dask_address: DaskAddress = None,
    verbose: Verbose = False,
) -> None:
    """Keep running on a schedule: ingest the sources, analyze, report, and send the digest."""
    with one_line_errors(verbose):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the runner takes it over
        server = start_server(scheduling=True, shown=True)
        when = {
            "ingest_cron": ingest_cron,
            "analysis_cron": analysis_cron,
            "digest_cron": digest_cron,
            "timezone": timezone,
        }
        settings = checked_settings(
            workspace, None, None, None, {**runner_parameters(runner, dask_address), **when}
        )
        check_sources(sources, settings.as_of)
        from flows.commands.output_lines import schedule_lines
        from flows.schedules import serve_deployments

        with answering(server):
            for line in schedule_lines(settings, os.environ.get("PREFECT_API_URL", "")):
                out.print(line, markup=False, soft_wrap=True)
            serve_deployments(sources, settings)
