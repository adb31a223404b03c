"""Output of the command line: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics.exceptions import InputError, PapertrendsError
from flows.commands.prefect_logging import silence_console

__all__ = ["err", "one_line_errors", "out", "show_progress"]

# What is printed holds names of files and feeds: rich would show "arxiv:cat:cs.AI" with a cat.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


@contextmanager
def one_line_errors(verbose: bool) -> Iterator[None]:
    """Turn errors into one line and an exit status; silence libraries unless verbose."""
    if not verbose:
        silence_console()
        os.environ.setdefault("TQDM_DISABLE", "1")
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
    try:
        with nullcontext() if verbose else _print_warnings():
            yield
    except (InputError, PapertrendsError) as error:
        if verbose:
            err.print_exception()
        err.print(f"papertrends: {' '.join(str(error).split())}", markup=False, soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, InputError) else 1) from None
    except KeyboardInterrupt:
        err.print("papertrends: stopped; the store and the published runs are intact")
        raise typer.Exit(130) from None
    except Exception as error:
        if verbose:
            raise
        err.print(
            f"papertrends: the run failed: {type(error).__name__}: {' '.join(str(error).split())[:500]}; "
            "--verbose shows where",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from None


@contextmanager
def _print_warnings() -> Iterator[None]:
    """Print each warning of the program once, as one plain line."""
    printed: set[str] = set()

    class WarningPrinter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = " ".join(record.getMessage().split())
            if line not in printed:
                printed.add(line)
                err.print(f"warning: {line}", markup=False, soft_wrap=True)

    everything, program, handler = (
        logging.getLogger(),
        logging.getLogger("flows"),
        WarningPrinter(logging.WARNING),
    )
    before = everything.level, program.level, program.propagate
    everything.setLevel(logging.ERROR)
    program.addHandler(handler)
    program.setLevel(logging.WARNING)
    program.propagate = False
    try:
        yield
    finally:
        program.removeHandler(handler)
        everything.setLevel(before[0])
        program.setLevel(before[1])
        program.propagate = before[2]


@contextmanager
def show_progress() -> Iterator[None]:
    """Show progress bars for long stages on stderr, if it is a terminal."""
    from flows.workers.progress import listening

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        stages: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total)
            bars.update(stages[stage], completed=done, total=total)

        with listening(show):
            yield
