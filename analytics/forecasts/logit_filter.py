"""Levels and slopes of log odds that move, followed from binomial counts, many series and settings at a time.

A Kalman filter of two states under each setting, with a Laplace step [1]_ where counts are seen.

References
----------
.. [1] Fahrmeir (1992), doi:10.1080/01621459.1992.10475232
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import expit, logit

from analytics.forecasts.share_grids import Floats

__all__ = ["LogitFilter", "filter_settings"]

# Standard deviations a period, in logits, that the trends choose among: of noise that stays in one
# period, of steps that the level keeps, and of slopes; and how much of a slope is left a period later.
_SCATTERS = (0.0, 0.1, 0.3)
_STEPS = (0.0, 0.03, 0.1, 0.3)
_SLOPES = (0.01, 0.03, 0.1, 0.3)
_DAMPINGS = (0.85, 0.98)
# Log odds of a share that nobody has seen yet: with two deviations from 0.01 % to 95 %.
_LEVEL_MEAN, _LEVEL_VARIANCE = -3.0, 9.0
_NEWTON_STEPS = 5


def filter_settings(*, trend: bool) -> Floats:
    """Settings to choose among.

    An array of shape (4, n_settings, 1): variances per period, in logits, of the noise of one period, of the
    level's steps and of the slopes; and the part of a slope that is left a period later.

    Examples
    --------
    >>> filter_settings(trend=True).shape, filter_settings(trend=False).shape
    ((4, 108, 1), (4, 12, 1))
    """
    slopes = [(0.0, 0.0), *product(_SLOPES, _DAMPINGS)] if trend else [(0.0, 0.0)]
    rows = [(a, b, c, d) for (c, d), a, b in product(slopes, _SCATTERS, _STEPS)]
    scatter, steps, slope, damping = np.array(rows).T[:, :, None]
    return np.stack([scatter**2, steps**2, slope**2, damping])


@dataclass(frozen=True, slots=True)
class LogitFilter:
    """What is known of each series' log odds under each setting; arrays of shape (n_settings, n_series).

    Attributes
    ----------
    level, slope : ndarray
        Means of the log odds and of their growth a period.
    level_variance, covariance, slope_variance : ndarray
        How surely they are known.
    height : ndarray
        Log-likelihood of the counts so far, up to a constant of the series.
    """

    settings: Floats
    level: Floats
    slope: Floats
    level_variance: Floats
    covariance: Floats
    slope_variance: Floats
    height: Floats

    @staticmethod
    def begin(n_series: int, settings: Floats) -> LogitFilter:
        """Begin with nothing seen: slopes are spread as the setting says."""
        slopes = settings[2]
        zero = np.zeros((len(slopes), n_series))
        return LogitFilter(
            settings, zero + _LEVEL_MEAN, zero, zero + _LEVEL_VARIANCE, zero, zero + slopes, zero
        )

    def moved(self) -> LogitFilter:
        """Go to the next period, nothing seen of it: slopes are damped and renewed, levels follow them."""
        _, steps, slopes, damping = self.settings
        level_variance = self.level_variance + 2 * self.covariance + self.slope_variance + steps
        covariance = damping * (self.covariance + self.slope_variance)
        slope_variance = damping**2 * self.slope_variance + (1 - damping**2) * slopes
        return LogitFilter(
            self.settings,
            self.level + self.slope,
            damping * self.slope,
            level_variance,
            covariance,
            slope_variance,
            self.height,
        )

    def seen(self, counts: Floats, totals: Floats) -> LogitFilter:
        """Learn the period's counts, shape (n_series,); a total of 0 changes nothing."""
        prior = self.level_variance + self.settings[0]
        mode = _posterior_mode(self.level, prior, counts, totals)
        information = totals * expit(mode) * expit(-mode)
        gained = information / (1 + prior * information)  # 1 / prior less posterior variance / prior**2
        pull = (mode - self.level) / prior
        fit = counts * mode - totals * np.logaddexp(0, mode) - pull**2 * prior / 2
        return LogitFilter(
            self.settings,
            self.level + self.level_variance * pull,
            self.slope + self.covariance * pull,
            self.level_variance - gained * self.level_variance**2,
            self.covariance - gained * self.level_variance * self.covariance,
            self.slope_variance - gained * self.covariance**2,
            self.height + fit - 0.5 * np.log1p(prior * information),
        )


def _posterior_mode(mean: Floats, variance: Floats, counts: Floats, totals: Floats) -> Floats:
    """Log odds that are likeliest after binomial counts, given a normal prior."""
    observed = logit((counts + 0.5) / (totals + 1))
    weight = totals * expit(observed) * expit(-observed) * variance
    mode = (mean + weight * observed) / (1 + weight)
    for _ in range(_NEWTON_STEPS):
        share = expit(mode)
        slope = counts - totals * share - (mode - mean) / variance
        mode = mode + np.clip(slope / (totals * share * (1 - share) + 1 / variance), -1, 1)
    return np.asarray(mode)
