"""A run that is killed at any point, and run again undisturbed, ends as if nothing had been.

After the kill: `latest` is the run of the night before or a whole new one, the database is sound, and pages are
whole. After the second attempt: every table (`changes` too: a rerun is compared with what its original was
compared with), every chart and `papers.csv` are byte for byte those of a workspace that nothing disturbed, and so
is the store but for its list of runs. What may differ of the manifest is when the run was, how long it took, how
many texts were encoded in it and whether it made the fit: work that was kept is not done twice.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select

from analytics.tables import TABLE_COLUMNS
from flows.runs import list_runs, read_manifest, read_run, resolve_run
from flows.store import Store
from flows.store.schema import metadata
from tests.flows.night import Night, Point, write_papers
from tests.flows.test_digest_mail import Inbox, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]

BEFORE, TONIGHT = "2025-12-01", "2025-12-10"
ADA, BOB = "ada@example.org", "bob@example.org"
SMALL_PARTS = (
    Point(action=("set", "flows.sources.entries:BLOCK", 25)),
    Point(action=("set", "flows.analysis.encoding:_BLOCK", 16)),
)
"""So that a quick corpus has several parts to read and blocks to encode."""

INGEST = {
    "before the first transaction": Point("flows.store.store:write_feed"),
    "within the first transaction": Point("flows.store.sightings:_fold"),
    "with all rows of a part written and not committed": Point("flows.store.store:write_feed", "after"),
    "between two parts of a file": Point("flows.ingest:say_progress", call=2),
    "within the last part": Point("flows.store.sightings:_fold", call=3),
    "when all is read": Point("flows.pipeline:ingest_sources", "after"),
}
ENCODE = {
    "before the first block": Point("flows.store:Store.write_vectors"),
    "within a block": Point("flows.store.store:write_vector_block", "after", call=2),
    "between two blocks": Point("flows.store:Store.write_vectors", "after", call=2),
    "between papers and themes": Point("flows.analysis.steps:encode_texts", "after"),
}
FIT = {
    "before the registry": Point("flows.store:Store.write_fit"),
    "within the registry": Point("flows.store.store:write_fit", "after"),
    "after the registry": Point("flows.store:Store.write_fit", "after"),
}
WRITE = {
    "before the first table": Point("flows.runs.publishing:write_table"),
    "between two tables": Point("flows.runs.publishing:write_table", call=8),
    "with all tables written": Point("flows.runs.publishing:write_table", "after", call=len(TABLE_COLUMNS)),
    "before the pages": Point("flows.publication.publish:write_pages"),
}
PUBLISH = {
    "with papers.csv written": Point("flows.publication.publish:write_papers_csv", "after"),
    "between two pages": Point("pathlib:Path.write_bytes", holding=".building-", call=2),
    "before the folder is renamed": Point("pathlib:Path.rename", holding=".building-"),
    "after the folder is renamed": Point("flows.runs.publishing:point_latest"),
    "before latest is replaced": Point("pathlib:Path.replace", holding=".latest-new"),
    "after latest is replaced": Point("pathlib:Path.replace", "after", holding=".latest-new"),
    "before the run is remembered": Point("flows.store:Store.write_run"),
    "after the run is remembered": Point("flows.store:Store.write_run", "after"),
    "before the page of runs is replaced": Point("pathlib:Path.replace", holding="index.html"),
    "between the page of runs and the feed": Point("pathlib:Path.replace", "after", holding="index.html"),
    "before the feed is replaced": Point("pathlib:Path.replace", holding="feed.xml"),
    "before old runs are removed": Point("flows.publication.publish:tidy_up"),
    "after old runs are removed": Point("flows.publication.publish:tidy_up", "after"),
}
RUN = {
    f"{stage}: {name}": point
    for stage, points in {
        "ingest": INGEST,
        "encode": ENCODE,
        "fit": FIT,
        "write": WRITE,
        "publish": PUBLISH,
    }.items()
    for name, point in points.items()
}
DIGEST = {
    "before anything is claimed": (Point("flows.store:Store.claim_mail"), {ADA: 1, BOB: 1}),
    "claimed, not handed over": (Point("smtplib:SMTP.send_message"), {ADA: 0, BOB: 1}),
    "taken, not confirmed": (Point("flows.store:Store.confirm_mail"), {ADA: 1, BOB: 1}),
    "between two recipients": (Point("flows.store:Store.confirm_mail", "after"), {ADA: 1, BOB: 1}),
    "all sent": (Point("flows.store:Store.confirm_mail", "after", call=2), {ADA: 1, BOB: 1}),
}  # fmt: skip


def command(feed: Path, day: str) -> tuple[object, ...]:
    return ("run", feed, "--workspace", "w", "--vectorizer", "lexical", "--as-of", day)


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("feeds")
    write_papers(folder / "papers.jsonl", 45)
    (folder / "later").mkdir()
    write_papers(folder / "later" / "papers.jsonl", 60)
    return folder / "papers.jsonl", folder / "later" / "papers.jsonl"


@pytest.fixture(scope="module")
def before(night: Night, feeds, tmp_path_factory) -> Path:
    """The workspace of the night before: one run, and labels that somebody gave on the day after."""
    cwd = tmp_path_factory.mktemp("before")
    done = night.run(*command(feeds[0], BEFORE), cwd=cwd, points=SMALL_PARTS)
    assert done.status == 0, done.err
    said = [(f"arxiv:2501.{n:05d}", "agents", "yes", "ann", "2025-12-02", 1, 0.5, "") for n in (0, 11, 22)]
    labels = pd.DataFrame(said, columns=list(TABLE_COLUMNS["labels"])).astype({"day": "datetime64[us]"})
    with Store.open(cwd / "w") as store:
        store.write_labels(labels)
    return cwd / "w"


@pytest.fixture(scope="module")
def quiet(night: Night, feeds, before, tmp_path_factory) -> Path:
    """The same workspace after a night that nothing disturbed."""
    cwd = tmp_path_factory.mktemp("quiet")
    shutil.copytree(before, cwd / "w", symlinks=True)
    done = night.run(*command(feeds[1], TONIGHT), cwd=cwd, points=SMALL_PARTS)
    assert done.status == 0, done.err
    tables, manifest = read_run(resolve_run(cwd / "w"))
    assert len(tables.changes)
    assert len(tables.labels) == 3
    assert len(tables.topics) > 1
    assert manifest["topics"]["fit"]["is_new"]
    return cwd / "w"


def contents(workspace: Path) -> dict[str, bytes]:
    """Everything of the latest run that must be the same."""
    folder = resolve_run(workspace)
    files = [*folder.glob("*.parquet"), *folder.glob("charts/*.svg"), folder / "papers.csv"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def told(workspace: Path) -> dict[str, object]:
    """What the manifest of the latest run says of its papers and definitions."""
    manifest = read_manifest(resolve_run(workspace))
    for name in ("run_id", "started_at", "seconds", "versions"):
        del manifest[name]
    del manifest["counts"]["encoded"], manifest["topics"]["fit"]["is_new"]
    return manifest


def rows(workspace: Path) -> dict[str, list[str]]:
    """Every row of every table but the list of runs and mails; the file itself is sound."""
    with Store.open(workspace) as store, store._engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
            if table.name not in ("runs", "mails")
        }


def check_whole(workspace: Path) -> None:
    """Whatever a reader finds is whole."""
    assert resolve_run(workspace).name in list_runs(workspace)
    for run_id in list_runs(workspace):
        folder = workspace / "runs" / run_id
        read_run(folder)
        assert (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
        assert all(path.read_text().rstrip().endswith("</svg>") for path in folder.glob("charts/*.svg"))
    assert (workspace / "index.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert (workspace / "feed.xml").read_text(encoding="utf-8").rstrip().endswith("</feed>")
    rows(workspace)


@pytest.mark.parametrize("name", RUN)
def test_a_run_that_is_killed_and_run_again(night, feeds, before, quiet, tmp_path, name):
    workspace = tmp_path / "w"
    shutil.copytree(before, workspace, symlinks=True)
    (evening,) = list_runs(workspace)
    killed = night.run(*command(feeds[1], TONIGHT), cwd=tmp_path, points=(*SMALL_PARTS, RUN[name]))
    assert killed.status == -signal.SIGKILL, killed.err
    check_whole(workspace)

    again = night.run(*command(feeds[1], TONIGHT), cwd=tmp_path, points=SMALL_PARTS)
    assert again.status == 0, again.err
    check_whole(workspace)
    assert contents(workspace) == contents(quiet)
    assert told(workspace) == told(quiet)
    assert rows(workspace) == rows(quiet)
    # Two runs at most are new, the killed one where it was whole; the archive tells them once.
    assert 2 <= len(list_runs(workspace)) <= 3
    assert list_runs(workspace)[0] == evening
    assert (workspace / "index.html").read_text().count("<li id=") == 2
    kept = {"corpus.sqlite", "record.parquet", ".turn", "latest", "runs", "index.html", "feed.xml", "feeds"}
    assert {path.name for path in workspace.iterdir()} == kept
    assert {path.name for path in (workspace / "runs").iterdir()} == {*list_runs(workspace), ".lock"}


def test_there_are_enough_points():
    assert len(RUN) + len(DIGEST) >= 25


@pytest.mark.parametrize("name", DIGEST)
def test_a_digest_that_is_killed_and_sent_again(night, before, tmp_path, name):
    point, received = DIGEST[name]
    workspace, inbox = tmp_path / "w", Inbox()
    shutil.copytree(before, workspace, symlinks=True)
    (workspace / "papertrends.toml").write_text(
        f'mail_from = "papers@example.org"\nmail_to = ["{ADA}", "{BOB}"]\nsmtp_host = "127.0.0.1"\n'
        'smtp_security = "none"\n'
    )
    send = ("digest", "--send", "--workspace", "w")
    with mail_server(inbox) as port:
        killed = night.run(*send, cwd=tmp_path, points=(point,), PAPERTRENDS_SMTP_PORT=str(port))
        assert killed.status == -signal.SIGKILL, killed.err
        for _ in range(2):
            again = night.run(*send, cwd=tmp_path, PAPERTRENDS_SMTP_PORT=str(port))
            assert again.status == 0, again.err
    got = [to for recipients, _ in inbox.mails for to in recipients]
    assert {one: got.count(one) for one in (ADA, BOB)} == received
    # Where nobody knows whether it was taken, that is said.
    assert ("unknown ada@example.org" in again.out) == (
        name in ("claimed, not handed over", "taken, not confirmed")
    )
    check_whole(workspace)
