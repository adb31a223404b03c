"""The workspace's Atom feed: one entry per run, with its verdicts and new topics."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from jinja2 import Environment
from lxml import etree

from reports.archive import Archive, ArchivedRun

__all__ = ["MOST_ENTRIES", "render_feed"]

MOST_ENTRIES = 50
_ATOM = "http://www.w3.org/2005/Atom"
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
    feed = etree.Element(_tag("feed"), nsmap={None: _ATOM})
    oldest = archive.runs[-1].run_id if archive.runs else ""
    _add(feed, "id", _urn(f"papertrends feed:{oldest}"))
    _add(feed, "title", f"{archive.title} · papertrends" if archive.title != "papertrends" else "papertrends")
    _add(feed, "updated", archive.runs[0].started_at if archive.runs else _EPOCH)
    _add(_add(feed, "author"), "name", "papertrends")
    _add(feed, "generator", "papertrends")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{site}index.html")
    if site:
        _add(feed, "link", rel="self", type="application/atom+xml", href=f"{site}feed.xml")
    for run in archive.runs[:MOST_ENTRIES]:
        _add_entry(feed, run)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)).decode()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).isoformat()


def _add_entry(feed: etree._Element, run: ArchivedRun) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", _urn(f"papertrends run:{run.run_id}"))
    _add(entry, "title", f"{run.day}: {run.lead or 'a run'}")
    _add(entry, "updated", run.started_at or f"{run.day_iso}T00:00:00+00:00")
    _add(entry, "link", rel="alternate", type="text/html", href=run.href)
    _add(entry, "content", _CONTENT.render(run=run), type="html")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, _tag(name), attributes)
    child.text = text
    return child


def _tag(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _urn(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn
