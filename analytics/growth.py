"""Does a series' share of the papers rise or fall? A tested answer for every series of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, log_expit, logit

from analytics.exceptions import InputError
from analytics.tables import empty_table, validate_table

__all__ = ["MIN_PAPERS", "MIN_PERIODS", "trend_verdicts"]

MIN_PERIODS = 5
"""Complete periods with papers below which no verdict is given."""
MIN_PAPERS = 20
"""Papers inside the series, and papers outside it, below which no verdict is given."""

_COLUMNS = ("kind", "series_id", "period_start", "n_papers", "n_total", "is_complete")
_DAYS_PER_YEAR = 365.2425
_INTERVAL = 0.95
_MAX_STEP = 4.0  # logits between two ends of a series in one Newton step
_MAX_ITERATIONS = 200
_TOLERANCE = 1e-10  # logits

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Fitted slopes in logits per year with their quasi-binomial standard errors, shape (n_series,)."""

    slope: Floats
    error: Floats
    freedom: Floats


def trend_verdicts(series: pd.DataFrame, *, q: float = 0.05) -> pd.DataFrame:
    """Test every series for a lasting rise or fall of its share, and say how fast it moves.

    *Question.* Did the odds that a paper belongs to the series grow or shrink by a constant factor
    a year, over the complete periods of the span?

    *Null hypothesis.* The odds are the same in all periods; counts scatter around them as binomial
    counts do, or wider by one factor common to all periods of the series.

    *Method.* Quasi-binomial logistic regression of the counts on time [1]_ [2]_: the variance is
    the binomial one times a dispersion, estimated by Pearson's X^2 over its degrees of freedom and
    never taken below 1, so that a series that happens to lie close to its line earns no credit for
    it. The slope over its standard error is referred to Student's t with two degrees of freedom
    fewer than periods. The Benjamini-Hochberg procedure over all tested series of the call [3]_
    keeps the expected part of false claims among ``rising`` and ``falling`` at `q` or below.

    *What it cannot tell.* ``steady`` means that no trend was shown, not that none exists: read the
    interval. A rise and fall that cancel have no slope. Noise that carries over from one period to
    the next passes for a trend more often than `q` says. A change of what the sources list moves
    shares as well as a change of the field does, and with shares one series' rise lowers the others.

    *Edges.* Only periods that are complete and hold a paper count. Fewer than `MIN_PERIODS` of
    them, fewer than `MIN_PAPERS` papers in the series, or as few outside it, is ``insufficient``:
    the four estimates are NaN and the series takes no part in the correction. Where the likelihood
    has no maximum, because every paper of the series stands at one end of the span [4]_, the slope
    is Firth's penalized estimate [5]_, which is finite; growth is then large and its interval wide.

    Parameters
    ----------
    series : DataFrame
        One row a series and period: `kind`, `series_id`, `period_start` (datetime64), `n_papers`
        and `n_total` (int, 0 <= n_papers <= n_total), `is_complete` (bool). Row order is irrelevant
        but for the order of the result; further columns are ignored.
    q : float
        False discovery rate to hold, between 0 and 1.

    Returns
    -------
    DataFrame
        The table `verdicts`, one row a series in order of first appearance. `verdict` is
        ``rising``, ``falling``, ``steady`` or ``insufficient``. `growth_per_year` is the odds ratio
        of a year with its 95 % interval `growth_low`, `growth_high` (for one series, not corrected
        for their number). `n_papers`, `n_periods`: papers and periods that took part.

    Raises
    ------
    InputError
        When a column is missing, a period stands twice in a series, a count is impossible, or `q`
        is not between 0 and 1.

    References
    ----------
    .. [1] Wedderburn (1974), doi:10.1093/biomet/61.3.439
    .. [2] McCullagh and Nelder (1989), Generalized Linear Models, doi:10.1007/978-1-4899-3242-6
    .. [3] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [4] Albert and Anderson (1984), doi:10.1093/biomet/71.1.1
    .. [5] Firth (1993), doi:10.1093/biomet/80.1.27; Heinze and Schemper (2002), doi:10.1002/sim.1047

    Examples
    --------
    Odds of 1/8, 1/4, 1/2, 1, 2, 4 to one in six years double each year, and the line fits whole:

    >>> years = pd.date_range("2019-01-01", periods=6, freq="YS")
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": years,
    ...     "n_papers": [10, 18, 30, 45, 60, 72], "n_total": 90, "is_complete": True})
    >>> trend_verdicts(series).round(2)[["verdict", "growth_per_year", "n_papers"]].values.tolist()
    [['rising', 2.0, 235]]
    """
    if not 0 < q < 1:
        raise InputError(f"q is {q}; it is the allowed part of false claims, between 0 and 1, such as 0.05")
    keys, counts, totals, years = _grids(series)
    verdicts = pd.DataFrame(
        {"n_papers": counts.sum(axis=1).astype(np.int64), "n_periods": (totals > 0).sum(axis=1)},
        index=keys.index,
    )
    if keys.empty:
        return empty_table("verdicts")
    tested = (
        (verdicts["n_periods"] >= MIN_PERIODS)
        & (verdicts["n_papers"] >= MIN_PAPERS)
        & (totals.sum(axis=1) - counts.sum(axis=1) >= MIN_PAPERS)
    ).to_numpy()
    estimates = pd.DataFrame(
        np.nan, verdicts.index, ["growth_per_year", "growth_low", "growth_high", "p_value", "q_value"]
    )
    verdict = np.full(len(keys), "insufficient", dtype=object)
    if tested.any():
        found = _slopes(counts[tested], totals[tested], years)
        estimates.loc[tested] = _estimates(found)
        claimed = estimates.loc[tested, "q_value"].to_numpy() <= q
        verdict[tested] = np.select([claimed & (found.slope > 0), claimed], ["rising", "falling"], "steady")
    return validate_table("verdicts", pd.concat([keys, verdicts.assign(verdict=verdict), estimates], axis=1))


