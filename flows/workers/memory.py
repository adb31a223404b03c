"""Memory that was freed, given back to the system: texts leave holes that later stages cannot use."""

from __future__ import annotations

import ctypes
from contextlib import suppress

import pyarrow as pa

__all__ = ["give_memory_back"]


def give_memory_back() -> None:
    """Return unused memory of Arrow and of the C library to the system; takes about 0.03 s.

    After 300,000 papers were read this is 0.4 GB of 1.4. Where the C library is not glibc, Arrow's alone.
    """
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
