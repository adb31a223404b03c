from __future__ import annotations

import pytest

from analytics.vectors import processor


@pytest.fixture
def on(monkeypatch, tmp_path):
    """Say what Linux writes of the first core, or that there is no such file."""

    def describe(flags: str | None, machine: str = "x86_64"):
        path = tmp_path / "cpuinfo"
        if flags is not None:
            path.write_text(
                f"processor\t: 0\nmodel name\t: avx512_vnni\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t: \n"
            )
        monkeypatch.setattr(processor, "_CPU_INFO", path)
        monkeypatch.setattr(processor.platform, "machine", lambda: machine)
        processor._flags.cache_clear()

    yield describe
    processor._flags.cache_clear()


@pytest.mark.parametrize(
    ("flags", "name", "is_fast"),
    [
        ("fpu avx2 avx512f avx512_vnni amx_int8 amx_bf16", "amx", True),
        ("fpu avx2 avx512f avx512_vnni avx_vnni", "avx512vnni", True),
        ("fpu avx2 avx_vnni", "avxvnni", True),
        ("fpu avx2 avx512f", "avx512", False),
        ("fpu avx2", "avx2", False),
        ("fpu sse4_2", "x8664", False),
    ],
)
def test_the_class_is_that_of_the_widest_instructions(on, flags, name, is_fast):
    on(flags)
    assert (processor.processor_class(), processor.has_fast_int8()) == (name, is_fast)
    assert processor.has_bfloat16_tiles() == ("amx_bf16" in flags)


@pytest.mark.parametrize(("machine", "name"), [("arm64", "arm64"), ("aarch64", "aarch64"), ("", "unknown")])
def test_without_linux_it_is_the_name_of_the_machine(on, machine, name):
    on(None, machine)
    assert (processor.processor_class(), processor.has_fast_int8()) == (name, False)
