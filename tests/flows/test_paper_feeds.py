"""The feeds in a workspace are those of its newest run."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.exceptions import PapertrendsError
from flows.publication.archive_files import update_archive
from flows.publication.paper_feeds import list_feeds, update_feeds
from tests.reports.conftest import make_run


@pytest.fixture
def run():
    made = make_run(40, themes=("Agents",))
    watched = {"watch": ["Ada"], "paper_id": [made.tables.papers["paper_id"].iloc[0]], "reason": ["by Ada"]}
    return made.with_tables(watched=pd.DataFrame(watched))


def test_they_are_written_listed_and_removed(tmp_path, run):
    update_feeds(tmp_path, "https://example.org/w", run.tables, run.manifest)
    paths = [("Agents", "feeds/theme-agents.xml"), ("Ada", "feeds/watch-ada.xml")]
    assert list_feeds(tmp_path) == paths
    assert "https://example.org/w/feeds/watch-ada.xml" in (tmp_path / "feeds/watch-ada.xml").read_text()
    page = update_archive(tmp_path).read_text()
    assert all(f'href="{path}"' in page for _, path in paths)
    unwatched = run.with_tables(watched=run.tables.watched.iloc[:0])
    update_feeds(tmp_path, "", unwatched.tables, run.manifest)
    assert list_feeds(tmp_path) == paths[:1]


def test_a_full_disk_is_reported_and_the_old_feed_stays(tmp_path, run, monkeypatch):
    update_feeds(tmp_path, "", run.tables, run.manifest)
    before = (tmp_path / "feeds/theme-agents.xml").read_bytes()

    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(PapertrendsError, match="No space left on device.*the run itself is published"):
        update_feeds(tmp_path, "", run.tables, run.manifest)
    monkeypatch.undo()
    assert (tmp_path / "feeds/theme-agents.xml").read_bytes() == before
