"""Groups of tests stay on one worker, so that what they share is made once."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("one worker")
def test_groups_reach_xdist(request: pytest.FixtureRequest) -> None:
    """With pytest 9.2 and pytest-xdist 3.8 marks of groups are silently ignored (pytest-xdist issue 1386)."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("needs xdist's workers, as in make test")
    assert request.node.nodeid.endswith("@one worker")
