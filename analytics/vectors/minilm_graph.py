"""MiniLM as a graph for OpenVINO, built from the published weights; int8 where ranges of inputs are given.

No other tool converts anything and nothing is stored: the graph is 6 layers of BERT [1]_, and each process
builds it in a tenth of a second. In int8 the inputs of the 24 dense layers are rounded to 256 steps of a
fixed range, their weights to 255 steps for each output; attention, normalization and sums stay in float32.
A few channels are ten times larger than the others, which would be left with few steps. So each channel is
divided by a factor, and its weights are multiplied by it (SmoothQuant [2]_).

References
----------
.. [1] Devlin et al. (2019), BERT, doi:10.18653/v1/N19-1423
.. [2] Xiao et al. (2023), SmoothQuant, doi:10.48550/arXiv.2211.10438
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DenseRange", "GraphBuilder", "smoothing_factors"]

_N_LAYERS = 6
_WIDTH, _HEADS, _HEAD_WIDTH = 384, 12, 32
_NEVER = -1e4
"""Added to the attention that padding would get: its exponential is zero."""
_STEPS = 256
_SMOOTHING = 0.75
"""Part of a channel's size that moves to the weights; of .5, .65, .75, .85 and .95 nearest to float32."""
_LEAST = 1e-5

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]


@dataclass(frozen=True)
class DenseRange:
    """Least and largest input of each channel of a dense layer, float32 of shape (d,), over some texts."""

    lowest: Floats
    highest: Floats

    @property
    def largest(self) -> Floats:
        """Largest absolute input of each channel."""
        return np.maximum(np.abs(self.lowest), np.abs(self.highest))


def _dense_weights(weights: Weights, name: str) -> tuple[Floats, Floats]:
    """Weights, shape (out, in), and offsets of a dense layer, by a name such as ``0.attention``.

    Queries, keys and values are one layer of 1,152 outputs; queries are divided by the root of the head size.
    """
    layer, part = name.split(".")
    before = f"encoder.layer.{layer}."
    if part == "attention":
        scales = {"query": 1 / np.sqrt(_HEAD_WIDTH), "key": 1.0, "value": 1.0}
        names = {f"{before}attention.self.{one}": scale for one, scale in scales.items()}
        matrix = np.concatenate([weights[f"{one}.weight"] * scale for one, scale in names.items()])
        offset = np.concatenate([weights[f"{one}.bias"] * scale for one, scale in names.items()])
        return matrix.astype(np.float32), offset.astype(np.float32)
    full = (
        before + {"context": "attention.output", "inner": "intermediate", "outer": "output"}[part] + ".dense"
    )
    return weights[f"{full}.weight"], weights[f"{full}.bias"]


def smoothing_factors(largest: Floats, matrix: Floats) -> Floats:
    """Divisors of a layer's input channels, shape (in,), whose geometric mean is 1.

    Examples
    --------
    >>> [round(float(one), 3) for one in smoothing_factors(np.float32([1, 16]), np.float32([[1, 1]]))]
    [0.354, 2.828]
    """
    of_weights = np.abs(matrix).max(axis=0)
    factors = np.maximum(largest, _LEAST) ** _SMOOTHING / np.maximum(of_weights, _LEAST) ** (1 - _SMOOTHING)
    return np.asarray(factors / np.exp(np.log(factors).mean()), dtype=np.float32)


