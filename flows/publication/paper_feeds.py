"""The Atom feeds of themes and watches, rewritten after every run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lxml import etree

from analytics.exceptions import PapertrendsError
from analytics.tables import RunTables
from flows.replacing import replacing
from flows.runs.publishing import publishing
from reports.atom.paper_feed import make_paper_feeds, render_paper_feed
from reports.view import RunView

__all__ = ["FEEDS", "list_feeds", "update_feeds"]

FEEDS = "feeds"
_TITLE = "{http://www.w3.org/2005/Atom}title"


def update_feeds(workspace: Path, site: str, tables: RunTables, manifest: Mapping[str, Any]) -> None:
    """Write a feed for each theme and watch of a run into ``feeds``; feeds of others are removed.

    Raises
    ------
    PapertrendsError
        When the disk does not take them, or another process publishes for longer than two minutes.
    """
    site = site if not site or site.endswith("/") else f"{site}/"
    folder = workspace / FEEDS
    try:
        with publishing(workspace):
            folder.mkdir(exist_ok=True)
            written = set()
            for feed in make_paper_feeds(RunView(tables, manifest)):
                path = workspace / feed.path
                with replacing(path) as part:
                    part.write_text(render_paper_feed(feed, manifest, site), encoding="utf-8")
                written.add(path.name)
            for path in folder.iterdir():
                if path.name not in written:
                    path.unlink()
    except OSError as error:
        raise PapertrendsError(
            f"the feeds cannot be written in {folder} ({error.strerror or error}); the run itself is"
            " published; free space, then run again"
        ) from error


def list_feeds(workspace: Path) -> list[tuple[str, str]]:
    """Title and path of each feed, those of themes first."""
    found = []
    for path in sorted((workspace / FEEDS).glob("*.xml")):
        with suppress(OSError, etree.XMLSyntaxError):
            title = etree.parse(path).findtext(_TITLE) or path.stem
            found.append((title.partition(" · ")[0], f"{FEEDS}/{path.name}"))
    return found
