"""Tables of a run as Parquet files; equal values give equal bytes.

Types come from `TABLE_COLUMNS`. A day is a timestamp in microseconds without a zone, because it
reads back as datetime64[us], the type of the tables in memory; a Parquet date would come back as
Python objects. No pandas metadata is written: it names library versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exceptions import InputError, PapertrendsError
from analytics.tables import ADDED_COLUMNS, TABLE_COLUMNS, empty_table, validate_table

__all__ = ["read_columns", "read_table", "write_table"]

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "day": pa.timestamp("us"),
    "texts": pa.list_(pa.string()),
}


def table_schema(name: str) -> pa.Schema:
    """Parquet schema of table `name`.

    Examples
    --------
    >>> table_schema("themes").names
    ['theme_id', 'name', 'description', 'n_papers']
    """
    return pa.schema(
        [
            pa.field(column, _TYPES[kind.removesuffix("?")], nullable=kind.endswith("?") or kind == "float")
            for column, kind in TABLE_COLUMNS[name].items()
        ]
    )


def write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Write a table that keeps the contract.

    Raises
    ------
    PapertrendsError
        When a column is missing or holds what its type does not allow.
    """
    schema = table_schema(name)
    try:
        valid = validate_table(name, table)
        arrays = [pa.array(_plain(valid[f.name], f.type), type=f.type, from_pandas=True) for f in schema]
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=schema),
            path,
            compression="zstd",
            compression_level=1,  # 3 takes half as long again for a tenth less
            version="2.6",
            store_schema=False,
        )
    except (pa.ArrowException, TypeError, ValueError) as error:
        if isinstance(error, PapertrendsError):
            raise
        raise PapertrendsError(f"table {name!r} cannot be written: {error}") from error


def _plain(column: pd.Series, kind: pa.DataType) -> Any:
    if not pa.types.is_list(kind):
        return column
    values = column.tolist()
    # A bare text would be taken apart into its letters, and a missing list would become a null.
    for value in values:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise TypeError(f"column {column.name!r} must hold lists of text; it holds {value!r}")
    return values


def read_table(name: str, path: Path) -> pd.DataFrame:
    """Read a table back with the types that it was written from, lists as lists.

    Raises
    ------
    InputError
        When the file is not such a table.
    """
    try:
        # pq.read_table would look into the folder's name for partitions; this reads one file.
        stored = pq.ParquetFile(path).read()
        table = stored.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        for column, value in ADDED_COLUMNS.get(name, {}).items():
            if column not in table:
                table[column] = [value] * len(table)
        for column, kind in TABLE_COLUMNS[name].items():
            if kind == "texts" and column in table:
                table[column] = [list(value) for value in table[column]]
        return validate_table(name, table)
    except (pa.ArrowException, OSError, TypeError, ValueError, PapertrendsError) as error:
        raise InputError(
            f"{path} is not the table {name!r} of a run ({error}); choose another run, or run the analysis"
            " again"
        ) from error


def read_columns(name: str, path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a table that every version has written, as `read_table` would."""
    try:
        table = pq.ParquetFile(path).read(columns=list(columns)).to_pandas()
        return table[list(columns)].astype(dict(empty_table(name)[list(columns)].dtypes))
    except (pa.ArrowException, OSError, TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} is not the table {name!r} of a run ({error}); choose another run, or run the analysis"
            " again"
        ) from error
