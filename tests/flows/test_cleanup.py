"""Years of runs: what goes and what stays, that no later run comes out otherwise, and that kills do no harm."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from lxml import html

from analytics.exceptions import PapertrendsError
from analytics.papers import Feed, PaperRecord, content_hashes
from analytics.tables import TABLE_COLUMNS, empty_table
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_regions import TopicRegions, TopicState
from analytics.vectors.student import StudentVectorizer
from flows.analysis.run_analysis import AnalysisInputs, run_analysis
from flows.analysis.search import search_papers
from flows.commands.output_lines import history_lines
from flows.config.settings import DEFAULT_THEMES, load_settings
from flows.config.themes_file import read_themes
from flows.publication import cleanup
from flows.publication.archive_files import update_archive
from flows.publication.cleanup import tidy_up, tidy_workspace
from flows.runs import list_runs, publish_run, read_manifest, read_run, write_table
from flows.runs.record import RECORD, read_record
from flows.store import RunRow, Store
from flows.store.compaction import kept_of_manifest
from flows.store.registry import FitRow
from flows.store.students import StudentRow

THEMES = read_themes(DEFAULT_THEMES)
FIRST = date(2025, 1, 25)


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


# --- real runs over a corpus that is too small to be clustered, without Prefect ---


def analyze(workspace: Path, day: date, started: date | None = None) -> Path:
    """A run without pages, which began on another day."""
    settings = load_settings({"workspace": workspace, "vectorizer": "lexical"}, folder=workspace)
    analysis = run_analysis(AnalysisInputs(settings, day, THEMES))
    started_at = datetime.combine(started or day, datetime.min.time(), UTC).isoformat()
    manifest = {**analysis.manifest, "started_at": started_at, "sources": [{"location": "x" * 999}] * 20}
    folder = publish_run(
        workspace, f"{started or day:%m%d}-{day:%m%d}", analysis.tables, manifest, {}, "page"
    )
    kept = kept_of_manifest(read_manifest(folder))
    with Store.open(workspace) as store:
        store.write_run(
            RunRow(folder.name, day, started_at, "completed", None, manifest["fingerprint"], kept)
        )
    return folder


def ingest_day(workspace: Path, day: date, number: int) -> None:
    """Two papers of a day, of a kind that comes back."""
    papers = [
        PaperRecord(f"Paper {number} {kind}", f"Agents with sparse rewards explore {kind} {number % 3}.", day, "stated", "day")
        for kind in ("mazes", "games")
    ]  # fmt: skip
    with Store.open(workspace) as store:
        store.ingest_feed(Feed("daily-papers", f"{day}.json", day, tuple(papers)), seen_on=day)


def tidy(workspace: Path, today: date, keep_days: int = 5) -> tuple[str, ...]:
    return tidy_workspace(workspace, today, keep_days, read_manifest(workspace / "latest")["vectorizer_id"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


@pytest.fixture(scope="module")
def aged(tmp_path_factory):
    """Two workspaces of ten days, five papers' days of them, one tidied up after every run with three days kept."""
    tidied, whole = (tmp_path_factory.mktemp(name) for name in ("tidied", "whole"))
    gone = []
    for number in range(10):
        for workspace in (tidied, whole):
            if number < 6:
                ingest_day(workspace, day_of(number), number)
            analyze(workspace, day_of(number))
        gone += tidy(tidied, day_of(number), 3)
    return tidied, whole, gone


