"""The step that assigns topics: from the last fit, or from a new fit if a rule requires it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from analytics.exceptions import InputError
from analytics.parallel import Each, postponed
from analytics.topics.paper_map import paper_positions
from analytics.topics.refits import refit_cause
from analytics.topics.topic_model import TopicFit, TopicParameters, fit_topics, join_topics
from analytics.topics.topic_regions import TopicRegions, TopicState
from flows.analysis.steps import Encoded
from flows.config.settings import Settings
from flows.runs import list_runs, read_manifest, read_tables
from flows.store import Store
from flows.store.registry import FitRow
from flows.workers.background_process import WORTH_A_PROCESS, start_in_background

__all__ = ["FoundTopics", "find_positions", "find_topics"]

_METHOD = 3
"""Raised when the same papers would be clustered otherwise."""


@dataclass(frozen=True)
class FoundTopics:
    """Topics of a run, and the fit that they come from.

    Attributes
    ----------
    fitted_on : date
        The day that the fit knew.
    is_new : bool
        Whether this run made it.
    """

    topics: TopicFit
    fit_id: int
    fitted_on: date
    cause: str
    is_new: bool


def find_topics(
    workspace: Path,
    day: date,
    papers: pd.DataFrame,
    encoded: Encoded,
    settings: Settings,
    *,
    refit: bool = False,
    each: Each = map,
) -> FoundTopics:
    """Topics of the papers of a day; a new fit is added to the registry; `each` runs parallel work.

    Raises
    ------
    PapertrendsError
        When the registry cannot be read: topics would lose their ids.
    """
    vectors, vectorizer_id = encoded.papers, encoded.vectorizer_id
    asked = "it was requested" if refit else None
    decisive: dict[str, Any] = {
        "method": _METHOD,
        "min_topic_size": settings.min_topic_size,
        "random_state": settings.random_state,
    }
    with Store.open(workspace) as store, threadpool_limits(1):
        last = store.read_fit(day)
        joined = None
        if last is not None and last.vectorizer_id == vectorizer_id:
            joined = join_topics(papers, vectors, last.state, each=each)
        cause = asked or _cause(last, joined, vectorizer_id, decisive)
        if cause is None and last is not None and joined is not None:
            parameters = TopicParameters(**last.parameters) if last.parameters else None
            kept = replace(joined, parameters=parameters, events=last.events)
            return FoundTopics(kept, last.fit_id, last.as_of, last.cause, is_new=False)
        found = fit_topics(
            papers,
            vectors,
            random_state=settings.random_state,
            min_topic_size=settings.min_topic_size,
            previous=_previous(last, vectorizer_id),
            first_number=_first_number(store, workspace),
            each=each,
            ahead=start_in_background if each is map and len(papers) >= WORTH_A_PROCESS else postponed,
        )
        parameters_used = asdict(found.parameters) if found.parameters else {}
        row = FitRow(0, day, vectorizer_id, decisive, parameters_used, str(cause), found.state, found.events)
        return FoundTopics(found, store.write_fit(row), day, str(cause), is_new=True)


def find_positions(encoded: Encoded, topics: TopicFit) -> pd.DataFrame:
    """Table `positions`: where each paper is on the map."""
    with threadpool_limits(1):
        return paper_positions(encoded.papers, topics.assignments, topics.state.regions)


def _first_number(store: Store, workspace: Path) -> int:
    """First unused topic number, in the registry or, for a new store, in any run."""
    number = store.next_topic_number()
    if number > 1:
        return number
    numbers = [0]
    for run_id in list_runs(workspace):
        folder = workspace / "runs" / run_id
        with suppress(InputError):
            # Runs from before the registry were numbered again each time; their ids mean nothing.
            if "fit" in (read_manifest(folder).get("topics") or ()):
                ids = read_tables(folder, ["topics"])["topics"]["topic_id"]
                numbers += [int(topic_id[1:]) for topic_id in ids]
    return 1 + max(numbers)


def _cause(
    last: FitRow | None, joined: TopicFit | None, vectorizer_id: str, decisive: dict[str, Any]
) -> str | None:
    """Why a new fit is needed; None if the last fit is still valid."""
    if last is None:
        return "it was the first fit"
    if joined is None:
        return f"vectors are from {vectorizer_id}, in the last fit from {last.vectorizer_id}"
    changed = [name for name, value in decisive.items() if last.settings.get(name) != value]
    if changed:
        return f"{', '.join(changed)} changed"
    return refit_cause(last.state, joined.assignments)


def _previous(last: FitRow | None, vectorizer_id: str) -> TopicState | None:
    """Topics of the last fit; if its vectors differ, only their papers and names."""
    if last is None:
        return None
    if last.vectorizer_id == vectorizer_id:
        return last.state
    nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
    return TopicState(last.state.members, nowhere, last.state.descriptions)
