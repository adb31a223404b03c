"""Which NVIDIA GPU torch can use here: the last bits of a network's output depend on it."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["gpu_class"]

_DRIVER = Path("/proc/driver/nvidia/version")


@cache
def gpu_class() -> str | None:
    """Class of the first GPU.

    torch takes seconds to import, so it is asked only where a driver is installed.

    Returns
    -------
    str or None
        ``sm`` and the compute capability, such as ``sm90``; None where torch sees no GPU.
    """
    if not (_DRIVER.is_file() or shutil.which("nvidia-smi")) or find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    return "sm{}{}".format(*torch.cuda.get_device_capability())
