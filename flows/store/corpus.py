"""Reading the corpus as it could be known on a day.

A sighting counts from the day on which it was read, and not before the day that its feed states: what
is read later changes no earlier day, so a past day can be read again as it was. For days before
the workspace read anything, when there is nothing to tell again, a saved sighting counts from the day
that its feed states, so that an archive can be followed through its past. Only sightings that count
by `as_of` make the papers: fields, upvotes and even which sightings are held to show one paper are
those of that day.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, func, select

from analytics.papers import content_hash, paper_text
from analytics.tables import TABLE_COLUMNS, empty_table
from flows.store.decisions import newest_decisions, read_decisions
from flows.store.keys import read_keys
from flows.store.matching import ComparedRecords, match_all
from flows.store.merging import Sighting, merge_sightings
from flows.store.schema import feeds, papers, records, rejects, sightings, work_decisions
from flows.store.stored_records import StoredRecord, decode_record

__all__ = [
    "Corpus",
    "known_by",
    "read_corpus",
    "read_feed_summary",
    "read_late_papers",
    "read_reject_table",
    "read_sightings",
]

_NOT_YET_KNOWN = ("primary_theme", "topic_id")
_COLUMNS = tuple(name for name in TABLE_COLUMNS["papers"] if name not in _NOT_YET_KNOWN)
_LISTS = ("authors", "categories", "sources")
_HASH = "content_hash"
_ROWS_AT_ONCE = 20_000
_ARROW = {
    "text": pa.large_string(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "day": pa.date32(),
    "texts": pa.list_(pa.string()),
}

_Columns = dict[str, Sequence[Any]]
"""Values of `_COLUMNS`, a row per paper."""


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
        Number of them that were shown by the day although they state a later date.
    corpus_hash : str
        SHA-256 over all columns of `papers` in this order, of abstracts over their part in
        `content_hash`: equal hashes mean equal papers.
    """

    papers: pd.DataFrame
    n_later: int
    n_future: int
    corpus_hash: str


def sighting_day(table: FromClause) -> ColumnElement[date]:
    """Give the day that a row of `feeds`, `sightings` or `rejects` is of."""
    return func.coalesce(table.c.feed_day, table.c.first_seen)


def known_by(connection: Connection, table: FromClause, as_of: date) -> ColumnElement[bool]:
    """Say which rows of `feeds`, `sightings` or `rejects` count by `as_of`, see the head of this module."""
    first = [connection.execute(select(func.min(t.c.first_seen))).scalar_one() for t in (feeds, sightings)]
    began = min((day for day in first if day is not None), default=None)
    if began is None or as_of < began:
        return sighting_day(table) <= as_of
    return and_(sighting_day(table) <= as_of, table.c.first_seen <= as_of)


def read_sightings(connection: Connection, *conditions: ColumnElement[bool]) -> list[tuple[str, Sighting]]:
    """Read the sightings that meet the conditions, each with the paper that it is held to show now."""
    columns = (
        *(records.c[name] for name in ("record_id", "paper_id", "stated_id", "doi", "title_key", "record")),
        *(sightings.c[name] for name in ("source", "location", "feed_day", "first_seen", "upvotes")),
    )
    query = select(*columns).join_from(sightings, records).where(*conditions)
    stored: dict[str, StoredRecord] = {}
    return [(row.paper_id, _sighting_of(row, stored)) for row in connection.execute(query)]


def _sighting_of(row: Row[Any], stored: dict[str, StoredRecord]) -> Sighting:
    # Many sightings may repeat one record: decode it once.
    if row.record_id not in stored:
        record = decode_record(row.record)
        stored[row.record_id] = StoredRecord(row.record_id, row.stated_id, row.doi, row.title_key, record)
    day = row.feed_day or row.first_seen
    return Sighting(stored[row.record_id], row.source, row.location, day, row.first_seen, row.upvotes)


def read_corpus(connection: Connection, as_of: date) -> Corpus:
    """Papers as they could be known on `as_of`, see `Corpus`.

    When every sighting counts by then, the rows of the table `papers` are that fold already.
    """
    known = known_by(connection, sightings, as_of)
    later = (
        select(sightings.c.sighting_id).where(~known).limit(1),
        select(work_decisions.c.one).where(work_decisions.c.day > as_of).limit(1),
    )
    all_known = all(connection.execute(query).first() is None for query in later)
    if all_known:
        blocks, unseen = _stored_papers(connection), 0
    else:
        folded, unseen = _fold_papers(connection, known, as_of)
        blocks = iter([folded])
    arrays, n_future = _in_order(_arrow_columns(block, as_of) for block in blocks)
    return Corpus(_papers_table(arrays), unseen + n_future, n_future, _hash_columns(arrays))


def read_late_papers(connection: Connection, as_of: date) -> tuple[int, date | None]:
    """Count papers that a day leaves out since they were read later, and are not of a later day themselves.

    Gives how many, and the last day on which one of them was read.
    """
    known = known_by(connection, sightings, as_of)
    counted = select(records.c.paper_id).join_from(sightings, records).where(known)
    is_of_then = func.coalesce(sightings.c.feed_day, as_of) <= as_of
    late = (is_of_then, sightings.c.first_seen > as_of, ~known, records.c.paper_id.not_in(counted))
    query = select(func.count(records.c.paper_id.distinct()), func.max(sightings.c.first_seen))
    n_papers, last = connection.execute(query.join_from(sightings, records).where(*late)).one()
    return n_papers, last


