"""The registry of topics: fits by the day that they knew, read whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, RowMapping, Select, Table, func, insert, select

from analytics.exceptions import PapertrendsError
from analytics.tables import UNCLUSTERED
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_regions import TopicRegions, TopicState
from flows.store.blocks import in_blocks
from flows.store.schema import runs, topic_centers, topic_events, topic_fits, topic_members

__all__ = [
    "FORGOTTEN",
    "FitRow",
    "fitted_vectorizer",
    "next_topic_number",
    "read_fit",
    "read_topic_history",
    "write_fit",
]

FORGOTTEN = "null"
"""Parameters of a fit whose members and centers were forgotten, see `flows.store.compaction`."""
_STORED = np.dtype("<f4")
_ROWS = "rows"
"""Key next to the settings of a fit: how many topics, dimensions, papers and events belong to it."""


@dataclass(frozen=True)
class FitRow:
    """A fit of topics: date, vector space, settings, cause and results.

    Attributes
    ----------
    fit_id : int
        Counts up; 0 for one that is not written yet.
    as_of : date
        Newest day that it knew.
    settings : mapping
        What decides a fit besides papers and vectors.
    parameters : mapping
        Parameters of layout and clustering; empty when the papers were too few.
    events : tuple of TopicEvent
        What happened to the topics before.
    """

    fit_id: int
    as_of: date
    vectorizer_id: str
    settings: Mapping[str, Any]
    parameters: Mapping[str, Any]
    cause: str
    state: TopicState
    events: tuple[TopicEvent, ...] = ()


def fitted_vectorizer(connection: Connection, as_of: date) -> str | None:
    """Id of the vectors in which the newest fit up to a day found topics, None without a fit."""
    return connection.execute(_newest_fit(as_of).with_only_columns(topic_fits.c.vectorizer_id)).scalar()


def read_fit(connection: Connection, as_of: date) -> FitRow | None:
    """Read the newest fit that knew nothing later than `as_of`, None without any.

    A fit that was forgotten because no run uses it any more is passed over.

    Raises
    ------
    PapertrendsError
        When what is stored cannot be read or is not whole: topics are never renumbered silently.
    """
    _check_fits(connection)
    row = connection.execute(_newest_fit(as_of)).mappings().one_or_none()
    if row is None:
        return None
    try:
        settings = json.loads(row["settings"])
        n_rows = settings.pop(_ROWS, None)
        state, events = _read_state(connection, row["fit_id"]), _read_events(connection, row["fit_id"])
        _check_state(state, events, n_rows)
        return FitRow(
            row["fit_id"],
            row["as_of"],
            row["vectorizer_id"],
            settings,
            json.loads(row["parameters"]),
            row["cause"],
            state,
            events,
        )
    except (AttributeError, ValueError, TypeError) as error:
        raise _unreadable(row["fit_id"], error) from error


def _newest_fit(as_of: date) -> Select[Any]:
    """Row of the newest fit up to a day; one that was forgotten because no run uses it is passed over."""
    return (
        select(topic_fits)
        .where(topic_fits.c.as_of <= as_of, topic_fits.c.parameters != FORGOTTEN)
        .order_by(topic_fits.c.as_of.desc(), topic_fits.c.fit_id.desc())
        .limit(1)
    )


def _unreadable(fit_id: int, what: object) -> PapertrendsError:
    return PapertrendsError(
        f"fit {fit_id} in the registry of topics cannot be read ({what}); topics would lose their ids, so"
        " the run stops here: restore the store from a backup, or use another --workspace"
    )


def _check_fits(connection: Connection) -> None:
    """Refuse a registry that lost a fit: its topics are there still, or a run that was made by it."""
    known = set(connection.execute(select(topic_fits.c.fit_id)).scalars())
    used = set(connection.execute(select(topic_centers.c.fit_id).distinct()).scalars())
    newest = select(runs.c.manifest).order_by(runs.c.run_id.desc()).limit(1)
    for manifest in connection.execute(newest).scalars():
        used |= _fit_of_run(manifest)
    for fit_id in sorted(used - known):
        raise _unreadable(fit_id, "it is gone")


def _fit_of_run(manifest: str) -> set[int]:
    """Fit that a remembered run names; one from before the registry names none."""
    try:
        return {int(json.loads(manifest)["topics"]["fit"]["fit_id"])}
    except (KeyError, TypeError, ValueError):
        return set()


def _check_state(state: TopicState, events: Sequence[TopicEvent], n_rows: Sequence[int] | None) -> None:
    """Refuse a fit that lost rows; one of before they were counted must have a center for each topic."""
    topics = set(state.members["topic_id"]) - {UNCLUSTERED}
    if topics != set(state.regions.topic_ids):
        raise ValueError(f"it has papers in {len(topics)} topics and {len(state.regions.topic_ids)} topics")
    found = _counts(state, events)
    if n_rows is not None and found != list(n_rows):
        names = zip(("topics", "numbers a center", "papers", "events"), found, n_rows, strict=True)
        lost = [f"{n} of {stated} {name}" for name, n, stated in names if n != stated]
        raise ValueError(f"it has {', '.join(lost)}")


def _counts(state: TopicState, events: Sequence[TopicEvent]) -> list[int]:
    centers = state.regions.centers
    return [len(centers), centers.shape[1] if len(centers) else 0, len(state.members), len(events)]


def _read_state(connection: Connection, fit_id: int) -> TopicState:
    query = select(topic_centers).where(topic_centers.c.fit_id == fit_id).order_by(topic_centers.c.topic_id)
    rows = connection.execute(query).mappings().all()
    return TopicState(_read_members(connection, fit_id), _regions(rows), _descriptions(rows))


def _read_members(connection: Connection, fit_id: int) -> pd.DataFrame:
    columns = ["paper_id", "topic_id", "strength", "basis"]
    query = select(*(topic_members.c[name] for name in columns)).where(topic_members.c.fit_id == fit_id)
    rows = connection.execute(query.order_by(topic_members.c.paper_id)).all()
    if not rows:
        raise ValueError("it has no papers")
    # Of rows of a database pandas asks each whether it is an array.
    return pd.DataFrame(list(map(tuple, rows)), columns=columns)


def _regions(rows: Sequence[RowMapping]) -> TopicRegions:
    centers = [np.frombuffer(row["center"], dtype=_STORED).astype(np.float32) for row in rows]
    if len({center.size for center in centers}) > 1 or not all(np.isfinite(one).all() for one in centers):
        raise ValueError("its centers are damaged")
    matrix = np.stack(centers) if centers else np.zeros((0, 0), dtype=np.float32)
    reaches = np.array([row["reach"] for row in rows], dtype=np.float64)
    return TopicRegions(tuple(row["topic_id"] for row in rows), matrix, reaches)


def _descriptions(rows: Sequence[RowMapping]) -> pd.DataFrame | None:
    """Labels, terms and coherence of a fit's topics, None for a fit from before they were kept."""
    if any(row["label"] is None for row in rows):
        return None
    terms = [json.loads(row["top_terms"]) for row in rows]
    if not all(isinstance(one, list) and all(isinstance(term, str) for term in one) for one in terms):
        raise ValueError("its terms are damaged")
    coherences = [np.nan if row["coherence"] is None else row["coherence"] for row in rows]
    return pd.DataFrame(
        {
            "topic_id": [row["topic_id"] for row in rows],
            "label": [row["label"] for row in rows],
            "top_terms": terms,
            "coherence": np.array(coherences, dtype=np.float64),
            "group_id": pd.Series([row["group_id"] for row in rows], dtype=object),
            "group_label": pd.Series([row["group_label"] for row in rows], dtype=object),
        }
    )


