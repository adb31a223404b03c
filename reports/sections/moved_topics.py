"""Topics among the headlines: the verdict in a sentence, a full chart, the papers that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.charts.run_charts import Chart
from reports.sections.evidence import Evidence, make_evidence
from reports.values.claims import verdict_sentence
from reports.values.verdict_sentences import ICONS
from reports.view import RunView

__all__ = ["MovedTopic", "make_moved_topics"]


@dataclass(frozen=True, slots=True)
class MovedTopic:
    """One topic; `slug` is that of its row in the table of topics.

    `named_by` says that people or a model named it, empty otherwise.
    """

    topic_id: str
    slug: str
    name: str
    named_by: str
    verdict: str
    icon: str
    is_fragile: bool
    sentence: str
    chart: Chart | None
    evidence: Evidence | None


def make_moved_topics(view: RunView, charts: Mapping[str, Chart]) -> tuple[MovedTopic, ...]:
    """Topics among the headlines, in the order of these."""
    places, found = view.places, []
    for topic_id in view.headline_topics:
        key = ("topic", topic_id)
        series, slug = view.series[key], places.topic_slugs[topic_id]
        claim = series.claims[0]
        found.append(
            MovedTopic(
                topic_id,
                slug,
                places.topic_names[topic_id],
                places.named_by(*key),
                claim.word,
                ICONS[claim.word],
                claim.is_fragile,
                verdict_sentence(series),
                charts.get(f"topic-{slug}"),
                make_evidence(view, key),
            )
        )
    return tuple(found)
