"""From counts to the five words, in plain words and precisely; and as runs before the five words did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS
from reports.values.formatting import NARROW, join_words, plural

__all__ = ["Step", "five_word_steps", "older_steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what is done in it in plain words, and the precise statement, one click below."""

    name: str
    text: str
    precise: str = ""


_SHARE = Step(
    "Share",
    "The papers of a theme or topic out of all papers dated in the same period.",
    f"The 95{NARROW}% interval of a single period is Wilson's: it includes sampling error, and no doubt about"
    " whether a paper was put in the right theme. Shares that are checked are estimated from answers, and"
    " their intervals include that doubt.",
)
_NOISE = Step(
    "Noise",
    "Shares scatter more than by the luck of single papers, and a good month is often followed by another."
    " How much is learned from all themes and topics together.",
    "Overdispersion and autocorrelation of the residuals, pooled over all series of the run; the intervals"
    " include them.",
)


def five_word_steps(
    unit: str, n_tests: int, allowed: str, bound: float, lists: Sequence[str] = ()
) -> tuple[Step, ...]:
    """How a run comes to its five words.

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
        What else the page tests, each with a rate of its own.
    """
    others = (
        f"; so {'has' if len(lists) == 1 else 'have'} {join_words([*lists])}, each list for itself"
        if lists
        else ""
    )
    cut = f" Tests use {unit}s, whatever period a chart shows." if unit else ""
    return (
        _SHARE,
        Step(
            "Line",
            f"Single periods scatter, so a smooth line is drawn through all of them, with a 95{NARROW}%"
            f" band in which it may lie.{cut}",
            "The logarithm of the odds follows a straight line or, where the counts ask for it, a smooth"
            " curve (a penalized spline); the band is that of the model behind the tests.",
        ),
        _NOISE,
        Step(
            "Is the share now different?",
            "Two comparisons: the newest three months with the first three, and with the year before them."
            " In a corpus of less than nine months thirds are compared.",
            "Quasi-likelihood ratio tests of no change, against Student's t, with the noise above.",
        ),
        Step(
            "Does it keep moving?",
            "Asked only of what moved over the whole span. A series has ups and downs that last; this says"
            " whether those alone may have brought it where it is.",
            "The same line, with a random walk added whose size is learned from all series.",
        ),
        Step(
            "Five words",
            "Rising and falling: the share now is another. Steady: any change is shown to be small, between"
            f" {1 / bound:.2g} and {bound:g} times. Unclear: it may have changed or not; the page says which"
            " way it leans and how much more would tell. Insufficient: too little to test.",
            "Steady by two one-sided tests: the odds at the end, and all along a curve, are within that"
            f" factor of those at the start. Insufficient is fewer than {MIN_PERIODS} complete periods,"
            f" {MIN_PAPERS} papers in the series or {MIN_PAPERS} outside it. What would tell is computed as"
            " if the change went on at its pace.",
        ),
        Step(
            "False alarms",
            f"{plural(n_tests, 'comparison was', 'comparisons were')} made for this page, and of so many some"
            f" succeed by luck. At most {allowed} of all that is called rising or falling on this page"
            " should, on average, be false, over the whole span and in the newest months together. What is"
            f" called steady has a limit of {allowed} of its own{others}.",
            "Benjamini-Hochberg over all comparisons of both kinds; q is the p value corrected in that way."
            " Whether a series keeps moving is tested only where a claim was made, at the level of the"
            " claims.",
        ),
    )


def older_steps(n_tested: int, allowed: str) -> tuple[Step, ...]:
    """How a run from before the five words came to its verdicts.

    Parameters
    ----------
    n_tested : int
        Series that were tested.
    allowed : str
        False discovery rate in words.
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
            f"{plural(n_tested, 'series was', 'series were')} tested, and of so many some succeed by luck. At"
            f" most {allowed} of what is called rising or falling over the whole span should be false. The"
            " newest quarter was tested against what came before it, with a limit of its own.",
            "Logistic regression with pooled noise; Benjamini-Hochberg.",
        ),
        Step(
            "Words of then",
            "This run was made before papertrends could show that a share is steady. What it called steady is"
            " called unclear here: no change was shown, and none was ruled out. A new run says more."
            f" Insufficient is fewer than {MIN_PERIODS} complete periods, {MIN_PAPERS} papers in the series"
            f" or {MIN_PAPERS} outside it.",
        ),
    )
