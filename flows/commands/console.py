"""Output of the command line: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics.exceptions import InputError, PapertrendsError

__all__ = ["err", "one_line_errors", "out", "print_lines", "print_warnings", "refuse_faults", "show_progress"]

# What is printed holds names of files and feeds: rich would show "arxiv:cat:cs.AI" with a cat.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_lines(lines: Iterable[str]) -> None:
    """Print results, each as one line however wide the terminal is."""
    for line in lines:
        out.print(line, soft_wrap=True)


def print_warnings(warnings: Iterable[str]) -> None:
    """Print warnings, each as one line."""
    for warning in warnings:
        err.print(f"warning: {warning}", soft_wrap=True)


def refuse_faults(file: Path, faults: Sequence[str]) -> None:
    """Print what could not be read in an imported file, and fail if there is anything."""
    for fault in faults:
        err.print(f"{file.name}, {fault}", soft_wrap=True)
    if faults:
        places = "1 place" if len(faults) == 1 else f"{len(faults)} places"
        raise InputError(
            f"{file} cannot be read at {places}, see above; everything else is stored: correct the file"
            " and import it again"
        )


@contextmanager
def one_line_errors(verbose: bool) -> Iterator[None]:
    """Turn errors into one line and an exit status; silence libraries unless verbose."""
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
        os.environ.setdefault("TQDM_DISABLE", "1")
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
    try:
        with nullcontext() if verbose else _show_logged():
            yield
    except (InputError, PapertrendsError) as error:
        if verbose:
            err.print_exception()
        err.print(f"papertrends: {' '.join(str(error).split())}", soft_wrap=True)
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
            soft_wrap=True,
        )
        raise typer.Exit(1) from None


@contextmanager
def _show_logged() -> Iterator[None]:
    """Print each warning of the program once, as one plain line."""
    printed: set[str] = set()

    class WarningPrinter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = " ".join(record.getMessage().split())
            if line not in printed:
                printed.add(line)
                print_warnings([line])

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

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        stages: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total)
            bars.update(stages[stage], completed=done, total=total)

        with listening(show):
            yield
