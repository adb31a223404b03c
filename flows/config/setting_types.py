"""Types of settings: each checks what people write and says what is allowed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

__all__ = [
    "Cron",
    "DatabaseAddress",
    "Endpoint",
    "Grouping",
    "MailAddress",
    "MailAddresses",
    "ModelName",
    "Place",
    "Probability",
    "Scheduler",
    "Site",
    "ThemesPlace",
    "TimeZone",
    "WebAddress",
    "check_groupings",
    "is_address",
    "is_secret",
]

_WEB = r"^https?://[^\s/]+(/\S*)?$"
_FILE_IN_STORE = r"[a-z][a-z0-9]*://[^\s@?#]+"
_ADDRESS = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$"
_CRON_FIELDS = 5
# One @ at most: of a password with another one the end would be taken for the host, and messages name hosts.
_DATABASE = r"postgresql(\+psycopg)?://([^@/?#\s]*@)?[^@/?#\s]*/[^@/?#\s]+(\?\S*)?"


def is_address(place: str) -> bool:
    """Whether it is the address of something in a store, not a path.

    Examples
    --------
    >>> is_address("s3://bucket/themes.toml"), is_address("C:/themes.toml")
    (True, False)
    """
    return "://" in place


def is_secret(kind: Any) -> bool:
    """Whether a value of this type may be a secret."""
    return kind is SecretStr or any(is_secret(one) for one in get_args(kind))


def _check_database(value: SecretStr) -> SecretStr:
    if not re.fullmatch(_DATABASE, value.get_secret_value()):
        raise ValueError("it is not the address of a PostgreSQL database")
    return value


def _check_themes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not is_address(value):
        return Path(value)
    if not re.fullmatch(_FILE_IN_STORE, value):
        raise ValueError(
            "write an address as s3://bucket/themes.toml; user and keys come from the environment"
        )
    return value


def _check_addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    for number, value in enumerate(values, start=1):
        if not re.fullmatch(_ADDRESS, value):
            raise ValueError(f"address {number} is not a mail address; write it as name@example.org")
    return tuple(dict.fromkeys(values))


def _check_cron(value: str) -> str:
    if len(value.split()) != _CRON_FIELDS:
        raise ValueError("a cron expression has five fields, such as '0 6 * * 1' for Mondays at six")
    try:
        CronSim(value, datetime(2025, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{error}; write five fields such as '0 6 * * 1'") from error
    return value


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("unknown time zone; use one such as Europe/Zurich") from error
    return value


def _check_model(value: str) -> str:
    if not re.fullmatch(r"\S.{0,198}\S|\S", value) or not value.isprintable():
        raise ValueError("write 1 to 200 characters as the endpoint knows the model, such as llama3.1:8b")
    return value


def check_groupings(value: Any) -> Any:
    """Read groupings: a list, one name, or ``none``, alone, for no groups.

    Examples
    --------
    >>> check_groupings("venue"), check_groupings(["none"]), check_groupings(["venue", "venue"])
    (('venue',), (), ('venue',))
    """
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)):
        return value
    return () if list(names) == ["none"] else tuple(dict.fromkeys(names))


Grouping = Literal["organization", "category", "venue", "source"]
WebAddress = Annotated[str, Field(pattern=_WEB)]
Site = Annotated[str, Field(pattern=rf"^$|{_WEB}")]
Endpoint = Annotated[str, Field(pattern=r"^https?://[^\s/@?#]+(/[^\s@?#]*)?$")]
Place = Annotated[str, Field(pattern=r"^$|^[a-z][a-z0-9]*://[^\s@]+$")]
Scheduler = Annotated[str, Field(pattern=r"^((tcp|tls)://)?(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):\d{1,5}$")]
MailAddress = Annotated[str, Field(pattern=_ADDRESS)]
MailAddresses = Annotated[tuple[str, ...], AfterValidator(_check_addresses)]
ModelName = Annotated[str, AfterValidator(_check_model)]
Cron = Annotated[str, AfterValidator(_check_cron)]
TimeZone = Annotated[str, AfterValidator(_check_zone)]
Probability = Annotated[float, Field(gt=0, lt=1)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_check_database)]
ThemesPlace = Annotated[Path | str | None, BeforeValidator(_check_themes)]
