"""The workspace's Atom feed: one entry per run, with its verdicts and new topics."""

from __future__ import annotations

from jinja2 import Environment
from lxml import etree

from reports.archive import Archive, ArchivedRun
from reports.atom.elements import EPOCH, add, feed_text, make_feed, urn

__all__ = ["MOST_ENTRIES", "render_feed"]

MOST_ENTRIES = 50
_CONTENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
{% if run.note %}<p>{{ run.note }}</p>{% endif %}
{% if run.lines %}
<ul>
{% for line in run.lines %}
<li>{{ line.icon }} <b>{{ line.name }}</b> {{ line.verdict }}: {{ line.claim }}</li>
{% endfor %}
</ul>
{% endif %}
{% if run.new_topics %}<p>New topics: {{ run.new_topics | join(", ") }}.</p>{% endif %}
{% if run.changes %}<p>Since the previous run: {{ run.changes | join(" ") }}</p>{% endif %}
<p>{{ run.facts | join(", ") }}.</p>
"""
)


def render_feed(archive: Archive, site: str = "") -> str:
    """Feed of the newest runs as XML text [1]_.

    An entry keeps its id for good; the feed's follows from the oldest run. Links are relative where no site
    is given. `site` is the address of the workspace's folder, which ends with a slash; the archive is made
    with the same one.

    References
    ----------
    .. [1] Nottingham and Sayre (2005), The Atom Syndication Format, RFC 4287, doi:10.17487/RFC4287
    """
    oldest = archive.runs[-1].run_id if archive.runs else ""
    title = f"{archive.title} · papertrends" if archive.title != "papertrends" else "papertrends"
    updated = archive.runs[0].started_at if archive.runs else EPOCH
    feed = make_feed(
        f"papertrends feed:{oldest}", title, updated, f"{site}feed.xml", html_href=f"{site}index.html"
    )
    for run in archive.runs[:MOST_ENTRIES]:
        _add_entry(feed, run)
    return feed_text(feed)


def _add_entry(feed: etree._Element, run: ArchivedRun) -> None:
    entry = add(feed, "entry")
    add(entry, "id", urn(f"papertrends run:{run.entry_id}"))
    add(entry, "title", f"{run.day}: {run.lead or 'a run'}")
    add(entry, "updated", run.entry_at or f"{run.day_iso}T00:00:00+00:00")
    add(entry, "link", rel="alternate", type="text/html", href=run.href)
    for name in dict.fromkeys(line.name for line in run.lines):
        add(entry, "category", term=name)
    add(entry, "content", _CONTENT.render(run=run), type="html")
