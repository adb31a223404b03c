"""Work in parts on Dask: the same results, whatever dies; what is wrong is said in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from analytics.exceptions import InputError, PapertrendsError
from analytics.vectors.encoders import LexicalVectorizer
from flows.analysis.encoding import encode_part
from flows.commands.cli import app
from flows.config.settings import load_settings
from flows.workers import dask_checks, dask_runner
from flows.workers.dask_checks import check_runner
from flows.workers.dask_runner import parallel_runner

DAY = date(2025, 12, 10)


class TestMistakes:
    @pytest.mark.parametrize(
        "address", ["nonsense", "http://a:1", "a b:1", "tcp://a", "a:123456", ":8786", ""]
    )
    def test_an_invalid_address(self, address, tmp_path):
        with pytest.raises(InputError, match="dask_address"):
            load_settings({"dask_address": address}, folder=tmp_path)

    @pytest.mark.parametrize(
        "address", ["a:1", "tcp://10.0.0.5:8786", "tls://[::1]:8786", "tcp://node-1.cluster:80"]
    )
    def test_addresses(self, address, tmp_path):
        assert load_settings({"dask_address": address}, folder=tmp_path).dask_address == address

    def test_nobody_listens(self, monkeypatch):
        monkeypatch.setattr(dask_checks, "ANSWER_S", 0.3)
        with pytest.raises(InputError, match="no Dask scheduler responds at 127.0.0.1:9 "):
            check_runner("dask", "127.0.0.1:9")

    def test_something_else_listens(self, loopback_server, monkeypatch):
        monkeypatch.setattr(dask_checks, "ANSWER_S", 0.5)
        address = loopback_server.url.removeprefix("http://")
        with pytest.raises(InputError, match="no Dask scheduler responds"):
            check_runner("dask", address)

    def test_without_the_packages(self, monkeypatch):
        monkeypatch.setattr(
            dask_checks, "find_spec", lambda name: None if name == "prefect_dask" else object()
        )
        with pytest.raises(InputError, match=r"prefect_dask.*python install\.py dask"):
            check_runner("dask")

    @pytest.mark.parametrize("command", ["run", "analyze"])
    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (["--runner", "dusk"], "'dusk'"),
            (["--runner", "dask", "--dask-address", "nonsense"], "'nonsense'"),
            (["--runner", "local", "--dask-address", "a:1"], "works only with --runner dask"),
        ],
    )
    def test_the_command_line_says_it_in_one_line(self, command, options, says, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(app, [command, *options])
        assert result.exit_code == 2
        assert says in result.stderr
        assert result.stderr.count("\n") == 1
        assert not list(tmp_path.iterdir())

    def test_a_worker_of_another_kind(self):
        fitted = LexicalVectorizer().fit(["sparse rewards", "agents explore"])
        with pytest.raises(PapertrendsError, match="this worker makes vectors lexical-"):
            encode_part(fitted, "lexical-other", ["agents"])


class TestInParts:
    def test_the_local_way_is_map(self):
        with parallel_runner("local") as each:
            assert each is map

    @pytest.mark.slow
    def test_dask_is_imported_only_for_dask(self):
        code = "import sys, flows.commands.cli, flows.analysis.run_analysis; print(sorted({'dask', 'distributed'} & set(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
        )
        assert done.stdout.strip() == "[]"

    def test_order_and_bound(self, scripted):
        """Two workers: four parts are under way at most, and parts are taken only as there is room."""
        each, runner = scripted
        taken = []

        def parts():
            for number in range(11):
                taken.append(number)
                yield number

        results = each(partial(_scale_part, 3), parts())
        assert taken == []
        first = next(results)
        assert (first, taken) == (0, [0, 1, 2, 3])
        assert [first, *results] == [3 * number for number in range(11)]
        assert runner.most_under_way == 4
        assert {one.name for one in runner.tasks} == {"scale part"}
        assert all(one.persist_result is False for one in runner.tasks)

    def test_no_parts(self, scripted):
        assert list(scripted[0](abs, [])) == []

    def test_a_part_that_fails_ends_it(self, scripted):
        each, _ = scripted
        with pytest.raises(ZeroDivisionError):
            list(each(partial(_divide_part, 6), [1, 2, 0, 3]))


def _scale_part(factor, number):
    return factor * number


def _divide_part(number, divisor):
    return number // divisor


class _ScriptedClient:
    def submit(self, function, *arguments, pure):
        return function(*arguments)

    def nthreads(self):
        return {"a": 1, "b": 1}


class _ScriptedFuture:
    def __init__(self, runner, function, part):
        self.runner, self.wrapped_future = runner, Future()
        runner.under_way += 1
        runner.most_under_way = max(runner.most_under_way, runner.under_way)
        try:
            self.wrapped_future.set_result(function(part))
        except ArithmeticError as error:
            self.wrapped_future.set_exception(error)

    def result(self):
        self.runner.under_way -= 1
        return self.wrapped_future.result()


class _ScriptedRunner:
    """A task runner that does everything at once, and counts."""

    def __init__(self):
        self.client, self.tasks, self.under_way, self.most_under_way = _ScriptedClient(), [], 0, 0

    def submit(self, task, parameters):
        self.tasks.append(task)
        return _ScriptedFuture(self, parameters["function"], parameters["part"])


@pytest.fixture
def scripted():
    runner = _ScriptedRunner()
    return dask_runner._EachOnDask(runner), runner


SLOW_PARTS = '''
import os
import time
from pathlib import Path

from analytics.vectors.encoders import LexicalVectorizer


def tell(folder):
    """Say which process begins a part."""
    with (Path(folder) / "begun").open("a") as file:
        file.write(f"{os.getpid()}\\n")


def square_part(folder, numbers):
    tell(folder)
    time.sleep(0.3)
    return numbers**2


class SlowVectorizer(LexicalVectorizer):
    def transform(self, texts):
        tell(self.folder)
        time.sleep(0.3)
        return super().transform(texts)
'''


@pytest.fixture
def slow_parts(tmp_path, monkeypatch):
    """A module that workers can import, whose parts are slow enough to be killed in the middle."""
    folder = tmp_path / "importable"
    folder.mkdir()
    (folder / "slow_parts_of_test.py").write_text(SLOW_PARTS)
    monkeypatch.syspath_prepend(folder)
    import slow_parts_of_test

    yield slow_parts_of_test
    del sys.modules["slow_parts_of_test"]


def begun(folder: Path) -> list[int]:
    path = folder / "begun"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


class Killer(threading.Thread):
    """Kills the process that begins the fifth part, while it works at it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.killed = folder, None

    def run(self) -> None:
        while len(begun(self.folder)) < 5:
            time.sleep(0.02)
        self.killed = begun(self.folder)[4]
        os.kill(self.killed, signal.SIGKILL)


