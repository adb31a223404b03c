"""Work beside gives what the work gives, whatever becomes of its process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from functools import partial

import pytest

from analytics.text.paper_terms import read_terms
from flows.workers import background_process
from flows.workers.background_process import start_in_background, worker_process

begin = background_process._started


@pytest.fixture
def started(monkeypatch):
    """Processes that are started."""
    found = []
    monkeypatch.setattr(
        background_process, "_started", lambda *names: found.append(begin(*names)) or found[-1]
    )
    return found


@pytest.fixture(autouse=True)
def warned(caplog):
    caplog.set_level("WARNING")


TITLES = [f"Agents that explore {kind} rewards" for kind in ("sparse", "dense", "sparse")]


@pytest.mark.slow
def test_another_process_gives_the_same():
    assert start_in_background(os.getpid)() != os.getpid()
    work = partial(read_terms, TITLES, TITLES)
    here, there = work(), start_in_background(work)()
    assert there.terms.tolist() == here.terms.tolist()
    assert (there.counts != here.counts).nnz == 0
    assert there.counts.dtype == here.counts.dtype
    assert there.display == here.display


@pytest.mark.parametrize("code", ["", "print('no pickle')", "raise SystemExit(3)", None])
def test_what_fails_there_is_done_here(monkeypatch, caplog, code):
    def started(*_modules):
        if code is None:
            raise OSError("no more processes")
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(background_process, "_started", started)
    assert start_in_background(os.getpid)() == os.getpid()
    assert "it is repeated in this process" in caplog.text


def test_a_process_that_is_killed_at_work_is_replaced_by_this_one(caplog):
    """The work kills whoever does it, but for this process."""
    here = os.getpid()
    work = partial(
        eval, f"__import__('os').getpid() == {here} or __import__('os').kill(__import__('os').getpid(), 9)"
    )
    assert start_in_background(work)() is True
    assert "it is repeated in this process" in caplog.text


@pytest.mark.slow
def test_a_process_that_waits_takes_work_and_ends():
    with worker_process("analytics.text.paper_terms") as ahead:
        terms = ahead(partial(read_terms, TITLES, TITLES))
        assert terms().terms.tolist() == read_terms(TITLES, TITLES).terms.tolist()


@pytest.mark.slow
def test_works_are_done_in_turn_and_may_be_asked_for_after_the_block(started):
    with worker_process() as ahead:
        slow, quick = ahead(partial(eval, "__import__('time').sleep(0.5) or 1")), ahead(os.getpid)
        assert quick() == started[0].pid
    with worker_process() as ahead:
        late = ahead(partial(eval, "__import__('time').sleep(0.5) or 2"))
    assert (slow(), late()) == (1, 2)
    assert [one.wait(60) for one in started] == [0, 0]


def test_what_the_work_prints_is_not_an_answer():
    assert start_in_background(partial(eval, "print('said') or 5"))() == 5


def test_a_fault_of_one_work_leaves_the_next_to_this_process(caplog):
    with worker_process() as ahead:
        failing, next_one = ahead(partial(divmod, 1, 0)), ahead(os.getpid)
        with pytest.raises(ZeroDivisionError):
            failing()
        assert next_one() == os.getpid()
    assert "it is repeated in this process" in caplog.text


def test_a_process_that_waited_in_vain_ends_with_its_block(started):
    with pytest.raises(ValueError, match="of the run"), worker_process():
        raise ValueError("of the run")
    assert started[0].returncode is not None


@pytest.mark.slow
def test_a_fault_of_the_work_is_reported_as_it_would_be_here():
    with pytest.raises(ZeroDivisionError):
        start_in_background(partial(divmod, 1, 0))()


def test_what_travels_is_small():
    assert len(pickle.dumps(partial(read_terms, TITLES, TITLES, each=map))) < 1_000
