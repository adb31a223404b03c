"""View of a run shared by charts, page and digest: series with marks, names, links and colors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analytics.tables import RunTables
from analytics.topics.identity import GONE
from reports.values.formatting import clip
from reports.values.marks import NO_MARKS, Marks, allowed_rate, make_marks, steady_bound
from reports.values.movers import moved_topics
from reports.values.palette import theme_colors
from reports.values.series import Series, make_series
from reports.values.slugs import make_slugs
from reports.values.theme_quality import Quality, make_qualities

__all__ = ["Places", "RunView", "SeriesKey"]

_LONGEST_NAME = 80
_NAMERS = {"people": "people", "model": "a model"}

SeriesKey = tuple[str, str]
"""Kind (``theme`` or ``topic``) and id of a series."""


@dataclass(frozen=True)
class Places:
    """Names and addresses on the page of themes and topics, by id.

    `topic_namers` says who named a topic, where that was not the data: ``people`` or ``a model``.
    """

    theme_slugs: Mapping[str, str]
    theme_names: Mapping[str, str]
    theme_colors: Mapping[str, str]
    topic_slugs: Mapping[str, str]
    topic_names: Mapping[str, str]
    topic_namers: Mapping[str, str] = field(default_factory=dict)

    def href(self, kind: str, series_id: str) -> str:
        """Link to a series on the page; empty if this run does not have it."""
        slugs = self.topic_slugs if kind == "topic" else self.theme_slugs
        return f"#{kind}-{slugs[series_id]}" if series_id in slugs else ""

    def name(self, kind: str, series_id: str) -> str:
        """Name of a series; its id where this run does not have it."""
        names = self.topic_names if kind == "topic" else self.theme_names
        return names.get(series_id) or clip(series_id.removeprefix(GONE), 40)

    def named_by(self, kind: str, series_id: str) -> str:
        """``named by people`` or ``named by a model``; empty for themes and names that the data gave."""
        namer = self.topic_namers.get(series_id) if kind == "topic" else None
        return f"named by {namer}" if namer else ""

    @property
    def names(self) -> dict[SeriesKey, str]:
        """Names of all series."""
        themes = {("theme", one): name for one, name in self.theme_names.items()}
        return themes | {("topic", one): name for one, name in self.topic_names.items()}


@dataclass(frozen=True)
class RunView:
    """A run's tables and manifest, with cached values derived from them."""

    tables: RunTables
    manifest: Mapping[str, Any]

    @cached_property
    def series(self) -> dict[SeriesKey, Series]:
        """Every series of the run, see `make_series`."""
        return make_series(self.tables, steady_bound(self.manifest))

    @cached_property
    def marks(self) -> dict[SeriesKey, Marks]:
        """Marks of the series that have any, see `make_marks`."""
        return make_marks(self.tables, self.series, allowed_rate(self.manifest))

    @cached_property
    def qualities(self) -> dict[str, Quality]:
        """How sure the count of each theme is, by theme id."""
        return make_qualities(self.tables)

    @cached_property
    def places(self) -> Places:
        """Names, addresses and colors."""
        theme_ids, topic_ids = list(self.tables.themes["theme_id"]), list(self.tables.topics["topic_id"])
        return Places(
            theme_slugs=make_slugs(theme_ids),
            theme_names=_clipped(theme_ids, self.tables.themes["name"]),
            theme_colors=_colors(theme_ids, self.series),
            topic_slugs=make_slugs(topic_ids),
            topic_names=_clipped(topic_ids, self.tables.topics["label"]),
            topic_namers=_namers(topic_ids, self.tables.topics["named_by"]),
        )

    @cached_property
    def headline_topics(self) -> tuple[str, ...]:
        """Ids of the topics among the headlines, which have a full chart each."""
        return moved_topics(self.series, self.places.names)

    def theme(self, theme_id: str) -> tuple[Series, Marks]:
        """Series of a theme, and its marks."""
        return self.series["theme", theme_id], self.marks.get(("theme", theme_id), NO_MARKS)

    @property
    def pinned_topics(self) -> list[str]:
        """Ids of the topics that people pinned, if they have a dated paper."""
        topics = self.tables.topics
        return [
            topic_id
            for topic_id in topics.loc[topics["is_pinned"], "topic_id"]
            if any(period.n_papers for period in self.series["topic", topic_id].periods)
        ]

    @property
    def drawn_themes(self) -> list[str]:
        """Ids of the themes that have a chart: a dated paper of theirs."""
        return [
            theme_id
            for theme_id in self.tables.themes["theme_id"]
            if any(period.n_papers for period in self.series["theme", theme_id].periods)
        ]


def _clipped(ids: list[str], names: Any) -> dict[str, str]:
    return {one: clip(name, _LONGEST_NAME) for one, name in zip(ids, names, strict=True)}


def _namers(ids: list[str], named_by: Any) -> dict[str, str]:
    return {one: _NAMERS[by] for one, by in zip(ids, named_by, strict=True) if by in _NAMERS}


def _colors(theme_ids: list[str], series: Mapping[SeriesKey, Series]) -> dict[str, str]:
    """Color name of each theme; beyond eight, the themes with the strongest evidence have one."""

    def evidence(theme_id: str) -> tuple[bool, float, int]:
        verdict = series["theme", theme_id].verdict
        return (not verdict.is_move, verdict.q if verdict.is_move else 0.0, -verdict.n_papers)

    return theme_colors(theme_ids, in_question=sorted(theme_ids, key=evidence))
