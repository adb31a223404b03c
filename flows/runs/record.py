"""The record of a workspace: forecasts and claims of its runs, kept apart from their folders.

``record.parquet`` holds everything that the track record needs of a run, so that the run's folder can be
removed and later runs need not read all folders. Of equal statements only the first is kept, because a
forecast counts once (see `analytics.forecasts.track_record`): the file grows with the periods of the corpus,
not with its runs. It also holds the facts of the runs whose folders exist. A run that is not in it yet is
read from its folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exceptions import InputError, PapertrendsError
from analytics.forecasts.track_record import claims_of
from analytics.tables import ADDED_COLUMNS, TABLE_COLUMNS, empty_table
from analytics.topics.topic_edits import topic_parts
from flows.replacing import replacing
from flows.runs.facts import RunFacts, facts_of
from flows.runs.names import list_runs
from flows.runs.reading import read_manifest, read_tables

__all__ = ["RECORD", "RunRecord", "RunStatements", "read_record", "read_statements", "update_record"]

RECORD = "record.parquet"
_RUNS = b"runs"
_TYPES = {"text": pa.string(), "float": pa.float64(), "day": pa.timestamp("us")}
_CLAIM = ["kind", "series_id", "verdict", "last_start"]
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("run_id", "as_of", "definitions")),
        *((column, _TYPES[kind]) for column, kind in TABLE_COLUMNS["forecasts"].items()),
        ("verdict", pa.string()),
    ]
)
"""A row is a forecast, or a claim where it has a `verdict`; `as_of` is ISO text, as in manifests.

A topic that people merged is named by its parts, such as ``T0001+T0002``: only a run in which it has the same
parts counts the same papers.
"""


@dataclass(frozen=True)
class RunStatements:
    """Forecasts and claims of a run, and the topics of its papers."""

    forecasts: pd.DataFrame
    claims: pd.DataFrame
    topic_assignments: pd.DataFrame

    @property
    def is_of_registry(self) -> bool:
        """Whether its topics keep their ids; before the registry they had none and are matched by papers."""
        return not bool(self.topic_assignments["basis"].isna().all())

    @property
    def names_topics(self) -> bool:
        """Whether anything is said of a topic."""
        return any(bool((made["kind"] == "topic").any()) for made in (self.forecasts, self.claims))


@dataclass(frozen=True)
class RunRecord:
    """The record: facts of existing run folders by id, and the forecasts and claims of all runs."""

    runs: dict[str, RunFacts] = field(default_factory=dict)
    rows: pd.DataFrame = field(default_factory=lambda: _SCHEMA.empty_table().to_pandas())

    def before(self, day: date, definitions: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Forecasts and claims of runs of earlier days, with `run_id` and `as_of`.

        Of themes, those of runs with the same definitions; of topics, those of all.
        """
        rows = self.rows
        speaks = (rows["kind"] == "topic") | (rows["definitions"] == definitions)
        rows = rows[(rows["as_of"] < day.isoformat()) & speaks]
        is_claim, named = rows["verdict"].notna(), ["run_id", "as_of"]
        forecasts = rows.loc[~is_claim, [*TABLE_COLUMNS["forecasts"], *named]]
        return forecasts, rows.loc[is_claim, [*_CLAIM, *named]]


def read_statements(folder: Path) -> RunStatements:
    """Read what a run forecast and claimed."""
    own = read_tables(folder, ("forecasts", "verdicts", "trends", "topic_assignments"))
    return RunStatements(
        own["forecasts"], claims_of(own["verdicts"], own["trends"]), own["topic_assignments"]
    )


