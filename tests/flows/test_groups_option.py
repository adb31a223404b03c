"""The setting `by`: what a run groups by is part of its fingerprint."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pandas as pd

from flows.analysis.manifest import fingerprint_of
from flows.config.settings import load_settings


def fingerprint(organizations: list[str | None], by: list[str] | None) -> str:
    papers = pd.DataFrame({"organization": organizations})
    corpus = SimpleNamespace(papers=papers, labels=pd.DataFrame(), corpus_hash="x")
    return fingerprint_of(corpus, date(2025, 1, 1), "d", load_settings({"by": by}), 0)


def test_the_fingerprint_has_what_papers_are_grouped_by(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some, none = ["A", None], [None, None]
    assert len({fingerprint(some, by) for by in (["none"], ["venue"], ["organization"])}) == 3
    # The default is what it comes to: organizations, or nothing where nobody names one.
    assert fingerprint(some, None) == fingerprint(some, ["organization"])
    assert fingerprint(none, None) == fingerprint(none, ["none"])