def _grids(series: pd.DataFrame) -> tuple[pd.DataFrame, Floats, Floats, Floats]:
    """Keys of the series, their counts and totals (n_series, n_periods), and the periods in years.

    Totals are 0 where a period is incomplete or absent; a period without papers tells nothing.
    """
    missing = [column for column in _COLUMNS if column not in series]
    if missing:
        raise InputError(f"the series lack {', '.join(missing)}; they must have {', '.join(_COLUMNS)}")
    impossible = (series["n_papers"] < 0) | (series["n_papers"] > series["n_total"])
    repeated = series.duplicated(["kind", "series_id", "period_start"])
    for bad, what in (
        (impossible, "n_papers outside 0..n_total"),
        (repeated, "a period twice; give each period of a series once"),
    ):
        if bad.any():
            name, start = series.loc[bad, ["series_id", "period_start"]].iloc[0]
            raise InputError(f"series {name!r} has {what} (period of {start:%Y-%m-%d})")
    keys = series[["kind", "series_id"]].drop_duplicates().reset_index(drop=True)
    rows = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(series[["kind", "series_id"]]))
    starts, columns = np.unique(series["period_start"].to_numpy(), return_inverse=True)
    grid = np.zeros((2, len(keys), len(starts)))
    used = series["is_complete"].to_numpy(dtype=bool)
    for layer, column in enumerate(("n_papers", "n_total")):
        grid[layer, rows[used], columns[used]] = series[column].to_numpy()[used]
    days = (starts - starts[:1]) / np.timedelta64(1, "D")
    return keys, grid[0], grid[1], days / _DAYS_PER_YEAR


def _estimates(found: _Slopes) -> Floats:
    """Growth with its interval, p and q values of the tested series, shape (n_tested, 5)."""
    p_value = 2 * stats.t.sf(np.abs(found.slope) / found.error, found.freedom)
    reach = stats.t.ppf(0.5 + _INTERVAL / 2, found.freedom) * found.error
    # A factor that no float holds says no more than the largest one that does.
    limit = np.log(np.finfo(float).max) - 1
    logs = np.stack([found.slope, found.slope - reach, found.slope + reach])
    growth = np.exp(np.clip(logs, -limit, limit))
    return np.column_stack([*growth, p_value, stats.false_discovery_control(p_value, method="bh")])