@pytest.mark.slow
class TestRuns:
    def test_those_that_stay(self, aged):
        tidied, whole, gone = aged
        # The first; the end of January with the run before it; three days, with the run before them.
        left = ["0125", "0130", "0131", "0201", "0202", "0203"]
        assert list_runs(tidied) == [f"{day}-{day}" for day in left]
        assert set(gone) | set(list_runs(tidied)) == set(list_runs(whole))
        assert len(gone) == 4
        assert not set(gone) & set(list_runs(tidied))

    def test_later_runs_come_out_as_if_nothing_had_gone(self, aged):
        tidied, whole, _ = aged
        for run_id in list_runs(tidied):
            assert contents(tidied / "runs" / run_id) == contents(whole / "runs" / run_id), run_id
        assert (tidied / "latest").readlink() == (whole / "latest").readlink()

    def test_every_run_that_stays_with_the_run_before_it_can_be_made_again_to_the_byte(self, aged):
        tidied, _, gone = aged
        for run_id in list_runs(tidied):
            folder = tidied / "runs" / run_id
            if read_manifest(folder)["against"] in gone:
                assert run_id in {"0130-0130"}  # it stays because the end of the month is compared with it
                continue
            day = date.fromisoformat(read_manifest(folder)["as_of"])
            again = analyze(tidied, day, started=date(2025, 2, 4))
            assert contents(again) == contents(folder), run_id
            assert read_manifest(again)["fingerprint"] == read_manifest(folder)["fingerprint"]
            fit_again, fit_before = (read_manifest(one)["topics"]["fit"]["fit_id"] for one in (again, folder))
            assert fit_again == fit_before
            assert tidy(tidied, date(2025, 2, 4), 3) == ()

    def test_a_day_whose_run_went_is_a_day_on_which_nothing_ran(self, aged):
        tidied, _, _ = aged
        n_fits = len(Fits(tidied).known)
        folder = analyze(tidied, day_of(3), started=date(2025, 2, 4))
        manifest = read_manifest(folder)
        assert read_manifest(tidied / "runs" / manifest["against"])["as_of"] == FIRST.isoformat()
        assert manifest["topics"]["fit"]["fit_id"] == n_fits + 1

    def test_an_old_run_with_word_weights_is_searched(self, aged):
        _, whole, _ = aged
        tidy(whole, day_of(9), 0)
        folder = whole / "runs" / list_runs(whole)[2]
        hits = search_papers(whole, folder, "agents explore mazes", most=2)
        assert len(hits) == 2
        assert hits[0].score > 0.5

    def test_the_archive_names_no_run_that_is_gone(self, aged):
        tidied, _, gone = aged
        update_archive(tidied)
        page = html.fromstring((tidied / "index.html").read_text(encoding="utf-8"))
        text = page.text_content()
        assert not [one for one in gone if one in text]
        assert all((tidied / one.partition("#")[0]).exists() for one in page.xpath("//ol//a/@href"))


class Fits:
    """Fits of a store, and of which of them members are left."""

    def __init__(self, workspace: Path) -> None:
        with Store.open(workspace) as store, store._reading() as connection:
            said = connection.exec_driver_sql
            self.known = said("SELECT fit_id FROM topic_fits ORDER BY fit_id").scalars().all()
            self.whole = said("SELECT DISTINCT fit_id FROM topic_members ORDER BY fit_id").scalars().all()


# --- the rule on folders that hold next to nothing ---


@cache
def no_papers() -> dict[str, bytes]:
    """Files of the tables of a run of no papers."""
    with TemporaryDirectory() as folder:
        for name in TABLE_COLUMNS:
            write_table(name, empty_table(name), Path(folder, f"{name}.parquet"))
        return contents(Path(folder))


def bare_run(workspace: Path, day: date, **manifest: object) -> Path:
    """A whole run folder of no papers, put there without waiting for the disk."""
    before = list_runs(workspace)
    told = {
        "as_of": day, "started_at": f"{day}T06:00:00+00:00", "fingerprint": f"f{day}", "vectorizer_id": "minilm-1",
        "against": before[-1] if before else None, **manifest,
    }  # fmt: skip
    folder = workspace / "runs" / f"{day:%Y%m%d}"
    folder.mkdir(parents=True)
    for name, content in no_papers().items():
        (folder / name).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps(told, default=str))
    (workspace / "latest").unlink(missing_ok=True)
    (workspace / "latest").symlink_to(f"runs/{folder.name}")
    return folder


@pytest.fixture
def workspace(tmp_path):
    Store.open(tmp_path).close()
    for number in range(12):
        bare_run(tmp_path, day_of(number))
    return tmp_path


STAY = ["20250125", "20250130", "20250131", "20250202", "20250203", "20250204", "20250205"]


def test_the_rule_is_applied(workspace):
    assert len(tidy(workspace, day_of(11), 2)) == 5
    assert list_runs(workspace) == STAY
    assert set(read_record(workspace).runs) >= set(STAY)
    assert tidy(workspace, day_of(11), 2) == ()
    assert set(read_record(workspace).runs) == set(STAY)


