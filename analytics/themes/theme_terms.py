"""Terms that a theme's papers use more or less often than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from analytics.exceptions import InputError
from analytics.tables import empty_table, is_among
from analytics.text.term_counts import count_terms
from analytics.text.terms import overlap, written_terms
from analytics.text.tokenizer import display_forms

__all__ = ["ComparedTexts", "changed_terms", "compared_texts", "term_changes", "theme_terms"]

_LATELY = pd.DateOffset(years=1)
"""Up to the newest paper of the corpus, so that what is compared has both its halves of a year."""

_FEWEST_PAPERS = 10
"""Papers of a theme lately, and before, below which they are not compared."""
_FEWEST_USES = 5
"""Papers of a theme that use a term at least, of any day; fewer can hardly be distinguished from chance."""
_MOST_READ = 2_000
"""Papers that are read at most, for all themes together: a quarter of a second."""
_MOST = 8
"""Terms that are kept of each direction."""


def term_changes(
    n_lately: NDArray[np.int64], of_lately: int, n_before: NDArray[np.int64], of_before: int
) -> NDArray[np.float64]:
    """Whether terms are in more or in fewer papers than before.

    *Question.* Is a paper of lately as likely to use the term as one of before? Null hypothesis: it is, so
    that, the papers that use it given, how many of them are of lately follows the hypergeometric law.
    Fisher's exact test [1]_, two-sided as twice the smaller tail.

    *Edges.* A term in no paper, or in all, has p = 1. The test is discrete and so errs to the silent side.

    `n_lately` and `n_before`, shape (t,), are the papers that use each term, `of_lately` and `of_before` all
    papers. Returns p values.

    Raises
    ------
    InputError
        When more papers use a term than there are.

    References
    ----------
    .. [1] Fisher (1935), The logic of inductive inference, doi:10.2307/2342435

    Examples
    --------
    Of 4 papers that use a term, all are among the 5 of lately: (5 choose 4) of (10 choose 4), doubled.

    >>> float(term_changes(np.array([4]), 5, np.array([0]), 5)[0].round(6)), round(2 * 5 / 210, 6)
    (0.047619, 0.047619)
    """
    if (n_lately > of_lately).any() or (n_before > of_before).any():
        raise InputError(f"a term is in more papers than the {of_lately} and {of_before} there are")
    law = stats.hypergeom(of_lately + of_before, n_lately + n_before, of_lately)
    smaller = np.minimum(law.cdf(n_lately), law.sf(n_lately - 1))
    return np.asarray(np.clip(2 * smaller, 0.0, 1.0))


def theme_terms(
    papers: pd.DataFrame, assignments: pd.DataFrame, *, q: float, lately: pd.DateOffset = _LATELY
) -> pd.DataFrame:
    """Terms of each theme whose share of papers changed, a part `q` of the claims false by chance at most.

    Words and phrases of titles and abstracts, each counted once per paper. Those in fewer than 5 papers of a
    theme are not tested, which is decided without a look at when; the false discovery rate [1]_ is over all
    terms of all themes. Of terms that share words the one of the smallest p is kept. Of large themes as many
    papers of lately and of before are read, evenly over time, as make 2,000 in all. Returns the columns of
    the run table `theme_terms`, each theme's by p; at most 8 terms per direction. The same for every row
    order.

    Parameters
    ----------
    papers : DataFrame
        `paper_id`, `title`, `abstract`, `published`; the undated are left out.
    assignments : DataFrame
        Table `theme_assignments`.
    q : float
        False discovery rate, above 0 and below 1.
    lately : DateOffset
        What counts as lately, back from the newest paper.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    return changed_terms(compared_texts(papers, assignments, lately=lately), q=q)


@dataclass(frozen=True)
class ComparedTexts:
    """Texts of themes' papers, by id of the paper, and which of them are of lately and of before.

    Little of a large corpus, so that another process can do the rest.
    """

    texts: list[str]
    sides: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


