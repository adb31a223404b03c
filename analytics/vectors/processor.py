"""What kind of processor this is: the last bits of a network's output depend on it."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

__all__ = ["has_bfloat16_tiles", "has_fast_int8", "processor_class"]

_CPU_INFO = Path("/proc/cpuinfo")


def processor_class() -> str:
    """Widest vector instructions for matrices that the processor has.

    One of ``amx``, ``avx512vnni``, ``avxvnni``, ``avx512`` and ``avx2`` where Linux names them, else the
    machine's name, such as ``arm64``.
    """
    flags = _flags()
    if {"amx_int8", "avx512_vnni"} <= flags:
        return "amx"
    for flag, name in (
        ("avx512_vnni", "avx512vnni"),
        ("avx_vnni", "avxvnni"),
        ("avx512f", "avx512"),
        ("avx2", "avx2"),
    ):
        if flag in flags:
            return name
    return platform.machine().lower().replace("_", "") or "unknown"


def has_fast_int8() -> bool:
    """Whether the processor multiplies 8-bit integers exactly and faster than floats (VNNI or AMX).

    Older ones add products up in 16 bits, which overflow.
    """
    return processor_class() in ("amx", "avx512vnni", "avxvnni")


def has_bfloat16_tiles() -> bool:
    """Whether the processor has tiles for bfloat16 (AMX)."""
    return "amx_bf16" in _flags()


@cache
def _flags() -> frozenset[str]:
    """Flags of the first core; none where Linux does not give them."""
    try:
        text = _CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()