def _slopes(counts: Floats, totals: Floats, years: Floats) -> _Slopes:
    """Slopes of all series; each must have papers inside and outside, and more than two periods."""
    unit = max(float(np.ptp(years)), np.finfo(float).tiny)
    x = (years - years.mean()) / unit
    line = np.zeros((2, len(counts)))
    apart = _separated(counts, totals)
    for which, penalized in ((~apart, False), (apart, True)):
        line[:, which] = _fitted_lines(counts[which], totals[which], x, penalized)
    logits = line[0][:, None] + line[1][:, None] * x
    weight = totals * expit(logits) * expit(-logits)
    mean_x = (weight @ x / weight.sum(axis=1))[:, None]
    information = (weight * (x - mean_x) ** 2).sum(axis=1)
    surplus = counts * expit(-logits) - (totals - counts) * expit(logits)
    squares = np.divide(surplus**2, weight, out=np.zeros_like(weight), where=weight > 0)
    freedom = (totals > 0).sum(axis=1) - 2.0
    dispersion = np.maximum(squares.sum(axis=1) / freedom, 1)
    return _Slopes(line[1] / unit, np.sqrt(dispersion / information) / unit, freedom)


def _separated(counts: Floats, totals: Floats) -> NDArray[np.bool_]:
    """Where one moment parts all papers inside the series from all outside it: no finite slope fits."""
    inside, outside = counts > 0, totals > counts
    last = counts.shape[1] - 1
    first_in, first_out = inside.argmax(axis=1), outside.argmax(axis=1)
    last_in, last_out = last - inside[:, ::-1].argmax(axis=1), last - outside[:, ::-1].argmax(axis=1)
    apart: NDArray[np.bool_] = (first_in >= last_out) | (first_out >= last_in)
    return apart


def _fitted_lines(counts: Floats, totals: Floats, x: Floats, penalized: bool) -> Floats:
    """Fit intercepts and slopes by likelihood, Firth's penalized one if asked; shape (2, n_series).

    Newton's method on all series at once; a step that lowers a series' likelihood is halved.
    """
    line = np.zeros((2, len(counts)))
    line[0] = logit((counts.sum(axis=1) + 0.5) / (totals.sum(axis=1) + 1))
    height, step = _height_and_step(line, counts, totals, x, penalized)
    for _ in range(_MAX_ITERATIONS):
        if np.abs(step).max(initial=0) < _TOLERANCE:
            break
        trial = line + step
        # A step too far can lose all weight to rounding; its NaN is not better, so it is halved.
        with np.errstate(divide="ignore", invalid="ignore"):
            new_height, new_step = _height_and_step(trial, counts, totals, x, penalized)
        better = new_height >= height - 1e-12 * np.abs(height)
        line = np.where(better, trial, line)
        height = np.where(better, new_height, height)
        step = np.where(better, new_step, step / 2)
    return line


def _height_and_step(
    line: Floats, counts: Floats, totals: Floats, x: Floats, penalized: bool
) -> tuple[Floats, Floats]:
    """Log-likelihood of each line, and the Newton step from it."""
    logits = line[0][:, None] + line[1][:, None] * x
    # One minus a share near 1 would be lost to rounding, so the other part is computed as such.
    share, other = expit(logits), expit(-logits)
    weight = totals * share * other
    sum_w = weight.sum(axis=1)
    mean_x = weight @ x / sum_w
    offset = x - mean_x[:, None]
    spread = (weight * offset**2).sum(axis=1)
    height = (counts * log_expit(logits) + (totals - counts) * log_expit(-logits)).sum(axis=1)
    surplus = counts * other - (totals - counts) * share
    if penalized:
        leverage = weight * (1 / sum_w[:, None] + offset**2 / spread[:, None])
        surplus = surplus + leverage * (other - share) / 2
        height = height + 0.5 * np.log(sum_w * spread)
    slope = (surplus * offset).sum(axis=1) / spread
    step = np.stack([surplus.sum(axis=1) / sum_w - slope * mean_x, slope])
    longest = np.abs(step).max(axis=0)
    return height, step * np.minimum(1, _MAX_STEP / np.maximum(longest, _MAX_STEP))
