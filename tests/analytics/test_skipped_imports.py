from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from analytics.exceptions import InputError, PapertrendsError
from analytics.skipped_imports import skipping
from analytics.vectors import minilm_torch
from flows.analysis import sentence_encoders


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that nothing has imported."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "rarely_needed").mkdir()
    (tmp_path / "rarely_needed" / "__init__.py").write_text("")
    (tmp_path / "rarely_needed" / "part.py").write_text("")
    yield "rarely_needed"
    for name in [one for one in sys.modules if one.startswith("rarely_needed")]:
        del sys.modules[name]


def load(name: str) -> None:
    __import__(name)


def test_it_fails_in_the_block_and_works_after_it(package):
    before = list(sys.meta_path)
    with skipping(package), pytest.raises(ModuleNotFoundError):
        load(f"{package}.part")
    assert package not in sys.modules
    assert sys.meta_path == before
    load(f"{package}.part")


def test_what_is_loaded_stays(package):
    load(package)
    with skipping(package):
        load(package)


def test_other_threads_import_as_always(package):
    faults = []

    def other() -> None:
        try:
            load(package)
        except ImportError as error:
            faults.append(error)

    with skipping(package):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert faults == []
    assert package in sys.modules


def test_without_torch_its_encoders_say_what_to_install():
    minilm_torch._encoder.cache_clear()
    sentence_encoders._encoder.cache_clear()
    loaded = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("sentence_transformers")
    }
    try:
        with skipping("sentence_transformers", "torch", "transformers"):
            with pytest.raises(
                PapertrendsError, match=r"install torch \(python install.py torch\), or install openvino"
            ):
                minilm_torch.encode_by_torch(["a"], 128, "f32")
            with pytest.raises(InputError, match=r"python install.py torch\), or choose"):
                sentence_encoders._encoder("folder", "name")
    finally:
        sys.modules |= loaded


@pytest.mark.slow
def test_topics_need_no_torch():
    script = (
        "import sys; from analytics.topics.clustering import precompile; precompile(); "
        "sys.exit(str(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "[]"
