"""Prefect's runner as `serve` needs it: SIGTERM ends the runs in progress, then the runner."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

from prefect.runner import Runner

__all__ = ["TermRunner", "deployment_name"]

_LONGEST = 60


class TermRunner(Runner):
    """A runner that SIGTERM stops; Prefect's own exits and leaves the runs of its process behind."""

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        """Cancel what runs and leave the loop, so that the process ends with status 0."""
        loop = getattr(self, "_loop", None)
        if loop is None or not self.started:
            sys.exit(0)
        asyncio.run_coroutine_threadsafe(self.astop(), loop)


def deployment_name(kind: str, workspace: Path) -> str:
    """Name of a deployment of a workspace, another one for each folder.

    Two processes that serve different workspaces on one Prefect server neither replace nor pause each
    other's deployments then.

    Examples
    --------
    >>> deployment_name("ingest", Path("/srv/my papers"))
    'ingest-my-papers-7f3e75'
    """
    folder = workspace.resolve()
    readable = re.sub(r"[^\w.-]+", "-", folder.name).strip("-")[:_LONGEST] or "workspace"
    return f"{kind}-{readable}-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"