def test_what_latest_points_to_stays(workspace):
    (workspace / "latest").unlink()
    (workspace / "latest").symlink_to("runs/20250127")
    tidy(workspace, day_of(11), 2)
    assert list_runs(workspace) == sorted([*STAY, "20250126", "20250127"])


def test_a_run_whose_mail_may_not_have_arrived_stays(workspace):
    with Store.open(workspace) as store:
        store.claim_mail("20250128", "ada@example.org", "2025-01-28T07:00:00+00:00")
        store.claim_mail("20250129", "ada@example.org", "2025-01-29T07:00:00+00:00")
        store.confirm_mail("20250129", "ada@example.org")
    tidy(workspace, day_of(11), 2)
    assert list_runs(workspace) == sorted([*STAY, "20250127", "20250128"])


def test_a_run_that_cannot_be_read_stays_and_keeps_what_it_refers_to(workspace):
    (workspace / "runs" / "20250128" / "trends.parquet").write_bytes(b"PAR1")
    (workspace / "runs" / "20250129" / "manifest.json").write_text("{")
    tidy(workspace, day_of(11), 2)
    assert list_runs(workspace) == sorted([*STAY, "20250126", "20250127", "20250128", "20250129"])


def test_a_run_from_before_the_registry_stays(workspace):
    folder = workspace / "runs" / "20250128"
    assigned = pd.DataFrame({"paper_id": ["a"], "topic_id": ["T0001"], "strength": [1.0], "basis": None, "nearest_topic_id": None, "similarity": 1.0, "found_topic_id": None})  # fmt: skip
    write_table("topic_assignments", assigned, folder / "topic_assignments.parquet")
    moment = pd.Timestamp("2025-01-01")
    said = {column: [{"text": "x", "float": 0.1, "day": moment}[kind]] for column, kind in TABLE_COLUMNS["forecasts"].items()}  # fmt: skip
    write_table("forecasts", pd.DataFrame({**said, "kind": ["topic"], "series_id": ["T0001"]}), folder / "forecasts.parquet")  # fmt: skip
    tidy(workspace, day_of(11), 2)
    assert "20250128" in list_runs(workspace)
    assert "20250128" not in read_record(workspace).runs


