"""The page of all runs and its feed say what the manifests say, whatever stands in them."""

from __future__ import annotations

import pytest
from lxml import etree, html

from reports.archive import make_archive, render_archive
from reports.atom.run_feed import MOST_ENTRIES, render_feed

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert('x')</script> & \x00\u202e\ud800 {{ 7 * 7 }} \"q\" 'q'"


def manifest(number: int, **more: object) -> dict[str, object]:
    return {
        "run_id": f"2025010{number}T060000-000000-aaaaaaaa",
        "as_of": f"2025-01-0{number}",
        "started_at": f"2025-01-0{number}T06:00:00+00:00",
        "title": "Daily Papers",
        "counts": {"papers": 1000 + number},
        **more,
    }


def summary(**more: object) -> dict[str, object]:
    line = {
        "verdict": "rising",
        "kind": "theme",
        "name": "Agents",
        "claim": "31 % of papers in Q4 2025 (214 of 690)",
        "evidence": "odds",
        "href": "#theme-agents",
        "is_fragile": False,
    }
    new = {"name": "sparse rewards", "href": "#topic-1", "n_papers": "12 papers"}
    found = {"lead": "1 of 4 themes moved.", "note": "3 others held steady.", "headlines": [line]}
    return {**found, "changes": ["Agents +0.8 points: +0.8 new papers."], "new_topics": [new], **more}


def two_runs() -> list[dict[str, object]]:
    since = {"run_id": manifest(1)["run_id"], "as_of": "2025-01-01", "new_papers": 112}
    return [manifest(1), manifest(2, summary=summary(), since=since)]


def test_newest_first_with_the_headlines_of_each():
    page = html.fromstring(render_archive(make_archive(two_runs())))
    days = [one.get("datetime") for one in page.findall(".//time")]
    assert days == ["2025-01-02", "2025-01-01"]
    text = page.text_content()
    for said in (
        "1 of 4 themes moved. 3 others were not shown to move.",
        "Agents",
        "31 % of papers in Q4 2025",
        "New topics: sparse rewards.",
        "1,002 papers",
        "112 new papers since the previous run",
        "papertrends diff 20250101T060000-000000-aaaaaaaa 20250102T060000-000000-aaaaaaaa",
    ):
        assert said in " ".join(text.split())
    links = [one.get("href") for one in page.findall(".//main//a")]
    run = "runs/20250102T060000-000000-aaaaaaaa/report.html"
    assert {run, f"{run}#theme-agents", f"{run}#since"} <= set(links)


def test_it_loads_nothing():
    page = html.fromstring(render_archive(make_archive(two_runs())))
    assert not [one for one in page.iter("img", "link", "script", "iframe") if one.get("src")]
    policy = page.find(".//meta[@http-equiv]").get("content")
    assert policy.startswith("default-src 'none'")


def test_no_run_is_reported():
    assert "No run yet." in render_archive(make_archive([]))
    feed = etree.fromstring(render_feed(make_archive([])).encode())
    assert feed.findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("broken", [None, [], "text", {"headlines": [None, 3, {"verdict": "exploding"}]}])
def test_a_summary_of_another_kind_breaks_nothing(broken):
    archive = make_archive([manifest(1, summary=broken, since=broken, counts=broken)])
    assert "2025-01-01" in render_archive(archive)
    etree.fromstring(render_feed(archive).encode())


def test_hostile_text_is_text():
    line = {**summary()["headlines"][0], "name": HOSTILE, "claim": HOSTILE, "href": "javascript:alert(1)"}
    run = manifest(1, title=HOSTILE, summary=summary(lead=HOSTILE, headlines=[line], changes=[HOSTILE]))
    archive = make_archive([run])
    page = html.fromstring(render_archive(archive))
    assert len(page.findall(".//script")) == 1
    assert "{{ 7 * 7 }}" in page.text_content()
    assert not [one for one in page.iter("a") if one.get("href").startswith("javascript")]
    entry = etree.fromstring(render_feed(archive).encode()).find(f"{ATOM}entry")
    content = html.fromstring(entry.find(f"{ATOM}content").text)
    assert content.findall(".//script") == []
    assert "<script>" in content.text_content()


class TestFeed:
    def test_entries(self):
        site = "https://example.org/papers/"
        feed = etree.fromstring(render_feed(make_archive(two_runs(), site), site).encode())
        entries = feed.findall(f"{ATOM}entry")
        assert [one.find(f"{ATOM}title").text for one in entries] == [
            "2 Jan 2025: 1 of 4 themes moved.",
            "1 Jan 2025: a run",
        ]
        link = entries[0].find(f"{ATOM}link").get("href")
        assert link == f"{site}runs/20250102T060000-000000-aaaaaaaa/report.html"
        assert feed.find(f"{ATOM}updated").text == "2025-01-02T06:00:00+00:00"
        assert {one.get("rel") for one in feed.findall(f"{ATOM}link")} == {"alternate", "self"}
        assert "New topics: sparse rewards." in entries[0].find(f"{ATOM}content").text

    def test_ids_stay(self):
        def ids(runs):
            feed = etree.fromstring(render_feed(make_archive(runs)).encode())
            return feed.find(f"{ATOM}id").text, [one.text for one in feed.findall(f"{ATOM}entry/{ATOM}id")]

        (feed_id, first), (same_id, both) = ids(two_runs()[:1]), ids(two_runs())
        assert feed_id == same_id
        assert both[1:] == first
        assert len({feed_id, *both}) == 3
        assert all(one.startswith("urn:uuid:") for one in both)

    def test_no_more_than_the_newest(self):
        runs = [manifest(1, run_id=f"r{number:03}") for number in range(MOST_ENTRIES + 5)]
        feed = etree.fromstring(render_feed(make_archive(runs)).encode())
        entries = feed.findall(f"{ATOM}entry")
        assert len(entries) == MOST_ENTRIES
        assert entries[0].find(f"{ATOM}link").get("href") == "runs/r054/report.html"