def _read_events(connection: Connection, fit_id: int) -> tuple[TopicEvent, ...]:
    query = select(topic_events).where(topic_events.c.fit_id == fit_id).order_by(topic_events.c.position)
    return tuple(
        TopicEvent(row["event"], row["topic_id"], row["other_id"], tuple(json.loads(row["papers"])))
        for row in connection.execute(query).mappings()
    )


def next_topic_number(connection: Connection) -> int:
    """First unused topic number: ids are never reused."""
    # A forgotten fit has no centers; what happened to its topics names them all.
    ids = select(topic_centers.c.topic_id).union(
        select(topic_events.c.topic_id)
        .join(topic_fits, topic_fits.c.fit_id == topic_events.c.fit_id)
        .where(topic_fits.c.parameters == FORGOTTEN)
    )
    return 1 + max((int(topic_id[1:]) for topic_id in connection.execute(ids).scalars()), default=0)


def write_fit(connection: Connection, fit: FitRow) -> int:
    """Add a fit with its topic events; returns its id."""
    fit_id = 1 + int(connection.execute(select(func.max(topic_fits.c.fit_id))).scalar_one() or 0)
    n_rows = _counts(fit.state, fit.events)
    connection.execute(
        insert(topic_fits).values(
            fit_id=fit_id,
            as_of=fit.as_of,
            vectorizer_id=fit.vectorizer_id,
            settings=json.dumps({**fit.settings, _ROWS: n_rows}, sort_keys=True),
            parameters=json.dumps(dict(fit.parameters), sort_keys=True),
            cause=fit.cause,
        )
    )
    centers = [{"fit_id": fit_id, **row} for row in _center_rows(fit.state)]
    names = list(fit.state.members.columns)
    values = zip(*(fit.state.members[name].tolist() for name in names), strict=True)
    members = ({"fit_id": fit_id, **dict(zip(names, row, strict=True))} for row in values)
    event_rows = [
        {
            "fit_id": fit_id,
            "position": position,
            "event": one.event,
            "topic_id": one.topic_id,
            "other_id": one.other_id,
            "papers": json.dumps(one.papers),
        }
        for position, one in enumerate(fit.events)
    ]
    tables: tuple[tuple[Table, Iterable[dict[str, Any]]], ...] = (
        (topic_centers, centers),
        (topic_members, members),
        (topic_events, event_rows),
    )
    for table, rows in tables:
        for block in in_blocks(rows):
            connection.execute(insert(table), block)
    return fit_id


