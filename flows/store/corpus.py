"""Reading the corpus as it could be known on a day.

A look counts from the day on which it was read, and not before the day that its feed states: what
is read later changes no earlier day, so a past day can be told again as it was. For days before
the workspace read anything, when there is nothing to tell again, a saved look counts from the day
that its feed states, so that an archive can be followed through its past. Only looks that count
by `as_of` make the papers: fields, upvotes and even which looks are held to show one paper are
those of that day.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, func, select

from analytics.papers import content_hash, paper_text
from analytics.tables import TABLE_COLUMNS, empty_table
from flows.store.looks import Look, merge_looks
from flows.store.matching import match_records
from flows.store.schema import feeds, papers, records, rejects, sightings
from flows.store.stored_records import StoredRecord, decode_record

__all__ = [
    "Corpus",
    "known_by",
    "read_corpus",
    "read_feed_summary",
    "read_looks",
    "read_reject_table",
]

_NOT_YET_KNOWN = ("primary_theme", "topic_id")
_COLUMNS = tuple(name for name in TABLE_COLUMNS["papers"] if name not in _NOT_YET_KNOWN)
_LISTS = ("authors", "sources")
_DAYS = ("published", "updated", "first_seen")


@dataclass(frozen=True)
class Corpus:
    """The papers of a day.

    Attributes
    ----------
    papers : DataFrame
        Columns of the run table `papers` without `primary_theme` and `topic_id`, and `content_hash`,
        the key of a paper's vector; one row for each paper, sorted by `paper_id`.
    n_later : int
        Papers of the store that are left out: published, or first shown, after the day.
    n_future : int
        Of these, the papers that were shown by the day and yet state a later date.
    corpus_hash : str
        SHA-256 over all columns of `papers` in this order, of abstracts over their part in
        `content_hash`: equal hashes mean equal papers.
    """

    papers: pd.DataFrame
    n_later: int
    n_future: int
    corpus_hash: str


def look_day(table: FromClause) -> ColumnElement[date]:
    """Give the day that a row of `feeds`, `sightings` or `rejects` is of."""
    return func.coalesce(table.c.feed_day, table.c.first_seen)


def known_by(connection: Connection, table: FromClause, as_of: date) -> ColumnElement[bool]:
    """Say which rows of `feeds`, `sightings` or `rejects` count by `as_of`, see the head of this module."""
    first = [connection.execute(select(func.min(t.c.first_seen))).scalar_one() for t in (feeds, sightings)]
    began = min((day for day in first if day is not None), default=None)
    if began is None or as_of < began:
        return look_day(table) <= as_of
    return and_(look_day(table) <= as_of, table.c.first_seen <= as_of)


def read_looks(connection: Connection, *conditions: ColumnElement[bool]) -> list[tuple[str, Look]]:
    """Read the looks that meet the conditions, each with the paper that it is held to show now."""
    columns = (
        *(records.c[name] for name in ("record_id", "paper_id", "stated_id", "doi", "title_key", "record")),
        *(sightings.c[name] for name in ("source", "location", "feed_day", "first_seen", "upvotes")),
    )
    query = select(*columns).join_from(sightings, records).where(*conditions)
    said: dict[str, StoredRecord] = {}
    return [(row.paper_id, _look_of(row, said)) for row in connection.execute(query)]


def _look_of(row: Row[Any], said: dict[str, StoredRecord]) -> Look:
    # Many looks may repeat one record: decode it once.
    if row.record_id not in said:
        record = decode_record(row.record)
        said[row.record_id] = StoredRecord(row.record_id, row.stated_id, row.doi, row.title_key, record)
    day = row.feed_day or row.first_seen
    return Look(said[row.record_id], row.source, row.location, day, row.first_seen, row.upvotes)


def read_corpus(connection: Connection, as_of: date) -> Corpus:
    """Papers as they could be known on `as_of`, see `Corpus`.

    When every look counts by then, the rows of the table `papers` are that fold already.
    """
    known = known_by(connection, sightings, as_of)
    all_known = (
        connection.execute(select(func.count()).select_from(sightings).where(~known)).scalar_one() == 0
    )
    if all_known:
        rows, unseen = _stored_papers(connection), 0
    else:
        rows, unseen = _fold_papers(connection, known)
    day = _COLUMNS.index("published")
    shown = sorted((row for row in rows if row[day] is None or row[day] <= as_of), key=itemgetter(0))
    # Of columns, which take a tenth of the time that as many rows take.
    columns = dict(zip(_COLUMNS, zip(*shown, strict=True) if shown else [()] * len(_COLUMNS), strict=True))
    hashes = [
        content_hash(paper_text(*text)) for text in zip(columns["title"], columns["abstract"], strict=True)
    ]
    table = _papers_table(columns).assign(content_hash=pd.Series(hashes, dtype="str"))
    n_future = len(rows) - len(shown)
    return Corpus(table, unseen + n_future, n_future, _hash_columns(columns, hashes))


def _stored_papers(connection: Connection) -> list[tuple[Any, ...]]:
    """Rows of the table `papers` in the order of `_COLUMNS`."""
    columns = list(zip(*connection.execute(select(*(papers.c[name] for name in _COLUMNS))), strict=True))
    for at, name in enumerate(_COLUMNS):
        if columns and name in _LISTS:
            columns[at] = tuple(json.loads(f"[{','.join(columns[at])}]"))  # at once: a tenth of the time
    return list(zip(*columns, strict=True))


def _fold_papers(connection: Connection, counts: ColumnElement[bool]) -> tuple[list[tuple[Any, ...]], int]:
    """Papers from the looks that count, like `_stored_papers`, and how many papers have no such look."""
    known = read_looks(connection, counts)
    distinct = {look.said.record_id: look.said for _, look in known}
    placed = match_records(distinct.values())
    groups: dict[str, list[Look]] = defaultdict(list)
    for _, look in known:
        groups[placed[look.said.record_id]].append(look)
    total = connection.execute(select(func.count()).select_from(papers)).scalar_one()
    unseen = total - len({paper_id for paper_id, _ in known})
    merged = (merge_looks(paper_id, looks) for paper_id, looks in groups.items())
    return [tuple(row[name] for name in _COLUMNS) for row in merged], unseen


def _papers_table(values: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name, dtype in empty_table("papers")[list(_COLUMNS)].dtypes.items():
        if str(name) in _DAYS:
            columns[str(name)] = np.array(values[str(name)], dtype="datetime64[us]")
        else:
            columns[str(name)] = pd.Series(list(values[str(name)]), dtype=dtype)
    return pd.DataFrame(columns)


def _hash_columns(values: Mapping[str, Sequence[Any]], hashes: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in _COLUMNS:
        column = hashes if name == "abstract" else values[name]
        digest.update(json.dumps([name, *column], default=date.isoformat).encode() + b"\n")
    return digest.hexdigest()


def read_feed_summary(connection: Connection, as_of: date) -> pd.DataFrame:
    """One row for each source, location and stated day: how many records and rejects it held.

    Of a feed that was read again with another content, only the newest content up to `as_of` counts.

    Returns
    -------
    DataFrame
        `source`, `location`, `day` (datetime64[us], the look's day), `n_records`, `n_rejects`, sorted.
    """
    newest: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in connection.execute(select(feeds).where(known_by(connection, feeds, as_of))):
        key = (row.source, row.location, row.feed_day)
        content = (row.first_seen, row.n_records, row.n_rejects, row.feed_id)
        newest[key] = max(newest.get(key, content), content)
    rows = sorted(
        (source, location, day or first, n_records, n_rejects)
        for (source, location, day), (first, n_records, n_rejects, _) in newest.items()
    )
    table = pd.DataFrame(rows, columns=["source", "location", "day", "n_records", "n_rejects"])
    types = {"source": "str", "location": "str", "n_records": "int64", "n_rejects": "int64"}
    return table.astype(types).assign(day=np.array([row[2] for row in rows], dtype="datetime64[us]"))


def read_reject_table(connection: Connection, as_of: date | None) -> pd.DataFrame:
    """All rejects up to `as_of`, of all days by default; sorted by source, location, day and position."""
    query = select(rejects)
    if as_of is not None:
        query = query.where(known_by(connection, rejects, as_of))
    names = [column.name for column in rejects.c if column.name != "reject_id"]
    rows = [dict(row) for row in connection.execute(query).mappings()]
    rows.sort(
        key=lambda row: (row["source"], row["location"], str(row["feed_day"]), _natural(row["position"]))
    )
    table = pd.DataFrame(rows, columns=names)
    for name in names:
        day = name in {"feed_day", "first_seen", "last_seen"}
        table[name] = (
            np.array([row[name] for row in rows], dtype="datetime64[us]")
            if day
            else table[name].astype("str")
        )
    return table


def _natural(position: str) -> tuple[int, str]:
    # "line 9" comes before "line 13".
    return (len(position), position)
