"""What a run found, in three lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["found_lines", "title_only"]

_LINES = 3


def found_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """The first screen of a report: what moved, then the strongest claims, else what is not known yet.

    Parameters
    ----------
    summary : mapping
        That of a manifest, see `reports.summary.make_summary`.

    Examples
    --------
    >>> found = {"lead": "1 of 4 themes moved.", "note": "Of the others: all 3 unclear.",
    ... "changes": [], "headlines": [
    ...     {"verdict": "rising", "name": "Agents", "kind": "theme", "claim": "14 % of papers, up from 4 %"}
    ... ]}
    >>> for line in found_lines(found):
    ...     print(line)
    1 of 4 themes moved.
      rising: Agents, 14 % of papers, up from 4 %
      Of the others: all 3 unclear.
    """
    yield str(summary["lead"])
    claims = [
        f"{one['verdict']}: {one['name']}{' (topic)' if one['kind'] == 'topic' else ''}, {one['claim']}"
        for one in summary["headlines"]
    ]
    notes = [str(summary["note"])] if summary["note"] else []
    for line in [*claims, *summary["changes"], *notes][: _LINES - 1]:
        yield f"  {line}"


def title_only(counts: Mapping[str, Any]) -> str:
    """How many papers have no abstract, empty where all have one.

    Examples
    --------
    >>> title_only({"papers": 6174, "without_abstract": 6127})
    '6127 of 6174 papers have no abstract: their titles were read, by which themes are found less often'
    >>> title_only({"papers": 47, "without_abstract": 0})
    ''
    """
    n_papers, n_bare = int(counts["papers"]), int(counts.get("without_abstract", 0))
    if not n_bare:
        return ""
    return (
        f"{n_bare} of {n_papers} papers have no abstract: their titles were read, "
        "by which themes are found less often"
    )
