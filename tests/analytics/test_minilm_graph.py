"""The arithmetic of int8, and the graph beside torch's network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from analytics.vectors import minilm_openvino
from analytics.vectors.minilm import MiniLMVectorizer
from analytics.vectors.minilm_graph import (
    DenseRange,
    GraphBuilder,
    _int8_rows,
    _step_range,
    smoothing_factors,
)
from analytics.vectors.minilm_openvino import _packaged_ranges, encode_by_openvino
from analytics.vectors.minilm_torch import encode_by_torch

needs_openvino = pytest.mark.skipif(not minilm_openvino.has_openvino(), reason="needs openvino")

TEXTS = [
    f"Paper {number}. "
    + "Agents learn to explore mazes with sparse rewards and plan their next step. " * (number % 9)
    for number in range(40)
]


def test_weights_are_restored_to_half_a_step():
    matrix = np.random.default_rng(0).standard_normal((5, 30)).astype(np.float32)
    matrix[3] = 0
    whole, scale = _int8_rows(matrix)
    assert np.abs(whole).max() == 127
    assert np.all(np.abs(whole * scale - matrix) <= scale / 2 + 1e-6)


def test_zero_is_a_step_of_every_range():
    rng = np.random.default_rng(1)
    for _ in range(20):
        ends = np.sort(rng.standard_normal((2, 8)), axis=0).astype(np.float32)
        low, high = _step_range(DenseRange(*ends), np.ones(8, dtype=np.float32))
        step = (high - low) / 255
        assert low / step == pytest.approx(round(low / step), abs=1e-3)
        # At most half a step of what the texts reached is lost at either end.
        assert low <= min(ends[0].min(), 0) + step
        assert high >= max(ends[1].max(), 0) - step


def test_smoothing_takes_from_the_largest_channel():
    largest, matrix = np.float32([1, 30, 2]), np.float32([[0.1, 0.1, 0.1], [-0.2, 0.1, 0.1]])
    factors = smoothing_factors(largest, matrix)
    assert (largest / factors).max() / (largest / factors).min() < 30 / 3
    assert np.exp(np.log(factors).mean()) == pytest.approx(1)
    assert np.isfinite(smoothing_factors(np.zeros(3, np.float32), np.zeros((2, 3), np.float32))).all()


@needs_openvino
@pytest.mark.parametrize("outlier", [1.0, 40.0])
def test_an_int8_layer_is_near_the_float_one_even_with_an_outlying_channel(outlier):
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((2, 20, 384)).astype(np.float32)
    rows[..., 7] *= outlier
    matrix = (rng.standard_normal((16, 384)) / 20).astype(np.float32)
    openvino, op = minilm_openvino.import_openvino(), minilm_openvino._opset()
    given = op.parameter([-1, -1, 384], np.float32)
    found = DenseRange(rows.min(axis=(0, 1)), rows.max(axis=(0, 1)))
    result = GraphBuilder(op, {})._int8_product(given, matrix, found)
    compiled = minilm_openvino._compiled(openvino.Model([result], [given], "layer"))
    product, exact = compiled([rows])[0], rows @ matrix.T
    assert np.linalg.norm(product - exact) / np.linalg.norm(exact) < 0.02


def test_packaged_ranges_are_of_all_dense_layers():
    ranges = _packaged_ranges()
    assert set(ranges) == {
        f"{layer}.{part}" for layer in range(6) for part in ("attention", "context", "inner", "outer")
    }
    for name, one in ranges.items():
        assert one.lowest.shape == one.highest.shape == ((1536,) if name.endswith("outer") else (384,))
        assert (one.lowest <= one.highest).all()


@pytest.mark.parametrize(
    ("wanted", "n"), [("", 3), ("1", 1), ("2", 2), ("64", 3), ("0", 3), ("-1", 3), ("2,1", 3), ("²", 3)]
)
def test_it_uses_no_more_threads_than_wanted(monkeypatch, wanted, n):
    monkeypatch.setattr(minilm_openvino.os, "sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert minilm_openvino._n_cores() == n


@needs_openvino
def test_importing_openvino_sends_nothing_and_writes_nothing(tmp_path):
    script = """
