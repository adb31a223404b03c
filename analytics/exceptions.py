"""Errors that a caller can act on.

Every message follows one pattern: what was wrong, what was given, what is allowed, what to do.
"""

from __future__ import annotations

__all__ = ["InputError", "PapertrendsError"]


class PapertrendsError(Exception):
    """Something went wrong in a run that the caller did not cause (exit status 1)."""


class InputError(PapertrendsError, ValueError):
    """The caller gave something that cannot be used (exit status 2)."""
