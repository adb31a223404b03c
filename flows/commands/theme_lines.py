"""Output lines about the themes of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analytics.tables import RunTables
from reports.values.count_sentences import COMMAND, known_sentence
from reports.values.formatting import NARROW, clip, plural
from reports.values.theme_quality import Quality, make_qualities

__all__ = ["newer_lines", "quality_lines"]

_MISSES = 3
_TITLE = 90


def quality_lines(tables: RunTables) -> Iterator[str]:
    """Each theme with its count, the certainty of the count, and the papers that it most likely misses.

    Themes are in the order of their file; a paper's number is the probability that it is of the theme.
    """
    if tables.themes.empty:
        yield "no themes"
    qualities = make_qualities(tables)
    titles = tables.papers.set_index("paper_id")["title"]
    for theme_id, name in zip(tables.themes["theme_id"], tables.themes["name"], strict=True):
        yield f"{theme_id}  {clip(name, _TITLE)}"
        for line in (*_known_lines(qualities[theme_id]), *_miss_lines(tables.near_misses, theme_id, titles)):
            yield f"  {line}".replace(NARROW, " ")


def newer_lines(counted: pd.DataFrame, known: pd.DataFrame, as_of: str) -> Iterator[str]:
    """State how many answers are newer than the run, and how to include them.

    `counted` is the table `labels` of the run, `known` what the store holds now.

    Examples
    --------
    >>> columns = ["paper_id", "theme_id", "labeller", "answer"]
    >>> known = pd.DataFrame([("p", "agents", "ann", "yes")], columns=columns)
    >>> list(newer_lines(known.head(0), known, "2025-12-10"))
    ['1 answer is newer than this run of 2025-12-10; papertrends analyze makes a run that counts it']
    >>> list(newer_lines(known, known, "2025-12-10"))
    []
    """
    columns = ["paper_id", "theme_id", "labeller", "answer"]
    rows = [set(table[columns].itertuples(index=False, name=None)) for table in (counted, known)]
    n_newer = len(rows[1] - rows[0])
    if n_newer:
        are, them = ("is", "it") if n_newer == 1 else ("are", "them")
        yield (
            f"{plural(n_newer, 'answer')} {are} newer than this run of {as_of}; papertrends analyze makes"
            f" a run that counts {them}"
        )


def _known_lines(quality: Quality) -> Iterator[str]:
    sentence = known_sentence(quality)
    yield f"{sentence} {COMMAND}" if sentence.endswith(":") else sentence
    if quality.models:
        judges = f"judged by {', '.join(quality.models)}"
        yield f"{judges}, and by people" if quality.has_people else judges
    if quality.n_earlier:
        yield f"{plural(quality.n_earlier, 'answer')} under an earlier definition of the theme"


def _miss_lines(near_misses: pd.DataFrame, theme_id: str, titles: pd.Series) -> Iterator[str]:
    own = near_misses[near_misses["theme_id"] == theme_id]
    likeliest = own.sort_values(["probability", "paper_id"], ascending=[False, True], kind="stable")
    for row in likeliest.head(_MISSES).to_dict("records"):
        title = clip(titles.get(row["paper_id"], ""), _TITLE)
        yield f"may miss {row['probability']:.2f}  {row['paper_id']}  {title}"
