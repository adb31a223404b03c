"""Where a run does its work in parts: in this process, or as tasks on the workers of a Dask cluster.

Functions, parts and results travel between this process, Dask's scheduler and the workers; Prefect's
API gets only the name of each task, its states and their times. Dask is imported only when it is used.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext
from prefect.settings import PREFECT_API_URL, temporary_settings
from threadpoolctl import threadpool_limits

from analytics.exceptions import PapertrendsError
from analytics.parallel import Each
from flows.workers.dask_checks import ANSWER_S, check_runner, check_server

if TYPE_CHECKING:
    from distributed import Client
    from prefect_dask import DaskTaskRunner
    from prefect_dask.task_runners import PrefectDaskFuture

__all__ = ["parallel_runner"]

Part = TypeVar("Part")
Result = TypeVar("Result")

_RETURN_S = 60
"""For a worker to come back when the last one is gone."""
_AHEAD = 2
"""Parts under way a worker: one in work, one on its way."""
_THREADS = 1
"""Threads of linear algebra, as in the rest of a run: more change the order of sums."""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def parallel_runner(
    runner: str, address: str | None = None, *, n_workers: int | None = None
) -> Iterator[Each]:
    """Let work in parts be done where the settings say, as long as the block lasts.

    A part whose worker dies is done again by another one, up to four times; its result counts once.

    Parameters
    ----------
    runner : {"local", "dask"}
        ``local`` is the builtin `map`; with ``dask`` every part is a Prefect task, named for its function.
    address : str, optional
        Address of a Dask scheduler; without one there are worker processes on this machine.
    n_workers : int, optional
        How many; as many as there are processors by default.

    Raises
    ------
    InputError
        As `check_runner`, and when a worker of the cluster does not reach Prefect's server.
    """
    check_runner(runner, address)
    if runner == "local":
        yield map
        return
    import dask
    import distributed  # noqa: F401 - puts its defaults into Dask's settings, which are changed below

    # A function with a fitted model is as large as the model, and sent once.
    quietly = dask.config.set({"distributed.admin.large-graph-warning-threshold": "4GB"})
    with quietly, _task_runner(address, n_workers) as task_runner:
        if address is not None:
            check_server(task_runner.client, address, _server_url())
        yield _EachOnDask(task_runner)


class _EachOnDask:
    """`analytics.parallel.Each` by Prefect tasks on a cluster; a bounded number is under way."""

    def __init__(self, task_runner: DaskTaskRunner) -> None:
        self._runner = task_runner

    def __call__(self, function: Callable[[Part], Result], parts: Iterable[Part], /) -> Iterator[Result]:
        client = self._runner.client
        do_part = task(name=_task_name(function), cache_policy=NO_CACHE, persist_result=False)(_do_part)
        # The scheduler keeps the bytes: a worker that takes a dead one's place gets them from there.
        held = client.submit(pickle.loads, _pickled(function), pure=False)
        most = _AHEAD * max(1, sum(client.nthreads().values()))
        under_way: deque[PrefectDaskFuture[Any]] = deque()
        for part in parts:
            with _context_to_send():
                under_way.append(self._runner.submit(do_part, {"function": held, "part": part}))
            if len(under_way) >= most:
                yield _result(under_way.popleft(), client)
        while under_way:
            yield _result(under_way.popleft(), client)


def _do_part(function: Callable[[Part], Result], part: Part) -> Result:
    _limit_threads()
    return function(part)


def _limit_threads() -> None:
    """Let this worker compute with one thread from now on; there may be several workers a machine."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(_THREADS)))  # for libraries that are loaded later
    threadpool_limits(_THREADS)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(_THREADS)


def _task_name(function: Any) -> str:
    """Words of a function's name, of the inner one's where arguments are bound to it."""
    return str(getattr(function, "func", function).__name__).strip("_").replace("_", " ")


def _pickled(function: Any) -> bytes:
    import cloudpickle

    return bytes(cloudpickle.dumps(function))


@contextmanager
def _context_to_send() -> Iterator[None]:
    """The context that Prefect sends along with a task, made fit for travel.

    It would hold the parameters of the task that spreads, which is the whole corpus, with every part;
    and it would not name a temporary server, so that each worker would start its own.
    """
    server, task_context = _server_url(), TaskRunContext.get()
    with temporary_settings({PREFECT_API_URL: server} if server else {}):
        if task_context is None:
            yield
        else:
            with TaskRunContext.model_construct(**{**dict(task_context), "parameters": {}}):
                yield


def _server_url() -> str:
    """Prefect's server of this run, temporary or not; outside of a flow the configured one, if any."""
    flow_run = FlowRunContext.get()
    return PREFECT_API_URL.value() or "" if flow_run is None else str(flow_run.client.api_url)


def _result(future: PrefectDaskFuture[Any], client: Client) -> Any:
    """Wait for a part, but not for workers that do not come back.

    Raises
    ------
    PapertrendsError
        When the cluster is gone, or a part ends every worker that takes it.
    """
    from distributed.scheduler import KilledWorker

    last_seen = monotonic()
    try:
        while not future.wrapped_future.done():
            future.wait(timeout=ANSWER_S)
            if client.nthreads():
                last_seen = monotonic()
            elif monotonic() - last_seen > _RETURN_S:
                raise PapertrendsError(
                    f"no Dask worker has been available for {_RETURN_S} s; start workers and run again"
                )
        return future.result()
    except KilledWorker as error:
        raise PapertrendsError(
            "one task killed every Dask worker that ran it, perhaps by running out of memory; give the"
            " workers more memory, or run again with --runner local"
        ) from error
    except (CancelledError, OSError) as error:
        raise PapertrendsError(
            f"the Dask cluster is gone ({error}); stored results are kept, run again"
        ) from error


@contextmanager
def _task_runner(address: str | None, n_workers: int | None) -> Iterator[DaskTaskRunner]:
    from dask.system import CPU_COUNT
    from distributed import LocalCluster
    from prefect_dask import DaskTaskRunner

    if address is not None:
        task_runner = DaskTaskRunner(address=address, client_kwargs={"timeout": ANSWER_S})
    else:
        task_runner = DaskTaskRunner(
            cluster_class=LocalCluster,
            cluster_kwargs={
                "n_workers": n_workers or CPU_COUNT,
                "threads_per_worker": 1,
                "dashboard_address": None,
                # Whoever reaches a scheduler can run code: keep other users of the machine out.
                "security": True,
            },
        )
    with task_runner:
        yield task_runner