@pytest.fixture(scope="module")
def server():
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.slow
class TestKilledWorker:
    def test_parts_come_once_each_and_in_order(self, server, slow_parts, tmp_path):
        from prefect import flow
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter
        from prefect.context import FlowRunContext
        from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

        @flow(name="squares")
        def squares():
            with parallel_runner("dask", n_workers=2) as each:
                parts = (np.arange(number, number + 3) for number in range(24))
                found = list(each(partial(slow_parts.square_part, str(tmp_path)), parts))
            return FlowRunContext.get().flow_run.id, found

        killer = Killer(tmp_path)
        killer.start()
        flow_run, found = squares()
        assert np.array_equal(found, [np.arange(number, number + 3) ** 2 for number in range(24)])
        pids = set(begun(tmp_path)) - {killer.killed}
        assert killer.killed not in {None, os.getpid()}
        assert len(pids) == 2  # the other one, and the one that took the place
        # The killed part is done again, and of the others at most the four that were under way.
        assert 25 <= len(begun(tmp_path)) <= 28

        only = FlowRunFilter(id={"any_": [flow_run]})
        with get_client(sync_client=True) as client:
            for _ in range(50):  # states come to the server a moment later
                runs = client.read_task_runs(flow_run_filter=only)
                if len(runs) == 24 and all(run.state_name == "Completed" for run in runs):
                    break
                time.sleep(0.2)
        assert {run.name.rsplit("-", 1)[0] for run in runs} == {"square part"}
        assert [run.state_name for run in runs] == ["Completed"] * 24
        assert all(run.state.data is None for run in runs)
        assert all(not any(run.task_inputs.values()) for run in runs)
        storage = Path(PREFECT_LOCAL_STORAGE_PATH.value())
        assert not storage.exists() or not any(
            path.is_file() and path.stat().st_mtime > START for path in storage.rglob("*")
        )

    def test_an_analysis_gives_the_same_bytes(self, server, slow_parts, tmp_path, sample_path, monkeypatch):
        from prefect import flow

        from flows.analysis import encoding, vectorizers
        from flows.analysis.run_analysis import analysis_inputs, run_analysis
        from flows.ingest import ingest_source
        from flows.runs.publishing import write_tables
        from flows.store import Store

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(encoding, "_BLOCK", 8)
        monkeypatch.setattr("dask.system.CPU_COUNT", 2)

        def tables(workspace, runner):
            ingest_source(str(sample_path), tmp_path / workspace, DAY)
            asked = {"workspace": tmp_path / workspace, "as_of": DAY, "vectorizer": "lexical"}
            folder = tmp_path / f"{workspace} tables"
            folder.mkdir()

            @flow
            def analyze():
                analysis = run_analysis(
                    analysis_inputs(load_settings(asked)), parallel_runner=partial(parallel_runner, runner)
                )
                write_tables(folder, analysis.tables)

            analyze()
            with Store.open(tmp_path / workspace) as store, store._engine.begin() as connection:
                vectors = connection.exec_driver_sql("select * from vectors order by 1, 2").all()
            return {file.name: file.read_bytes() for file in folder.iterdir()}, [
                tuple(row) for row in vectors
            ]

        def slow_vectorizer(name, random_state):
            made = slow_parts.SlowVectorizer(random_state=random_state)
            made.folder = str(tmp_path)
            return made

        expected = tables("local", "local")
        monkeypatch.setattr(vectorizers, "make_vectorizer", slow_vectorizer)
        killer = Killer(tmp_path)
        killer.start()
        found = tables("dask", "dask")
        assert killer.killed not in {None, os.getpid()}
        assert len(set(begun(tmp_path))) == 3
        assert os.getpid() not in begun(tmp_path)
        assert found[0] == expected[0]
        assert len(expected[0]) > 10
        assert found[1] == expected[1]


