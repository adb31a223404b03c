"""How much a Parquet table may unpack to: a few kilobytes can stand for more than any machine holds.

Two things multiply: compression, up to a thousand times and more, and dictionaries, which state a text once
for all rows that show it. The first is told by the footer, before anything is read. Dictionaries are
looked at before the rows are, and the longest text decides how many rows are read at once. What a forged
footer hides is bounded by the format alone: a page has at most 2 GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.exceptions import InputError

__all__ = ["bounded_batches", "packed_columns", "rows_at_once"]

_MB = 1024 * 1024
_LARGE, _AT_ONCE = 128 * _MB, 32 * _MB
_MOST_TIMES = 200
_LONGEST_TEXT = 8 * _MB
_MANY_ROWS = 1_000_000
_MOST_ROWS_PER_BYTE = 10


def packed_columns(
    metadata: pq.FileMetaData, columns: Sequence[str], *, n_bytes: int, location: str
) -> list[str]:
    """Paths of the texts within `columns` that the file states in dictionaries.

    Raises
    ------
    InputError
        When a column unpacks to over 128 MB and 200 times its size at once, or there are over a million rows
        and ten to every byte.
    """
    n_rows = metadata.num_rows
    if n_rows > _MANY_ROWS and n_rows > _MOST_ROWS_PER_BYTE * n_bytes:
        raise InputError(
            f"{location} states {n_rows:,} rows in {n_bytes:,} bytes, more than papers can be; write it again"
        )
    packed: dict[str, None] = {}
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(number)
            path = chunk.path_in_schema
            if not any(path == name or path.startswith(f"{name}.") for name in columns):
                continue
            unpacked = chunk.total_uncompressed_size
            if unpacked > max(_LARGE, _MOST_TIMES * chunk.total_compressed_size):
                raise InputError(
                    f"{location} unpacks to {unpacked // _MB:,} MB in one column, over {_MOST_TIMES} times "
                    "its size; write it again with shorter texts"
                )
            if chunk.physical_type == "BYTE_ARRAY" and any("DICTIONARY" in one for one in chunk.encodings):
                packed[path] = None
    return list(packed)


def rows_at_once(table: pq.ParquetFile, columns: Sequence[str], *, most: int, location: str) -> int:
    """How many rows may be written out at once: so many that they stay within 32 MB, `most` at most.

    `table` has its texts in dictionaries; of each part of the file the first row is read, which brings the
    dictionaries with it.

    Raises
    ------
    InputError
        When a text is longer than 8 MB, as a line of a text file may be.
    """
    longest = 1
    for group in range(table.metadata.num_row_groups):
        rows = table.iter_batches(1, row_groups=[group], columns=list(columns), use_threads=False)
        for column in (one for batch in islice(rows, 1) for one in batch.columns):
            if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
                longest = max(longest, pc.max(pc.binary_length(column.dictionary)).as_py() or 0)
    if longest > _LONGEST_TEXT:
        raise InputError(
            f"{location} holds a text of {longest // _MB:,} MB, more than the {_LONGEST_TEXT // _MB} MB "
            "allowed; write it again with shorter texts"
        )
    return max(1, min(most, _AT_ONCE // longest))


def bounded_batches(
    batches: Iterable[pa.RecordBatch], *, n_bytes: int, location: str
) -> Iterator[pa.RecordBatch]:
    """Give the batches until their texts, written out, are over 128 MB and 200 times the file's size."""
    n_unpacked, n_rows = 0, 0
    for batch in batches:
        n_unpacked += sum(_n_bytes(column) for column in batch.columns)
        n_rows += batch.num_rows
        if n_unpacked > max(_LARGE, _MOST_TIMES * n_bytes):
            raise InputError(
                f"{location} unpacks to {n_unpacked // _MB:,} MB of text in {n_rows:,} rows, over "
                f"{_MOST_TIMES} times its size; write it again with shorter texts"
            )
        yield batch


def _n_bytes(column: Any) -> int:
    """Bytes of a column's texts, each counted in every row that shows it."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        if not _is_text(kind.value_type):
            return 0
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        return int(pc.sum(lengths.cast(pa.int64())).as_py() or 0)
    if _is_text(kind):
        return int(column.nbytes)
    if pa.types.is_struct(kind):
        return sum(_n_bytes(field) for field in column.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _n_bytes(column.flatten())
    if pa.types.is_map(kind):
        return _n_bytes(column.keys) + _n_bytes(column.items)
    return 0


def _is_text(kind: pa.DataType) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary,
            pa.types.is_string_view, pa.types.is_binary_view,
        )
    )  # fmt: skip
