"""Whether a Dask cluster can do the work of a run, found out in seconds and said in one line."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from prefect.client.orchestration import SyncPrefectClient

from analytics.exceptions import InputError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ANSWER_S", "check_runner", "check_server"]

ANSWER_S = 5
"""For a scheduler to answer and a worker to be there."""

_PACKAGES = ("dask", "distributed", "prefect_dask")


def check_runner(runner: str, address: str | None = None) -> None:
    """Find out in a few seconds whether work can be spread.

    Without `address` a run starts its own workers.

    Raises
    ------
    InputError
        When packages are missing, no scheduler answers, it has no worker, or its workers do not have
        this version of papertrends.
    """
    if runner == "local":
        return
    missing = [package for package in _PACKAGES if find_spec(package) is None]
    if missing:
        raise InputError(
            f"runner 'dask' needs packages that are not installed ({', '.join(missing)}); "
            "install the extra of that name, python install.py dask, or use runner 'local'"
        )
    if address is not None:
        _check_cluster(address)


def check_server(client: Client, address: str, server: str) -> None:
    """Find out whether workers reach Prefect's server, without which no task starts."""
    faults: dict[str, str | None] = client.run(_fault_of_server, server)
    for worker, fault in sorted(faults.items()):
        if fault is not None:
            raise InputError(
                f"worker {worker} of the Dask cluster at {address} cannot reach Prefect's server {server}"
                f" ({fault}); start one that it can reach (prefect server start --host 0.0.0.0) and set"
                " PREFECT_API_URL to it"
            )


def _check_cluster(address: str) -> None:
    from distributed import Client

    try:
        # In a thread of its own: this one may run an event loop, as in a notebook.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _greet_scheduler(address)).result()
    except Exception as error:  # whatever listens there may say anything
        raise InputError(
            f"no Dask scheduler responds at {address} ({type(error).__name__}: {error}); give"
            " --dask-address as shown in its log, such as tcp://10.0.0.5:8786, or omit it to use workers"
            " on this machine"
        ) from error
    with Client(address, timeout=ANSWER_S, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=ANSWER_S)
        except TimeoutError as error:
            raise InputError(
                f"the Dask scheduler at {address} has no worker; start one: dask worker {address}"
            ) from error
        _check_workers(client, address)


async def _greet_scheduler(address: str) -> None:
    """Check that it is a Dask scheduler, because a client of anything else cannot be closed cleanly."""
    from distributed.core import connect, send_recv
    from distributed.security import Security

    async with asyncio.timeout(ANSWER_S):
        line = await connect(address, timeout=ANSWER_S, **Security().get_connection_args("client"))
        try:
            await send_recv(line, op="identity")
        finally:
            line.abort()


def _check_workers(client: Client, address: str) -> None:
    ours = version("papertrends")
    try:
        found: dict[str, str] = client.run(_version_here)
    except Exception as error:  # whatever unpickling meets on another machine
        raise InputError(
            f"the Dask workers at {address} cannot run papertrends ({type(error).__name__}: {error}); "
            f"install papertrends {ours} with its extra dask on each"
        ) from error
    for worker, theirs in sorted(found.items()):
        if theirs != ours:
            raise InputError(
                f"Dask worker {worker} has papertrends {theirs}, not {ours}; install the same version on each"
            )


def _fault_of_server(url: str) -> str | None:
    fault = SyncPrefectClient(url).api_healthcheck()
    return None if fault is None else f"{type(fault).__name__}: {fault}"


def _version_here() -> str:
    return version("papertrends")
