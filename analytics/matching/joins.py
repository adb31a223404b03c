"""Works, and why their records are one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STATED", "Join", "Pair", "Work"]

STATED = 1000.0
"""Bits of a join that a person stated."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Join:
    """Why two groups of records were joined.

    Attributes
    ----------
    one, other : str
        Keys of the two records, of either group, that agree best.
    bits : float
        Logarithm to base 2 of the odds that the groups show one work.
    reasons : tuple of str
        What was compared, in words.
    """

    one: str
    other: str
    bits: float
    reasons: tuple[str, ...]

    @property
    def probability(self) -> float:
        """Probability that the groups show one work."""
        return 1 / (1 + 2**-self.bits)


@dataclass(frozen=True, slots=True)
class Work:
    """Records that show one work, sorted, and the joins that made them one, the surest first."""

    records: tuple[str, ...]
    joins: tuple[Join, ...] = ()
