"""A sitting in memory over papers that were made up, for tests and the picture in the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from analytics.exceptions import PapertrendsError
from flows.labelling.sitting import AskedPaper, AskedTheme

THEMES = (
    AskedTheme(
        "agents", "Agents", "Systems built on language models that plan, use tools and act over many steps.",
        ("web agents that navigate websites", "tool use and function calling"), 21, 47, 2, 0,
    ),
    AskedTheme(
        "self-improvement", "Self-improvement", "Models and agents that get better by their own outputs.",
        ("training on self-generated outputs", "self-rewarding models"), 8, 61, 1, 0,
    ),
    AskedTheme(
        "rl-exploration", "RL exploration", "How an agent finds rewarding behavior when rewards are sparse.",
        ("intrinsic motivation and curiosity", "exploration with sparse rewards"), 5, 65, 0, 12,
    ),
    AskedTheme(
        "introspection", "Introspection", "What language models know and can report about themselves.",
        ("models know what they do not know",), 3, 67, 0, 0,
    ),
)  # fmt: skip

# Title, day, and sentences; those that begin with an asterisk are marked.
_TEXTS = (
    (
        "Errands: A Web Agent That Rehearses Its Tasks Before It Is Asked", date(2025, 11, 18),
        "People hand small chores to software: book a room, compare two offers, fill a form.",
        "*We build an agent that opens websites on its own overnight, practices such chores, and keeps the routes that worked.",
        "On a made-up town of forty shops it finishes a third more errands than the same model without rehearsal, and asks its user half as often.",
        "*Each night it writes its next exercises from the errands that it failed, so that no person has to label anything.",
        "Most of the gain is gone once a shop moves its buttons, which rehearsal alone does not mend.",
        "We describe what it tried, which routes it forgot again, and how much a night costs.",
    ),
    (
        "How Wide Is a Bird's Wing? Measuring Gulls From Harbor Cameras", date(2025, 9, 2),
        "We measure the wings of gulls in flight from cheap harbor cameras.",
        "A calibration with fishing boats of known length replaces markers.",
        "The error is two centimeters at forty meters.",
    ),
    (
        "Lamps in the Maze: Counting Visits When Rewards Are Rare", date(2025, 6, 24),
        "*When a reward lies behind a hundred empty rooms, an agent that wanders does not find it.",
        "*We hang a lamp in each room that has been seen and pay the agent for dark ones.",
        "The lamps go out with time, so that rooms which change are visited again.",
    ),
    (
        "Do Models Notice When They Guess?", date(2025, 3, 11),
        "*We ask language models how sure they are before and after they answer.",
        "What they say of themselves before is a better guide than what they say after.",
    ),
    (
        "A Ledger for Grain: Sorting Seeds With Two Mirrors", None,
        "Two mirrors and one lens sort wheat from rye at walking speed.",
    ),
    (
        "Teachers of Their Own: Models That Write the Exercises They Need", date(2024, 12, 5),
        "*A model writes exercises just above its level, solves them and learns from those that it got right.",
        "It stops by itself when exercises repeat.",
    ),
)  # fmt: skip


def made_up_papers(n_papers: int = len(_TEXTS)) -> list[AskedPaper]:
    """Papers in the order of a sitting; the texts come round again after the sixth."""
    return [_paper(at, *_TEXTS[at % len(_TEXTS)]) for at in range(n_papers)]


def _paper(at: int, title: str, day: date | None, *sentences: str) -> AskedPaper:
    abstract, marked = "", []
    for sentence in sentences:
        text = sentence.removeprefix("*")
        start = len(abstract) + bool(abstract)
        abstract = f"{abstract} {text}".strip()
        if text != sentence:
            marked.append((start, start + len(text)))
    return AskedPaper(
        f"title:{at:04d}", title, abstract, day, f"https://example.org/papers/{at}", tuple(marked)
    )


class MadeUpSitting:
    """Keeps answers in a dictionary; `fault` is raised by the next answers while it is set."""

    def __init__(
        self, papers: Sequence[AskedPaper] | None = None, themes: Sequence[AskedTheme] = THEMES
    ) -> None:
        self.papers = list(made_up_papers() if papers is None else papers)
        self.answers: dict[str, dict[str, str]] = {}
        self.fault: Exception | None = None
        self._themes = tuple(themes)

    def themes(self) -> Sequence[AskedTheme]:
        return [self._counted(theme) for theme in self._themes]

    def answer(self, paper_id: str, answers: Mapping[str, str]) -> None:
        if self.fault is not None:
            raise self.fault
        self.answers[paper_id] = dict(answers)

    def undo(self, paper_id: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.answers.pop(paper_id, None)

    def _counted(self, theme: AskedTheme) -> AskedTheme:
        given = [one.get(theme.theme_id) for one in self.answers.values()]
        return replace(
            theme,
            n_yes=theme.n_yes + given.count("yes"),
            n_no=theme.n_no + given.count("no"),
            n_unsure=theme.n_unsure + given.count("unsure"),
        )


def locked() -> PapertrendsError:
    """What a store says that another run is writing into."""
    return PapertrendsError("the store is locked by another run; wait for it to end, and try again")


def many_themes(n_themes: int) -> list[AskedTheme]:
    """Themes by number, with names of different length."""
    words = ("Agents", "Self-improvement of models", "Robot learning", "Evaluation", "Long-context memory")
    return [
        AskedTheme(f"t{at}", f"{words[at % 5]} {at}", "Made up.", ("made up",), 0, 0, 0, 0)
        for at in range(n_themes)
    ]
