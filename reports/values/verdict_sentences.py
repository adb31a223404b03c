"""Every sentence about a verdict, in one table: by place, by tested question, by verdict.

A sentence must not claim more than its verdict. Only ``rising`` and ``falling`` say that a share changed,
only ``steady`` that it did not, only ``unclear`` says which way it leans. A test checks all sentences.
"""

from __future__ import annotations

__all__ = ["FRAGILE", "ICONS", "LEADS", "ORDER", "TEMPLATES", "WORDS", "fill"]

ICONS = {"rising": "▲", "falling": "▼", "steady": "▬", "unclear": "◇", "insufficient": "?"}
"""Sign of each verdict, always shown with the word."""

ORDER = {word: place for place, word in enumerate(ICONS)}
"""Place of each verdict in a table that is sorted by it."""

FRAGILE = (
    "the verdict changes if the papers without a topic or a date are distributed over topics and periods"
    " in proportion"
)
"""What makes a verdict fragile, as a clause."""

_RANGE = "({low} to {high})"
_INTERVAL = "(95 % interval {low} to {high})"

TEMPLATES: dict[tuple[str, str, str], str] = {
    # First screen, after the share at the end.
    ("claim", "long", "rising"): "of papers{known}, up from {start}: {times} times in {span} " + _RANGE,
    ("claim", "long", "falling"): "of papers{known}, down from {start}: {times} times in {span} " + _RANGE,
    ("claim", "long", "steady"): (
        "of papers{known}: steady, between {floor} and {ceiling} times its share {span} earlier"
    ),
    ("claim", "long", "unclear"): "of papers{known}: {lean}{plan}",
    ("claim", "recent", "rising"): (
        "of papers{known} in the newest {newest}, up from {start} in the {before}: {times} times " + _RANGE
    ),
    ("claim", "recent", "falling"): (
        "of papers{known} in the newest {newest}, down from {start} in the {before}: {times} times " + _RANGE
    ),
    # A mail, after the share at the end, and the line below it.
    ("mail", "long", "rising"): "of papers, up from {start} {span} earlier",
    ("mail", "long", "falling"): "of papers, down from {start} {span} earlier",
    ("mail", "recent", "rising"): "of papers in the newest {newest}, up from {start} in the {before}",
    ("mail", "recent", "falling"): "of papers in the newest {newest}, down from {start} in the {before}",
    ("sure", "long", "rising"): "{low} to {high} times what it was, with 95 % confidence.",
    ("sure", "long", "falling"): "{low} to {high} times what it was, with 95 % confidence.",
    ("sure", "recent", "rising"): "{low} to {high} times what it was, with 95 % confidence.",
    ("sure", "recent", "falling"): "{low} to {high} times what it was, with 95 % confidence.",
    # With a claim over the whole span, where the newest months have one too.
    ("also", "recent", "rising"): "also rising in the newest {newest}: {times} times the {before} " + _RANGE,
    ("also", "recent", "falling"): "also falling in the newest {newest}: {times} times the {before} "
    + _RANGE,
    ("but", "recent", "rising"): "but rising in the newest {newest}: {times} times the {before} " + _RANGE,
    ("but", "recent", "falling"): "but falling in the newest {newest}: {times} times the {before} " + _RANGE,
    # Under the verdict of the whole span, where the claim is about the newest months alone.
    ("under", "long", "rising"): "over the whole {span} rising: {times} times " + _RANGE,
    ("under", "long", "falling"): "over the whole {span} falling: {times} times " + _RANGE,
    ("under", "long", "steady"): "over the whole {span} steady",
    ("under", "long", "unclear"): "over the whole {span} unclear",
    ("under", "long", "insufficient"): "",
    # The section of a theme.
    ("sentence", "long", "rising"): (
        "Its share rose from {start} to {end} in {span}: {times} times " + _INTERVAL + "{yearly}."
    ),
    ("sentence", "long", "falling"): (
        "Its share fell from {start} to {end} in {span}: {times} times " + _INTERVAL + "{yearly}."
    ),
    ("sentence", "long", "steady"): (
        "Its share is steady: after {span} it is between {floor} and {ceiling} times what it was."
    ),
    ("sentence", "long", "unclear"): (
        "Whether its share changed in {span} is unclear. It {lean}: {times} times " + _INTERVAL + ".{plan}"
    ),
    ("sentence", "recent", "rising"): (
        "In the newest {newest} it is higher than in the {before}: {end} against {start}, {times} times "
        + _RANGE
        + "."
    ),
    ("sentence", "recent", "falling"): (
        "In the newest {newest} it is lower than in the {before}: {end} against {start}, {times} times "
        + _RANGE
        + "."
    ),
    ("sentence", "recent", "steady"): (
        "In the newest {newest} it is steady against the {before}: between {floor} and {ceiling} times."
    ),
    ("sentence", "recent", "unclear"): (
        "The newest {newest} against the {before}: unclear, {lean} ({times} times, {low} to {high})."
    ),
    ("sentence", "recent", "insufficient"): "",
    ("sentence", "lasting", "rising"): "It keeps rising: its usual ups and downs do not explain the change.",
    (
        "sentence",
        "lasting",
        "falling",
    ): "It keeps falling: its usual ups and downs do not explain the change.",
    ("sentence", "lasting", "unclear"): (
        "Whether it continues is unclear: its usual ups and downs may explain the change."
    ),
    ("sentence", "lasting", "insufficient"): "",
    # Tables and facts: the word itself is shown next to it.
    ("cell", "long", "rising"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "long", "falling"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "long", "steady"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "long", "unclear"): "{lean}, {times} times " + _RANGE,
    ("cell", "recent", "rising"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "recent", "falling"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "recent", "steady"): "{start} to {end}, {times} times " + _RANGE,
    ("cell", "recent", "unclear"): "{lean}, {times} times " + _RANGE,
    ("cell", "lasting", "rising"): "yes, up",
    ("cell", "lasting", "falling"): "yes, down",
    ("cell", "lasting", "unclear"): "unclear",
    # A run from before the five words, whose shares at start and end are not known.
    ("older", "long", "rising"): "Its share rose over {tested}.",
    ("older", "long", "falling"): "Its share fell over {tested}.",
    ("older", "long", "unclear"): "Whether its share changed over {tested} is unclear. It {lean}.",
    ("older", "recent", "rising"): "Its newest {unit} is higher than those before.",
    ("older", "recent", "falling"): "Its newest {unit} is lower than those before.",
    ("older", "recent", "unclear"): "Its newest {unit} against those before: unclear, {lean}.",
    # Which way, and what would decide it.
    ("lean", "up", "unclear"): "leans up",
    ("lean", "down", "unclear"): "leans down",
    ("lean", "", "unclear"): "leans neither way",
    ("chance", "long", "unclear"): (
        "On its own it would count as a change, but among so many series one may look like that by chance."
    ),
    ("plan", "papers", "unclear"): "{papers} more papers, about {more}, would decide it",
    ("plan", "time", "unclear"): "about {more} more would decide it",
    ("plan", "longer", "unclear"): "another {span} would not decide it",
    # What is missing.
    ("missing", "periods of any kind", "insufficient"): "no complete period to compare",
    ("missing", "papers", "insufficient"): "too few papers to say ({have})",
    ("missing", "periods", "insufficient"): "too few {unit}s to say ({have})",
    ("missing", "others", "insufficient"): "too few papers outside it to say ({have})",
    ("needed", "long", "insufficient"): (
        "A verdict needs {periods} complete periods, {papers} papers in the series and as many outside it."
    ),
}
"""Sentences by place, by question (or variant), and by verdict."""

WORDS = {
    "steady": "{n} steady",
    "unclear": "{n} unclear",
    "insufficient": "{n} with too few papers to say",
}
"""How the first screen counts those that did not move."""

LEADS = {
    "moved": "{counted} moved.",
    "others": "Of the others: {counts}.",
    "steady": "Nothing moved: every series that could be tested is steady.",
    "nothing": "No theme and no topic was shown to move.",
    "tested": "Tested: {counts}.",
    "same": "all {counts}",
    "unclear": "Unclear: a share may have moved, but the papers so far do not show it.",
    "early": "Too early to say what moved.",
    "untested": "No theme and no topic has enough papers in enough complete periods to be tested.",
    "undated": "Trends cannot be tested.",
    "dateless": "No paper has a date, and without dates there are no trends.",
    "more": "{n} moved: see topics and themes.",
}
"""The first sentences of the page."""


def fill(place: str, window: str, word: str, **fields: str) -> str:
    """Sentence of the table with its gaps filled in.

    Examples
    --------
    >>> fill("plan", "papers", "unclear", papers="120", more="5 weeks")
    '120 more papers, about 5 weeks, would decide it'
    """
    return TEMPLATES[place, window, word].format(**fields)
