"""Which feed was fetched when, for which days, and whether it came whole."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection, case, func, select

from analytics.trends.coverage import LOOK_COLUMNS
from flows.sources.formats import UNKNOWN
from flows.store.corpus import known_by
from flows.store.schema import feeds

__all__ = ["last_fetch", "read_asked_windows", "read_feed_looks"]


def read_feed_looks(connection: Connection, as_of: date) -> pd.DataFrame:
    """Fetches of feeds that count by `as_of`, an empty one too.

    One row per fetch, sorted, with `analytics.trends.coverage.LOOK_COLUMNS`; a fetch covers its own day where
    no days were asked for.
    """
    query = select(feeds).where(known_by(connection, feeds, as_of))
    rows = set()
    for row in connection.execute(query):
        if row.source == UNKNOWN and row.failure is None:
            # Notes and pictures in a folder of answers do not count as a fetch.
            continue
        day = row.feed_day or row.first_seen
        # A window that reaches beyond the day of the fetch was seen up to that day only.
        end = min(row.window_end or day, row.first_seen) if row.window_end else day
        start = min(row.window_start or day, end)
        # Files that state no day are read when it suits: their volumes cannot be compared.
        is_watched = row.name != row.source or row.feed_day is not None
        name = row.name if is_watched else f"{row.name} {row.location}"
        rows.add((name, row.location, start, end, row.n_records, row.failure is None))
    ordered = sorted(rows)
    table = pd.DataFrame(ordered, columns=list(LOOK_COLUMNS))
    days = {
        name: np.array([row[column] for row in ordered], dtype="datetime64[us]")
        for column, name in ((2, "start"), (3, "end"))
    }
    types = {"name": "str", "location": "str", "n_records": "int64", "is_whole": "bool"}
    return table.astype(types).assign(**days)


def read_asked_windows(
    connection: Connection, name: str, as_of: date = date.max
) -> list[tuple[date, date, date]]:
    """First day, last day, and the day of the newest fetch, of every window of a feed that came whole.

    Fetches of a day after `as_of` do not count: the clock was ahead then, and they settle nothing. Of one
    that was repeated since, the first fetch counts.
    """
    seen_on = case((feeds.c.last_seen <= as_of, feeds.c.last_seen), else_=feeds.c.first_seen)
    query = (
        select(feeds.c.window_start, feeds.c.window_end, func.max(seen_on))
        .where(
            feeds.c.name == name,
            feeds.c.failure.is_(None),
            feeds.c.window_start.is_not(None),
            feeds.c.first_seen <= as_of,
        )
        .group_by(feeds.c.window_start, feeds.c.window_end)
    )
    return sorted((start, end, seen_on) for start, end, seen_on in connection.execute(query))


def last_fetch(connection: Connection) -> date | None:
    """Day of the newest fetch of any feed, None without one."""
    found: date | None = connection.execute(select(func.max(feeds.c.last_seen))).scalar_one()
    return found
