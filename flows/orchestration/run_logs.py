"""What the program logs, in the Logs tab of its flow run in Prefect."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler, PrefectConsoleHandler
from prefect.settings import PREFECT_LOGGING_LEVEL

__all__ = ["forward_logs"]

_PROGRAM = "flows"


class _RunLogHandler(APILogHandler):
    """Sends records of a flow run to Prefect, and drops those from outside of one."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Ignore what cannot be sent: the run itself goes on."""


@contextmanager
def forward_logs() -> Iterator[None]:
    """Send what the program logs in the block to the current flow run; nested blocks send it once.

    The level is Prefect's `PREFECT_LOGGING_LEVEL`.
    """
    program = logging.getLogger(_PROGRAM)
    _print_without_emoji()
    if any(isinstance(one, APILogHandler) for one in program.handlers):
        yield
        return
    level = logging.getLevelName(PREFECT_LOGGING_LEVEL.value())
    handler = _RunLogHandler(level)
    before = program.level
    program.addHandler(handler)
    program.setLevel(min(level, before or level))
    try:
        yield
    finally:
        program.removeHandler(handler)
        program.setLevel(before)


def _print_without_emoji() -> None:
    """Keep Prefect's console from drawing ``arxiv:cat:cs.AI`` with a cat."""
    for name in ("", "prefect", *logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.console._emoji = False  # noqa: SLF001 - rich has no other way later
