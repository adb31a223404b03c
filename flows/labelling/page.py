"""A labelling session for the page: themes with keys, and one paper at a time as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from analytics.labels import ANSWERS
from flows.labelling.sitting import AskedPaper, Sitting
from reports.labelling_page import LabellingPage, LabellingTheme, theme_keys
from reports.values.formatting import clean, clip, long_day
from reports.values.paper_lines import paper_href

__all__ = ["labelling_page", "n_answered", "sitting_view"]

_LONGEST_TITLE = 500
_LONGEST_ABSTRACT = 20_000


def labelling_page(sitting: Sitting, then: str, go_on: str) -> LabellingPage:
    """Themes of a sitting with their keys, as the page prints them."""
    themes = sitting.themes()
    shown = (
        LabellingTheme.shown(one.theme_id, one.name, key, one.description, one.phrases)
        for one, key in zip(themes, theme_keys(len(themes)), strict=True)
    )
    return LabellingPage(tuple(shown), then, go_on)


def sitting_view(sitting: Sitting, paper_id: str | None = None, *, is_over: bool = False) -> dict[str, Any]:
    """Where a sitting stands and which paper to show, as values for JSON.

    ``paper`` (None when all are answered) with its ``answers`` so far; ``previous``, the paper whose answers
    an undo takes back, or None; ``n_answered`` and ``n_papers``; counts of ``themes`` by id; ``own`` counts
    of this sitting where it ends.

    Without `paper_id`, or when there is no such paper, the first that is not answered is shown.
    """
    themes = sitting.themes()
    theme_ids = [one.theme_id for one in themes]
    papers, answers = list(sitting.papers), sitting.answers
    answered = [_is_answered(answers.get(one.paper_id, {}), theme_ids) for one in papers]
    at = _shown(papers, answered, paper_id)
    before = [one.paper_id for one in papers[:at] if answers.get(one.paper_id)]
    paper = papers[at] if at < len(papers) else None
    is_end = is_over or paper is None
    return {
        "paper": None if paper is None else _paper(paper),
        "answers": {} if paper is None else dict(answers.get(paper.paper_id, {})),
        "previous": before[-1] if before else None,
        "n_answered": sum(answered),
        "n_papers": len(papers),
        "themes": {
            one.theme_id: {"yes": one.n_yes, "no": one.n_no, "unsure": one.n_unsure, "earlier": one.n_earlier}
            for one in themes
        },
        "own": _own_counts(answers, theme_ids) if is_end else {},
        "stopped": is_over,
    }


def _is_answered(answers: Mapping[str, str], theme_ids: list[str]) -> bool:
    """Whether a paper's answers cover all themes; a paper of a partly filled CSV is asked for again.

    Examples
    --------
    >>> _is_answered({"agents": "no"}, ["agents"]), _is_answered({"agents": "no"}, ["agents", "safety"])
    (True, False)
    """
    return all(theme_id in answers for theme_id in theme_ids)


def n_answered(sitting: Sitting) -> int:
    """Count the papers of a sitting that are answered for all themes."""
    theme_ids = [one.theme_id for one in sitting.themes()]
    return sum(_is_answered(sitting.answers.get(one.paper_id, {}), theme_ids) for one in sitting.papers)


def _shown(papers: list[AskedPaper], answered: list[bool], paper_id: str | None) -> int:
    """Position of the paper to show; the number of papers when none is left."""
    named = (at for at, one in enumerate(papers) if one.paper_id == paper_id)
    open_ones = (at for at, one in enumerate(answered) if not one)
    return next(named, next(open_ones, len(papers)))


def _paper(paper: AskedPaper) -> dict[str, Any]:
    href = paper_href(paper.url, paper.paper_id)
    return {
        "paper_id": paper.paper_id,
        "title": clip(" ".join(paper.title.split()), _LONGEST_TITLE) or "(no title)",
        "abstract": _segments(paper),
        "n_cut": max(0, len(paper.abstract) - _LONGEST_ABSTRACT),
        "day": long_day(paper.published) if paper.published else "",
        "day_iso": paper.published.isoformat() if paper.published else "",
        "href": href,
        "place": clip(urlsplit(href).hostname or "", 60),
    }


def _segments(paper: AskedPaper) -> list[list[str | bool]]:
    """Parts of the abstract in order, each with whether it is marked; marks that overlap are cut."""
    text, segments, at = paper.abstract[:_LONGEST_ABSTRACT], [], 0
    for start, stop in sorted(paper.marked):
        first, last = max(start, at), min(stop, len(text))
        if first < last:
            segments += [(text[at:first], False), (text[first:last], True)]
            at = last
    segments.append((text[at:], False))
    # A carriage return is a space here; `clean` would show it as an unprintable character.
    return [[clean(part.replace("\r", " ")), is_marked] for part, is_marked in segments if part]


def _own_counts(answers: Mapping[str, Mapping[str, str]], theme_ids: list[str]) -> dict[str, dict[str, int]]:
    given = list(answers.values())
    return {
        theme_id: {answer: sum(one.get(theme_id) == answer for one in given) for answer in ANSWERS}
        for theme_id in theme_ids
    }
