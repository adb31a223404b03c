"""Runs copied elsewhere: whole or not yet, in order, and never at the cost of the run."""

from __future__ import annotations

import json

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from analytics.exceptions import InputError
from flows.config.settings import load_settings
from flows.publication import mirror
from flows.publication.mirror import copy_to_mirror, mirror_failure, mirror_run

FIRST, SECOND = "20250101T060000-000000-aaaaaaaa", "20250108T060000-000000-bbbbbbbb"


@pytest.fixture
def workspace(tmp_path):
    """A workspace with a run, its page and feed, and what must never leave it."""
    made = tmp_path / "w"
    add_run(made, FIRST)
    for name in ("corpus.sqlite", "papertrends.toml", "runs/.lock"):
        (made / name).write_text("private")
    return made


def add_run(workspace, run_id):
    folder = workspace / "runs" / run_id
    (folder / "charts").mkdir(parents=True)
    for name in ("manifest.json", "report.html", "papers.csv", "charts/themes.svg"):
        (folder / name).write_text(f"{name} of {run_id}")
    for name in ("index.html", "feed.xml"):
        (workspace / name).write_text(f"{name} with {run_id}")


@pytest.fixture(params=["file", "memory"])
def url(request, tmp_path):
    MemoryFileSystem.store.clear()
    yield f"file://{tmp_path}/mirror/papers" if request.param == "file" else "memory://bucket/papers/"
    MemoryFileSystem.store.clear()


def held(url):
    place, root = fsspec.core.url_to_fs(url)
    root = root.rstrip("/")
    return {path.removeprefix(f"{root}/"): place.cat_file(path).decode() for path in place.find(root)}


def test_a_run_its_page_and_the_newest(workspace, url):
    assert copy_to_mirror(workspace, url) == 1
    found = held(url)
    names = ("manifest.json", "report.html", "papers.csv", "charts/themes.svg")
    assert set(found) == {f"runs/{FIRST}/{name}" for name in names} | {
        "index.html",
        "feed.xml",
        "latest.json",
    }
    assert found[f"runs/{FIRST}/report.html"] == f"report.html of {FIRST}"
    assert json.loads(found["latest.json"]) == {"run_id": FIRST, "report": f"runs/{FIRST}/report.html"}


def test_the_next_run_copies_what_is_missing_and_changes_no_run(workspace, url):
    copy_to_mirror(workspace, url)
    (workspace / "runs" / FIRST / "report.html").write_text("changed")
    add_run(workspace, SECOND)
    assert copy_to_mirror(workspace, url) == 1
    found = held(url)
    assert found[f"runs/{FIRST}/report.html"] == f"report.html of {FIRST}"
    assert found["index.html"] == f"index.html with {SECOND}"
    assert json.loads(found["latest.json"])["run_id"] == SECOND
    assert copy_to_mirror(workspace, url) == 0


def test_a_copy_that_broke_off_is_made_whole(workspace, monkeypatch):
    """The manifest comes last of a run, the page after the runs: at no time does anything name what is not there."""
    MemoryFileSystem.store.clear()
    sent = []
    put = MemoryFileSystem.put_file

    def break_after(most):
        def put_file(self, local, remote, **options):
            if len(sent) == most:
                raise OSError("the line is cut")
            sent.append(remote)
            put(self, local, remote, **options)

        return put_file

    for most in range(6):
        sent.clear()
        MemoryFileSystem.store.clear()
        monkeypatch.setattr(MemoryFileSystem, "put_file", break_after(most))
        with pytest.raises(OSError, match="cut"):
            copy_to_mirror(workspace, "memory://bucket")
        assert "latest.json" not in held("memory://bucket")
        monkeypatch.setattr(MemoryFileSystem, "put_file", put)
        copy_to_mirror(workspace, "memory://bucket")
        assert len(held("memory://bucket")) == 7
    assert [path.rpartition("/")[2] for path in sent] == [
        "themes.svg", "papers.csv", "report.html", "manifest.json", "index.html",
    ]  # fmt: skip


def test_an_empty_workspace(tmp_path, url):
    assert copy_to_mirror(tmp_path, url) == 0
    assert held(url) == {}


@pytest.mark.parametrize(
    "address", ["my-bucket/x", "s3://key:secret@bucket/x", "simplecache::s3://b", "s3:// b"]
)
def test_an_invalid_address_or_holds_a_secret_is_refused_and_not_repeated(address):
    with pytest.raises(InputError) as caught:
        load_settings({"mirror": address})
    assert "'mirror'" in str(caught.value)
    assert address not in str(caught.value)


@pytest.mark.slow
class TestTask:
    @pytest.fixture(scope="class", autouse=True)
    @staticmethod
    def _prefect():
        from prefect.testing.utilities import prefect_test_harness

        with prefect_test_harness(server_startup_timeout=120):
            yield

    def run(self, workspace, url):
        from prefect import flow

        @flow
        def publish_and_copy():
            mirror_run(workspace, url)
            return "published"

        return publish_and_copy()

    @pytest.fixture
    def once(self, monkeypatch):
        monkeypatch.setattr(mirror, "copy_task", mirror.copy_task.with_options(retries=0))

    def test_a_failure_is_a_warning_until_the_next_run(self, workspace, once, caplog, tmp_path):
        (tmp_path / "taken").write_text("a file where a folder should be")
        assert self.run(workspace, f"file://{tmp_path}/taken/papers") == "published"
        said = mirror_failure(workspace)
        assert "the run is published here, but could not be copied completely" in said
        assert "the next run copies what is missing" in said
        assert "\n" not in said
        assert said in caplog.text
        assert self.run(workspace, f"file://{tmp_path}/mirror") == "published"
        assert mirror_failure(workspace) is None
        assert (tmp_path / "mirror" / "latest.json").is_file()

    def test_what_is_not_installed_is_reported(self, workspace, once):
        assert self.run(workspace, "nosuch://bucket") == "published"
        assert "nosuch" in mirror_failure(workspace)

    def test_it_tries_again(self, workspace, monkeypatch):
        calls = []
        copy = mirror.copy_task.with_options(retry_delay_seconds=0)
        monkeypatch.setattr(mirror, "copy_task", copy)

        def put_file(self, *arguments, **options):
            calls.append(arguments)
            raise OSError("the line is cut")

        monkeypatch.setattr(MemoryFileSystem, "put_file", put_file)
        assert self.run(workspace, "memory://bucket") == "published"
        assert len(calls) == 3
        assert "the line is cut" in mirror_failure(workspace)

    def test_without_the_setting_nothing_is_done(self, workspace):
        assert self.run(workspace, "") == "published"
        assert mirror_failure(workspace) is None
