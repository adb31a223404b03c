"""Labellers: a named person or a model."""

from __future__ import annotations

import getpass
import re

from analytics.exceptions import InputError
from analytics.labels import MODEL
from flows.config.settings import Settings

__all__ = ["check_labeller", "labeller_name"]

_LONGEST = 100
# A spreadsheet would take the first four for a formula.
_NAME = re.compile(r"[^\s=+@\-][^\x00-\x1f\x7f-\x9f]*")


def labeller_name(given: str | None, settings: Settings) -> str:
    """Name of the person who answers: the one given, else that of the settings, else the login name.

    Raises
    ------
    InputError
        When it is not a name, or that of a model.
    """
    name, origin = given, "--as"
    if name is None:
        name, origin = settings.labeller, "the setting labeller"
    if name is None:
        name, origin = _login_name(), "the login name"
    if name.startswith(MODEL):
        raise InputError(
            f"{origin} {name!r} is the name of a model; give your own name (a model answers with --by)"
        )
    return check_labeller(name, origin)


def check_labeller(name: str, origin: str) -> str:
    """Check a labeller's name and strip surrounding space.

    Raises
    ------
    InputError
        When it is empty, long, or has what a table cannot show.

    Examples
    --------
    >>> check_labeller(" Ada Lovelace ", "--as")
    'Ada Lovelace'
    """
    plain = name.strip()
    if len(plain) > _LONGEST or not _NAME.fullmatch(plain):
        raise InputError(
            f"{origin} {plain[:_LONGEST]!r} is not a valid labeller name; give 1 to {_LONGEST} characters on "
            "one line that do not begin with =, +, - or @"
        )
    return plain


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError) as error:  # a container's user may have no name
        raise InputError("the labeller is unknown: the system has no login name; give --as NAME") from error