def _center_rows(state: TopicState) -> list[dict[str, Any]]:
    regions, described = state.regions, state.descriptions
    called: dict[str, dict[str, Any]] = {}
    if described is not None:
        for topic in described.itertuples():
            called[topic.topic_id] = {
                "label": topic.label,
                "top_terms": json.dumps(list(topic.top_terms)),
                "coherence": None if pd.isna(topic.coherence) else float(topic.coherence),
                "group_id": topic.group_id,
                "group_label": topic.group_label,
            }
    nothing = dict.fromkeys(("label", "top_terms", "coherence", "group_id", "group_label"))
    return [
        {
            "topic_id": topic_id,
            "center": center.astype(_STORED).tobytes(),
            "reach": float(reach),
            **called.get(topic_id, nothing),
        }
        for topic_id, center, reach in zip(regions.topic_ids, regions.centers, regions.reaches, strict=True)
    ]


def read_topic_history(connection: Connection, as_of: date) -> pd.DataFrame:
    """Events up to a day, oldest fit first: as_of, cause, event, topic_id, other_id, papers."""
    columns = ["as_of", "cause", "event", "topic_id", "other_id", "papers"]
    query = (
        select(
            topic_fits.c.as_of,
            topic_fits.c.cause,
            topic_events.c.event,
            topic_events.c.topic_id,
            topic_events.c.other_id,
            topic_events.c.papers,
        )
        .join(topic_fits, topic_fits.c.fit_id == topic_events.c.fit_id)
        .where(topic_fits.c.as_of <= as_of)
        .order_by(topic_fits.c.as_of, topic_fits.c.fit_id, topic_events.c.position)
    )
    rows = [(*row[:5], tuple(json.loads(row[5]))) for row in connection.execute(query)]
    return pd.DataFrame(rows, columns=columns, dtype=object)  # None stays None
