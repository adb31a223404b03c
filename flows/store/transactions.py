"""Transactions of a store, and methods that run a function of another module in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from flows.store.database import plain_errors, writing_engine

__all__ = ["Transactions", "in_reading", "in_writing"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Transactions:
    """Reading and writing transactions of a database; an error names the database."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._writer = writing_engine(engine)
        self._name = name

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(self._name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with plain_errors(self._name), self._writer.begin() as connection:
            yield connection


def in_reading(
    function: Callable[Concatenate[Connection, _P], _R],
) -> Callable[Concatenate[Transactions, _P], _R]:
    """Make a method that calls a function of a connection in a reading transaction."""

    @wraps(function)
    def method(store: Transactions, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with store._reading() as connection:  # noqa: SLF001 - a method of that class
            return function(connection, *args, **kwargs)

    return method


def in_writing(
    function: Callable[Concatenate[Connection, _P], _R],
) -> Callable[Concatenate[Transactions, _P], _R]:
    """Make a method that calls a function of a connection in a writing transaction."""

    @wraps(function)
    def method(store: Transactions, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with store._writing() as connection:  # noqa: SLF001 - a method of that class
            return function(connection, *args, **kwargs)

    return method