def compared_texts(
    papers: pd.DataFrame, assignments: pd.DataFrame, *, lately: pd.DateOffset = _LATELY
) -> ComparedTexts:
    """Choose the papers that `theme_terms` reads; of themes with too few papers none."""
    dated = papers[["paper_id", "published"]].reset_index(drop=True).dropna()
    dated = dated[is_among(dated["paper_id"], assignments["paper_id"])]
    dated = dated.sort_values(["published", "paper_id"], kind="stable")
    late = dated["published"] > papers["published"].max() - lately
    compared = {
        str(theme_id): sides
        for theme_id, own in assignments.groupby("theme_id", sort=True)
        if min(map(len, sides := _sides(dated, late, own["paper_id"]))) >= _FEWEST_PAPERS
    }
    if not compared:
        return ComparedTexts([], {})
    most = max(_FEWEST_PAPERS, _MOST_READ // (2 * len(compared)))
    sampled = {theme_id: [_evenly(side, most) for side in sides] for theme_id, sides in compared.items()}
    wanted = np.unique(np.concatenate([rows for sides in sampled.values() for rows in sides]))
    # By id, so that the order of the table does not show; only these rows' texts are taken.
    read = wanted[dated["paper_id"].loc[wanted].argsort().to_numpy()]
    place = np.full(len(papers), -1)
    place[read] = np.arange(len(read))
    shown = papers[["title", "abstract"]].iloc[read]
    texts = (shown["title"] + "\n" + shown["abstract"]).tolist()
    return ComparedTexts(texts, {theme_id: (place[a], place[b]) for theme_id, (a, b) in sampled.items()})


def changed_terms(compared: ComparedTexts, *, q: float) -> pd.DataFrame:
    """Test the terms of texts, see `theme_terms`."""
    if not compared.sides:
        return empty_table("theme_terms")
    counts, terms = count_terms(compared.texts)
    uses = sparse.csr_array(counts > 0, dtype=np.int64)
    table = pd.concat(
        [_tested(theme_id, uses, *sides) for theme_id, sides in compared.sides.items()], ignore_index=True
    )
    if table.empty:
        return empty_table("theme_terms")
    table["q_value"] = stats.false_discovery_control(table["p_value"], method="bh")
    return _chosen(table[table["q_value"] <= q], terms, compared.texts)


def _sides(dated: pd.DataFrame, late: pd.Series, own: pd.Series) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of a theme's papers of lately and of before, by date."""
    member = is_among(dated["paper_id"], own)
    return dated.index[member & late].to_numpy(), dated.index[member & ~late].to_numpy()


def _evenly(rows: NDArray[Any], most: int) -> NDArray[Any]:
    """At most so many of the rows, evenly over their order."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def _tested(
    theme_id: str, uses: sparse.csr_array, late: NDArray[np.int64], early: NDArray[np.int64]
) -> pd.DataFrame:
    """Counts and p-value of a theme's terms, by their columns."""
    n_late, n_early = uses[late].sum(axis=0), uses[early].sum(axis=0)
    columns = np.flatnonzero(n_late + n_early >= _FEWEST_USES)
    return pd.DataFrame(
        {
            "theme_id": theme_id,
            "column": columns,
            "n_lately": n_late[columns],
            "of_lately": len(late),
            "n_before": n_early[columns],
            "of_before": len(early),
            "p_value": term_changes(n_late[columns], len(late), n_early[columns], len(early)),
        }
    )


def _chosen(found: pd.DataFrame, terms: NDArray[np.str_], texts: Sequence[str]) -> pd.DataFrame:
    """Terms that represent the claims, in their written form."""
    kept: list[int] = []
    more = found["n_lately"] * found["of_before"] > found["n_before"] * found["of_lately"]
    # Of two that are equally sure the longer phrase says more.
    words = np.char.count(terms[found["column"]], " ") if len(found) else np.zeros(0)
    order = found.assign(more=more, words=-words).sort_values(
        ["theme_id", "p_value", "words", "column"], kind="stable"
    )
    for _, own in order.groupby(["theme_id", "more"], sort=True):
        taken: list[str] = []
        for at, column in zip(own.index, own["column"], strict=True):
            if len(taken) < _MOST and not any(overlap(str(terms[column]), one) for one in taken):
                taken.append(str(terms[column]))
                kept.append(at)
    chosen = order.loc[order.index.isin(kept)]
    written = written_terms(chosen["column"].tolist(), terms, display_forms(texts))
    return chosen.assign(term=written)[list(empty_table("theme_terms").columns)].reset_index(drop=True)
