"""Where a run's report lies in its workspace."""

from __future__ import annotations

__all__ = ["report_place"]


def report_place(run_id: str) -> str:
    """Place of a run's report, relative to the folder of the workspace.

    Examples
    --------
    >>> report_place("r1")
    'runs/r1/report.html'
    """
    return f"runs/{run_id}/report.html"
