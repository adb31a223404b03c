"""The model behind verdicts and curves: the log odds of each series with their uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, rel_entr

from analytics.labels.checked_series import CheckedSeries, correction_variances
from analytics.trends.changes_of_share import Changes, curve_changes, line_changes
from analytics.trends.curves import Counts, Curves, are_curved, fit_curves
from analytics.trends.logit_lines import Floats, LogitLines, fit_lines
from analytics.trends.noise import SCATTER_CARRY, PooledNoise
from analytics.trends.null_series import run_noise
from analytics.trends.series_grids import (
    BEFORE,
    MIN_PERIODS,
    NEWEST,
    SeriesGrids,
    centered_times,
    has_enough,
    series_grids,
    series_tallies,
    time_offsets,
)  # fmt: skip
from analytics.trends.wandering import Wandering, fit_wandering, walk_variances

__all__ = ["Tallied", "TrendModel", "fit_trends", "tally_series"]

Corrections = Mapping[str, CheckedSeries]


@dataclass(frozen=True, slots=True)
class Tallied:
    """Series of a run with their counts.

    Attributes
    ----------
    whole, recent : DataFrame
        See `series_tallies`: over the span, and over the newest months and the year before them.
    tested, stepped : ndarray of bool, shape (n_series,)
        Which have enough papers and periods for a verdict on each.
    """

    grids: SeriesGrids
    whole: pd.DataFrame
    recent: pd.DataFrame
    tested: NDArray[np.bool_]
    stepped: NDArray[np.bool_]


@dataclass(frozen=True)
class TrendModel:
    """Series of a run that can be tested, with all that was fitted to them.

    *Model.* A count is binomial. Its log odds are a straight line, or where that does not do a smooth curve,
    plus noise of the single periods, which may carry over from one to the next (`noise`). The noise is
    learned from all series together, from what moves faster than any curve.

    Attributes
    ----------
    grids : SeriesGrids
        Grids of the tested series in the periods that hold papers.
    stepped : ndarray of bool, shape (n_series,)
        Which have enough papers in the newest months and the year before.
    x, unit : ndarray and float
        Centered time that spans 1, and the span in years.
    scatter : PooledNoise
        How the papers of one period scatter.
    """

    grids: SeriesGrids
    stepped: NDArray[np.bool_]
    x: Floats
    unit: float
    lines: LogitLines
    scatter: PooledNoise
    corrections: Corrections

    @cached_property
    def curvature(self) -> Wandering:
        """How far each series may bend away from its line."""
        lines, steps = self.lines, self.grids.steps
        return fit_wandering(lines.residual, lines.weight, self.x, steps, self.scatter, "curve")

    @cached_property
    def curved(self) -> NDArray[np.bool_]:
        """Which series follow a curve; shape (n_tested,)."""
        return are_curved(self.lines, self.curvature)

    @cached_property
    def curves(self) -> Curves:
        """Curves of the series that follow one, in their order."""
        which = self.curved
        grids = self.grids.of(which)
        counted = Counts(grids.counts, grids.totals, self.x, grids.steps, self._end - self._start)
        return fit_curves(counted, self.lines.of(which), self.scatter.of(which), self.curvature)

    @cached_property
    def inflation(self) -> tuple[Floats, Floats]:
        """Variance of each slope over its binomial one, with degrees of freedom."""
        noise = self.scatter.inflation(self.lines.weight, self._offset, self.grids.steps)
        return self._corrected(noise, self.lines, self._offset, self.grids)

    def whole_span(self) -> Changes:
        """From the first to the newest months; noise is how the papers of a period scatter."""
        ends = float(self._start @ self.x), float(self._end @ self.x)
        data = self.grids.counts, self.grids.totals, self.x
        changes = line_changes(self.lines, *data, self.inflation, ends)
        if not self.curved.any():
            return changes
        grids = self.grids.of(self.curved)
        variance, freedom = correction_variances(
            grids.keys["series_id"], grids.is_checked, grids.starts, self.curves.pull, self.corrections
        )
        start, noise_freedom = self.curves.logits @ self._start, self.inflation[1][self.curved]
        of_curves = curve_changes(self.curves, start, noise_freedom, variance, freedom)
        return changes.with_others(self.curved, of_curves)

    def newest_months(self) -> Changes:
        """From the year before the newest months to these; the same noise."""
        grids = self.grids.of(self.stepped)
        grids = grids.within(grids.recent >= BEFORE)
        noise = self.scatter.of(self.stepped)
        counts, totals, part = grids.counts, grids.totals, grids.recent
        parts = np.stack([part == BEFORE, part == NEWEST], axis=1).astype(float)
        x = np.array([-0.5, 0.5])
        data, lines = _step_lines(counts @ parts, totals @ parts, x)
        weight = totals * (lines.weight / data[1])[:, part]
        inflation = _step_inflation(noise, weight, (counts, totals, x[part]), grids.steps)
        inflation = self._corrected(inflation, lines, time_offsets(lines.weight, x)[:, part], grids)
        return line_changes(lines, *data, x, inflation, (x[0], x[1]))

    def years_of_span(self) -> float:
        """Years from the middle of the first to the middle of the newest months."""
        return float((self._end - self._start) @ self.grids.years)

    def years_between(self) -> float:
        """Years from the mean day of the year before to that of the newest months."""
        listed = self.grids.totals.max(axis=0)
        before, newest = (
            np.average(self.grids.years[self.grids.recent == part], weights=listed[self.grids.recent == part])
            for part in (BEFORE, NEWEST)
        )
        return float(newest - before)

    def walking(self) -> tuple[Floats, Floats, Floats]:
        """Inflation of each slope if log odds walk at random, how likely each is, and degrees of freedom.

        The noise may carry over as far as it likes here: what is not taken for a walk is taken for noise.
        The first two have shape (n_tested, n_points).
        """
        which = np.arange(len(self.grids.keys))
        _, noise = run_noise(self.grids, which, around_curves=True)
        walk = fit_wandering(self.lines.residual, self.lines.weight, self.x, self.grids.steps, noise, "walk")
        steps = walk_variances(self.lines.weight * self._offset, self.grids.steps)
        scatter = noise.inflation(self.lines.weight, self._offset, self.grids.steps)
        inflation, freedom = self._corrected(scatter, self.lines, self._offset, self.grids)
        added = (steps / self.lines.information)[:, None] * walk.variance
        return inflation[:, None] + added, walk.weight, freedom

    def states(self) -> tuple[Floats, Floats]:
        """Log odds of each tested series in each period and their variance, smooth.

        Series that follow no curve are a mean of a level and of a line, weighted by the evidence for each
        (Schwarz's criterion [1]_): what cannot be distinguished from level looks level.

        References
        ----------
        .. [1] Schwarz (1978), doi:10.1214/aos/1176344136
        """
        inflation, offset, weight = self.inflation[0], self._offset, self.lines.weight
        evidence = self.lines.root**2 / inflation - np.log(len(self.x))
        sloped = expit(evidence / 2)[:, None]
        total = weight.sum(axis=1, keepdims=True)
        level = logit(self.grids.counts.sum(axis=1) / self.grids.totals.sum(axis=1))[:, None]
        line = self.lines.line[0][:, None] + self.lines.line[1][:, None] * self.x
        of_level = inflation[:, None] / total
        of_line = of_level + inflation[:, None] * offset**2 / self.lines.information[:, None]
        logits = sloped * line + (1 - sloped) * level
        variance = sloped * of_line + (1 - sloped) * of_level + sloped * (1 - sloped) * (line - level) ** 2
        if self.curved.any():
            logits[self.curved], variance[self.curved] = self.curves.logits, self.curves.variance
        return logits, variance + self._correction_of_states(logits)

    @cached_property
    def _end(self) -> Floats:
        """Weights of the periods that make the end: the newest months, alike."""
        newest = self.grids.recent == NEWEST
        return np.asarray(newest / newest.sum())

    @cached_property
    def _start(self) -> Floats:
        """Weights of the periods that make the start: as many as make the end."""
        return self._end[::-1]

    @cached_property
    def _offset(self) -> Floats:
        return time_offsets(self.lines.weight, self.x)

    def _correction_of_states(self, logits: Floats) -> Floats:
        """Variance of each period's log odds by errors of the correction; 0 of a series that is found."""
        added = np.zeros_like(logits)
        for row in np.flatnonzero(self.grids.is_checked):
            one = self.corrections[self.grids.keys["series_id"].iloc[row]]
            share = expit(logits[row])
            added[row] = np.diag(one.covariance_at(self.grids.starts)) / np.square(share * (1 - share))
        return added

    def _corrected(
        self, inflation: tuple[Floats, Floats], lines: LogitLines, offset: Floats, grids: SeriesGrids
    ) -> tuple[Floats, Floats]:
        """Add the variance that errors of the correction give to each slope; combine the degrees of freedom.

        A share that is higher by d moves the slope by d times the period's papers and its offset in time,
        over the information: the derivative of the maximum likelihood estimate.
        """
        noise, freedom = inflation
        pull = grids.totals * offset / lines.information[:, None]
        variance, own_freedom = correction_variances(
            grids.keys["series_id"], grids.is_checked, grids.starts, pull, self.corrections
        )
        added = variance * lines.information
        joint = noise + added
        return joint, joint**2 / (noise**2 / freedom + added**2 / own_freedom)


def tally_series(series: pd.DataFrame) -> Tallied:
    """Count the papers of every series, and find which can be tested.

    Raises
    ------
    InputError
        When the series are malformed, see `analytics.trends.series_grids.validate_series`.
    """
    grids = series_grids(series)
    whole = series_tallies(grids.keys, grids.counts, grids.totals)
    tested = has_enough(whole)
    if tested.any():
        grids = grids.held_by(tested)
    lately, known = grids.recent >= BEFORE, grids.totals > 0
    recent = series_tallies(grids.keys, grids.counts[:, lately], grids.totals[:, lately])
    has_before = known[:, grids.recent == BEFORE].sum(axis=1) >= MIN_PERIODS
    has_newest = known[:, grids.recent == NEWEST].any(axis=1)
    return Tallied(grids, whole, recent, tested, tested & has_enough(recent) & has_before & has_newest)


def fit_trends(tallied: Tallied, corrections: Corrections | None = None) -> TrendModel:
    """Fit the model to the series of a run that can be tested: at least one.

    `corrections`, by theme id, holds each series that has checked shares.
    """
    tested, grids = tallied.tested, tallied.grids
    x, unit = centered_times(grids.years)
    rows = np.flatnonzero(tested)
    lines, scatter = run_noise(grids, rows, around_curves=True, largest_carry=SCATTER_CARRY)
    stepped = tallied.stepped[tested]
    return TrendModel(grids.of(tested), stepped, x, unit, lines, scatter, corrections or {})


def _step_lines(counts: Floats, totals: Floats, x: Floats) -> tuple[tuple[Floats, Floats], LogitLines]:
    """Lines through two points, and the counts they were fitted to.

    Where a part holds no paper of the series, or no other, half a paper of each kind is added to both [1]_,
    so that the step is finite; its root stays that of the likelihood ratio of the papers there are.

    References
    ----------
    .. [1] Haldane (1956), doi:10.1111/j.1469-1809.1955.tb01285.x
    """
    bare = ((counts == 0) | (counts == totals)).any(axis=1, keepdims=True)
    data = counts + 0.5 * bare, totals + 1.0 * bare
    lines = fit_lines(*data, x)
    share = counts.sum(axis=1, keepdims=True) / totals.sum(axis=1, keepdims=True)
    gain = rel_entr(counts, totals * share) + rel_entr(totals - counts, totals * (1 - share))
    root = np.sign(lines.line[1]) * np.sqrt(2 * np.maximum(gain.sum(axis=1), 0))
    return data, replace(lines, root=root)


def _step_inflation(
    noise: PooledNoise, weight: Floats, data: tuple[Floats, Floats, Floats], steps: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Inflation of a step's variance and its degrees of freedom, with the step or without it.

    Noise of the log odds moves few papers where the share is low. In months that fell to nothing it
    would seem not to matter, although it may be why the papers are missing: the larger one counts.
    """
    counts, totals, x = data
    share = counts.sum(axis=1, keepdims=True) / totals.sum(axis=1, keepdims=True)
    level = totals * share * (1 - share)
    (stepped, freedom), (flat, flat_freedom) = (
        noise.inflation(weights, time_offsets(weights, x), steps) for weights in (weight, level)
    )
    return np.maximum(stepped, flat), np.where(stepped >= flat, freedom, flat_freedom)
