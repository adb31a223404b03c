"""Run a command and measure it from outside: wall seconds, and peak memory with all its children (Linux)."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "run_measured"]

_PAUSE = 0.25
_PROC = Path("/proc")


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes
    ----------
    seconds : float
        From its start to its end, imports and all.
    peak_mb : float
        Largest sum, over the command and its children alive at one time, of each one's own largest
        resident memory so far, in 10^6 bytes. So never less than what they held together at any look, and
        no short peak is missed; pages that processes share count in each.
    output : str
        What it wrote on stdout.
    """

    seconds: float
    peak_mb: float
    output: str


def run_measured(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> Measured:
    """Run a command in a folder to its end.

    Raises
    ------
    RuntimeError
        When it fails: its last lines.
    SystemExit
        When there is no /proc.
    """
    if not (_PROC / "self" / "status").is_file():
        raise SystemExit("memory is read from /proc, which is not there; run the benchmark on Linux")
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=errors, text=True
        )
        peak = 0
        try:
            while process.poll() is None:
                peak = max(peak, sum(_own_peak(one) for one in _family(process.pid)))
                try:
                    process.wait(_PAUSE)
                except subprocess.TimeoutExpired:
                    continue
            seconds = time.perf_counter() - start
        finally:
            process.kill()  # does nothing to one that has ended
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read()[-3000:] or output.read()[-3000:]
            raise RuntimeError(f"{' '.join(map(str, command))}\nended with {process.returncode}: {said}")
        return Measured(seconds, peak / 1e6, output.read())


def _family(first: int) -> list[int]:
    """Ids of a process and of all that descend from it."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir(_PROC):  # noqa: PTH208 - names are all that is needed, four times a second
        if name.isdigit():
            try:
                # The name in parentheses may hold spaces and parentheses; state and parent follow it.
                fields = (_PROC / name / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(fields[1]), []).append(int(name))
    family = [first]
    for one in family:
        family += parents.get(one, [])
    return family


def _own_peak(process: int) -> int:
    """Largest resident memory of a process so far, in bytes; 0 of one that has ended.

    Not `getrusage`: its mark is inherited from the process that started this one.
    """
    try:
        status = (_PROC / str(process) / "status").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    value = status.partition("VmHWM:")[2].split()
    return int(value[0]) * 1024 if value else 0
