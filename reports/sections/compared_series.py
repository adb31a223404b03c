"""Data for the chart in which readers compare series, read by the page's script."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from reports.values.palette import OTHER
from reports.values.series import Series
from reports.view import RunView

__all__ = ["compared_series"]

_MOST = 320
"""Series at most: themes, then topics by size."""
_UNITS = 10_000
"""A share of 1 in whole numbers, which pack smaller than decimals."""


def compared_series(view: RunView) -> dict[str, Any]:
    """Themes and topics with their periods, those without a dated paper left out.

    Returns
    -------
    dict
        `unit`, the period's length; `periods`, name, number of papers and whether complete of each; `series`,
        a dict each: `key` (``theme:`` or ``topic:`` and the slug), `name`, `color` (of the palette; topics
        have none), `basis`, and lists over periods: `n`, papers; `share`, `low` and `high`, raw and with its
        interval; `line`, `from` and `to`, the model's, where it is known. Shares are in ten-thousandths, -1
        where missing.
    """
    places = view.places
    topics = view.tables.topics.sort_values(["n_papers", "topic_id"], ascending=[False, True], kind="stable")
    keys = [("theme", one) for one in places.theme_names] + [("topic", one) for one in topics["topic_id"]]
    drawn = [key for key in keys if any(period.n_papers for period in view.series[key].periods)]
    if not drawn:
        return {"unit": "", "periods": [], "series": []}
    axis = view.series[drawn[0]].periods
    starts = [period.start for period in axis]
    found = []
    for kind, series_id in drawn[:_MOST]:
        series = view.series[kind, series_id]
        # Series of another length of period cannot be on one axis with the first.
        if [period.start for period in series.periods] != starts:
            continue
        found.append(
            {
                "key": places.href(kind, series_id).removeprefix("#").replace("-", ":", 1),
                "name": places.name(kind, series_id),
                "color": places.theme_colors.get(series_id, OTHER) if kind == "theme" else "",
                "basis": series.basis,
                **_lists(series),
            }
        )
    return {
        "unit": axis[0].unit,
        "periods": [[period.label, period.n_total, int(period.is_complete)] for period in axis],
        "series": found,
    }


def _lists(series: Series) -> dict[str, list[int]]:
    """Values of a series over its periods."""
    periods = series.periods
    lists = {
        "n": [period.n_papers for period in periods],
        "share": _whole(period.share for period in periods),
        "low": _whole(period.low for period in periods),
        "high": _whole(period.high for period in periods),
    }
    if series.is_smooth:
        lists["line"] = _whole(period.smooth for period in periods)
        lists["from"] = _whole(period.smooth_low for period in periods)
        lists["to"] = _whole(period.smooth_high for period in periods)
    return lists


def _whole(shares: Iterable[float]) -> list[int]:
    """Shares in ten-thousandths, -1 where missing.

    Examples
    --------
    >>> _whole([0.0, 0.03125, math.nan])
    [0, 312, -1]
    """
    return [-1 if math.isnan(one) else round(_UNITS * one) for one in shares]
