"""Tables in Apache Parquet, read in blocks of rows, only the columns that hold a field of a paper."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields as dataclass_fields
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources.field_names import FieldMap, match_fields
from flows.sources.fielded import row_reader
from flows.sources.formats import BLOCK, SourceFile, SourceFormat
from flows.sources.parquet_bounds import bounded_batches, packed_columns, rows_at_once
from flows.sources.plain_text import excerpt

__all__ = ["FORMAT", "SOURCE", "SUFFIXES", "read_parquet"]

SOURCE = "table"
SUFFIXES = (".parquet",)
_MAGIC = b"PAR1"

# A footer within these bounds describes millions of blocks; a forged one may ask for all memory.
_LARGEST_THRIFT = 100_000_000
_ENCRYPTED = b"PARE"


class _Undecodable:
    """Stands for a text that is not UTF-8, until its row is rejected."""


_UNDECODABLE = _Undecodable()


def read_parquet(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a Parquet table, its columns found by their names.

    In parts; ``"row 1"`` is the first. A row without a title, or with a text that is not UTF-8, is a reject.

    Raises
    ------
    InputError
        When the file is cut short, damaged, encrypted or no Parquet, has no column of titles, unpacks to
        far more than it is, or holds rows but no paper.
    """
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{file.location} is not a regular file; give a file or a folder of them")
        with _opened(file) as table:
            names = list(table.schema_arrow.names)
            fields = match_fields(names, file.columns, location=file.location)
            columns = _columns(fields, names)
            packed = packed_columns(table.metadata, columns, n_bytes=status.st_size, location=file.location)
        with _opened(file, packed) as table:
            n_rows = rows_at_once(table, columns, most=BLOCK, location=file.location)
        # Lists may repeat a text as often as they like within a row.
        with _opened(file, [path for path in packed if path not in columns]) as table:
            batches = bounded_batches(
                table.iter_batches(batch_size=n_rows, columns=columns, use_threads=False),
                n_bytes=status.st_size,
                location=file.location,
            )
            yield from row_reader(SOURCE, fields).parts(_entries(batches, columns), file)
    # pyarrow names a dozen kinds of error for damaged files, some of them Python's own.
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, MemoryError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{file.location} cannot be read as Parquet ({excerpt(str(error)) or type(error).__name__}); "
            "it may be cut short, damaged or encrypted: write it again"
        ) from error


def _opened(file: SourceFile, packed: Sequence[str] = ()) -> pq.ParquetFile:
    """The file, its `packed` columns read with every text once, however many rows show it."""
    return pq.ParquetFile(
        file.path,
        pre_buffer=False,
        memory_map=False,
        read_dictionary=list(packed),
        thrift_string_size_limit=_LARGEST_THRIFT,
        thrift_container_size_limit=_LARGEST_THRIFT,
    )


def _columns(fields: FieldMap, names: list[str]) -> list[str]:
    wanted = {name for field in dataclass_fields(fields) for name in getattr(fields, field.name)}
    return [name for name in dict.fromkeys(names) if name in wanted]


def _entries(
    batches: Iterable[pa.RecordBatch], columns: list[str]
) -> Iterator[tuple[str, dict[str, Any]] | RejectedRecord]:
    number = 0
    for batch in batches:
        names = [name for name in dict.fromkeys(batch.schema.names) if name in columns]
        # Of columns of one name the first is read.
        values = [_values(batch.column(batch.schema.names.index(name))) for name in names]
        for cells in zip(*values, strict=True):
            number += 1
            if _UNDECODABLE in cells:
                shown = " ".join(cell for cell in cells if isinstance(cell, str))
                yield RejectedRecord(f"row {number}", "a row with a text that is not UTF-8", excerpt(shown))
            else:
                yield f"row {number}", dict(zip(names, cells, strict=True))


def _values(column: Any) -> list[Any]:
    """Python values of a column; `_UNDECODABLE` for invalid UTF-8, None for a value out of range."""
    if pa.types.is_timestamp(column.type):
        # Python's times have no nanoseconds.
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _UNDECODABLE
    except (ValueError, OverflowError, pa.ArrowException):
        return None


FORMAT = SourceFormat(SOURCE, lambda _head: False, read_parquet, SUFFIXES, (_MAGIC, _ENCRYPTED))
