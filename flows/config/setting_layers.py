"""Values of settings from their places: files, the environment, the command line; later ones override."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from analytics.exceptions import InputError
from flows.config.setting_types import is_address

__all__ = ["PREFIX", "SETTINGS_FILE", "LayeredSettings"]

SETTINGS_FILE = "papertrends.toml"
PREFIX = "PAPERTRENDS_"
_PATHS = ("workspace", "themes")
_COMMAND_LINE = "the command line"
_Layer = tuple[str, dict[str, Any]]
"""The name of a place, and the values in it."""


class LayeredSettings(BaseSettings):
    """Settings that only `load` makes; frozen, and without any key that is not a field."""

    # An error of pydantic's would repeat what was given, a secret too.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    workspace: Path

    @classmethod
    def load(cls, overrides: Mapping[str, Any], folder: Path, *, hidden: Collection[str]) -> Self:
        """Read the file of a folder, that of its workspace, and the environment; `overrides` come last.

        Raises
        ------
        InputError
            When a file or variable is malformed, a key is unknown, or a value is not allowed; values of the
            settings named in `hidden` are not repeated.
        """
        given = {key: value for key, value in overrides.items() if value is not None}
        environment = _read_environment(cls)
        _check_keys(given, _COMMAND_LINE, cls)
        layers = [_read_file(cls, folder), ("the environment", environment), (_COMMAND_LINE, given)]
        workspace = folder / cls._merge(layers, hidden).workspace
        if workspace.resolve() != folder.resolve():
            origin, values = _read_file(cls, workspace)
            if "workspace" in values:
                raise InputError(
                    f"{origin} sets 'workspace', but is in that workspace; remove"
                    f" the line, or move it to {SETTINGS_FILE} of the current folder"
                )
            layers.insert(1, (origin, values))
        return cls._merge(layers, hidden)

    @classmethod
    def _merge(cls, layers: Iterable[_Layer], hidden: Collection[str]) -> Self:
        values, origins = {}, {}
        for origin, layer in layers:
            values.update(layer)
            origins.update(dict.fromkeys(layer, origin))
        try:
            return cls(**values)
        except ValidationError as error:
            fault = error.errors()[0]
            name = str(fault["loc"][0])
            shown = "what is given" if name in hidden else repr(values[name])
            reason = fault["msg"].removeprefix("Value error, ")
            raise InputError(
                f"setting {name!r} of {origins[name]} cannot be {shown}: {reason[:1].lower()}{reason[1:]}. "
                f"{cls.model_fields[name].description}"
            ) from error

    @classmethod
    def table(cls) -> list[tuple[str, str, str, str]]:
        """Name, environment variable, default and description of every setting.

        Examples
        --------
        >>> from flows.config.settings import Settings
        >>> Settings.table()[3]
        ('random_state', 'PAPERTRENDS_RANDOM_STATE', '0', 'Seed of all random numbers.')
        """
        table = []
        for name, info in cls.model_fields.items():
            default = "" if info.default is None else str(info.default)
            shown = "false" if info.default is False else default
            table.append((name, f"{PREFIX}{name.upper()}", shown, info.description or ""))
        return table

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_booleans(cls, value: object, info: ValidationInfo) -> object:
        # Python takes true for 1.
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError("true and false are not allowed here")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only passed values: `load` reads the others and tracks their origin."""
        return (init_settings,)


def _read_file(model: type[LayeredSettings], folder: Path) -> _Layer:
    """Values of the settings file in a folder; paths in it start from that folder."""
    path = folder / SETTINGS_FILE
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return str(path), {}
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); mend or remove it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}; write one 'name = value' per line") from error
    _check_keys(values, str(path), model)
    for name in _PATHS:
        if isinstance(values.get(name), str) and not is_address(values[name]):
            values[name] = folder / Path(values[name]).expanduser()
    return str(path), values


def _read_environment(model: type[LayeredSettings]) -> dict[str, Any]:
    names = sorted(name for name in os.environ if name.upper().startswith(PREFIX))
    _check_keys([name.upper() for name in names], "the environment", model, prefix=PREFIX)
    try:
        return dict(EnvSettingsSource(model)())
    except SettingsError as error:
        # The only variables in JSON are lists; what is wrong in one may be an address or a secret.
        named = re.search(r'field "(\w+)"', str(error))
        name = f"{PREFIX}{named[1].upper()}" if named else "a variable"
        raise InputError(f'{name} in the environment is not a JSON list; write it as ["a", "b"]') from None


def _check_keys(keys: Iterable[str], origin: str, model: type[LayeredSettings], prefix: str = "") -> None:
    known = [f"{prefix}{name.upper()}" if prefix else name for name in model.model_fields]
    for key in keys:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ";"
            if key.lower().removeprefix(PREFIX.lower()) == "theme_threshold":
                hint = "; it was a score; use theme_probability, from 0 to 1, instead."
            raise InputError(f"unknown setting {key!r} in {origin}{hint} Allowed are {', '.join(known)}")
