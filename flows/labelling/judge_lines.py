"""Output lines after a model has labelled papers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from analytics.labels import MODEL, agreement_by_theme
from flows.labelling.model_judge import Judged

__all__ = ["agreement_lines", "judge_lines"]


def judge_lines(judged: Judged) -> list[str]:
    r"""Papers answered and not, tokens, and why it ended early.

    Examples
    --------
    >>> done = Judged("llama3.1:8b", 57, 2, 0, 1, 3, 64, 41200, 1800, 0, "the 64 requests are spent")
    >>> print(*judge_lines(done), sep="\n")
    llama3.1:8b answered 57 of 60 papers; 2 without a usable answer; 1 not asked
    3 answers for single themes are missing
    64 requests, 41,200 tokens of prompts and 1,800 of answers
    ended early: the 64 requests are spent
    the answers so far are saved
    """
    counts = [f"{judged.model} answered {judged.n_answered} of {_n(judged.n_asked + judged.n_left, 'paper')}"]
    if judged.n_refused:
        counts.append(f"{judged.n_refused} without a usable answer")
    if judged.n_failed:
        counts.append(f"{judged.n_failed} for which the endpoint failed")
    if judged.n_left:
        counts.append(f"{judged.n_left} not asked")
    lines = ["; ".join(counts)]
    if judged.n_missing:
        be = "is" if judged.n_missing == 1 else "are"
        lines.append(f"{_n(judged.n_missing, 'answer')} for single themes {be} missing")
    lines.append(f"{_n(judged.n_requests, 'request')}{_tokens(judged)}")
    if judged.stopped is not None:
        lines += [f"ended early: {judged.stopped}", "the answers so far are saved"]
    return lines


def agreement_lines(labels: pd.DataFrame, model: str, names: Mapping[str, str]) -> list[str]:
    """Agreement of a model with people, per theme.

    Parameters
    ----------
    labels : DataFrame
        Table `labels`; answers of other models do not count.
    names : mapping of str to str
        Names of the themes by id; only these themes are listed.

    Examples
    --------
    >>> labels = pd.DataFrame({"paper_id": list("ppqq"), "theme_id": "a",
    ...     "answer": ["yes", "yes", "no", "no"], "labeller": ["ann", "model:llama"] * 2,
    ...     "day": pd.to_datetime("2025-01-01")})
    >>> agreement_lines(labels, "llama", {"a": "Agents"})
    ["agreement with people: Agents 1.00 on 2 papers (Cohen's kappa: 1 is full agreement, 0 is chance)"]
    """
    is_other = labels["labeller"].str.startswith(MODEL) & (labels["labeller"] != MODEL + model)
    found = agreement_by_theme(labels[~is_other.astype(bool)])
    agreements = [
        _agreement(names[theme], int(n_both), kappa)
        for theme, n_both, kappa in found.itertuples(index=False)
        if theme in names and n_both
    ]
    if not agreements:
        return [
            "no paper was also answered by a person; answer some yourself to see how far the model agrees"
        ]
    return [
        f"agreement with people: {'; '.join(agreements)} (Cohen's kappa: 1 is full agreement, 0 is chance)"
    ]


def _agreement(name: str, n_both: int, kappa: float) -> str:
    if math.isnan(kappa):
        return f"{name} not known on {_n(n_both, 'paper')}, all with the same answer"
    return f"{name} {kappa:.2f} on {_n(n_both, 'paper')}"


def _tokens(judged: Judged) -> str:
    if judged.prompt_tokens is None and judged.completion_tokens is None:
        return "; the endpoint counts no tokens"
    parts = [
        f"{n:,} {what}"
        for n, what in (
            (judged.prompt_tokens, "tokens of prompts"),
            (judged.completion_tokens, "tokens of answers" if judged.prompt_tokens is None else "of answers"),
        )
        if n is not None
    ]
    return (", at least " if judged.n_uncounted else ", ") + " and ".join(parts)


def _n(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
