"""Work that goes on in a process of its own until its result is needed.

Clustering and statistics use one core and hold Python's lock; a thread beside them would wait. The process
is started anew and told the function and what it is given, so that nothing of the run's state is copied or
shared.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from analytics.parts import Ahead

__all__ = ["WORTH_A_PROCESS", "process_beside", "start_beside"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

WORTH_A_PROCESS = 3_000
"""Papers whose terms or series take longer than another process takes to start."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def start_beside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Start work in a process of its own; what is returned waits for its result and gives it.

    Where the process fails, however it does, the work is done here when its result is asked for.

    Parameters
    ----------
    work : callable
        With everything it needs bound; it and its result can be pickled.
    """
    return _given(_started, work)


@contextmanager
def process_beside(*modules: str) -> Iterator[Ahead]:
    """Start a process for one piece of work that is not known yet; what is given begins it.

    Parameters
    ----------
    *modules : str
        Imported there meanwhile: what the work needs may take longer to import than to do.
    """
    process = _started(*modules)
    with process:
        try:
            yield lambda work: _given(lambda: process, work)
        finally:
            process.kill()


def _given(start: Callable[[], subprocess.Popen[bytes]], work: Callable[[], Result]) -> Callable[[], Result]:
    """Give work to a process; what is returned waits for its result."""
    thread = ThreadPoolExecutor(1)
    answer: Future[bytes] = thread.submit(lambda: _asked(start(), work))
    thread.shutdown(wait=False)

    def result() -> Result:
        try:
            told: Result = pickle.loads(answer.result())  # noqa: S301 - from our own process
        except Exception as error:
            logger.warning("work beside the analysis failed (%s); it is done again here", error)
            return work()
        return told

    return result


def _started(*modules: str) -> subprocess.Popen[bytes]:
    """Start a process that imports and waits; it ends with the pipe when this one is killed."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "flows.beside", *modules],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _asked(process: subprocess.Popen[bytes], work: Callable[[], object]) -> bytes:
    """Answer of a process."""
    answer, _ = process.communicate(pickle.dumps(work))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return answer


if __name__ == "__main__":
    # Whoever asked says what became of the run when someone stops it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in sys.argv[1:]:
        importlib.import_module(module)
    pickle.dump(pickle.load(sys.stdin.buffer)(), sys.stdout.buffer)  # noqa: S301 - from our own process
