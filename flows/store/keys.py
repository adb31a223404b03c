"""Block keys of records in the store, by which those are found that may show one work.

While all records state an arXiv id there is nothing to find, and no keys are kept.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from flows.store.blocks import in_blocks
from flows.store.matching import ComparedRecords, is_open
from flows.store.schema import record_keys, records
from flows.store.stored_records import StoredRecord, decode_record

__all__ = ["has_keys", "read_keys", "replace_keys", "stored_record", "write_keys"]


def stored_record(row: Any) -> StoredRecord:
    """Record of a row of the table `records`."""
    return StoredRecord(row.record_id, row.stated_id, row.doi, row.title_key, decode_record(row.record))


def has_keys(connection: Connection) -> bool:
    """Whether any record has keys; then all have."""
    return connection.execute(select(record_keys.c.key).limit(1)).first() is not None


def read_keys(connection: Connection) -> dict[str, list[int]]:
    """Block keys of all records that have some."""
    found: dict[str, list[int]] = {}
    for key, record_id in connection.execute(select(record_keys.c.key, record_keys.c.record_id)):
        found.setdefault(record_id, []).append(key)
    return found


def write_keys(connection: Connection, fresh: ComparedRecords) -> None:
    """Keep the block keys of new records; of all, when the first one without an arXiv id comes."""
    if has_keys(connection):
        _insert_keys(connection, fresh)
    elif any(map(is_open, fresh.stored.values())):
        known = connection.execute(select(records.c.record_id)).scalars().all()
        for block in in_blocks(sorted(known)):
            rows = connection.execute(select(records).where(records.c.record_id.in_(block)))
            _insert_keys(connection, ComparedRecords(map(stored_record, rows)))


def replace_keys(connection: Connection, everything: ComparedRecords) -> None:
    """Make the keys of all records again."""
    connection.execute(delete(record_keys))
    if any(map(is_open, everything.stored.values())):
        _insert_keys(connection, everything)


def _insert_keys(connection: Connection, compared: ComparedRecords) -> None:
    rows = [{"key": key, "record_id": one} for one in compared for key in sorted(compared.keys_of(one))]
    if rows:
        connection.execute(insert(record_keys), rows)
