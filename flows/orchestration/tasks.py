"""Steps as Prefect tasks, and the progress of a long encoding as an artifact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar, cast
from uuid import UUID

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE

from flows.workers.progress import listening

__all__ = ["run_as_task", "show_encoding_progress"]

P = ParamSpec("P")
Result = TypeVar("Result")

_LONG_ENCODING = 1000
"""Abstracts whose encoding is worth showing: a student takes a second for them, MiniLM half a minute."""


def run_as_task(name: str, step: Callable[P, Result], /, *args: P.args, **keywords: P.kwargs) -> Result:
    """Run a step as a task of the current flow.

    Big tables and arrays are passed in memory: nothing of them is hashed, stored or sent.
    """
    return task(name=name, cache_policy=NO_CACHE, persist_result=False)(step)(*args, **keywords)


@contextmanager
def show_encoding_progress() -> Iterator[None]:
    """Show the progress of a long encoding as a Prefect artifact, by steps of 5 %."""
    artifact: UUID | None = None
    shown = 0.0

    def show(stage: str, done: int, total: int) -> None:
        nonlocal artifact, shown
        percent = 100.0 * done / total if total else 100.0
        if stage != "encode" or total < _LONG_ENCODING:
            return
        if artifact is not None and percent < 100 and percent - shown < 5:
            return
        shown = percent
        if artifact is None:
            text = f"{total} new abstracts"
            artifact = cast("UUID", create_progress_artifact(percent, key="encoding", description=text))
        else:
            update_progress_artifact(artifact, percent)

    with listening(show):
        yield
