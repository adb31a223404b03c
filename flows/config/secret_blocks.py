"""Secrets that are kept in Prefect."""

from __future__ import annotations

from typing import cast

from pydantic import SecretStr

from analytics.exceptions import InputError

__all__ = ["load_secret", "secret_setting"]


def load_secret(name: str, *, setting: str, instead: str) -> str:
    """Value of a Secret block in Prefect.

    Parameters
    ----------
    setting : str
        Setting that names the block, for the message.
    instead : str
        Setting that may hold the value itself, for the message.

    Raises
    ------
    InputError
        When Prefect has no such block.
    """
    from prefect.blocks.system import Secret

    try:
        return str(cast("Secret[str]", Secret.load(name)).get())
    except ValueError as error:
        raise InputError(
            f"Prefect has no Secret block {name!r} (setting {setting}); "
            f"create it on Prefect's Blocks page, or set {instead}"
        ) from error


def secret_setting(value: SecretStr | None, block: str | None, *, name: str) -> SecretStr | None:
    """Value of a secret setting, else that of the block that the setting ``<name>_block`` names, else None.

    Raises
    ------
    InputError
        When Prefect has no such block.
    """
    if value is not None or block is None:
        return value
    return SecretStr(load_secret(block, setting=f"{name}_block", instead=name))
