"""The page of all runs and the feed lie beside the run folders and follow them."""

from __future__ import annotations

import json

import pytest
from lxml import etree, html

from analytics.exceptions import PapertrendsError
from flows.publication import archive_files
from flows.publication.archive_files import update_archive

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRY = f"{ATOM}entry"


def add_run(workspace, run_id, text=None, **manifest):
    folder = workspace / "runs" / run_id
    folder.mkdir(parents=True)
    told = {"as_of": "2025-01-01", "started_at": "2025-01-01T06:00:00+00:00", "title": "Papers", **manifest}
    (folder / "manifest.json").write_text(json.dumps(told) if text is None else text)


def listed(workspace):
    page = html.fromstring((workspace / "index.html").read_text(encoding="utf-8"))
    return [one.get("id") for one in page.findall(".//ol/li")]


def test_page_and_feed_list_the_runs(tmp_path):
    add_run(tmp_path, "r1")
    add_run(tmp_path, "r2")
    assert update_archive(tmp_path, "https://example.org/w") == tmp_path / "index.html"
    assert listed(tmp_path) == ["r2", "r1"]
    feed = etree.parse(tmp_path / "feed.xml").getroot()
    assert len(feed.findall(ENTRY)) == 2
    assert "https://example.org/w/runs/r2/report.html" in (tmp_path / "feed.xml").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.xml", "index.html", "runs"]


def test_a_rerun_is_no_news(tmp_path):
    add_run(tmp_path, "r1", fingerprint="f")
    add_run(tmp_path, "r2", fingerprint="f")
    add_run(tmp_path, "r3", fingerprint="g")
    update_archive(tmp_path)
    assert listed(tmp_path) == ["r3", "r2"]


def entries(workspace):
    feed = etree.parse(workspace / "feed.xml").getroot()
    return [(one.findtext(f"{ATOM}id"), one.find(f"{ATOM}link").get("href")) for one in feed.findall(ENTRY)]


def test_page_feed_and_latest_name_the_same_run_after_a_rerun(tmp_path):
    add_run(tmp_path, "r1", fingerprint="f")
    add_run(tmp_path, "r2", fingerprint="g")
    update_archive(tmp_path)
    (first_id, _) = entries(tmp_path)[-1]
    add_run(tmp_path, "r3", fingerprint="f", started_at="2025-01-09T06:00:00+00:00")
    (tmp_path / "latest").symlink_to("runs/r3")
    update_archive(tmp_path)
    assert listed(tmp_path) == ["r3", "r2"]
    # The same news: readers of the feed are not shown it twice, but its link leads to the newest page.
    assert entries(tmp_path)[0] == (first_id, "runs/r3/report.html")


def test_latest_comes_first_even_where_the_clock_was_set_back(tmp_path):
    add_run(tmp_path, "r1")
    add_run(tmp_path, "r2")
    (tmp_path / "latest").symlink_to("runs/r1")
    update_archive(tmp_path)
    assert listed(tmp_path) == ["r1", "r2"]
    assert entries(tmp_path)[0][1] == "runs/r1/report.html"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"as_of": '])
def test_a_run_that_cannot_be_read_is_left_out(tmp_path, text):
    add_run(tmp_path, "r1")
    add_run(tmp_path, "r2", text)
    update_archive(tmp_path)
    assert listed(tmp_path) == ["r1"]


def test_a_run_that_comes_meanwhile_is_taken_up(tmp_path, monkeypatch):
    add_run(tmp_path, "r1")
    render = archive_files.render_archive

    def and_another(made):
        if not (tmp_path / "runs" / "r2").exists():
            add_run(tmp_path, "r2")
        return render(made)

    monkeypatch.setattr(archive_files, "render_archive", and_another)
    update_archive(tmp_path)
    assert listed(tmp_path) == ["r2", "r1"]


def test_a_full_disk_is_reported_and_the_old_page_stays(tmp_path, monkeypatch):
    add_run(tmp_path, "r1")
    update_archive(tmp_path)
    add_run(tmp_path, "r2")

    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(PapertrendsError, match="No space left on device.*the run itself is published"):
        update_archive(tmp_path)
    monkeypatch.undo()
    assert listed(tmp_path) == ["r1"]
