"""Test whether the share of each series of a run changed, and fit a smooth curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from analytics.exceptions import InputError
from analytics.tables import empty_table, validate_table
from analytics.trends.changes_of_share import LARGEST_LOG, Changes
from analytics.trends.false_discoveries import claim_q_values, claim_threshold
from analytics.trends.logit_lines import Floats
from analytics.trends.series_grids import BEFORE, MIN_PAPERS, MIN_PERIODS, NEWEST, SeriesGrids
from analytics.trends.trend_model import Corrections, Tallied, TrendModel, fit_trends, tally_series

__all__ = [
    "MIN_PAPERS",
    "MIN_PERIODS",
    "STEADY_WITHIN",
    "WINDOWS",
    "FoundTrends",
    "find_trends",
    "trend_verdicts",
]

WINDOWS = ("long", "recent", "lasting")
"""From the start to the end of the span; from the year before to the newest months; does it keep moving?"""
STEADY_WITHIN = 1.25
"""Factor of the odds, up or down, below which a change does not count as one."""

_PERIOD_DAYS = {"day": 2.0, "week": 14.0, "month": 60.0, "quarter": 200.0, "year": np.inf}
_LENGTHS = {
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(days=7),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}
_BAND = stats.norm.ppf(0.975)


@dataclass(frozen=True, slots=True)
class FoundTrends:
    """Results of the trend model for the series of a run.

    `verdicts` is the table of that name. `curves` has `kind`, `series_id`, `period_start`, `n_total`,
    `smooth_share`, `smooth_low`, `smooth_high`: the share of each tested series in each tested period as the
    model has it, with its 95 % band.
    """

    verdicts: pd.DataFrame
    curves: pd.DataFrame


def trend_verdicts(
    series: pd.DataFrame,
    *,
    q: float = 0.05,
    steady_within: float = STEADY_WITHIN,
    corrections: Corrections | None = None,
    others: Floats | None = None,
) -> pd.DataFrame:
    """Test every series for a change of its share, over the span and of late, and say how large it is.

    *Questions.* ``long``: is the share of the newest three months, the end, another than that of the first
    three, the start? ``recent``: is it another than in the year before these months? (Spans below nine months
    are cut into thirds; of periods of a year one is the end.) ``lasting``: does the share keep moving, or
    could its own wandering have brought it where it is?

    *Null hypotheses.* ``long``, ``recent``: both shares are the same, and counts scatter around them as
    binomial counts do or wider, by noise of the single periods that may carry over to the next. ``lasting``:
    the log odds have no direction, and are a random walk as the series of this run walk, with that noise.

    *Method.* The log odds follow a straight line or, where the counts ask for it, a smooth curve; see
    `analytics.trends.trend_model`. A line's change is tested by the signed root of its likelihood ratio [1]_
    over the root of the variance inflation that the noise causes, against Student's t; a curve's by its
    posterior. The noise is learned from all series together, because a single one cannot show its own.
    ``lasting`` tests the line with a random walk added, over the posterior of how far the series walks.

    *One family.* All tests of ``long`` and ``recent`` stand under one false discovery rate `q` [2]_, of which
    15 % is held back for what the model of the noise leaves inexact. A series that is claimed to move is
    tested for ``lasting`` at the p value that the claims were made at.

    *Five words.* ``rising`` and ``falling`` are claimed. ``steady`` is shown, by two one-sided tests [3]_
    under their own false discovery rate `q`: the odds at the end, and all along a curve, lie within a
    factor of `steady_within` of those at the start. ``unclear`` is everything else: its `days_to_tell` and
    `papers_to_tell` are what would decide, if the share goes on as it seems to. ``insufficient`` was not
    tested.

    *Checked series* are counted by their checked shares, not rounded. The variance that the errors of the
    correction give to the change, by the delta method from their covariance, is added to that of the noise;
    the degrees of freedom are combined by Satterthwaite's rule [4]_.

    *Limitations.* A change of what the sources list moves shares as a change of the field does, and
    with shares one series' rise lowers the others.

    *Edges.* Only periods that are complete and hold a paper count. Fewer than `MIN_PERIODS` of
    them (for ``recent``: in the year before), fewer than `MIN_PAPERS` papers in the series, or as few
    outside it, is ``insufficient``: the estimates are NaN and the series takes no part in the
    correction. Where the likelihood has no maximum, because every paper of the series is at one
    end of the span, the slope is Firth's penalized estimate, which is finite, tested against its
    standard error; the change is then large and its interval wide.

    Parameters
    ----------
    series : DataFrame
        One row per series and period: `kind`, `series_id`, `period_start` (datetime64), `n_papers`
        and `n_total` (int, 0 <= n_papers <= n_total), `is_complete` (bool), and `checked_share` where themes
        are checked. Row order is irrelevant but for the order of the result; further columns are ignored.
        Periods should be the finest that the dates allow, see `analytics.trends.shares.CorpusTrends`.
    q : float
        False discovery rate to hold, between 0 and 1.
    steady_within : float
        Above 1.
    corrections : mapping of str to CheckedSeries, optional
        By theme id, for each series that has checked shares (`analytics.labels.checked_series.with_checked`).
    others : ndarray, optional
        p values of further tests of the same family, whose series have their own model of the noise.

    Returns
    -------
    DataFrame
        The table `verdicts`: a row per series with `window` ``long``, in order of first appearance, then
        as many with ``recent`` and ``lasting``. `change` is the share at the end over that at the start, with
        its 95 % interval (for one series, not corrected for their number); `growth_per_year` is the odds
        ratio of a year. `since`, `parted`, `until`: first day, first day of the newest months, day after the
        last.
        `is_fragile` is False: `analytics.trends.unassigned.mark_fragile` finds it out.

    Raises
    ------
    InputError
        When a column is missing, a period stands twice in a series, a count is impossible, `q` or
        `steady_within` is out of range, or the correction of a checked series is missing.

    References
    ----------
    .. [1] Wedderburn (1974), doi:10.1093/biomet/61.3.439
    .. [2] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [3] Schuirmann (1987), doi:10.1007/BF01068419
    .. [4] Satterthwaite (1946), doi:10.2307/3002019

    Examples
    --------
    Odds of 1/8, 1/4, 1/2, 1, 2, 4 to one in six years double each year, and the line fits whole:

    >>> years = pd.date_range("2019-01-01", periods=6, freq="YS")
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": years,
    ...     "n_papers": [10, 18, 30, 45, 60, 72], "n_total": 90, "is_complete": True})
    >>> columns = ["window", "verdict", "start_share", "end_share", "growth_per_year"]
    >>> trend_verdicts(series)[columns].round(2).values.tolist()[0]
    ['long', 'rising', 0.11, 0.8, 2.0]
    """
    return find_trends(
        series, q=q, steady_within=steady_within, corrections=corrections, others=others
    ).verdicts


def find_trends(
    series: pd.DataFrame,
    *,
    q: float = 0.05,
    steady_within: float = STEADY_WITHIN,
    corrections: Corrections | None = None,
    others: Floats | None = None,
) -> FoundTrends:
    """Verdicts and curves of all series; see `trend_verdicts` for arguments and method."""
    if not 0 < q < 1:
        raise InputError(f"q is {q}; it is the allowed part of false claims, between 0 and 1, such as 0.05")
    if not steady_within > 1:
        raise InputError(f"steady_within is {steady_within}; it is a factor above 1, such as 1.25")
    tallied = tally_series(series)
    if tallied.grids.keys.empty:
        return FoundTrends(empty_table("verdicts"), _no_curves())
    long, recent = tallied.whole.copy(), tallied.recent.copy()
    lasting = tallied.whole.copy()
    long["is_curved"] = recent["is_curved"] = lasting["is_curved"] = False
    curves = _no_curves()
    if tallied.tested.any():
        model = fit_trends(tallied, corrections)
        _fill(tallied, model, (long, recent, lasting), (q, steady_within), others)
        curves = _curves(model)
    tables = [table.assign(window=name) for name, table in zip(WINDOWS, (long, recent, lasting), strict=True)]
    verdicts = pd.concat(tables, ignore_index=True).assign(is_fragile=False)
    verdicts["basis"] = np.tile(np.where(tallied.grids.is_checked, "checked", "found"), len(WINDOWS))
    return FoundTrends(validate_table("verdicts", _dated(verdicts, tallied.grids)), curves)


def _fill(
    tallied: Tallied,
    model: TrendModel,
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    bounds: tuple[float, float],
    others: Floats | None,
) -> None:
    """Write the estimates of the tested series and the verdicts that follow into the tables."""
    long, recent, lasting = tables
    q, steady_within = bounds
    whole = model.whole_span()
    some = model.stepped.any()
    newest = model.newest_months() if some else None
    own = np.concatenate([whole.p_value, newest.p_value if newest else np.zeros(0)])
    p_values = own if others is None else np.concatenate([own, others])
    q_values = claim_q_values(p_values)[: len(own)]
    claimed, needed = claim_threshold(p_values, q)
    n = len(whole.p_value)
    steady = [whole.steady_p(steady_within), newest.steady_p(steady_within) if newest else np.zeros(0)]
    steady_q = claim_q_values(np.concatenate(steady))
    _write(long, tallied.tested, whole, model.years_of_span(), q_values[:n], (steady[0], steady_q[:n]), q)
    _set(long, tallied.tested, is_curved=model.curved)
    days = model.unit * 365.2425 + model.grids.typical_days
    _write_plan(long, tallied.tested, whole, (needed, steady_within, days), model.grids)
    if newest is not None:
        years = model.years_between()
        _write(recent, tallied.stepped, newest, years, q_values[n:], (steady[1], steady_q[n:]), q)
    _write_lasting(lasting, tallied.tested, model, long, (claimed, q, len(p_values)))


def _write(
    table: pd.DataFrame,
    rows: NDArray[np.bool_],
    changes: Changes,
    years: float,
    q_values: Floats,
    steady: tuple[Floats, Floats],
    q: float,
) -> None:
    """Estimates and words of the tested rows."""
    start, end = changes.shares(changes.change)
    logs = (changes.change, changes.low, changes.high)
    change, low, high = map(changes.ratio, logs)
    moves = q_values <= q
    words = [moves & (changes.change > 0), moves, steady[1] <= q]
    _set(
        table, rows, start_share=start, end_share=end, change=change, change_low=low, change_high=high,
        p_value=changes.p_value, q_value=q_values, steady_p=steady[0],
        verdict=np.select(words, ["rising", "falling", "steady"], "unclear"),
    )  # fmt: skip
    _write_growth(table, rows, logs, years)


def _set(table: pd.DataFrame, rows: NDArray[np.bool_], **values: NDArray[np.generic]) -> None:
    """Write columns of some rows; by `loc` that took a tenth of the time of all verdicts."""
    for column, some in values.items():
        whole = table[column].to_numpy(copy=True)
        whole[rows] = some
        table[column] = whole


def _write_growth(
    table: pd.DataFrame, rows: NDArray[np.bool_], logs: tuple[Floats, Floats, Floats], years: float
) -> None:
    """Factor of the odds in a year, with its interval."""
    growth, low, high = np.exp(np.clip(np.stack(logs) / years, -LARGEST_LOG, LARGEST_LOG))
    _set(table, rows, growth_per_year=growth, growth_low=low, growth_high=high)


def _write_plan(
    table: pd.DataFrame,
    rows: NDArray[np.bool_],
    changes: Changes,
    setting: tuple[float, float, float],
    grids: SeriesGrids,
) -> None:
    """Days and papers after which an unclear series would be decided, whichever word comes first.

    If the change goes on at its pace, it grows with the time and its error falls with the root of it; if the
    share stays, only the error falls. NaN where neither would ever decide.
    """
    needed, steady_within, days = setting
    with np.errstate(divide="ignore", over="ignore"):
        moving = (stats.t.isf(needed / 2, changes.freedom) * changes.error / np.abs(changes.change)) ** (
            2 / 3
        )
        room = np.maximum(np.log(steady_within) - changes.widest, 0)
        still = (stats.t.isf(needed, changes.freedom) * changes.error / room) ** 2
    longer = days * np.maximum(np.minimum(moving, still) - 1, 0)
    newest = grids.recent == NEWEST
    newest |= ~newest.any()
    a_day = grids.counts[:, newest].sum(axis=1) / (newest.sum() * grids.typical_days)
    known = table.loc[rows, "verdict"].eq("unclear").to_numpy() & np.isfinite(longer)
    longer = np.where(known, longer, np.nan)
    _set(table, rows, papers_to_tell=a_day * longer, days_to_tell=longer)


def _write_lasting(
    table: pd.DataFrame,
    rows: NDArray[np.bool_],
    model: TrendModel,
    long: pd.DataFrame,
    setting: tuple[float, float, int],
) -> None:
    """Whether the series that moved keep moving: their line against a random walk."""
    claimed, q, n_tests = setting
    inflation, weight, freedom = model.walking()
    widening = np.sqrt(inflation)
    root = model.lines.root
    p_value = (weight * 2 * stats.t.sf(np.abs(root)[:, None] / widening, freedom[:, None])).sum(axis=1)
    middle = np.sqrt((weight * widening**2).sum(axis=1))
    reach = stats.t.ppf(0.975, freedom) * middle / np.sqrt(model.lines.information)
    slope = model.lines.line[1]
    _write_growth(table, rows, (slope, slope - reach, slope + reach), model.unit)
    scale = q / claimed if claimed else float(n_tests)
    q_value = np.maximum(long.loc[rows, "q_value"].to_numpy(), np.minimum(p_value * scale, 1))
    word = long.loc[rows, "verdict"].to_numpy()
    same_way = np.where(slope > 0, "rising", "falling") == word
    verdict = np.where((q_value <= q) & same_way, word, "unclear")
    _set(table, rows, p_value=p_value, q_value=q_value, verdict=verdict)


def _dated(verdicts: pd.DataFrame, grids: SeriesGrids) -> pd.DataFrame:
    """The days that each row speaks of, and the kind of period that was tested."""
    n, starts = len(grids.keys), pd.DatetimeIndex(grids.starts)
    unit = next(name for name, days in _PERIOD_DAYS.items() if grids.typical_days < days)
    table = verdicts.assign(period=unit)
    for column in ("since", "parted", "until"):
        table[column] = pd.NaT
    if len(starts):
        lately = starts[grids.recent >= BEFORE]
        newest = starts[grids.recent == NEWEST]
        after = starts[-1] + _LENGTHS[unit]
        table["since"] = np.repeat([starts[0], lately[0], starts[0]], n)
        table["parted"] = np.repeat([pd.NaT, newest[0], pd.NaT], n)
        table["until"] = after
    return table


def _curves(model: TrendModel) -> pd.DataFrame:
    """Smooth shares of the tested series in the tested periods."""
    logits, variance = model.states()
    reach = _BAND * np.sqrt(variance)
    n_series, n_periods = logits.shape
    keys = model.grids.keys.loc[np.repeat(np.arange(n_series), n_periods)].reset_index(drop=True)
    return keys.assign(
        period_start=np.tile(model.grids.starts, n_series),
        n_total=model.grids.totals.ravel().astype(np.int64),
        smooth_share=expit(logits).ravel(),
        smooth_low=expit(logits - reach).ravel(),
        smooth_high=expit(logits + reach).ravel(),
    )


def _no_curves() -> pd.DataFrame:
    columns = ["kind", "series_id", "period_start", "n_total", "smooth_share", "smooth_low", "smooth_high"]
    return pd.DataFrame({column: [] for column in columns})