@dataclass
class GraphBuilder:
    """Builds the graph, dense layers in int8 where `ranges` has them.

    Parameters
    ----------
    weights : mapping of str to float32 array
        As in the published file.
    ranges : mapping of str to DenseRange
        By layer, such as ``0.attention``; a layer that is not there stays in float32.

    Attributes
    ----------
    inputs : dict of str to node
        What goes into each dense layer, once the graph is built.
    """

    opset: ModuleType
    weights: Weights
    ranges: Mapping[str, DenseRange] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)

    def build(self) -> tuple[list[Any], Any]:
        """Parameters and result of the graph.

        Parameters are the word pieces, int32 of shape (n, length), and how many of them each text has,
        int32 of shape (n,). The result is the mean of the last layer over a text's pieces, scaled to unit
        length, shape (n, 384).
        """
        op = self.opset
        pieces = op.parameter([-1, -1], np.int32, name="pieces")
        n_pieces = op.parameter([-1], np.int32, name="n_pieces")
        zero, one = self._number(0), self._number(1)
        length = op.gather(op.shape_of(pieces, "i32"), one, zero)
        places = op.range(zero, length, one, "i32")
        is_there = op.less(op.unsqueeze(places, zero), op.unsqueeze(n_pieces, one))
        there = op.convert(is_there, np.float32)
        absent = op.multiply(op.subtract(self._constant(1.0), there), self._constant(_NEVER))
        absent = op.unsqueeze(op.unsqueeze(absent, one), one)
        rows = self._embedded(pieces, places)
        for layer in range(_N_LAYERS):
            rows = self._layer(rows, absent, layer)
        summed = op.reduce_sum(op.multiply(rows, op.unsqueeze(there, self._number(2))), one, False)
        return [pieces, n_pieces], op.normalize_l2(summed, op.constant(np.array([1])), 1e-12, "max")

    def _constant(self, value: Any) -> Any:
        return self.opset.constant(np.asarray(value, dtype=np.float32))

    def _number(self, value: int) -> Any:
        return self.opset.constant(np.int32(value))

    def _embedded(self, pieces: Any, places: Any) -> Any:
        op, zero = self.opset, self._number(0)
        names = {kind: f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")}
        of_places = self.weights[names["position"]] + self.weights[names["token_type"]][0]
        words = op.gather(self._constant(self.weights[names["word"]]), pieces, zero)
        return self._normalized(
            op.add(words, op.gather(self._constant(of_places), places, zero)), "embeddings.LayerNorm"
        )

    def _normalized(self, rows: Any, name: str) -> Any:
        op = self.opset
        standard = op.mvn(rows, op.constant(np.array([-1])), True, 1e-12, "inside_sqrt")
        scaled = op.multiply(standard, self._constant(self.weights[f"{name}.weight"]))
        return op.add(scaled, self._constant(self.weights[f"{name}.bias"]))

    def _layer(self, rows: Any, absent: Any, layer: int) -> Any:
        op, before = self.opset, f"encoder.layer.{layer}."
        attended = self._dense(self._attention(rows, absent, layer), f"{layer}.context")
        rows = self._normalized(op.add(attended, rows), f"{before}attention.output.LayerNorm")
        inner = op.gelu(self._dense(rows, f"{layer}.inner"), "erf")
        return self._normalized(
            op.add(self._dense(inner, f"{layer}.outer"), rows), f"{before}output.LayerNorm"
        )

    def _attention(self, rows: Any, absent: Any, layer: int) -> Any:
        op = self.opset
        in_heads, turned = (
            op.constant(np.array([0, 0, _HEADS, _HEAD_WIDTH])),
            op.constant(np.array([0, 2, 1, 3])),
        )
        parts = op.split(self._dense(rows, f"{layer}.attention"), self._number(2), 3).outputs()
        query, key, value = (op.transpose(op.reshape(part, in_heads, True), turned) for part in parts)
        weights = op.softmax(op.add(op.matmul(query, key, False, True), absent), -1)
        context = op.transpose(op.matmul(weights, value, False, False), turned)
        return op.reshape(context, op.constant(np.array([0, 0, _WIDTH])), True)

    def _dense(self, rows: Any, name: str) -> Any:
        op = self.opset
        self.inputs[name] = rows
        matrix, offset = _dense_weights(self.weights, name)
        found = self.ranges.get(name)
        if found is None:
            product = op.matmul(rows, self._constant(matrix), False, True)
        else:
            product = self._int8_product(rows, matrix, found)
        return op.add(product, self._constant(offset))

    def _int8_product(self, rows: Any, matrix: Floats, found: DenseRange) -> Any:
        op = self.opset
        factors = smoothing_factors(found.largest, matrix)
        smooth = op.multiply(rows, self._constant(1 / factors))
        low, high = (self._constant(value) for value in _step_range(found, factors))
        stepped = op.fake_quantize(smooth, low, high, low, high, _STEPS)
        whole, scale = _int8_rows(matrix * factors)
        restored = op.multiply(op.convert(op.constant(whole), np.float32), self._constant(scale))
        return op.matmul(stepped, restored, False, True)


def _step_range(found: DenseRange, factors: Floats) -> tuple[float, float]:
    """Range of smoothed inputs in which zero is one of the 256 steps."""
    low = min(float((found.lowest / factors).min()), 0.0)
    high = max(float((found.highest / factors).max()), _LEAST)
    step = (high - low) / (_STEPS - 1)
    n_below = round(-low / step)
    return -n_below * step, (_STEPS - 1 - n_below) * step


def _int8_rows(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Weights in steps of their row's largest, and these steps, shape (out, 1)."""
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)
