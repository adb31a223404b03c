"""The digest: the results of a run as a mail that takes two minutes to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from reports.charts.chart_values import series_label
from reports.context import ReportContext, make_report_context
from reports.render import render_mail
from reports.sections.headlines import Headline
from reports.sections.theme_sections import ThemeSection
from reports.values.formatting import clip, plural
from reports.values.paper_lines import make_paper_lines, papers_by_id
from reports.view import RunView

__all__ = ["Digest", "DigestPaper", "DigestTheme", "DigestTopic", "make_digest", "render_digest"]

_MOST_HEADLINES = 3
_PAPERS_OF_THEME = 3
_MOST_THEMES = 12
_MOST_TOPICS = 8


@dataclass(frozen=True, slots=True)
class DigestPaper:
    """A paper, and the reason why it was selected."""

    title: str
    href: str
    day: str
    why: str


@dataclass(frozen=True, slots=True)
class DigestTheme:
    """New papers of a theme: their number and a selection; `known` states how certain the count is."""

    name: str
    href: str
    n_new: str
    known: str
    papers: tuple[DigestPaper, ...]


@dataclass(frozen=True, slots=True)
class DigestTopic:
    """A new topic."""

    name: str
    href: str
    n_papers: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A mail, ready to be printed by a template.

    `chart_theme` is the theme whose chart goes along, empty without any; `has_news` says whether anything
    moved or a topic is new. Without news there is the first sentence alone.
    """

    subject: str
    title: str
    day: str
    lead: str
    note: str
    headlines: tuple[Headline, ...]
    changes: tuple[str, ...]
    themes: tuple[DigestTheme, ...]
    topics: tuple[DigestTopic, ...]
    more_themes: str
    chart_theme: str
    chart_name: str
    chart_note: str
    chart_label: str
    report_href: str
    has_news: bool


def make_digest(view: RunView, report_href: str) -> Digest:
    """Digest of a run.

    New papers are those that the workspace first saw after the day of the run before; on a first run
    there are none. Of a theme's new papers come first the one with most upvotes (compared within its
    day of publication), then those nearest to the theme.
    """
    context = make_report_context(view, charts={})
    moved = tuple(line for line in context.moved.headlines if line.verdict in ("rising", "falling"))
    topics = _new_topics(context, report_href)
    themes = _themes(view.tables, view.manifest, context, report_href)
    has_news = bool(moved or topics)
    if not has_news:
        themes = ()
    chart = _charted(view, context, moved)
    return Digest(
        subject=_subject(context, moved, topics),
        title=context.head.title,
        day=context.head.day,
        lead=context.moved.lead,
        note=context.moved.note if has_news else "",
        headlines=moved[:_MOST_HEADLINES],
        changes=context.moved.changes if has_news else (),
        themes=themes[:_MOST_THEMES],
        topics=topics[:_MOST_TOPICS],
        more_themes=f"{plural(len(themes) - _MOST_THEMES, 'more theme')} in the report."
        if len(themes) > _MOST_THEMES
        else "",
        chart_theme=chart.theme_id if chart else "",
        chart_name=chart.name if chart else "",
        chart_note=f"share of papers, {chart.band}" if chart else "",
        chart_label=series_label(chart.name, *view.theme(chart.theme_id)) if chart else "",
        report_href=report_href,
        has_news=has_news,
    )


def render_digest(digest: Digest, recipient: str, sender: str, *, has_chart: bool) -> tuple[str, str]:
    """Plain text and HTML of the mail to one recipient.

    The addresses are for the line that says how to stop the mails; the chart goes along as ``cid:chart``.
    """
    values = {"digest": digest, "recipient": recipient, "sender": sender, "has_chart": has_chart}
    return render_mail("digest.txt.j2", **values), render_mail("digest.html.j2", **values)


def _subject(context: ReportContext, moved: tuple[Headline, ...], topics: tuple[DigestTopic, ...]) -> str:
    """The strongest claim, or the first sentence of the page."""
    parts = []
    if moved:
        first = moved[0]
        known = f" ({first.basis})" if first.basis else ""
        parts.append(f"{first.name} {first.number} of papers{known}, {first.verdict}")
    if topics:
        parts.append(plural(len(topics), "new topic"))
    return clip(f"{'; '.join(parts) or context.moved.lead.rstrip('.')} · {context.head.title}", 200)


def _new_topics(context: ReportContext, report_href: str) -> tuple[DigestTopic, ...]:
    history = context.topic_history
    return tuple(
        DigestTopic(event.name, report_href + event.href, event.n_papers)
        for event in (history.events if history is not None else ())
        if event.verb == "new" or event.verb.startswith("split")
    )


def _charted(view: RunView, context: ReportContext, moved: tuple[Headline, ...]) -> ThemeSection | None:
    """Theme whose chart is attached: the first that moved, else the one with most papers."""
    has_chart = set(view.drawn_themes)
    drawn = {f"#theme-{theme.slug}": theme for theme in context.themes if theme.theme_id in has_chart}
    first = next((drawn[line.href] for line in moved if line.href in drawn), None)
    return first or max(drawn.values(), key=lambda theme: theme.n_papers, default=None)


def _themes(
    tables: RunTables, manifest: Mapping[str, Any], context: ReportContext, report_href: str
) -> tuple[DigestTheme, ...]:
    """Themes with new papers, in their order."""
    new = _new_papers(tables.papers, manifest)
    usual = new["upvotes"].astype("Float64").groupby(new["published"]).transform("median")
    found = []
    for theme in context.themes:
        rows = tables.theme_assignments
        rows = rows[(rows["theme_id"] == theme.theme_id) & rows["paper_id"].isin(set(new.index))]
        if rows.empty:
            continue
        scores = rows.set_index("paper_id")["score"]
        found.append(
            DigestTheme(
                name=theme.name,
                href=f"{report_href}#theme-{theme.slug}",
                n_new=plural(len(scores), "new paper"),
                known=f"{theme.known} {theme.command}".strip(),
                papers=_few(new.loc[scores.index], scores, usual),
            )
        )
    return tuple(found)


def _new_papers(papers: pd.DataFrame, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Papers first seen after the day of the previous run, by id."""
    by_id = papers_by_id(papers)
    since = manifest.get("since")
    if since is None:
        return by_id.iloc[:0]
    before = pd.Timestamp(date.fromisoformat(str(since["as_of"])[:10]))
    return by_id[by_id["first_seen"] > before]


def _few(papers: pd.DataFrame, scores: pd.Series, usual: pd.Series) -> tuple[DigestPaper, ...]:
    """The most upvoted paper for its day, then the papers closest to the theme; each with the reason."""
    reasons: dict[str, str] = {}
    ahead = (papers["upvotes"].astype("Float64") - usual[papers.index]).fillna(0.0).sort_index()
    if float(ahead.max()) > 0:
        best = str(ahead.idxmax())
        votes = plural(int(papers.loc[best, "upvotes"]), "upvote")
        reasons[best] = f"{votes}, where {float(usual[best]):g} were usual that day"
    for one in scores.sort_index().sort_values(ascending=False, kind="stable").index:
        reasons.setdefault(str(one), "closest to the theme")
    chosen = list(reasons)[:_PAPERS_OF_THEME]
    lines = make_paper_lines(papers.loc[chosen], {}, {})
    return tuple(
        DigestPaper(clip(line.title, 160), line.href, line.day, reasons[line.paper_id]) for line in lines
    )