def test_what_is_in_the_way_fails_no_run(workspace, caplog, monkeypatch):
    (workspace / RECORD).write_bytes(b"no record")
    with pytest.raises(PapertrendsError, match="cannot be read.*restore it from a backup, or remove it"):
        tidy(workspace, day_of(11), 2)
    assert tidy_up(workspace, day_of(11), 2, "minilm-1") == ()
    assert len(list_runs(workspace)) == 12
    (workspace / RECORD).unlink()

    def refuse(*_: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(cleanup, "remove_runs", refuse)
    assert tidy_up(workspace, day_of(11), 2, "minilm-1") == ()
    assert "the next run tries again" in caplog.text
    monkeypatch.undo()
    assert len(tidy(workspace, day_of(11), 2)) == 5


def tidy_and_die(workspace: Path, fatal: int) -> None:
    """Tidy up in a process that gets SIGKILL just before its `fatal`-th change on the disk."""
    steps_done = 0

    def watch(what: str, args: tuple[object, ...]) -> None:
        nonlocal steps_done
        if what in {"os.rename", "os.remove", "os.rmdir"}:
            steps_done += 1
            if steps_done == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    tidy(workspace, day_of(11), 2)
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.slow
def test_a_kill_at_any_step_leaves_whole_runs_and_the_next_goes_on(workspace):
    fork = multiprocessing.get_context("fork")
    n_killed, seen = 0, set()
    for fatal in (*range(1, 5), *range(5, 400, 14)):
        victim = fork.Process(target=tidy_and_die, args=(workspace, fatal))
        victim.start()
        victim.join()
        n_killed += victim.exitcode == -signal.SIGKILL
        left = list_runs(workspace)
        seen.add(len(left))
        assert set(STAY) <= set(left)
        for run_id in left:
            read_run(workspace / "runs" / run_id)
        assert (workspace / "latest").resolve().is_dir()
        if victim.exitcode == 0:
            break
    assert n_killed > 5
    assert len(seen) > 3
    assert list_runs(workspace) == STAY
    names = {path.name for path in (workspace / "runs").iterdir()}
    assert names == {*STAY, ".lock"}


# --- the database ---


def big_fit(day: date, number: int, rng: np.random.Generator, n_papers: int = 200) -> FitRow:
    """A fit of word weights: another space each day."""
    topics = [f"T{1 + paper % 6:04}" for paper in range(n_papers - 10)] + [f"T{7 + number:04}"] * 10
    papers = [f"arxiv:2501.{paper:05}" for paper in range(n_papers)]
    members = pd.DataFrame({"paper_id": papers, "topic_id": topics, "strength": rng.random(n_papers), "basis": "clustered"})  # fmt: skip
    known = tuple(sorted(set(topics)))
    regions = TopicRegions(known, rng.standard_normal((7, 64)).astype(np.float32), rng.random(7))
    told = [TopicEvent("continued", one, None, tuple(papers[:30])) for one in known[:6]]
    born = TopicEvent("born", known[6], None, tuple(papers[-10:]))
    return FitRow(0, day, f"lexical-{number:03}", {}, {"n_neighbors": 15}, "vectors changed", TopicState(members, regions), (*told, born))  # fmt: skip


def lexical_day(workspace: Path, number: int, keep_days: int) -> None:
    """What a day with new papers leaves, when the vectorizer is word weights."""
    rng, day, name = np.random.default_rng(number), day_of(number), f"lexical-{number:03}"
    with Store.open(workspace) as store:
        store.write_vectors(
            name, content_hashes([f"text {one}" for one in range(200)]), rng.random((200, 64))
        )
        fit_id = store.write_fit(big_fit(day, number, rng))
        manifest = {
            "sources": [{"location": f"{one}.json", "records": 15} for one in range(300)],
            "title": "T",
        }
        folder = bare_run(workspace, day, vectorizer_id=name, topics={"fit": {"fit_id": fit_id}}, **manifest)
        store.write_run(RunRow(folder.name, day, "", "completed", manifest=read_manifest(folder)))
    if keep_days:
        tidy_workspace(workspace, day, keep_days, name)


def database_bytes(workspace: Path) -> int:
    return sum(path.stat().st_size for path in workspace.glob("corpus.sqlite*"))


@pytest.fixture(scope="module")
def lexical(tmp_path_factory):
    """Thirty days with word weights, tidied up daily with four days kept; its size after each."""
    workspace = tmp_path_factory.mktemp("lexical")
    sizes = []
    for number in range(30):
        lexical_day(workspace, number, 4)
        sizes.append(database_bytes(workspace))
    return workspace, sizes


@pytest.mark.slow
class TestDatabase:
    @pytest.mark.slow
    def test_its_size_is_bounded(self, lexical, tmp_path):
        _, sizes = lexical
        assert sizes[29] < 1.25 * sizes[14]
        for number in range(30):
            lexical_day(tmp_path, number, 0)
        assert database_bytes(tmp_path) > 2.5 * sizes[29]

    def test_fits_that_runs_use_are_read_and_others_passed_over(self, lexical):
        workspace, _ = lexical
        used = {
            read_manifest(workspace / "runs" / one)["topics"]["fit"]["fit_id"] for one in list_runs(workspace)
        }
        fits = Fits(workspace)
        assert set(fits.whole) == used
        assert fits.known == list(range(1, 31))
        with Store.open(workspace) as store:
            for fit_id in fits.known:
                day = day_of(fit_id - 1)
                read = store.read_fit(day)
                assert read.fit_id == max(one for one in used if one <= fit_id)
                if fit_id in used:
                    written = big_fit(
                        day, fit_id - 1, (rng := np.random.default_rng(fit_id - 1), rng.random((200, 64)))[0]
                    )
                    pd.testing.assert_frame_equal(read.state.members, written.state.members)
                    assert np.array_equal(read.state.regions.centers, written.state.regions.centers)
                    assert read.events == written.events

    def test_history_is_reported_as_before_and_no_number_is_given_twice(self, lexical, tmp_path):
        workspace, _ = lexical
        for number in range(30):
            with Store.open(tmp_path) as store:
                store.write_fit(big_fit(day_of(number), number, np.random.default_rng(number)))
        with Store.open(workspace) as store, Store.open(tmp_path) as whole:
            told = list(history_lines(store.topic_history(day_of(40))))
            assert told == list(history_lines(whole.topic_history(day_of(40))))
            assert len(told) == 60
            assert store.next_topic_number() == whole.next_topic_number() == 37

    def test_one_generation_of_vectors_stays(self, lexical):
        with Store.open(lexical[0]) as store, store._reading() as connection:
            found = connection.exec_driver_sql("SELECT DISTINCT vectorizer_id FROM vectors").scalars().all()
        assert found == ["lexical-029"]

    def test_manifests_lose_their_lists(self, lexical):
        with Store.open(lexical[0]) as store:
            kept = store.read_runs()
        assert len(kept) == 30
        assert all(run.manifest["title"] == "T" and "sources" not in run.manifest for run in kept)
        assert "sources" in read_manifest(lexical[0] / "latest")

    def test_a_fit_whose_topics_nothing_else_names_stays(self, tmp_path):
        with Store.open(tmp_path) as store:
            for number in range(2):
                fit = big_fit(day_of(number), number, np.random.default_rng(0))
                store.write_fit(
                    FitRow(
                        **{**{name: getattr(fit, name) for name in fit.__dataclass_fields__}, "events": ()}
                    )
                )
            store.compact(vectorizer_id="x", unused={1, 2})
            assert store.read_fit(day_of(0)).fit_id == 1
            assert store.next_topic_number() == 9

    def test_the_newest_fit_stays_whatever_uses_it(self, tmp_path):
        with Store.open(tmp_path) as store:
            for number in (1, 0):  # the newest is that of the newest day
                store.write_fit(big_fit(day_of(number), number, np.random.default_rng(0)))
            store.compact(vectorizer_id="x", unused={1, 2})
            assert store.read_fit(day_of(1)).fit_id == 1
            assert store.read_fit(day_of(0)) is None

    def test_students_that_no_run_uses_go_with_their_vectors_but_for_the_newest(self, tmp_path):
        texts = [f"Paper {number} on mazes {number}" for number in range(20)]
        taught = np.random.default_rng(0).standard_normal((20, 384)).astype(np.float32)
        names = []
        with Store.open(tmp_path) as store:
            for number in range(2):
                student = StudentVectorizer(number)
                student.fit(texts, dict(zip(texts, taught, strict=True)), "minilm-1")
                store.write_student(StudentRow(student, day_of(number), 20, "minilm-1", number))
                store.write_vectors(student.id, content_hashes(texts), taught)
                names.append(student.id)
            store.write_vectors("minilm-1", content_hashes(texts), taught)
            store.compact(vectorizer_id="minilm-1", unused={*names, "minilm-1"})
            assert store.read_student(day_of(0)) is None
            assert store.read_student(day_of(1)).student.id == names[1]
            counts = [store.count_vectors(one, content_hashes(texts)) for one in (*names, "minilm-1")]
        assert counts == [0, 20, 20]

    def test_much_free_space_is_given_back(self, tmp_path):
        with Store.open(tmp_path) as store:
            hashes = [f"h{number}" for number in range(12_000)]
            store.write_vectors("lexical-1", hashes, np.ones((12_000, 512)))
            store.write_vectors("minilm-1", hashes[:5], np.ones((5, 512)))
        before = database_bytes(tmp_path)
        with Store.open(tmp_path) as store:
            # A reader keeps its snapshot; a rewrite then has to wait, and is left to the next run.
            with store._reading() as reading:
                reading.exec_driver_sql("SELECT count(*) FROM vectors").scalar_one()
                store.compact(vectorizer_id="minilm-1")
                store.compact(vectorizer_id="minilm-1")
            found, vectors = store.read_vectors("minilm-1", hashes[:6])
            store.compact(vectorizer_id="minilm-1")
        assert found.tolist() == [True] * 5 + [False]
        assert (vectors[:5] == 1).all()
        assert database_bytes(tmp_path) < before / 20

    def test_another_writer_is_waited_for_no_longer_than_a_second(self, tmp_path):
        with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
            hashes = [f"h{number}" for number in range(12_000)]
            store.write_vectors("lexical-1", hashes, np.ones((12_000, 512)))
            store.compact(vectorizer_id="lexical-1")
            with store._writing() as connection:
                connection.exec_driver_sql("DELETE FROM vectors")
            with other._writing():
                start = datetime.now(UTC)
                store.compact(vectorizer_id="lexical-1")
                assert datetime.now(UTC) - start < timedelta(seconds=20)
            store.compact(vectorizer_id="lexical-1")
        assert database_bytes(tmp_path) < 2**20
