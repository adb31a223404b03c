"""Each theme and watch has a feed whose entries are papers."""

from __future__ import annotations

import pandas as pd
import pytest
from lxml import etree

from reports.atom.paper_feed import MOST_PAPERS, make_paper_feeds, render_paper_feed
from reports.view import RunView

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "https://example.org/w/"


@pytest.fixture(scope="module")
def run():
    from tests.reports.conftest import make_run

    made = make_run(900)
    papers = made.tables.papers
    papers["first_seen"] = papers["published"] + pd.Timedelta(days=1)
    rows = pd.DataFrame({"watch": "Ada", "paper_id": papers["paper_id"].iloc[[3, 9]], "reason": "by Ada <b>"})
    return made.with_tables(watched=rows)


def parsed(run, site=SITE):
    view = RunView(run.tables, run.manifest)
    return {
        feed.path: etree.fromstring(render_paper_feed(feed, run.manifest, site).encode())
        for feed in make_paper_feeds(view)
    }


def test_one_feed_per_theme_and_watch(run):
    feeds = parsed(run)
    ids = run.tables.themes["theme_id"]
    assert list(feeds) == [*(f"feeds/theme-{one}.xml" for one in ids), "feeds/watch-ada.xml"]
    for path, feed in feeds.items():
        links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
        assert links["self"] == SITE + path
        assert links["alternate"].startswith(f"{SITE}runs/{run.manifest['run_id']}/report.html")


def test_entries_are_the_papers_that_came_last(run):
    feed = parsed(run)["feeds/theme-agents.xml"]
    papers = run.tables.papers.set_index("paper_id")
    rows = run.tables.theme_assignments
    own = papers.loc[rows.loc[rows["theme_id"] == "agents", "paper_id"]]
    newest = own.sort_values("first_seen", ascending=False)["first_seen"].head(MOST_PAPERS)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == len(newest) == MOST_PAPERS
    stated = [entry.findtext(f"{ATOM}updated")[:10] for entry in entries]
    assert stated == [f"{day:%Y-%m-%d}" for day in newest]
    assert feed.findtext(f"{ATOM}updated")[:10] == stated[0]
    for entry in entries:
        assert entry.find(f"{ATOM}link").get("href").startswith("https://example.org/papers/")
        assert "Agents" in [one.get("term") for one in entry.findall(f"{ATOM}category")]
        assert entry.findtext(f"{ATOM}published")
    assert any(entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries)


def test_ids_stay_and_differ(run):
    one, other = parsed(run), parsed(run, site="")
    ids = [feed.findtext(f"{ATOM}id") for feed in one.values()]
    assert len(set(ids)) == len(ids)
    assert ids == [feed.findtext(f"{ATOM}id") for feed in other.values()]
    entries = [entry.findtext(f"{ATOM}id") for entry in one["feeds/theme-agents.xml"].findall(f"{ATOM}entry")]
    assert len(set(entries)) == len(entries)


def test_without_a_site_links_are_relative_to_the_feed(run):
    feed = parsed(run, site="")["feeds/watch-ada.xml"]
    links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
    assert links == {"self": "watch-ada.xml", "alternate": f"../runs/{run.manifest['run_id']}/report.html"}


def test_a_reason_is_text(run):
    entry = parsed(run)["feeds/watch-ada.xml"].find(f"{ATOM}entry")
    assert "by Ada &lt;b&gt;" in entry.findtext(f"{ATOM}content")
