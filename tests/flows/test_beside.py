"""Work beside gives what the work gives, whatever becomes of its process."""

from __future__ import annotations

import os
import pickle
from functools import partial

import pytest

from analytics.paper_terms import read_terms
from flows import beside
from flows.beside import process_beside, start_beside

begin = beside._started

TITLES = [f"Agents that explore {kind} rewards" for kind in ("sparse", "dense", "sparse")]


def test_another_process_gives_the_same():
    assert start_beside(os.getpid)() != os.getpid()
    work = partial(read_terms, TITLES, TITLES)
    here, there = work(), start_beside(work)()
    assert there.terms.tolist() == here.terms.tolist()
    assert (there.counts != here.counts).nnz == 0
    assert there.counts.dtype == here.counts.dtype
    assert there.display == here.display


@pytest.mark.parametrize("answer", [b"", b"no pickle", None])
def test_what_fails_there_is_done_here(monkeypatch, caplog, answer):
    def asked(process, work):
        process.kill()
        process.communicate()
        if answer is None:
            raise OSError("no more processes")
        return answer

    monkeypatch.setattr(beside, "_asked", asked)
    assert start_beside(os.getpid)() == os.getpid()
    assert "it is done again here" in caplog.text


def test_a_process_that_is_killed_at_work_is_replaced_by_this_one(caplog):
    """The work kills whoever does it, but for this process."""
    here = os.getpid()
    work = partial(
        eval, f"__import__('os').getpid() == {here} or __import__('os').kill(__import__('os').getpid(), 9)"
    )
    assert start_beside(work)() is True
    assert "it is done again here" in caplog.text


def test_a_process_that_waits_takes_work_and_ends():
    with process_beside("analytics.paper_terms") as ahead:
        terms = ahead(partial(read_terms, TITLES, TITLES))
        assert terms().terms.tolist() == read_terms(TITLES, TITLES).terms.tolist()


def test_a_process_that_waited_in_vain_ends_with_its_block(monkeypatch):
    started = []
    monkeypatch.setattr(beside, "_started", lambda *names: started.append(begin(*names)) or started[-1])
    with pytest.raises(ValueError, match="of the run"), process_beside():
        raise ValueError("of the run")
    assert started[0].returncode is not None


def test_a_fault_of_the_work_is_told_as_it_would_be_here():
    with pytest.raises(ZeroDivisionError):
        start_beside(partial(divmod, 1, 0))()


def test_what_travels_is_small():
    assert len(pickle.dumps(partial(read_terms, TITLES, TITLES, each=map))) < 1_000
