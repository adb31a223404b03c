"""How certain the count of a theme is: plain sentences, and the exact figures behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.values.formatting import (
    NARROW,
    count,
    join_words,
    p_value,
    percent,
    percent_range,
    plural,
    two_digits,
)
from reports.values.theme_quality import Measure, Quality

__all__ = ["DRIFT", "CertaintySentence", "CountCertainty", "Exact", "make_count_certainty"]

DRIFT = 0.05
"""p value below which the errors of older and newer papers are said to differ."""

_FORESEEN = (
    (0.1, "hardly at all"),
    (0.3, "poorly"),
    (0.6, "fairly"),
    (0.85, "well"),
    (math.inf, "very well"),
)
_AGREED = ((0.2, "hardly at all"), (0.4, "a little"), (0.6, "fairly"), (0.8, "well"), (math.inf, "very well"))


@dataclass(frozen=True, slots=True)
class CertaintySentence:
    """One sentence on how certain a count is; `lead` holds its first words, shown in bold."""

    lead: str
    text: str
    is_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Exact:
    """One exact figure: its name, its value, what it is."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CountCertainty:
    """The block "how sure" of a theme: plain sentences, and the figures behind them."""

    sentences: tuple[CertaintySentence, ...]
    figures: tuple[Exact, ...]


def make_count_certainty(quality: Quality) -> CountCertainty | None:
    """How sure the count of a theme is.

    None where nobody has answered.
    """
    if not quality.n_labels:
        return None
    sentences = [*_errors(quality), *_reach(quality), *_drift(quality), *_who(quality)]
    return CountCertainty(tuple(sentences), tuple(_figures(quality)))


def _errors(quality: Quality) -> list[CertaintySentence]:
    """What is wrongly found, and what is missed."""
    sentences = []
    for measure, text in (
        (quality.precision, "papers that the phrases find are really about it"),
        (quality.recall, "papers about it are found by the phrases"),
    ):
        if measure.is_known:
            sentences.append(
                CertaintySentence(f"{_of_hundred(measure.value)} of 100", f"{text}{_hundreds(measure)}.")
            )
    misses_some = quality.recall.is_known and quality.recall.value < 0.995
    if quality.is_checked and not quality.is_taught and misses_some:
        last = sentences[-1]
        missed = " The others count in its share and trend but are not listed here."
        sentences[-1] = CertaintySentence(last.lead, last.text + missed)
    return sentences


def _of_hundred(value: float) -> str:
    """Papers of a hundred; what would round to none or to all says that it is not."""
    if 0 < value < 0.005:
        return "less than 1"
    return "more than 99" if 0.995 <= value < 1 else f"{100 * value:.0f}"


def _hundreds(measure: Measure) -> str:
    return f" ({100 * measure.low:.0f} to {100 * measure.high:.0f})" if measure.has_interval else ""


def _reach(quality: Quality) -> list[CertaintySentence]:
    """What more answers would improve, and how well they are predicted."""
    sentences = []
    more = quality.labels_to_halve
    can_be_had = more <= quality.n_corpus - quality.n_drawn
    if quality.is_checked and math.isfinite(more) and more >= 1 and can_be_had:
        sentences.append(
            CertaintySentence(f"About {count(two_digits(more))} more answers", "would halve the interval.")
        )
    if quality.is_checked and not math.isnan(quality.r2):
        how = _grade(quality.r2, _FORESEEN)
        text = f"predicted {how}. The better papertrends predicts them, the narrower the interval."
        sentences.append(CertaintySentence("The answers were", text))
    return sentences


def _drift(quality: Quality) -> list[CertaintySentence]:
    """Say so where the errors changed over time: a change of errors looks like a change of the share."""
    if math.isnan(quality.drift_p) or quality.drift_p >= DRIFT:
        return []
    text = (
        "More papers are missed or wrongly found in one period than in another, which can look like a rise"
        " or a fall. The share of all papers is valid; treat the trend and single periods with care until"
        " more papers are labelled."
    )
    return [CertaintySentence("Older and newer answers differ.", text, is_doubt=True)]


def _who(quality: Quality) -> list[CertaintySentence]:
    """Who answered, how far a model agrees with people, and what was answered under another definition."""
    sentences = []
    models = join_words(quality.models)
    if quality.has_people and quality.models:
        sentences.append(CertaintySentence("Answered by people,", f"the rest judged by {models}."))
    elif quality.models:
        sentences.append(CertaintySentence(f"Judged by {models}.", "No person answered."))
    elif quality.has_people:
        sentences.append(CertaintySentence("Answered by people.", ""))
    if quality.n_both and not math.isnan(quality.kappa):
        agreed = _grade(quality.kappa, _AGREED)
        both = f"on the {plural(quality.n_both, 'paper')} that both answered (kappa {quality.kappa:.2f})."
        sentences.append(CertaintySentence("People and model agree", f"{agreed} {both}"))
    if quality.n_earlier:
        text = "given under an earlier definition of the theme and may mean something else."
        given = "was" if quality.n_earlier == 1 else "were"
        sentences.append(
            CertaintySentence(
                f"{count(quality.n_earlier)} of {plural(quality.n_labels, 'answer')} {given}", text
            )
        )
    return sentences


def _grade(value: float, grades: tuple[tuple[float, str], ...]) -> str:
    return next(word for limit, word in grades if value < limit)


def _figures(quality: Quality) -> list[Exact]:
    """Figures behind the sentences, named as the literature names them."""
    no = quality.n_labels - quality.n_yes
    drawn = f"{count(quality.n_yes)} yes, {count(no)} no; {count(quality.n_drawn)} on papers drawn at random"
    figures = [Exact("Answers", count(quality.n_labels), f"{drawn}, the only ones used in estimates")]
    figures.append(
        Exact(
            "Share found",
            percent(quality.share_found),
            f"{count(quality.n_found)} of {plural(quality.n_corpus, 'paper')}",
        )
    )
    measures = (
        (
            "Share checked",
            quality.share,
            "answers weighted by the probability with which their papers were drawn",
        ),
        ("Precision", quality.precision, "share of the papers found by the phrases alone that are about it"),
        ("Recall", quality.recall, "share of the papers about it that the phrases alone find"),
    )
    for name, measure, note in measures:
        if measure.is_known:
            ends = (
                f"95{NARROW}% interval {percent_range(measure.low, measure.high)}; "
                if measure.has_interval
                else ""
            )
            figures.append(Exact(name, percent(measure.value), ends + note))
    if not math.isnan(quality.r2):
        note = "share of the variance of the answers that the probability of membership explains"
        figures.append(Exact("R²", f"{quality.r2:.2f}", note))
    if not math.isnan(quality.drift_p):
        figures.append(
            Exact(
                "Drift",
                p_value(quality.drift_p),
                "errors on the older half of the papers compared with the newer half",
            )
        )
    return figures
