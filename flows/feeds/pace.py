"""When a host may be asked again: pauses that it wants always, and pauses that it asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Not-before times of hosts, shared by all threads.

    A host is any name: whoever counts several machines together passes one name for them.

    Examples
    --------
    >>> seconds = [0.0]
    >>> pace = Pace(clock=lambda: seconds[0], sleep=lambda s: seconds.append(seconds.pop() + s))
    >>> for _ in range(3):
    ...     pace.wait("arxiv.org", 3.0)
    >>> seconds
    [6.0]
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._not_before: dict[str, float] = {}

    def wait(self, host: str, min_interval_s: float = 0.0) -> None:
        """Wait until `host` may be asked, and keep the next one waiting for `min_interval_s`."""
        while True:
            with self._lock:
                now = self._clock()
                pause = self._not_before.get(host, now) - now
                if pause <= 0:
                    self._not_before[host] = now + min_interval_s
                    return
            # Without the lock: a busy answer may move the time meanwhile, so it is read again.
            self._sleep(pause)

    def hold_back(self, host: str, seconds: float) -> None:
        """Keep everyone from `host` for so many seconds; a longer pause that stands is kept."""
        with self._lock:
            until = self._clock() + seconds
            self._not_before[host] = max(until, self._not_before.get(host, until))
