"""Papers of a series over publication periods: the span covered and the shares.

Only dated papers take part. A share is a series' papers over *all* dated papers of the period, so
several themes of one paper may add up to more than one. `corpus_trends` does the whole in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from analytics.exceptions import InputError
from analytics.tables import empty_table, validate_table
from analytics.trends.coverage import (
    CoverageSpan,
    collection_gaps,
    coverage_span,
    look_days,
    unwatched_periods,
)
from analytics.trends.periods import PANDAS_FREQ, TESTED, Period, PeriodChoice, choose_period, finest_period

__all__ = [
    "CorpusTrends",
    "corpus_trends",
    "period_shares",
    "wilson_interval",
]


@dataclass(frozen=True, slots=True)
class CorpusTrends:
    """What `corpus_trends` found; `span` and `choice` are None when no paper is dated.

    Attributes
    ----------
    trends : DataFrame
        The table `trends`, a row for each series and period.
    tested : DataFrame
        The same counts in the finest periods that hold, whatever the chart's are: what tests are made of.
    gaps : DataFrame
        Periods that are incomplete because a feed failed or brought too little, see `collection_gaps`.
    n_undated, n_before_span, n_after_span : int
        Papers that are in no period: without a date, older than the first period, or dated after the span.
    """

    trends: pd.DataFrame
    tested: pd.DataFrame
    span: CoverageSpan | None
    choice: PeriodChoice | None
    gaps: pd.DataFrame
    n_undated: int
    n_before_span: int
    n_after_span: int


def wilson_interval(
    successes: ArrayLike, totals: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval of a share, elementwise.

    The interval never leaves 0..1 and stays wide at 0 of n, unlike the one from the normal curve.
    It holds the sampling of papers only: not a doubt about which paper belongs to the series.

    0 <= successes <= totals, and 0 < confidence < 1. Both ends are NaN where `totals` is 0: no papers, no
    share, no interval.

    Raises
    ------
    InputError
        When a count is negative or above its total, or `confidence` is not between 0 and 1.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; recommended for small n by Brown, Cai and
    DasGupta (2001), doi:10.1214/ss/1009213286.

    Examples
    --------
    With z = 1 (a confidence of 0.6827) and 0 of 1, the interval is 0 to z^2 / (1 + z^2) = 1/2.

    >>> low, high = wilson_interval([0], [1], confidence=0.6826894921370859)
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([0.0], [0.5])
    """
    y, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(totals, dtype=float))
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; it must lie between 0 and 1, such as 0.95")
    if ((y < 0) | (y > n)).any():
        raise InputError("a count lies outside 0..total; give for each total the part of it that counts")
    z = float(norm.ppf(0.5 + confidence / 2))
    known = np.where(n > 0, n, np.nan)
    center = (y + z**2 / 2) / (known + z**2)
    half = z / (known + z**2) * np.sqrt(y * (known - y) / known + z**2 / 4)
    # Rounding must not leave a hair below 0 at none, or under 1 at all.
    low = np.where(y == 0, np.minimum(known, 0.0), np.clip(center - half, 0, 1))
    high = np.where(y == n, np.minimum(known, 1.0), np.clip(center + half, 0, 1))
    return low, high


def period_shares(
    papers: pd.DataFrame,
    membership: pd.DataFrame,
    series: pd.DataFrame,
    *,
    freq: Period,
    span: CoverageSpan,
) -> pd.DataFrame:
    """Table `trends`: every series in every period of the span, empty ones as zero.

    The periods run from the one that holds `span.start` to the one that holds `span.end`. Papers
    older than the first period or dated after `span.end` are left out; papers of the first
    period older than `span.start` count in it, and it is incomplete.

    `period_start` is the first day of the period and `period_end` the first day of the next one, exclusive.
    `share` and its 95 % interval are NaN where `n_total` is 0. `is_complete`: the period lies whole inside
    the span.

    Parameters
    ----------
    papers : DataFrame
        `paper_id` (unique) and `published` (datetime64, NaT where undated).
    membership : DataFrame
        `kind`, `series_id`, `paper_id`; a row said twice counts once.
    series : DataFrame
        `kind`, `series_id`: the series to report, in the order of the result; may have no papers.
    freq : {"day", "week", "month", "quarter", "year"}
        Weeks start on Monday.
    span : CoverageSpan
        See `coverage_span`.

    Raises
    ------
    InputError
        When a series or paper stands twice, a membership names an unknown one, or the
        length of the period is not one of the five.

    Examples
    --------
    >>> papers = pd.DataFrame({"paper_id": ["a", "b", "c"],
    ...     "published": pd.to_datetime(["2024-01-05", "2024-01-09", "2024-03-02"])})
    >>> member = pd.DataFrame({"kind": "theme", "series_id": "agents", "paper_id": ["b", "c"]})
    >>> span = CoverageSpan(pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-15"))
    >>> trends = period_shares(papers, member, member[["kind", "series_id"]][:1], freq="month", span=span)
    >>> trends[["n_papers", "n_total", "share", "is_complete"]].values.tolist()
    [[1, 2, 0.5, True], [0, 0, nan, True], [1, 1, 1.0, False]]
    """
    if freq not in TESTED:
        raise InputError(f"period is {freq!r}; it must be one of {', '.join(TESTED)}")
    rows, columns = _positions(papers, membership, series)
    code = PANDAS_FREQ[freq]
    periods = pd.period_range(span.start, span.end, freq=code)
    n_periods = len(periods)
    position = pd.PeriodIndex(papers["published"], freq=code).asi8 - periods[0].ordinal
    inside = ((position >= 0) & (papers["published"] <= span.end)).to_numpy()
    totals = np.bincount(position[inside], minlength=n_periods)
    kept = inside[rows]
    cells = columns[kept] * n_periods + position[rows[kept]]
    counts = np.bincount(cells, minlength=len(series) * n_periods)
    starts = periods.to_timestamp().as_unit("us")
    ends = (periods + 1).to_timestamp().as_unit("us")
    complete = (starts >= span.start) & (ends <= span.end + pd.Timedelta(days=1))
    n_total = np.tile(totals, len(series))
    low, high = wilson_interval(counts, n_total)
    return validate_table(
        "trends",
        pd.DataFrame(
            {
                "kind": series["kind"].repeat(n_periods).to_numpy(),
                "series_id": series["series_id"].repeat(n_periods).to_numpy(),
                "period_start": np.tile(starts, len(series)),
                "period_end": np.tile(ends, len(series)),
                "n_papers": counts,
                "n_total": n_total,
                "share": counts / np.where(n_total > 0, n_total, np.nan),
                "share_low": low,
                "share_high": high,
                "is_complete": np.tile(complete, len(series)),
                "checked_share": np.nan,
                "checked_low": np.nan,
                "checked_high": np.nan,
                "smooth_share": np.nan,
                "smooth_low": np.nan,
                "smooth_high": np.nan,
            }
        ),
    )


