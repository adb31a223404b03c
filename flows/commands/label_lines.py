"""Output lines about labels: the result of an import, and the number of answers per theme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from analytics.themes import Theme
from flows.labelling.answer_counts import asked_themes
from flows.labelling.label_import import TakenLabels
from reports.values.formatting import plural

__all__ = ["taken_lines", "theme_lines"]


def taken_lines(taken: TakenLabels, name: str) -> Iterator[str]:
    """Number of imported answers, their labellers, and draws that got new numbers.

    Examples
    --------
    >>> list(taken_lines(TakenLabels(30, 10, 3, ("ann",), numbers={1: 2}), "a.csv"))
    ['30 answers for 10 papers from a.csv by ann, 3 of them known', 'draw 1 of the file is draw 2 here']
    """
    known = f", {taken.n_known} of them known" if taken.n_known else ""
    by = f" by {', '.join(taken.labellers)}" if taken.labellers else ""
    yield f"{plural(taken.n_labels, 'answer')} for {plural(taken.n_papers, 'paper')} from {name}{by}{known}"
    for old, new in taken.numbers.items():
        yield f"draw {old} of the file is draw {new} here"


def theme_lines(themes: Sequence[Theme], labels: pd.DataFrame) -> Iterator[str]:
    """Answers of each theme so far, from everybody."""
    width = max((len(theme.theme_id) for theme in themes), default=0)
    for one in asked_themes(themes, labels):
        line = f"{one.theme_id:{width}}  {one.n_yes} yes, {one.n_no} no, {one.n_unsure} unsure"
        if one.n_earlier:
            line += f"; {one.n_earlier} of them for an earlier definition of the theme"
        yield line
