"""Functions that numba compiled are kept for the next process."""

from __future__ import annotations

import importlib.util

import pytest

from analytics.topics.kept_compilations import keeping_compilations

numba = pytest.importorskip("numba")

MODULE = """
import numba

@numba.njit
def double(value):
    return 2 * value

@numba.njit("f8(f8)", fastmath=True)
def half(value):
    return value / 2

def _third(value):
    return value / 3

third = numba.njit(_third, fastmath=True)

@numba.njit(parallel=True)
def total(n):
    found = 0.0
    for value in numba.prange(n):
        found += value
    return found

def _count(n):
    found = 0
    for _ in numba.prange(n):
        found += 1
    return found

count = numba.njit(_count)
count_in_parallel = numba.njit(_count, parallel=True)
"""


def imported(path):
    """The module of a file as a new process would have it."""
    spec = importlib.util.spec_from_file_location("kept", path)
    module = importlib.util.module_from_spec(spec)
    with keeping_compilations():
        spec.loader.exec_module(module)
    return module


def test_a_second_process_compiles_nothing(tmp_path):
    path = tmp_path / "kept.py"
    path.write_text(MODULE)
    for is_first in (True, False):
        module = imported(path)
        assert (module.double(3.0), module.half(3.0), module.third(3.0)) == (6.0, 1.5, 1.0)
        assert (module.total(4), module.count(4)) == (6.0, 4)
        for function in (module.double, module.half, module.third, module.total, module.count):
            assert bool(function.stats.cache_hits) is not is_first


def test_the_sequential_form_of_a_function_is_not_taken_for_the_parallel_one(tmp_path):
    path = tmp_path / "kept.py"
    path.write_text(MODULE)
    for _ in range(2):
        module = imported(path)
        assert (module.count(4), module.count_in_parallel(4)) == (4, 4)
        assert not module.count_in_parallel.stats.cache_hits


def test_what_cannot_be_kept_is_compiled_as_always():
    """Numba keeps nothing of a function without a file."""
    compiled = numba.njit
    namespace = {}
    with keeping_compilations():
        exec(MODULE, namespace)
    assert (namespace["double"](3.0), namespace["half"](3.0), namespace["third"](3.0)) == (6.0, 1.5, 1.0)
    assert numba.njit is compiled


def test_an_error_in_the_block_undoes_it():
    compiled = numba.njit

    def fail():
        with keeping_compilations():
            raise ValueError("no such module")

    with pytest.raises(ValueError, match="no such module"):
        fail()
    assert numba.njit is compiled


def test_a_function_that_asks_to_be_kept_is_compiled_where_nothing_can_be():
    with keeping_compilations():
        function = numba.njit(cache=True)(eval("lambda value: 4 * value"))
    assert function(3.0) == 12.0