def _positions(
    papers: pd.DataFrame, membership: pd.DataFrame, series: pd.DataFrame
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row in `papers` and row in `series` of each distinct membership."""
    ids = pd.Index(papers["paper_id"])
    keys = pd.MultiIndex.from_frame(series[["kind", "series_id"]])
    for what, index in (("paper", ids), ("series", keys)):
        if not index.is_unique:
            raise InputError(f"{what} {index[index.duplicated()][0]!r} is listed twice; list it once")
    rows = ids.get_indexer(pd.Index(membership["paper_id"]))
    columns = keys.get_indexer(pd.MultiIndex.from_frame(membership[["kind", "series_id"]]))
    for column, found in (("paper_id", rows), ("series_id", columns)):
        if (found < 0).any():
            name = membership[column].iloc[int(np.argmax(found < 0))]
            raise InputError(f"a membership names {column} {name!r}, not listed; list it or drop the row")
    pairs = np.unique(columns * max(len(ids), 1) + rows)
    return pairs % max(len(ids), 1), pairs // max(len(ids), 1)


def corpus_trends(
    papers: pd.DataFrame,
    membership: pd.DataFrame,
    series: pd.DataFrame,
    *,
    looks: pd.DataFrame,
    as_of: date,
    freq: Period | None = None,
) -> CorpusTrends:
    """Span, period and `trends` table of a corpus in one call.

    Parameters
    ----------
    papers : DataFrame
        `paper_id`, `published`, and if present `published_precision`.
    membership, series : DataFrame
        See `period_shares`.
    looks : DataFrame
        Every look at a feed, see `analytics.trends.coverage.LOOK_COLUMNS`; may be empty.
    as_of : date
        Papers published later are in no period.
    freq : {"week", "month", "quarter", "year"}, optional
        The caller's own choice; by default that of `choose_period`.

    Examples
    --------
    >>> nothing = pd.DataFrame({"paper_id": ["a"], "published": pd.Series([pd.NaT], dtype="datetime64[us]")})
    >>> member = pd.DataFrame({"kind": ["theme"], "series_id": ["agents"], "paper_id": ["a"]})
    >>> looks = pd.DataFrame({"name": [], "location": [], "start": pd.to_datetime([]),
    ...     "end": pd.to_datetime([]), "n_records": [], "is_whole": pd.Series([], dtype=bool)})
    >>> found = corpus_trends(nothing, member, member[["kind", "series_id"]], looks=looks,
    ...     as_of=date(2025, 1, 1))
    >>> found.span, len(found.trends), found.n_undated
    (None, 0, 1)
    """
    published = papers["published"]
    n_undated = int(published.isna().sum())
    precision = papers.get("published_precision")
    span = coverage_span(published, look_days(looks), as_of, precision=precision)
    asked = None if freq is None else PeriodChoice(freq, f"{freq}s: as asked for")
    choice = asked or choose_period(published, span, precision=precision)
    if span is None or choice is None:
        none, table = collection_gaps(looks[:0], pd.PeriodIndex([], freq="M")), empty_table("trends")
        return CorpusTrends(table, table, None, None, none, n_undated, 0, len(papers) - n_undated)
    code = PANDAS_FREQ[choice.freq]
    trends = period_shares(papers, membership, series, freq=choice.freq, span=span)
    gaps = collection_gaps(looks, pd.period_range(span.start, span.end, freq=code))
    trends["is_complete"] &= ~trends["period_start"].isin(gaps["period_start"])
    first = span.start.to_period(code).start_time
    n_before, n_after = int((published < first).sum()), int((published > span.end).sum())
    finest = finest_period(published, span, precision=precision) or choice.freq
    is_drawn = finest == choice.freq
    tested = trends.copy() if is_drawn else period_shares(papers, membership, series, freq=finest, span=span)
    unwatched = unwatched_periods(looks, pd.period_range(span.start, span.end, freq=PANDAS_FREQ[finest]))
    tested["is_complete"] &= ~tested["period_start"].isin(unwatched)
    return CorpusTrends(trends, tested, span, choice, gaps, n_undated, n_before, n_after)
