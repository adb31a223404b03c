"""Encoding on a GPU, as far as it can be tried without one: the processor plays its part."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from analytics.exceptions import PapertrendsError
from analytics.vectors import gpu, minilm, minilm_torch
from analytics.vectors.minilm import MiniLMVectorizer

TEXTS = [f"Agents explore with {'sparse rewards ' * n}" for n in range(1, 20)]


class NoMemory(RuntimeError):
    """What torch raises where a batch does not fit."""


class Encoder:
    """Encodes at most so many texts at once."""

    def __init__(self, most: int) -> None:
        self.most, self.tried = most, []

    def encode(self, texts, *, batch_size, prompt_name=None, **_):
        self.tried.append(batch_size)
        if batch_size > self.most:
            raise NoMemory
        return np.ones((len(texts), 2)) * (2 if prompt_name else 1)


@pytest.fixture
def torch_with(monkeypatch):
    """Let torch see a GPU, or none."""

    def see(is_there: bool):
        cuda = SimpleNamespace(
            is_available=lambda: is_there,
            get_device_capability=lambda: (9, 0),
            OutOfMemoryError=NoMemory,
            empty_cache=lambda: None,
        )
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
        monkeypatch.setattr(gpu, "find_spec", lambda _: object())
        gpu.gpu_class.cache_clear()

    yield see
    gpu.gpu_class.cache_clear()


def test_the_class_is_its_compute_capability(torch_with, monkeypatch, tmp_path):
    torch_with(True)
    monkeypatch.setattr(gpu.shutil, "which", lambda _: None)
    monkeypatch.setattr(gpu, "_DRIVER", tmp_path / "none")
    assert gpu.gpu_class() is None, "torch is not asked where no driver is installed"
    gpu.gpu_class.cache_clear()
    monkeypatch.setattr(gpu, "_DRIVER", tmp_path)
    monkeypatch.setattr(gpu.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert gpu.gpu_class() == "sm90"
    torch_with(False)
    assert gpu.gpu_class() is None


def test_ids_name_the_gpu_and_come_back(monkeypatch):
    here = MiniLMVectorizer().id
    monkeypatch.setattr(minilm, "gpu_class", lambda: "sm90")
    vectorizer = MiniLMVectorizer()
    assert vectorizer.id == "minilm-53aa5117-cuda.1.sm90-192"
    assert MiniLMVectorizer(number_format="f32").id == "minilm-53aa5117-f32-192"
    again = MiniLMVectorizer.of_id(vectorizer.id)
    assert (again.number_format, again.id) == ("cuda", vectorizer.id)
    monkeypatch.setattr(minilm, "gpu_class", lambda: None)
    assert again.id == here, "a machine without a GPU takes what it has, and says so"


def test_batches_are_halved_until_they_fit(torch_with):
    torch_with(True)
    encoder = Encoder(most=70)
    rows = minilm_torch.encode_on_gpu(encoder, TEXTS, prompt_name="document")
    assert encoder.tried == [256, 128, 64]
    assert (rows.dtype, rows.shape, rows[0, 0]) == (np.float32, (len(TEXTS), 2), 2)
    with pytest.raises(PapertrendsError, match="one text does not fit into the GPU's memory"):
        minilm_torch.encode_on_gpu(Encoder(most=0), TEXTS)


@pytest.mark.slow
def test_vectors_are_those_of_the_processor(monkeypatch):
    monkeypatch.setattr(minilm, "gpu_class", lambda: "sm90")
    monkeypatch.setattr(minilm_torch, "_GPU", "cpu")
    on_gpu = MiniLMVectorizer().transform(TEXTS)
    assert np.abs(on_gpu - MiniLMVectorizer(number_format="f32").transform(TEXTS)).max() < 1e-6