START = time.time()


@pytest.mark.slow
class TestGoneCluster:
    @pytest.fixture
    @staticmethod
    def cluster(slow_parts):
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            yield cluster

    def test_a_scheduler_without_workers(self, monkeypatch):
        from distributed import LocalCluster

        monkeypatch.setattr(dask_checks, "ANSWER_S", 1)
        empty = LocalCluster(n_workers=0, dashboard_address=None)
        with empty as cluster, pytest.raises(InputError, match="has no worker"):
            check_runner("dask", cluster.scheduler_address)

    def test_workers_with_another_version(self, cluster, monkeypatch):
        monkeypatch.setattr(dask_checks, "version", lambda name: "9.9")
        with pytest.raises(InputError, match=r"not 9\.9"):
            check_runner("dask", cluster.scheduler_address)

    def test_workers_that_do_not_reach_prefect(self, cluster):
        from prefect.settings import PREFECT_API_URL, temporary_settings

        elsewhere = temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"})
        refused = pytest.raises(InputError, match="cannot reach Prefect's server http://127.0.0.1:9")
        with elsewhere, refused, parallel_runner("dask", cluster.scheduler_address):
            pass

    def test_the_last_worker_does_not_come_back(self, server, cluster, slow_parts, tmp_path, monkeypatch):
        monkeypatch.setattr(dask_runner, "ANSWER_S", 2)
        monkeypatch.setattr(dask_runner, "_RETURN_S", 2)
        with parallel_runner("dask", cluster.scheduler_address) as each:
            results = iter(each(partial(slow_parts.square_part, str(tmp_path)), [np.arange(3)] * 20))
            next(results)
            cluster.scale(0)
            with pytest.raises(PapertrendsError, match="no Dask worker has been available"):
                list(results)

    def test_the_scheduler_ends(self, server, cluster, slow_parts, tmp_path):
        with parallel_runner("dask", cluster.scheduler_address) as each:
            results = iter(each(partial(slow_parts.square_part, str(tmp_path)), [np.arange(3)] * 20))
            next(results)
            cluster.close()
            with pytest.raises(PapertrendsError, match="Dask cluster is gone"):
                list(results)