import socket, subprocess, sys, os
def refuse(*_, **__): raise AssertionError("OpenVINO reaches out")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
subprocess.Popen.__init__ = os.fork = os.posix_spawn = refuse
from analytics.vectors.minilm_openvino import import_openvino
openvino = import_openvino()
assert openvino.Core().available_devices
told = [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert told == [], told
from openvino.tools.ovc import telemetry
print(type(telemetry).__module__)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": ":".join(path for path in sys.path if path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "openvino.tools.ovc.telemetry_stub\n", done.stderr
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.slow
@needs_openvino
class TestNetwork:
    def test_in_float32_it_is_the_published_network(self):
        assert (
            _cosines(encode_by_openvino(TEXTS, 64, "float32"), encode_by_torch(TEXTS, 64, "f32")).min()
            > 0.99999
        )

    def test_in_int8_it_is_near_it(self):
        found = _cosines(encode_by_openvino(TEXTS, 64, "int8"), encode_by_torch(TEXTS, 64, "f32"))
        assert found.min() > 0.98
        assert found.mean() > 0.99

    def test_int8_bits_depend_neither_on_company_nor_on_cores(self, monkeypatch):
        together = encode_by_openvino(TEXTS, 128, "int8")
        assert np.array_equal(encode_by_openvino(TEXTS[::-1], 128, "int8")[::-1], together)
        assert np.array_equal(encode_by_openvino(TEXTS[7:8], 128, "int8"), together[7:8])
        monkeypatch.setattr(minilm_openvino, "_n_cores", lambda: 1)
        minilm_openvino._built_network.cache_clear()
        assert np.array_equal(encode_by_openvino(TEXTS, 128, "int8"), together)
        minilm_openvino._built_network.cache_clear()

    def test_two_processes_give_the_same_bits(self):
        script = (
            "import sys; from analytics.vectors.minilm import MiniLMVectorizer; "
            "sys.stdout.buffer.write(MiniLMVectorizer().transform(['Sparse rewards', 'Web agents']).tobytes())"
        )
        found = [
            subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
            for _ in range(2)
        ]
        assert found[0] == found[1]
        assert len(found[0]) == 2 * 384 * 4

    def test_encoding_needs_no_torch(self):
        script = (
            "import sys; from analytics.vectors.minilm import MiniLMVectorizer; MiniLMVectorizer().transform(['a']); "
            "sys.exit('torch' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def _cosines(one, other):
    return (one * other).sum(axis=1) / np.linalg.norm(other, axis=1)


class TestIds:
    @pytest.fixture
    def machine(self, monkeypatch):
        """Say what the machine has."""

        def describe(name: str, has_openvino: bool = True, has_tiles: bool = False):
            monkeypatch.setattr("analytics.vectors.minilm.processor_class", lambda: name)
            monkeypatch.setattr(
                "analytics.vectors.minilm.has_fast_int8", lambda: "vnni" in name or name == "amx"
            )
            monkeypatch.setattr("analytics.vectors.minilm.has_openvino", lambda: has_openvino)
            monkeypatch.setattr("analytics.vectors.minilm.has_bfloat16_tiles", lambda: has_tiles)

        return describe

    @pytest.mark.parametrize(
        ("described", "number_format"),
        [
            (("avx512vnni",), "int8.1.avx512vnni"),
            (("amx",), "int8.1.amx"),
            (("avx2",), "float32.1.avx2"),
            (("arm64",), "float32.1.arm64"),
            (("avx512vnni", False), "f32"),
            (("amx", False, True), "bf16"),
        ],
    )
    def test_they_name_format_class_and_pieces(self, machine, described, number_format):
        machine(*described)
        for vectorizer, pieces in ((MiniLMVectorizer(), 192), (MiniLMVectorizer(256), 256)):
            assert vectorizer.id == f"minilm-53aa5117-{number_format}-{pieces}"
            assert MiniLMVectorizer.of_id(vectorizer.id).id == vectorizer.id

    def test_earlier_vectors_can_be_made_wherever_torch_runs(self, machine):
        machine("avx512vnni")
        assert MiniLMVectorizer.of_id("minilm-53aa5117-f32-256").id == "minilm-53aa5117-f32-256"

    def test_where_a_format_is_lacking_the_id_says_so(self, machine):
        machine("avx2")
        for lacking in ("int8.1.avx512vnni", "float32.1.avx512", "float32.0.avx2"):
            assert (
                MiniLMVectorizer.of_id(f"minilm-53aa5117-{lacking}-128").id
                == "minilm-53aa5117-float32.1.avx2-128"
            )
        assert MiniLMVectorizer.of_id("minilm-53aa5117-bf16-256").id == "minilm-53aa5117-f32-256"

    @pytest.mark.parametrize(
        "other",
        ["lexical-0a", "minilm-", "minilm-ffffffff-f32-256", "minilm-53aa5117-f64-256", "minilm-53aa5117-f32-1",
         "minilm-53aa5117-f32-600", "minilm-53aa5117-f32-0256", "minilm-53aa5117-f32-256 "],
    )  # fmt: skip
    def test_other_ids_are_not_its_own(self, other):
        assert MiniLMVectorizer.of_id(other) is None

    @pytest.mark.parametrize("n_pieces", [-1, 0, 1, 513])
    def test_pieces_have_bounds(self, n_pieces):
        with pytest.raises(ValueError, match="2 to 512"):
            MiniLMVectorizer(n_pieces)
