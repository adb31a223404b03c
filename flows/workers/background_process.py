"""Run work in a background process until its result is needed.

Clustering and statistics use one core and hold Python's global lock, so that a thread would wait for them.
The process is a fresh interpreter that receives functions with their arguments one after the other; no state
of the run is copied or shared. Each call and each result is one pickle.
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
from contextlib import contextmanager, suppress
from typing import IO, Self, TypeVar, cast

from analytics.parallel import Ahead

__all__ = ["WORTH_A_PROCESS", "start_in_background", "worker_process"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

WORTH_A_PROCESS = 3_000
"""Papers whose terms or series take longer than another process takes to start."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def start_in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Start work in a background process; the returned function waits for the result.

    Where the process fails, however it does, the work is done here when its result is asked for.

    `work` has everything it needs bound; it and its result can be pickled.
    """
    with _BackgroundProcess(_started) as process:
        return process.begin(work)


@contextmanager
def worker_process(*modules: str) -> Iterator[Ahead]:
    """Run work in a background process, one call after the other; the interface is `start_in_background`.

    Results may be read after the block. If the block fails, the process ends at once.

    `modules` are imported there meanwhile: what the work needs may take longer to import than to do.
    """
    started = _started(*modules)
    with _BackgroundProcess(lambda: started) as process:
        try:
            yield process.begin
        except BaseException:
            started.kill()
            started.wait()
            raise


class _BackgroundProcess:
    """A process and the thread that talks with it; at the end of the block it ends when its work is done."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._process = self._thread.submit(start)

    def begin(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Send it a call; the returned function waits for the result."""
        answer: Future[Result] = self._thread.submit(lambda: _asked(self._process.result(), work))

        def result() -> Result:
            try:
                return answer.result()
            except Exception as error:
                logger.warning(
                    "work in the background process failed (%s); it is repeated in this process", error
                )
                return work()

        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(lambda: _let_go(self._process.result()))
        self._thread.shutdown(wait=False)


def _started(*modules: str) -> subprocess.Popen[bytes]:
    """Start a process that imports and waits; it ends with the pipe when this one is killed."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "flows.workers.background_process", *modules],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _asked(process: subprocess.Popen[bytes], work: Callable[[], Result]) -> Result:
    """Answer of a process."""
    asked, answered = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    pickle.dump(work, asked)
    asked.flush()
    try:
        answer: Result = pickle.load(answered)  # noqa: S301 - from our own process
    except EOFError:
        raise subprocess.CalledProcessError(process.wait(), process.args) from None
    return answer


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Let a process end that has done its work."""
    with suppress(OSError), process:  # its pipe may be broken
        cast("IO[bytes]", process.stdin).close()


def _serve() -> None:
    """Run incoming calls until the parent has no more or has ended."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the work prints is not an answer
    with answers, suppress(EOFError, BrokenPipeError):
        while True:
            work = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
            pickle.dump(work(), answers)
            answers.flush()


if __name__ == "__main__":
    # Whoever asked says what happened to the run when someone stops it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in sys.argv[1:]:
        importlib.import_module(module)
    _serve()
