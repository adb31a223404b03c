"""MiniLM by OpenVINO: texts in, vectors out."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources
from importlib.util import find_spec
from itertools import groupby
from queue import SimpleQueue
from threading import Lock
from types import ModuleType
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError
from analytics.skipped_imports import skipping
from analytics.vectors.minilm_graph import DenseRange, GraphBuilder
from analytics.vectors.minilm_weights import minilm_folder

__all__ = ["OpenvinoFormat", "dense_inputs", "encode_by_openvino", "has_openvino", "import_openvino"]

_BATCH_SIZE = 8
_LENGTH_STEP = 16
"""Texts of lengths that round up to the same multiple go together."""
_RANGES = "minilm_int8_ranges.npz"

OpenvinoFormat = Literal["int8", "float32"]
_Batch = tuple[list[int], NDArray[np.int32], NDArray[np.int32]]


def has_openvino() -> bool:
    """Whether the package is installed; it is not imported."""
    return find_spec("openvino") is not None


@cache
def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which would report each import to a service.

    OpenVINO takes a stand-in where the package `openvino-telemetry` cannot be imported.

    Raises
    ------
    PapertrendsError
        When it cannot be imported.
    """
    try:
        with skipping("openvino_telemetry"):
            import openvino
    except ImportError as error:
        raise PapertrendsError(
            f"OpenVINO is installed but cannot be imported ({error}); install it again, or remove it "
            "(pip uninstall openvino): MiniLM then runs on torch"
        ) from error
    return cast("ModuleType", openvino)


def encode_by_openvino(
    texts: Sequence[str], n_pieces: int, number_format: OpenvinoFormat
) -> NDArray[np.float32]:
    """Vectors of texts, shape (n, 384), rows of unit length.

    Each text is padded to a multiple of 16 word pieces and computed by one thread. So the vector does not
    depend on the number of cores, and in int8 not on the other texts of its batch; in float32 its last digits
    do.

    Raises
    ------
    PapertrendsError
        When OpenVINO cannot be imported, or the weights are not the published ones.
    """
    rows = np.empty((len(texts), 384), dtype=np.float32)
    network = _network(number_format)
    for places, vectors in network.run(_batches(_cut(texts, n_pieces))):
        rows[places] = vectors
    return rows


def dense_inputs(texts: Sequence[str], n_pieces: int) -> dict[str, DenseRange]:
    """Ranges of the inputs of MiniLM's dense layers over texts, in float32; what int8 is made from."""
    openvino = import_openvino()
    builder = GraphBuilder(_opset(), _weights())
    parameters, _ = builder.build()
    names = list(builder.inputs)
    model = openvino.Model([builder.inputs[name] for name in names], parameters, "minilm")
    request = _compiled(model).create_infer_request()
    found: dict[str, DenseRange] = {}
    for row in _cut(texts, n_pieces):
        request.infer([row[None], np.array([len(row)], dtype=np.int32)])
        for place, name in enumerate(names):
            values = np.array(request.get_output_tensor(place).data[0])
            lowest, highest = values.min(axis=0), values.max(axis=0)
            if name in found:
                lowest = np.minimum(lowest, found[name].lowest)
                highest = np.maximum(highest, found[name].highest)
            found[name] = DenseRange(lowest, highest)
    return found


class _Network:
    """A compiled graph and as many requests as there are cores, each of one thread."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._free: SimpleQueue[Any] = SimpleQueue()
        self._n_requests = _n_cores()
        for _ in range(self._n_requests):
            self._free.put(compiled.create_infer_request())

    def run(self, batches: Iterator[_Batch]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Places and vectors of each batch."""
        with ThreadPoolExecutor(self._n_requests) as threads:
            yield from threads.map(self._infer, batches)

    def _infer(self, batch: _Batch) -> tuple[list[int], NDArray[np.float32]]:
        places, pieces, n_pieces = batch
        request = self._free.get()
        try:
            request.infer([pieces, n_pieces])
            return places, np.array(request.get_output_tensor(0).data)
        finally:
            self._free.put(request)


_LOCK = Lock()


def _network(number_format: OpenvinoFormat) -> _Network:
    with _LOCK:  # `cache` alone would let two threads build it
        return _built_network(number_format)


@cache
def _built_network(number_format: OpenvinoFormat) -> _Network:
    """Graph built and compiled once per process: half a second."""
    ranges = _packaged_ranges() if number_format == "int8" else {}
    parameters, result = GraphBuilder(_opset(), _weights(), ranges).build()
    return _Network(_compiled(import_openvino().Model([result], parameters, "minilm")))


def _compiled(model: Any) -> Any:
    n_cores = _n_cores()
    options = {
        "NUM_STREAMS": n_cores,
        "INFERENCE_NUM_THREADS": n_cores,
        # What is not in int8 stays in float32: bfloat16 would be another processor's other bits.
        "INFERENCE_PRECISION_HINT": "f32",
        # Two processes that each hold their threads to the first cores would share these.
        "ENABLE_CPU_PINNING": False,
    }
    return import_openvino().Core().compile_model(model, "CPU", options)


def _n_cores() -> int:
    """Cores that this process may use: fewer where OMP_NUM_THREADS says so, as it does on Dask workers."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(n_cores, int(wanted)) if wanted.isascii() and wanted.isdigit() and int(wanted) else n_cores


def _opset() -> ModuleType:
    import_openvino()
    from openvino import opset13

    return cast("ModuleType", opset13)


def _weights() -> Mapping[str, NDArray[np.float32]]:
    from safetensors.numpy import load_file

    return load_file(str(minilm_folder() / "model.safetensors"))


def _packaged_ranges() -> dict[str, DenseRange]:
    packed = (resources.files("analytics") / "resources" / _RANGES).read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        rows = {name: stored[name].astype(np.float32) for name in stored.files}
    return {name: DenseRange(lowest, highest) for name, (lowest, highest) in rows.items()}


def _cut(texts: Sequence[str], n_pieces: int) -> list[NDArray[np.int32]]:
    """Word pieces of texts, at most so many of each."""
    # Lone surrogates have no UTF-8.
    readable = [text.encode("utf-8", "replace").decode() for text in texts]
    encodings = _tokenizer(n_pieces).encode_batch_fast(readable)
    return [np.array(encoding.ids, dtype=np.int32) for encoding in encodings]


@cache
def _tokenizer(n_pieces: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(n_pieces)
    return tokenizer


def _batches(rows: Sequence[NDArray[np.int32]]) -> Iterator[_Batch]:
    """Places of texts of about one length, their pieces filled up with 0, and how many each has."""
    lengths = [-(-len(row) // _LENGTH_STEP) * _LENGTH_STEP for row in rows]
    order = sorted(range(len(rows)), key=lengths.__getitem__, reverse=True)
    for length, group in groupby(order, lengths.__getitem__):
        places = list(group)
        for start in range(0, len(places), _BATCH_SIZE):
            some = places[start : start + _BATCH_SIZE]
            pieces = np.zeros((len(some), length), dtype=np.int32)
            for row, place in zip(pieces, some, strict=True):
                row[: len(rows[place])] = rows[place]
            yield some, pieces, np.array([len(rows[place]) for place in some], dtype=np.int32)
