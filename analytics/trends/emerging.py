"""Emerging series: whose share will be higher in a year? A ranking, and how well it did in the past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS, empty_table, validate_table
from analytics.trends.logit_lines import Floats
from analytics.trends.null_series import run_noise
from analytics.trends.series_grids import (
    centered_times,
    counted_papers,
    has_enough,
    series_grids,
    series_tallies,
    time_offsets,
)

__all__ = ["emerging_topics", "masked_precision", "precision_at"]

_YEAR = pd.Timedelta(days=365.2425)
_SMALLEST_SPREAD = 0.01  # of yearly slopes in logits; keeps an order where all series seem alike


def emerging_topics(
    series: pd.DataFrame, *, lookback_years: float = 3.0, damping: float = 0.8
) -> pd.DataFrame:
    """Rank series by the probability that their share is higher over the next year than over the last.

    *Question.* Which series grow and are likely to go on?

    *Model.* In each series the log odds follow a line over the last `lookback_years`, whose slope has the
    error that the run's noise gives it (see `noise`). The slopes of a run are taken as draws from a
    normal distribution around 0 whose variance is estimated from their squares less their errors'; each
    is shrunk by it [1]_. From one year to the next a slope keeps the part `damping` of itself and draws
    the rest again from the same distribution, so that trends do not go on for ever [2]_. With posterior
    mean m and variance v of a slope and t the variance of slopes, the probability is that of
    a normal variable of mean d m and variance d^2 v + (1 - d^2) t to be above 0.

    *Limitations.* It is not a test (that is `trend_verdicts`): in a run without
    trends something is first too. Series that begin only now have too few papers to be ranked. A checked
    series is counted by its checked shares, but the error of its correction is not in the probability.
    How much the order is worth on the data at hand is what `masked_precision` says.

    *Edges.* Only complete periods that hold papers count. A series with fewer than 5 of them in the
    lookback, or fewer than 20 papers inside or outside, is left out. Ties are in order of kind and id.

    Returns `kind`, `series_id`, `probability` (0 to 1, descending), `growth_per_year` (the shrunken factor
    per year of the odds, undamped), `n_papers` (in the lookback).

    Parameters
    ----------
    series : DataFrame
        What `trend_verdicts` takes; row order is irrelevant.
    lookback_years : float
        Above 0; periods that start earlier before the newest are not looked at.
    damping : float
        Above 0, at most 1.

    Raises
    ------
    InputError
        When a setting is out of range, or the series are malformed as for `trend_verdicts`.

    References
    ----------
    .. [1] Efron and Morris (1975), doi:10.1080/01621459.1975.10479864
    .. [2] Gardner and McKenzie (1985), doi:10.1287/mnsc.31.10.1237

    Examples
    --------
    Shares that double, stay and halve within two years:

    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> counts = {"up": range(24, 48), "level": [30] * 24, "down": range(48, 24, -1)}
    >>> series = pd.concat(pd.DataFrame({"kind": "theme", "series_id": name, "period_start": months,
    ...     "n_papers": list(n), "n_total": 400, "is_complete": True}) for name, n in counts.items())
    >>> found = emerging_topics(series)
    >>> found["series_id"].tolist(), bool((found["probability"] > 0.5).iloc[0])
    (['up', 'level', 'down'], True)
    """
    if not (lookback_years > 0 and 0 < damping <= 1):
        raise InputError(
            f"lookback_years is {lookback_years}, damping {damping}; they must be above 0, and above 0 to 1"
        )
    series_grids(series)  # counts that are impossible before the lookback are mistakes too
    grids = series_grids(
        series[series["period_start"] > series["period_start"].max() - lookback_years * _YEAR]
    )
    tallies = series_tallies(grids.keys, grids.counts, grids.totals)
    ranked = has_enough(tallies)
    if not ranked.any():
        return empty_table("emerging")
    grids = grids.within(np.any(grids.totals[ranked] > 0, axis=0))
    x, unit = centered_times(grids.years)
    lines, noise = run_noise(grids, np.flatnonzero(ranked))
    inflation, _ = noise.inflation(lines.weight, time_offsets(lines.weight, x), grids.steps)
    mean, variance, spread = _shrunken(lines.line[1] / unit, inflation / lines.information / unit**2)
    ahead = damping * mean / np.sqrt(damping**2 * variance + (1 - damping**2) * spread)
    table = tallies.loc[ranked, ["kind", "series_id", "n_papers"]].assign(
        probability=stats.norm.cdf(ahead), growth_per_year=np.exp(np.clip(mean, -700, 700))
    )
    order = ["probability", "kind", "series_id"]
    ordered = table.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return validate_table("emerging", ordered)


def _shrunken(slope: Floats, error: Floats) -> tuple[Floats, Floats, float]:
    """Posterior mean and variance of slopes around 0 with error variance `error`, and their own variance."""
    weight = 1 / error  # a series that knows its slope says more about how slopes spread
    spread = max(float(weight @ (slope**2 - error) / weight.sum()), _SMALLEST_SPREAD**2)
    kept = spread / (spread + error)
    return kept * slope, kept * error, spread


def precision_at(higher: ArrayLike, k: int) -> float:
    """Part of the first `k` of a ranking that came true; of all where fewer were ranked.

    `higher` says which came true, best rank first; `k` is at least 1. NaN where nothing was ranked.

    Raises
    ------
    InputError
        When `k` is below 1.

    Examples
    --------
    >>> precision_at([True, True, False, True, False], 4)
    0.75
    """
    if k < 1:
        raise InputError(f"k is {k}; it is how many of the first ranks to look at, at least 1")
    first = np.asarray(higher, dtype=bool)[:k]
    return float(first.mean()) if len(first) else float("nan")


def masked_precision(series: pd.DataFrame, *, cutoffs: Sequence[pd.Timestamp], k: int = 10) -> pd.DataFrame:
    """How often the first `k` had a higher share a year later, at past cut-offs with later data masked.

    At each cut-off the series are ranked from periods that start before it only. A series came true when
    its share over the year from the cut-off on is higher than over the year before it. The same series
    are ranked by ``trend`` (`emerging_topics`) and by ``momentum`` (their share over the last year less
    that over the year before); ``chance`` is the mean precision of a random order, the base rate.

    *Limitations.* Cut-offs less than a year apart share years, so their results are not
    independent. Topics that were found in all of the data know the future: give series whose
    definition is older than the cut-off, or take the result as an upper bound.

    *Edges.* Series that cannot be ranked at a cut-off, or have no papers to count in one of the three
    years, take no part; if none is left, precision and base rate are NaN. An equal share is not higher.

    Returns the table `emerging_scores`: `cutoff`, `method` (``trend``, ``momentum``, ``chance``),
    `precision`, `base_rate`; cut-offs as given.

    Parameters
    ----------
    series : DataFrame
        What `trend_verdicts` takes.
    cutoffs : sequence of Timestamp
        First days of the masked parts, each at least a year before the end of the last complete period.
    k : int
        At least 1.

    Raises
    ------
    InputError
        When less than a year follows a cut-off, `k` is below 1, or the series are malformed.

    Examples
    --------
    One of two series rises for four years; it is first, and its share rises on:

    >>> months = pd.date_range("2020-01-01", periods=48, freq="MS")
    >>> counts = {"up": range(24, 72), "down": range(72, 24, -1)}
    >>> series = pd.concat(pd.DataFrame({"kind": "theme", "series_id": name, "period_start": months,
    ...     "n_papers": list(n), "n_total": 400, "is_complete": True}) for name, n in counts.items())
    >>> masked_precision(series, cutoffs=[pd.Timestamp("2023-01-01")], k=1)["precision"].tolist()
    [1.0, 1.0, 0.5]
    """
    precision_at([], k)
    series_grids(series)
    complete = series[series["is_complete"].astype(bool) & (series["n_total"] > 0)]
    starts = complete["period_start"].drop_duplicates().sort_values()
    typical = starts.diff().median() if len(starts) > 1 else pd.Timedelta(0)
    rows = []
    for cutoff in cutoffs:
        if not len(starts) or starts.iloc[-1] + 1.5 * typical < cutoff + pd.DateOffset(years=1):
            raise InputError(
                f"less than a year of complete periods follows the cut-off {cutoff:%Y-%m-%d}; "
                "give an earlier one"
            )
        judged = _judged(complete, pd.Timestamp(cutoff))
        base = float(judged["higher"].mean()) if len(judged) else float("nan")
        for method in ("trend", "momentum"):
            order = judged.sort_values(method, ascending=False, kind="stable")
            rows.append((cutoff, method, precision_at(order["higher"], k), base))
        rows.append((cutoff, "chance", base, base))
    return validate_table(
        "emerging_scores", pd.DataFrame(rows, columns=list(TABLE_COLUMNS["emerging_scores"]))
    )


def _judged(complete: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Score of each rankable series by either method, and whether its share was `higher` a year later."""
    ranking = emerging_topics(complete[complete["period_start"] < cutoff])
    ranking = ranking.set_index(["kind", "series_id"]).sort_index()
    later, last, before = (_shares(complete, cutoff + pd.DateOffset(years=year)) for year in (0, -1, -2))
    shares = pd.DataFrame({"later": later, "last": last, "before": before}).reindex(ranking.index)
    judged = shares.assign(
        trend=ranking["probability"],
        momentum=shares["last"] - shares["before"],
        higher=shares["later"] > shares["last"],
    )
    return judged[shares.notna().all(axis=1)]


def _shares(complete: pd.DataFrame, start: pd.Timestamp) -> pd.Series:
    """Share of each series over the calendar year that begins with `start`."""
    end = start + pd.DateOffset(years=1)
    year = complete[complete["period_start"].between(start, end, inclusive="left")]
    counted = year.assign(counted=counted_papers(year))
    sums = counted.groupby(["kind", "series_id"])[["counted", "n_total"]].sum()
    return sums["counted"] / sums["n_total"]
