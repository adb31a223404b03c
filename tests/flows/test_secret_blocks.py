"""Secret blocks of Prefect: found, and missing."""

from __future__ import annotations

import pytest
from prefect.blocks.system import Secret

from analytics.exceptions import InputError
from flows.config.secret_blocks import load_secret


def test_the_value_of_the_block_that_the_setting_names(monkeypatch):
    blocks = {"judge": Secret(value="k3y")}
    monkeypatch.setattr(Secret, "load", blocks.__getitem__)
    assert load_secret("judge", setting="label_key_block", instead="label_key") == "k3y"


def test_a_block_that_prefect_lacks_is_named_with_its_setting(monkeypatch):
    def load(name):
        raise ValueError(f"Unable to find block document named {name}")

    monkeypatch.setattr(Secret, "load", load)
    message = r"no Secret block 'judge' \(setting label_key_block\).* or set label_key$"
    with pytest.raises(InputError, match=message):
        load_secret("judge", setting="label_key_block", instead="label_key")
