"""How verdicts are reached, in plain words and precisely; for current runs and for runs of older versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS
from reports.values.formatting import NARROW, join_words, plural

__all__ = ["Step", "five_word_steps", "older_steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, a plain description, and the precise statement in a fold-out."""

    name: str
    text: str
    precise: str = ""


_SHARE = Step(
    "Share",
    "The papers of a theme or topic divided by all papers dated in the same period.",
    f"The 95{NARROW}% interval of a single period is Wilson's: it includes sampling error, but not errors"
    " in assigning papers to themes. Checked shares are estimated from answers, and their intervals"
    " include those errors.",
)
_NOISE = Step(
    "Noise",
    "Shares vary more than sampling error explains, and a high month is often followed by another. Both"
    " effects are estimated from all themes and topics together, because a short series cannot show its own."
    " So with other themes the tests of the same topics come out a little differently.",
    "Overdispersion and autocorrelation of the residuals, pooled over all series of the run; the intervals"
    " include them.",
)


def five_word_steps(
    unit: str, n_tests: int, allowed: str, bound: float, lists: Sequence[str] = ()
) -> tuple[Step, ...]:
    """Steps by which a run reaches its verdicts.

    Parameters
    ----------
    unit : str
        Kind of the tested periods; empty where nothing was tested.
    n_tests : int
        Comparisons over the whole span and of the newest months.
    allowed : str
        False discovery rate in words.
    bound : float
        Factor within which a share is steady.
    lists : sequence of str
        What else the page tests, each with its own rate.
    """
    others = (
        f"; so {'has' if len(lists) == 1 else 'have'} {join_words([*lists])}, each list separately"
        if lists
        else ""
    )
    cut = f" Tests use {unit}s, whatever period a chart shows." if unit else ""
    return (
        _SHARE,
        Step(
            "Line",
            f"Single periods are noisy, so a smooth line is fitted to all of them, with a 95{NARROW}%"
            f" band.{cut}",
            "The logarithm of the odds follows a straight line or, where the counts support it, a smooth"
            " curve (a penalized spline); the band comes from the model that the tests use.",
        ),
        _NOISE,
        Step(
            "Is the share now different?",
            "Two comparisons: the newest three months with the first three, and with the year before them."
            " In a corpus shorter than nine months, thirds of it are compared.",
            "Quasi-likelihood ratio tests of no change, against Student's t, with the noise above.",
        ),
        Step(
            "Does it keep moving?",
            "Tested only for series that moved over the whole span. A series has lasting ups and downs;"
            " the test asks whether these alone may explain the change.",
            "The same line, with an added random walk whose size is estimated from all series.",
        ),
        Step(
            "Five words",
            "Rising and falling: the share has changed. Steady: any change was shown to be small, between"
            f" {1 / bound:.2g} and {bound:g} times. Unclear: the share may or may not have changed; the"
            " page says which way it leans and how many more papers would decide it. Insufficient: too"
            " few papers or periods to test.",
            "Steady by two one-sided tests: the odds at the end, and all along a curve, are within that"
            f" factor of those at the start. Insufficient means fewer than {MIN_PERIODS} complete periods,"
            f" {MIN_PAPERS} papers in the series or {MIN_PAPERS} outside it. The number of papers that"
            " would decide it assumes that the change continues at its pace.",
        ),
        Step(
            "False alarms",
            f"{plural(n_tests, 'comparison was', 'comparisons were')} made for this page, and among so"
            f" many some look significant by chance. On average, at most {allowed} of the rising and"
            " falling verdicts on this page should be false, over the whole span and in the newest months"
            f" together. Steady verdicts have their own limit of {allowed}{others}.",
            "Benjamini-Hochberg over all comparisons of both kinds; q is the p value corrected in that way."
            " Whether a series keeps moving is tested only where a claim was made, at the level of the"
            " claims.",
        ),
    )


def older_steps(n_tested: int, allowed: str) -> tuple[Step, ...]:
    """Steps by which a run of an older version reached its verdicts.

    `allowed` is the false discovery rate in words.
    """
    return (
        _SHARE,
        Step(
            "Line",
            "A straight line through the logarithm of the odds, period by period as drawn. Its slope says by"
            " which factor the odds change in a year.",
        ),
        _NOISE,
        Step(
            "Test",
            f"{plural(n_tested, 'series was', 'series were')} tested, and among so many some look"
            f" significant by chance. At most {allowed} of the rising and falling verdicts over the whole"
            " span should be false. The newest quarter was compared with the time before it, with its own"
            " limit.",
            "Logistic regression with pooled noise; Benjamini-Hochberg.",
        ),
        Step(
            "Verdicts of this older version",
            "This run was made before papertrends could show that a share is steady. What it called steady is"
            " called unclear here: a change was neither shown nor ruled out. A new run can say more."
            f" Insufficient means fewer than {MIN_PERIODS} complete periods, {MIN_PAPERS} papers in the"
            " series"
            f" or {MIN_PAPERS} outside it.",
        ),
    )