def _stored_papers(connection: Connection) -> Iterator[_Columns]:
    """Columns of the table `papers`, in blocks, rows in no order."""
    query = select(*(papers.c[name] for name in _COLUMNS)).execution_options(yield_per=_ROWS_AT_ONCE)
    for rows in connection.execute(query).partitions():
        columns: _Columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
        for name in _LISTS:
            columns[name] = json.loads(f"[{','.join(columns[name])}]")  # at once: a tenth of the time
        yield columns


def _fold_papers(connection: Connection, counts: ColumnElement[bool], as_of: date) -> tuple[_Columns, int]:
    """Papers from the sightings that count and the decisions up to a day, like `_stored_papers`.

    Gives also how many papers have no such sighting.
    """
    known = read_sightings(connection, counts)
    distinct = {sighting.stored.record_id: sighting.stored for _, sighting in known}
    decided = newest_decisions(read_decisions(connection, as_of))
    placed = match_all(ComparedRecords(distinct.values()), decided, read_keys(connection)).paper_of
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for _, sighting in known:
        groups[placed[sighting.stored.record_id]].append(sighting)
    total = connection.execute(select(func.count()).select_from(papers)).scalar_one()
    unseen = total - len({paper_id for paper_id, _ in known})
    merged = [merge_sightings(paper_id, group) for paper_id, group in groups.items()]
    return {name: [row[name] for row in merged] for name in _COLUMNS}, unseen


def _arrow_columns(values: _Columns, as_of: date) -> tuple[dict[str, pa.Array], int]:
    """Columns of the papers of a block that are not of a later day, with their hashes, and how many are."""
    kinds = {name: TABLE_COLUMNS["papers"][name].removesuffix("?") for name in _COLUMNS}
    arrays = {name: pa.array(values[name], _ARROW[kind]) for name, kind in kinds.items()}
    texts = map(paper_text, values["title"], values["abstract"])
    arrays[_HASH] = pa.array([content_hash(text) for text in texts], pa.string())
    is_later = pc.fill_null(pc.greater(arrays["published"], pa.scalar(as_of, pa.date32())), False)
    n_later = int(pc.sum(is_later).as_py() or 0)
    if n_later:
        arrays = {name: array.filter(pc.invert(is_later)) for name, array in arrays.items()}
    return arrays, n_later


def _in_order(blocks: Iterator[tuple[dict[str, pa.Array], int]]) -> tuple[dict[str, pa.Array], int]:
    """Columns of all blocks in order of the papers' ids, and how many papers were left out.

    One column after the other is put together, so that texts are in memory twice and no more.
    """
    parts: dict[str, list[pa.Array]] = {name: [] for name in (*_COLUMNS, _HASH)}
    n_left_out = 0
    for arrays, n_later in blocks:
        n_left_out += n_later
        for name, array in arrays.items():
            parts[name].append(array)
    if not parts[_HASH]:
        none: _Columns = dict.fromkeys(_COLUMNS, ())
        return _arrow_columns(none, date.max)
    order = pc.sort_indices(pa.chunked_array(parts["paper_id"]))
    return {name: pa.concat_arrays(parts.pop(name)).take(order) for name in (*_COLUMNS, _HASH)}, n_left_out


def _papers_table(arrays: Mapping[str, pa.Array]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name, dtype in empty_table("papers")[list(_COLUMNS)].dtypes.items():
        array = arrays[str(name)]
        if pa.types.is_date(array.type):
            columns[str(name)] = array.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
        elif pa.types.is_large_string(array.type):
            columns[str(name)] = array.to_pandas()  # half of the time that a list of str takes
        else:
            columns[str(name)] = pd.Series(array.to_pylist(), dtype=dtype)
    columns[_HASH] = pd.Series(arrays[_HASH].to_pandas(), dtype="str")
    return pd.DataFrame(columns)


def _hash_columns(arrays: Mapping[str, pa.Array]) -> str:
    digest = hashlib.sha256()
    for name in _COLUMNS:
        digest.update(name.encode())
        for part in _parts(arrays[_HASH if name == "abstract" else name]):
            digest.update(part)
    return digest.hexdigest()


def _parts(array: pa.Array) -> Iterator[bytes | pa.Buffer]:
    """Bytes of an array that are the same for the same values only: nulls, lengths, then what is in it."""
    yield array.is_null().to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_list(array.type):
        yield array.value_lengths().to_numpy().tobytes()
        yield from _parts(array.flatten())
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        yield pc.binary_length(array).fill_null(0).to_numpy().tobytes()
        yield from filter(None, array.buffers()[2:])
    else:
        numbers = array.cast(pa.int32()) if pa.types.is_date(array.type) else array.cast(pa.int64())
        yield numbers.fill_null(0).to_numpy().tobytes()


def read_feed_summary(connection: Connection, as_of: date) -> pd.DataFrame:
    """One row for each source, location and stated day: how many records and rejects it held.

    Of a feed that was read again with another content, only the newest content up to `as_of` counts.

    Columns: `source`, `location`, `day` (datetime64[us], of the fetch), `n_records`, `n_rejects`, sorted.
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


def read_reject_table(connection: Connection, as_of: date | None = None) -> pd.DataFrame:
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
