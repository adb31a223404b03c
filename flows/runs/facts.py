"""The manifest fields that other modules look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = ["RunFacts", "facts_of"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A published run.

    Attributes
    ----------
    as_of : date
        Day that it pretends to be.
    started_on : date
        Day on which it was made.
    fingerprint : str or None
        Equal ones have equal tables.
    against : str or None
        Run that it is compared with.
    definitions : str or None
        Hash of what decided where papers belong.
    vectorizer_id : str or None
        What made its vectors.
    fit_id : int or None
        Its fit of topics.
    """

    run_id: str
    as_of: date
    started_on: date
    fingerprint: str | None = None
    against: str | None = None
    definitions: str | None = None
    vectorizer_id: str | None = None
    fit_id: int | None = None


def facts_of(run_id: str, manifest: Mapping[str, Any]) -> RunFacts | None:
    """Facts of a run from its manifest; None if it has no day.

    Examples
    --------
    >>> facts_of("r1", {"as_of": "2025-03-04", "started_at": "2025-03-05T06:00:00+00:00"}).started_on
    datetime.date(2025, 3, 5)
    >>> facts_of("r1", {"as_of": 3}) is None
    True
    """
    day = _day(manifest.get("as_of"))
    if day is None:
        return None
    topics = manifest.get("topics")
    fit = topics.get("fit") if isinstance(topics, Mapping) else None
    fit_id = fit.get("fit_id") if isinstance(fit, Mapping) else None
    return RunFacts(
        run_id=run_id,
        as_of=day,
        started_on=_day(manifest.get("started_at")) or day,
        fingerprint=_text(manifest.get("fingerprint")),
        against=_text(manifest.get("against")),
        definitions=_text(manifest.get("definitions")),
        vectorizer_id=_text(manifest.get("vectorizer_id")),
        fit_id=fit_id if isinstance(fit_id, int) else None,
    )


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