def read_record(workspace: Path) -> RunRecord:
    """Read the record of a workspace; empty if missing.

    Raises
    ------
    PapertrendsError
        When it cannot be read: what removed runs said would be forgotten in silence.
    """
    path = workspace / RECORD
    if not path.exists():
        return RunRecord()
    try:
        stored = pq.ParquetFile(path).read()
        stored_facts = json.loads(stored.schema.metadata[_RUNS])
        runs = {one["run_id"]: RunFacts(**{**one, **_days(one)}) for one in stored_facts}
        for name, value in ADDED_COLUMNS["forecasts"].items():
            if name not in stored.column_names:  # by an older version
                stored = stored.append_column(name, pa.array([value] * len(stored)))
        # The order of the columns, and that all of them are there.
        return RunRecord(runs, stored.select(_SCHEMA.names).cast(_SCHEMA).to_pandas())
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise PapertrendsError(
            f"{path}, the record of earlier forecasts and claims, cannot be read ({error}); restore it"
            " from a backup, or remove it: then only runs whose folders still exist are scored"
        ) from error


def update_record(workspace: Path) -> RunRecord:
    """Add runs that the record lacks, and remove facts of runs whose folders are gone.

    A folder that is not whole is left out, and so is one from before the registry that speaks of topics:
    its topics are matched by its papers, whenever it is read. Who calls this holds the publishers' lock.

    Raises
    ------
    PapertrendsError
        When the record cannot be read or written.
    """
    record = read_record(workspace)
    there = list_runs(workspace)
    runs = {run_id: facts for run_id, facts in record.runs.items() if run_id in set(there)}
    parts = [record.rows]
    for run_id in there:
        if run_id in runs:
            continue
        folder = workspace / "runs" / run_id
        try:
            facts, statements = facts_of(run_id, read_manifest(folder)), read_statements(folder)
        except InputError:
            continue
        if facts is not None and (statements.is_of_registry or not statements.names_topics):
            runs[run_id] = facts
            parts.append(_rows(facts, statements))
    if runs == record.runs:
        return record
    updated = RunRecord(runs, _first_of_each(pd.concat(parts, ignore_index=True)))
    _write(workspace / RECORD, updated)
    return updated


def _rows(facts: RunFacts, statements: RunStatements) -> pd.DataFrame:
    """Rows of a run without those that cannot be scored: empty topics, unknown periods."""
    topics = set(statements.topic_assignments["topic_id"].unique())
    made = pd.concat([statements.forecasts, statements.claims], ignore_index=True).reindex(
        columns=_SCHEMA.names
    )
    made = made[made["last_start"].notna() & ((made["kind"] != "topic") | made["series_id"].isin(topics))]
    parts = topic_parts(statements.topic_assignments)
    if any(one != whole for one, whole in parts.items()):
        of_parts = made["series_id"].map(parts).where(made["kind"] == "topic")
        made = made.assign(series_id=of_parts.where(of_parts.notna(), made["series_id"]))
    return made.assign(
        run_id=facts.run_id, as_of=facts.as_of.isoformat(), definitions=facts.definitions or ""
    )


def _first_of_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of runs in their order, each statement once: of themes, once for each definition of them."""
    ordered = rows.sort_values(["as_of", "run_id"], kind="stable", ignore_index=True)
    of_themes = ordered["definitions"].where(ordered["kind"] != "topic", "")
    key = ["kind", "series_id", "period_start", "period_end", "last_start", "verdict"]
    return ordered[~ordered[key].assign(of_themes=of_themes).duplicated()].reset_index(drop=True)


def _write(path: Path, record: RunRecord) -> None:
    facts_json = json.dumps([asdict(facts) for facts in record.runs.values()], sort_keys=True, default=str)
    typed = record.rows.astype(dict(empty_table("forecasts").dtypes))
    table = pa.Table.from_pandas(typed, schema=_SCHEMA, preserve_index=False)
    try:
        with replacing(path) as part:
            pq.write_table(
                table.replace_schema_metadata({_RUNS: facts_json.encode()}), part, compression="zstd"
            )
    except (pa.ArrowException, OSError) as error:
        raise PapertrendsError(f"{path} cannot be written ({error}); free space, then run again") from error


def _days(fields: dict[str, Any]) -> dict[str, date]:
    return {name: date.fromisoformat(fields[name]) for name in ("as_of", "started_on")}
