"""Endpoint and key of the labelling model, from the settings."""

from __future__ import annotations

from pydantic import SecretStr

from analytics.exceptions import InputError
from flows.config.secret_blocks import secret_setting
from flows.config.settings import Settings

__all__ = ["endpoint_of", "key_of"]


def endpoint_of(settings: Settings, given: str | None) -> str:
    """Endpoint that the command line gives, else that of the settings.

    Raises
    ------
    InputError
        When there is neither: no service is asked that nobody named.
    """
    endpoint = given or settings.label_endpoint
    if endpoint is None:
        raise InputError(
            "--by MODEL needs the address of a chat endpoint; give --endpoint URL, such as "
            "http://localhost:11434 for Ollama, or set label_endpoint"
        )
    return endpoint


def key_of(settings: Settings) -> SecretStr | None:
    """Key of the endpoint, from the settings or a Secret block of Prefect; None where neither is set."""
    return secret_setting(settings.label_key, settings.label_key_block, name="label_key")
