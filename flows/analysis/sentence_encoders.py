"""Sentence encoders in the form of sentence-transformers: a folder, or a name on the Hugging Face hub."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analytics.exceptions import InputError
from analytics.vectors.gpu import gpu_class
from analytics.vectors.minilm_torch import encode_on_gpu, load_encoder
from analytics.vectors.vectorizer import Vectors, unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["SentenceVectorizer"]

_BATCH_SIZE = 8
_HUB_NAME = re.compile(r"(?P<name>[\w.-]+(/[\w.-]+)?)(@(?P<revision>[\w.-]+))?")
_PROMPTS = ("clustering", "Clustering", "document", "passage")
"""Prompts for texts of one kind, the best first; a model's own default comes before them."""
_OTHER_FORMATS = ("onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.tflite")
_PICKLES = ("*.bin", "*.pt", "*.pth")
_NOT_HASHED = frozenset({"onnx", "openvino", ".git", ".cache"})


class SentenceVectorizer:
    """A sentence encoder by its name on the hub or its folder, in float32, on a GPU where torch can use one.

    Prompts and the length at which texts are cut are those of its configuration. A name on the hub is
    downloaded once; later runs take the same revision from the cache of huggingface_hub. ``NAME@REVISION``
    takes a certain one. Code that comes with a model is never run.

    `name` is such as ``intfloat/multilingual-e5-small``, or a folder.
    """

    needs_corpus = False

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder, self._revision = _located(name)

    @property
    def id(self) -> str:
        """``sentence-<name>-<revision on the hub, or hash of the folder's files>``."""
        name = re.sub(r"[^a-z0-9.]+", "-", Path(self._name.partition("@")[0]).name.lower()).strip("-")
        return f"sentence-{name[:60]}-{self._revision[:16]}"

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d), rows of unit length.

        A text of which the model makes nothing gets equal numbers.
        """
        encoder = _encoder(str(self._folder), self._name)
        # Lone surrogates have no UTF-8.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        prompt = _prompt_of(encoder)
        if gpu_class():
            found = encode_on_gpu(encoder, readable, prompt_name=prompt)
        else:
            found = encoder.encode(
                readable,
                batch_size=_BATCH_SIZE,
                prompt_name=prompt,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        rows = np.asarray(found, dtype=np.float32).reshape(len(texts), -1)
        return unit_rows(np.where(np.any(rows != 0, axis=1, keepdims=True), rows, np.float32(1)))

    def __reduce__(self) -> tuple[type[SentenceVectorizer], tuple[str]]:
        """Travel to another process as a name: what is there under it may have another id."""
        return (SentenceVectorizer, (self._name,))


@cache
def _located(name: str) -> tuple[Path, str]:
    """Folder of a model, and its revision on the hub or the hash of its files."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
            raise InputError(
                f"--vectorizer sentence-transformers:{name}: the folder holds no model (no modules.json); "
                "give one that SentenceTransformer.save_pretrained wrote"
            )
        return folder.resolve(), _hash_of(folder)
    found = _HUB_NAME.fullmatch(name)
    if found is None or name.startswith("."):
        raise InputError(
            f"--vectorizer sentence-transformers:{name}: no such folder, and no name on the Hugging "
            "Face hub; give a folder, or a name such as intfloat/multilingual-e5-small"
        )
    full = found["name"] if "/" in found["name"] else f"sentence-transformers/{found['name']}"
    snapshot = _snapshot(full, found["revision"], name)
    return snapshot, snapshot.name


def _snapshot(full: str, revision: str | None, given: str) -> Path:
    """Folder of a model of the hub: from the cache, else downloaded, pickled weights only without others."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    unwanted = [*_OTHER_FORMATS, *_PICKLES]
    try:
        with suppress(LocalEntryNotFoundError):
            folder = Path(snapshot_download(full, revision=revision, local_files_only=True))
            if any(any(folder.rglob(pattern)) for pattern in ("*.safetensors", *_PICKLES)):
                return folder
        folder = Path(snapshot_download(full, revision=revision, ignore_patterns=unwanted))
        if not any(folder.rglob("*.safetensors")):
            folder = Path(snapshot_download(full, revision=revision, ignore_patterns=list(_OTHER_FORMATS)))
    except Exception as error:  # the hub's client has dozens of them
        raise InputError(
            f"--vectorizer sentence-transformers:{given}: no such folder, and the Hugging Face hub does not "
            f"give {full} ({_first_line(error)}); check the name and the network, or give a folder"
        ) from error
    return folder


def _hash_of(folder: Path) -> str:
    """Hash of the names and contents of a model's files."""
    digest = hashlib.sha256()
    for path in sorted(_model_files(folder)):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _model_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not _NOT_HASHED.intersection(parts) and path.suffix != ".md":
            yield path


@cache
def _encoder(folder: str, name: str) -> SentenceTransformer:
    """Model loaded once per process."""
    try:
        return load_encoder(Path(folder), "cuda" if gpu_class() else "f32")
    except ImportError as error:
        raise InputError(
            f"--vectorizer sentence-transformers:{name} cannot run here ({_first_line(_cause(error))}); "
            "install it (python install.py torch), or choose --vectorizer minilm"
        ) from error
    except Exception as error:  # whatever a model's files may cause
        raise InputError(
            f"--vectorizer sentence-transformers:{name}: the model cannot be loaded ({_first_line(error)}); "
            "give another one, or save it again with SentenceTransformer.save_pretrained"
        ) from error


def _prompt_of(encoder: SentenceTransformer) -> str | None:
    """Name of the prompt that is put before papers and phrases alike, None without any."""
    if encoder.default_prompt_name is not None:
        return str(encoder.default_prompt_name)
    return next((name for name in _PROMPTS if encoder.prompts.get(name)), None)


def _cause(error: BaseException) -> BaseException:
    """What an error began with: of a failed import transformers says only which of its names is missing."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _first_line(error: BaseException) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0][:200]}" if said else type(error).__name__
