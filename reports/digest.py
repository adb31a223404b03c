"""The digest: the results of a run as a mail that takes two minutes to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.charts.chart_values import series_label
from reports.context import make_head, moving_subjects
from reports.render import render_mail
from reports.sections.headlines import make_moved
from reports.sections.mail_headlines import MailHeadline, mail_headlines
from reports.sections.mail_papers import MailGroup, new_papers, theme_groups, watch_groups
from reports.sections.people_edits import without_hidden
from reports.sections.theme_sections import make_theme_sections
from reports.sections.topic_history import make_topic_history
from reports.sections.topic_rows import make_topic_table
from reports.values.edition import Edition, edition_of
from reports.values.formatting import clip, count, long_day, plural
from reports.values.marks import NO_MARKS
from reports.view import RunView

__all__ = ["Digest", "DigestTopic", "make_digest", "render_digest"]

_MOST_HEADLINES = 3
_MOST_THEMES = 12
_MOST_TOPICS = 8
_CHART_NOTES = {
    "checked": "share of papers over time, estimated from labelled papers",
    "found": "share of papers over time that have its phrases",
    "": "share of papers over time",
}


@dataclass(frozen=True, slots=True)
class DigestTopic:
    """A topic that is new to the reader; `named_by` says that people or a model named it, empty otherwise."""

    name: str
    named_by: str
    place: str
    n_papers: str
    title: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A mail, ready to be printed by a template.

    `chart` is the kind and id of the series whose chart goes along, that of the first headline; None without
    one. `report_href` is a web address, empty where the report is but a file, which `report_place` names.
    `has_news` says whether there is more than the first sentence.
    """

    subject: str
    title: str
    day: str
    newest: str
    lead: str
    note: str
    watched: tuple[MailGroup, ...]
    headlines: tuple[MailHeadline, ...]
    themes: tuple[MailGroup, ...]
    topics: tuple[DigestTopic, ...]
    more_themes: str
    chart: tuple[str, str] | None
    chart_name: str
    chart_note: str
    chart_label: str
    report_href: str
    report_place: str
    has_news: bool


def make_digest(view: RunView, report_href: str, edition: Edition | None = None) -> Digest:
    """Digest of a run.

    `edition` is what the reader chose and knows, by default everything since the run before. A `report_href`
    that is not a web address becomes no link.
    """
    view = without_hidden(view)
    edition = edition_of(view.manifest) if edition is None else edition
    head = make_head(view.tables, view.manifest)
    subjects = moving_subjects(
        view,
        make_theme_sections(view, {}),
        make_topic_table(view.tables, view.manifest, view.series, view.places),
    )
    lead = make_moved(subjects, len(view.tables.papers), ()).lead
    new = new_papers(view.tables.papers, edition, date.fromisoformat(str(view.manifest["as_of"])[:10]))
    watched = watch_groups(view.tables, new, edition)
    themes = theme_groups(view, new)
    moved = mail_headlines(view, edition, _MOST_HEADLINES)
    topics = _new_topics(view, edition)
    has_news = bool(moved or topics or watched or (themes and edition.when_still == "papers"))
    if not has_news:
        themes = ()
    chart = moved[0].key if moved else None
    left = len(themes) - _MOST_THEMES
    return Digest(
        subject=_subject(head.title, lead, (watched, moved, topics, themes)),
        title=head.title,
        day=head.day,
        newest=head.newest,
        lead=lead,
        note=_note(new, themes, edition) if has_news else "",
        watched=watched,
        headlines=moved,
        themes=themes[:_MOST_THEMES],
        topics=topics[:_MOST_TOPICS],
        more_themes=f"{plural(left, 'more theme')} in the report." if left > 0 else "",
        chart=chart,
        chart_name=moved[0].name if moved else "",
        chart_note=_CHART_NOTES[view.series[chart].basis] if chart else "",
        chart_label=series_label(moved[0].name, view.series[chart], view.marks.get(chart, NO_MARKS))
        if chart
        else "",
        report_href=report_href if report_href.startswith(("http://", "https://")) else "",
        report_place=report_href,
        has_news=has_news,
    )


def render_digest(digest: Digest, recipient: str, sender: str, *, has_chart: bool) -> tuple[str, str]:
    """Plain text and HTML of the mail to one recipient.

    The addresses are for the line that says how to stop the mails; the chart goes along as ``cid:chart``.
    """
    values = {"digest": digest, "recipient": recipient, "sender": sender, "has_chart": has_chart}
    return render_mail("digest.txt.j2", **values), render_mail("digest.html.j2", **values)


def _subject(
    title: str,
    lead: str,
    news: tuple[
        tuple[MailGroup, ...], tuple[MailHeadline, ...], tuple[DigestTopic, ...], tuple[MailGroup, ...]
    ],
) -> str:
    """The news in a line: watched papers, the first move unless it is known, new topics, else new papers."""
    watched, moved, topics, themes = news
    parts = []
    seen = {paper.paper_id: paper.title for group in watched for paper in group.papers}
    if len(seen) == 1:
        parts.append(f"Watched: {clip(next(iter(seen.values())), 80)}")
    elif seen:
        more = "+" if any(group.more for group in watched) else ""
        parts.append(f"{count(len(seen))}{more} new watched papers")
    if moved and moved[0].standing != "still":  # new moves come first
        parts.append(f"{moved[0].name} {moved[0].verdict}: {moved[0].number} {moved[0].claim}")
    if topics:
        parts.append(f"new topic: {topics[0].name}" if len(topics) == 1 else f"{len(topics)} new topics")
    if themes and (not moved or moved[0].standing == "still"):
        largest = max(themes, key=lambda theme: theme.n)
        of_one = "" if parts else f": {clip(largest.papers[0].title, 90)}"
        parts.append(f"{largest.n_new} on {largest.name}{of_one}")
    if not parts and moved:
        parts.append(f"{moved[0].name} still {moved[0].verdict}")
    text = "; ".join(parts) or lead.rstrip(".")
    return clip(f"{text[:1].upper()}{text[1:]} · {title}", 200)


def _new_topics(view: RunView, edition: Edition) -> tuple[DigestTopic, ...]:
    """Topics that the reader does not know; where that is not known, those of a fit that this run made."""
    tables, places = view.tables, view.places
    known = edition.known_topics
    if known is None:
        history = make_topic_history(tables, view.manifest, places)
        events = history.events if history is not None and history.is_new else ()
        born = {event.href for event in events if event.verb == "new" or event.verb.startswith("split")}
    else:
        born = {places.href("topic", one) for one in tables.topics["topic_id"] if one not in known}
    titles = dict(zip(tables.papers["paper_id"], tables.papers["title"], strict=True))
    found = []
    for row in tables.topics.to_dict("records"):
        if places.href("topic", row["topic_id"]) in born:
            shown = next((titles[one] for one in row["representative_papers"] if one in titles), "")
            name, place, named_by = (
                find("topic", row["topic_id"]) for find in (places.name, places.href, places.named_by)
            )
            size = plural(int(row["n_papers"]), "paper")
            found.append(DigestTopic(name, named_by, place, size, clip(shown, 160)))
    return tuple(found)


def _note(new: pd.DataFrame, themes: tuple[MailGroup, ...], edition: Edition) -> str:
    """How many papers are new since when."""
    if edition.since is None:
        return f"{plural(len(new), 'paper')} of the newest week." if len(new) else ""
    since = long_day(edition.since)
    if not len(new):
        return f"No new paper since {since}."
    on = plural(len(themes), "theme")
    where = f"; those of {on} are below" if themes else ""
    return f"{plural(len(new), 'new paper')} since {since}{where}."
