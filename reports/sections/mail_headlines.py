"""What moved, as a mail says it: what the reader does not know yet comes first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.tables import is_among
from reports.values.claims import mail_claim
from reports.values.count_sentences import mail_known
from reports.values.edition import Edition
from reports.values.formatting import clip
from reports.values.paper_lines import make_paper_lines, newest_first
from reports.values.series import Series
from reports.values.verdict_sentences import ICONS
from reports.view import RunView, SeriesKey

__all__ = ["MailHeadline", "mail_headlines"]


@dataclass(frozen=True, slots=True)
class MailHeadline:
    """A theme or topic that rises or falls.

    `standing` is ``new`` or ``still`` against the reader's last mail, empty without one; `known` says how
    certain the share of a theme is, empty for a topic; `named_by` that people or a model named a topic, empty
    otherwise. `paper` and `paper_href` name its newest paper; the address is empty without a safe one.
    """

    key: SeriesKey
    name: str
    named_by: str
    place: str
    verdict: str
    icon: str
    number: str
    claim: str
    sure: str
    known: str
    standing: str
    is_fragile: bool
    paper: str
    paper_href: str

    @property
    def kind(self) -> str:
        """Whether it is a theme or a topic."""
        return self.key[0]


def mail_headlines(view: RunView, edition: Edition, most: int) -> tuple[MailHeadline, ...]:
    """Themes and topics that move: those that the reader does not know first, then by strength of evidence.

    Parameters
    ----------
    view : RunView
    edition : Edition
    most : int
        Headlines at most.
    """
    movers = [(key, one) for key, one in view.series.items() if one.claims and view.places.href(*key)]
    ordered = sorted(movers, key=lambda one: (not _is_new(one[0], one[1], edition), *_strength(one[1])))
    return tuple(_headline(view, key, one, edition) for key, one in ordered[:most])


def _is_new(key: SeriesKey, series: Series, edition: Edition) -> bool:
    known = edition.known_moves
    return known is None or (*key, series.claims[0].word) not in known


def _strength(series: Series) -> tuple[float, float, float]:
    """As on the page: strongest evidence first."""
    verdict = series.claims[0]
    size = verdict.change if verdict.has_change else verdict.growth
    return (verdict.q, verdict.p, -abs(math.log(size)))


def _headline(view: RunView, key: SeriesKey, series: Series, edition: Edition) -> MailHeadline:
    kind, series_id = key
    tables, verdict = view.tables, series.claims[0]
    rows = tables.theme_assignments if kind == "theme" else tables.topic_assignments
    own = rows.loc[rows[f"{kind}_id"] == series_id, "paper_id"]
    papers = tables.papers[is_among(tables.papers["paper_id"], own)]
    number, claim, sure = mail_claim(series, len(papers), len(tables.papers))
    newest = make_paper_lines(newest_first(papers, 1), {}, {})
    return MailHeadline(
        key=key,
        name=view.places.name(kind, series_id),
        named_by=view.places.named_by(kind, series_id),
        place=view.places.href(kind, series_id),
        verdict=verdict.word,
        icon=ICONS[verdict.word],
        number=number,
        claim=claim,
        sure=sure,
        known=mail_known(view.qualities[series_id]) if kind == "theme" else "",
        standing="" if edition.known_moves is None else "new" if _is_new(key, series, edition) else "still",
        is_fragile=verdict.is_fragile,
        paper=clip(newest[0].title, 160) if newest else "",
        paper_href=newest[0].href if newest else "",
    )
