"""Papers of a series over publication periods: the span covered, the period's length, the shares.

Only dated papers take part. A share is a series' papers over *all* dated papers of the period, so
several themes of one paper may add up to more than one. `corpus_trends` does the whole in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

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

__all__ = [
    "CorpusTrends",
    "Period",
    "PeriodChoice",
    "choose_period",
    "corpus_trends",
    "finest_period",
    "period_shares",
    "wilson_interval",
]

Period = Literal["day", "week", "month", "quarter", "year"]

_TESTED: tuple[Period, ...] = get_args(Period)  # shortest first
_PERIODS = _TESTED[1:]  # of a chart
_PANDAS_FREQ = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}  # from Monday
# Periods that a date of each precision can fill.
_RESOLVES = {"day": _TESTED, "month": _TESTED[2:], "year": _TESTED[4:]}
_MOST_TESTED = {"day": 160, "week": 160, "month": 400, "quarter": 400}
"""Periods above which a test gains nothing from shorter ones."""
_FEWEST_A_PERIOD = 10
"""Papers of the median period below which a longer one is tested."""
_DAY = pd.Timedelta(days=1)
_TESTABLE_PERIODS = 5  # what growth.trend_verdicts asks for
_RESOLVED_FRACTION = 0.9  # of the dates that must be fine enough for a period


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """Length of the periods, and a sentence with the reason."""

    freq: Period
    reason: str


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

    Parameters
    ----------
    successes, totals : array_like of int, shapes that broadcast
        0 <= successes <= totals.
    confidence : float
        Between 0 and 1, exclusive.

    Returns
    -------
    low, high : ndarray of float64
        Both NaN where `totals` is 0: no papers, no share, no interval.

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


def choose_period(
    published: pd.Series,
    span: CoverageSpan | None = None,
    *,
    precision: pd.Series | None = None,
    min_papers: int = 20,
    min_periods: int = 8,
    max_periods: int = 60,
) -> PeriodChoice | None:
    """Length of the periods for a corpus, or None when no paper is dated.

    The first rule that applies decides, counting only periods that lie whole inside the span:

    1. the shortest length whose median period holds at least `min_papers` papers, and of which
       there are `min_periods` to `max_periods`: fewer cannot show a course, more cannot be read;
    2. the longest length of which there are at least 5, the fewest that a verdict asks for;
    3. the shortest length.

    Lengths finer than the dates of more than a tenth of the papers are out of the question: a date
    known to the year says nothing about months.

    Parameters
    ----------
    published : Series of datetime64, shape (n_papers,)
        NaT where undated.
    span : CoverageSpan, optional
        See `coverage_span`; by default from the first paper to the last.
    precision : Series of str, shape (n_papers,), optional
        `published_precision` of each paper; by default every date is known to the day.
    min_papers, min_periods, max_periods : int
        See the first rule.

    Returns
    -------
    PeriodChoice or None

    Raises
    ------
    InputError
        When a dated paper has a precision other than day, month or year.

    Examples
    --------
    Ten papers on each of 700 days are 99 whole weeks: too many points for one line.

    >>> days = pd.Series(pd.date_range("2024-01-01", periods=700).repeat(10))
    >>> choose_period(days).reason
    'months: the shortest period whose median holds at least 20 papers (310), in 8 to 60 periods (23)'
    """
    dates = published.dropna()
    if dates.empty:
        return None
    span = span or CoverageSpan(dates.min(), dates.max())
    allowed = _allowed_periods(dates, precision)
    whole = {freq: _whole_period_counts(dates, freq, span) for freq in allowed}
    median = {freq: float(np.median(counts)) if len(counts) else 0.0 for freq, counts in whole.items()}
    fits = f"{min_papers} papers ({{:g}}), in {min_periods} to {max_periods} periods ({{}})"
    for freq, counts in whole.items():
        if median[freq] >= min_papers and min_periods <= len(counts) <= max_periods:
            why = "the shortest period whose median holds at least " + fits
            return PeriodChoice(freq, f"{freq}s: {why.format(median[freq], len(counts))}")
    for freq in reversed(allowed):
        if len(whole[freq]) >= _TESTABLE_PERIODS:
            return PeriodChoice(
                freq,
                f"{freq}s: the longest period of which there are at least {_TESTABLE_PERIODS} "
                f"({len(whole[freq])}, median {median[freq]:g} papers); "
                f"no length gives {min_periods} to {max_periods} periods of {min_papers} papers",
            )
    freq = allowed[0]
    return PeriodChoice(
        freq, f"{freq}s: the dates cover fewer than {_TESTABLE_PERIODS} whole periods of any length"
    )


def finest_period(
    published: pd.Series, span: CoverageSpan | None = None, *, precision: pd.Series | None = None
) -> Period | None:
    """Length of the periods that tests count in: the shortest that the corpus bears, whatever is drawn.

    How the axis of a chart is cut must not decide what is claimed, and short periods tell best how papers
    scatter. The shortest of days, weeks, months, quarters and years that the dates of nine papers in ten can
    fill, whose median holds ten papers, and of which there are at most 160 (months and quarters: 400); else
    that of `choose_period`.

    Parameters
    ----------
    published, span, precision
        See `choose_period`.

    Returns
    -------
    {"day", "week", "month", "quarter", "year"} or None
        None when no paper is dated.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=700).repeat(10))
    >>> finest_period(days), finest_period(days[:1000]), finest_period(days.iloc[::10])
    ('week', 'day', 'month')
    """
    dates = published.dropna()
    if dates.empty:
        return None
    span = span or CoverageSpan(dates.min(), dates.max())
    for freq in _allowed_periods(dates, precision, _TESTED):
        counts = _whole_period_counts(dates, freq, span)
        most = _MOST_TESTED.get(freq, len(counts))
        if _TESTABLE_PERIODS <= len(counts) <= most and np.median(counts) >= _FEWEST_A_PERIOD:
            return freq
    choice = choose_period(published, span, precision=precision)
    return None if choice is None else choice.freq


def _allowed_periods(
    dates: pd.Series, precision: pd.Series | None, of: tuple[Period, ...] = _PERIODS
) -> tuple[Period, ...]:
    """Lengths that the dates of at least nine papers in ten can fill, shortest first."""
    if precision is None:
        return of
    grains = precision[dates.index]
    unknown = sorted(set(grains) - set(_RESOLVES))
    if unknown:
        raise InputError(f"a dated paper has precision {unknown[0]!r}; allowed are {', '.join(_RESOLVES)}")
    fine = {freq: [grain for grain, fills in _RESOLVES.items() if freq in fills] for freq in of}
    return tuple(freq for freq in of if grains.isin(fine[freq]).mean() >= _RESOLVED_FRACTION)


def _whole_period_counts(dates: pd.Series, freq: Period, span: CoverageSpan) -> NDArray[np.int64]:
    """Papers in each period that lies whole inside the span, empty periods included."""
    code = _PANDAS_FREQ[freq]
    # The period before the one that holds the next day is the last to end by then.
    first = (span.start - _DAY).to_period(code).ordinal + 1
    n_whole = max(0, (span.end + _DAY).to_period(code).ordinal - first)
    position = pd.PeriodIndex(dates, freq=code).asi8 - first
    inside = position[(position >= 0) & (position < n_whole)]
    return np.bincount(inside, minlength=n_whole).astype(np.int64)


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

    Returns
    -------
    DataFrame
        `period_start` is the first day of the period and `period_end` the first day of the next
        one, exclusive. `share` and its 95 % interval are NaN where `n_total` is 0. `is_complete`:
        the period lies whole inside the span.

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
    if freq not in _TESTED:
        raise InputError(f"period is {freq!r}; it must be one of {', '.join(_TESTED)}")
    rows, columns = _positions(papers, membership, series)
    code = _PANDAS_FREQ[freq]
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
    complete = (starts >= span.start) & (ends <= span.end + _DAY)
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

    Returns
    -------
    CorpusTrends

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
    code = _PANDAS_FREQ[choice.freq]
    trends = period_shares(papers, membership, series, freq=choice.freq, span=span)
    gaps = collection_gaps(looks, pd.period_range(span.start, span.end, freq=code))
    trends["is_complete"] &= ~trends["period_start"].isin(gaps["period_start"])
    first = span.start.to_period(code).start_time
    n_before, n_after = int((published < first).sum()), int((published > span.end).sum())
    finest = finest_period(published, span, precision=precision) or choice.freq
    is_drawn = finest == choice.freq
    tested = trends.copy() if is_drawn else period_shares(papers, membership, series, freq=finest, span=span)
    unwatched = unwatched_periods(looks, pd.period_range(span.start, span.end, freq=_PANDAS_FREQ[finest]))
    tested["is_complete"] &= ~tested["period_start"].isin(unwatched)
    return CorpusTrends(trends, tested, span, choice, gaps, n_undated, n_before, n_after)
