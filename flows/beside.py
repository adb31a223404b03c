"""Work that goes on in a process of its own until its result is needed.

Clustering uses one core and holds Python's lock; a thread beside it would wait. The process is started anew
and told the function and what it is given, so that nothing of the run's state is copied or shared.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["start_beside"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def start_beside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Start work in a process of its own; what is returned waits for its result and gives it.

    Where the process fails, however it does, the work is done here when its result is asked for.

    Parameters
    ----------
    work : callable
        With everything it needs bound; it and its result can be pickled.
    """
    thread = ThreadPoolExecutor(1)
    answer: Future[bytes] = thread.submit(_asked, work)
    thread.shutdown(wait=False)

    def result() -> Result:
        try:
            told: Result = pickle.loads(answer.result())  # noqa: S301 - from our own process
        except Exception as error:
            logger.warning("work beside the clustering failed (%s); it is done again here", error)
            return work()
        return told

    return result


def _asked(work: Callable[[], object]) -> bytes:
    """Answer of the process; it ends with the pipe when this one is killed."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command, asked = [sys.executable, "-m", "flows.beside"], pickle.dumps(work)
    done = subprocess.run(  # noqa: S603 - our own words
        command, input=asked, env=environment, capture_output=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    # Whoever asked says what became of the run when someone stops it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pickle.dump(pickle.load(sys.stdin.buffer)(), sys.stdout.buffer)  # noqa: S301 - from our own process
