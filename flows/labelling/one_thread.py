"""Run calls one after the other in a separate thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

__all__ = ["OneThread"]

_Result = TypeVar("_Result")


class OneThread:
    """A thread that runs calls in order.

    Unlike the threads of an executor it keeps the program from ending no longer than its caller does: a
    call that waits a minute for a lock of the database is given up when the user stops.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    async def call(self, function: Callable[[], _Result]) -> _Result:
        """Result of `function`, or its exception."""
        future: Future[_Result] = Future()
        self._calls.put((future, function))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread after the calls already given."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if not future.set_running_or_notify_cancel():
                continue  # nobody waits for it any more
            try:
                result = function()
            except BaseException as error:  # it is raised where the call was made
                future.set_exception(error)
            else:
                future.set_result(result)
