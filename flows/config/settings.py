"""Settings: from ``papertrends.toml``, from ``PAPERTRENDS_*`` variables, and from the command line.

Later wins: defaults, the file of the current folder, the file of the workspace, the environment,
the command line. A key that nobody knows is an error, because a misspelled one would otherwise be
ignored for months.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from analytics.exceptions import InputError
from flows.config.default_files import DEFAULT_THEMES
from flows.config.feed_settings import FeedSettings
from flows.config.vectorizer_names import check_vectorizer

__all__ = [
    "DEFAULT_THEMES",
    "PRIVATE_SETTINGS",
    "SETTINGS_FILE",
    "Settings",
    "load_settings",
    "settings_table",
]

SETTINGS_FILE = "papertrends.toml"
_PREFIX = "PAPERTRENDS_"
_PATHS = ("workspace", "themes")
_COMMAND_LINE = "the command line"
_WEB = r"^https?://[^\s/]+(/\S*)?$"
_ENDPOINT = r"^https?://[^\s/@?#]+(/[^\s@?#]*)?$"
_WEB_OR_NONE = rf"^$|{_WEB}"
_PLACE_OR_NONE = r"^$|^[a-z][a-z0-9]*://[^\s@]+$"
_FILE_IN_STORE = r"[a-z][a-z0-9]*://[^\s@?#]+"
_ADDRESS = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$"
_SCHEDULER = r"^((tcp|tls)://)?(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):\d{1,5}$"
_CRON_FIELDS = 5
# One @ at most: of a password with another one the end would be taken for the host, and messages name hosts.
_DATABASE = r"postgresql(\+psycopg)?://([^@/?#\s]*@)?[^@/?#\s]*/[^@/?#\s]+(\?\S*)?"
_FEED_SETTINGS = (
    "daily_papers_url", "arxiv_url", "arxiv_oai_url", "openalex_url", "semantic_scholar_url", "biorxiv_url",
    "crossref_url", "europepmc_url", "contact",
    "arxiv_pause_seconds", "answer_seconds", "max_answer_mb", "allow_private_feeds",
)  # fmt: skip


class Settings(BaseSettings):
    """Everything that a run can be told; frozen. Make it with `load_settings`."""

    # An error of pydantic's would repeat what was given, a secret too.
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    workspace: Path = Field(
        Path("data/workspace"), description="Folder of the store and the runs, made when absent."
    )
    themes: Path | str | None = Field(
        None,
        description="File of the themes, or its address such as s3://bucket/themes.toml; unset takes the "
        "`data/themes.toml` of the project.",
    )
    vectorizer: str = Field(
        "auto",
        description="How abstracts become vectors: `minilm` (sentence encoder; reads 192 word pieces of a "
        "text, `minilm-128` and `minilm-256` as many as they say), `student` (learns from it), `lexical` "
        "(word weights), `auto` (MiniLM up to 100,000 new abstracts in int8, the student beyond), "
        "`sentence-transformers:NAME-OR-FOLDER`, `openai:MODEL` (see `embedding_endpoint`), or the name of "
        "another package's.",
    )
    random_state: int = Field(0, ge=0, lt=2**32, description="Seed of everything that draws at random.")
    as_of: date | None = Field(
        None, description="Day that a run pretends to be, as YYYY-MM-DD; unset takes the clock's day."
    )
    title: str | None = Field(
        None, min_length=1, max_length=200, description="Title of the report; unset names the sources."
    )
    site: str = Field(
        "",
        pattern=_WEB_OR_NONE,
        description="Web address where the workspace's folder is published, for links in its feed; unset "
        "makes them relative.",
    )
    mirror: str = Field(
        "",
        pattern=_PLACE_OR_NONE,
        description="Where published runs are copied, such as s3://bucket/papers or another address of "
        "fsspec; credentials are taken from the environment, never from the address.",
    )
    false_discovery_rate: float = Field(
        0.05, gt=0, lt=1, description="Share of false alarms to accept among rising and falling verdicts (q)."
    )
    steady_within: float = Field(
        1.25,
        gt=1,
        le=10,
        description="Factor of the odds, up or down, within which a share is called steady.",
    )
    min_topic_size: int | None = Field(
        None, ge=2, le=100_000, description="Fewest papers that make a topic; unset follows the corpus size."
    )
    theme_probability: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Least probability that a reader would call a paper one of a theme for it to belong.",
    )
    papers_in_report: int = Field(
        300,
        ge=0,
        le=1_000_000,
        description="Most papers that the report lists for readers without JavaScript, newest first.",
    )
    keep_runs_days: int = Field(
        90,
        ge=0,
        le=100_000,
        description="Days for which every run folder stays; of older ones the newest of each month; 0 keeps "
        "all.",
    )
    labeller: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Name under which your labels are kept; unset takes the login name.",
    )
    database: SecretStr | None = Field(
        None,
        description="PostgreSQL database of the store, as postgresql+psycopg://user:password@host:port/name; "
        "unset keeps it in `corpus.sqlite` in the workspace; never shown.",
    )

    mail_from: str | None = Field(
        None, pattern=_ADDRESS, description="Address that mails come from, and that readers write to."
    )
    mail_to: tuple[str, ...] = Field(
        (), description="Addresses that get the digest, one mail each; a list in TOML, JSON in a variable."
    )
    mail_when_still: Literal["short", "none"] = Field(
        "short",
        description="Mail of a run in which nothing moved and no topic is new: two lines (`short`), `none`.",
    )
    smtp_host: str | None = Field(None, description="Mail server.")
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port: 587 with `starttls`, 465 with `ssl`.")
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="How the line to the mail server is encrypted; `none` is for a server nearby."
    )
    smtp_user: str | None = Field(None, description="Name to log in with; unset does not log in.")
    smtp_password: SecretStr | None = Field(None, description="Password to log in with.")
    smtp_password_block: str | None = Field(
        None, description="Name of a Secret block in Prefect that holds the password instead."
    )

    label_endpoint: str | None = Field(
        None,
        pattern=_ENDPOINT,
        description="Chat endpoint of OpenAI's form that `papertrends label --by MODEL` asks, such as "
        "`http://localhost:11434`; nothing is asked without `--by`.",
    )
    label_key: SecretStr | None = Field(None, description="Key of that endpoint; never shown.")
    label_key_block: str | None = Field(
        None, description="Name of a Secret block in Prefect that holds the key instead."
    )

    embedding_endpoint: str | None = Field(
        None,
        pattern=_ENDPOINT,
        description="Endpoint of OpenAI's embeddings form that `--vectorizer openai:MODEL` asks, such as "
        "`https://api.openai.com/v1` or `http://localhost:11434`.",
    )
    embedding_key: SecretStr | None = Field(None, description="Key of that endpoint; never shown.")
    embedding_key_block: str | None = Field(
        None, description="Name of a Secret block in Prefect that holds the key instead."
    )
    embedding_requests: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="Most requests of a run to that endpoint, of 64 texts each; vectors made before the "
        "bound is reached are kept.",
    )

    runner: Literal["local", "dask"] = Field(
        "local",
        description="Where work in parts is done: `local` (this process) or `dask` (worker processes).",
    )
    dask_address: str | None = Field(
        None,
        pattern=_SCHEDULER,
        description="Scheduler of a Dask cluster, as tcp://host:port; unset starts workers on this machine.",
    )

    ingest_cron: str = Field(
        "0 5 * * *", description="When `papertrends serve` reads its sources, as a cron line of five fields."
    )
    analysis_cron: str = Field("0 6 * * 1", description="When it analyzes the corpus and writes a report.")
    digest_cron: str = Field(
        "0 8 * * 1", description="When it sends the digest of the latest run, where `mail_to` is set."
    )
    timezone: str = Field("UTC", description="Zone of the cron lines, such as `Europe/Zurich`.")
    notify_block: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+/[a-z0-9-]+$",
        description="Notification block in Prefect, as `slack-webhook/team`, that hears of runs that failed, "
        "have gaps or are stale.",
    )

    overlap_days: int = Field(
        7,
        ge=0,
        le=365,
        description="Days after which a day of a feed is settled; until then it is asked for again.",
    )
    first_days: int = Field(
        30, ge=1, le=40_000, description="How many days back the first look at a feed without a window goes."
    )
    contact: str | None = Field(
        None, max_length=200, description="Mail address that services may write to; sent with each request."
    )
    daily_papers_url: str = Field(
        "https://huggingface.co", pattern=_WEB, description="Where Daily Papers are asked for."
    )
    arxiv_url: str = Field(
        "https://export.arxiv.org/api/query", pattern=_WEB, description="Where arXiv's search is asked."
    )
    arxiv_oai_url: str = Field(
        "https://oaipmh.arxiv.org/oai", pattern=_WEB, description="Where arXiv's OAI-PMH is asked."
    )
    openalex_url: str = Field(
        "https://api.openalex.org", pattern=_WEB, description="Where OpenAlex is asked."
    )
    semantic_scholar_url: str = Field(
        "https://api.semanticscholar.org/graph/v1",
        pattern=_WEB,
        description="Where Semantic Scholar is asked.",
    )
    biorxiv_url: str = Field(
        "https://api.biorxiv.org", pattern=_WEB, description="Where bioRxiv and medRxiv are asked."
    )
    crossref_url: str = Field(
        "https://api.crossref.org", pattern=_WEB, description="Where Crossref is asked."
    )
    europepmc_url: str = Field(
        "https://www.ebi.ac.uk/europepmc/webservices/rest",
        pattern=_WEB,
        description="Where Europe PMC is asked.",
    )
    openalex_key: SecretStr | None = Field(None, description="Key of OpenAlex; never shown.")
    semantic_scholar_key: SecretStr | None = Field(None, description="Key of Semantic Scholar; never shown.")
    arxiv_pause_seconds: float = Field(
        3.0, ge=0, le=600, description="Pause between two requests to arXiv, which asks for three seconds."
    )
    answer_seconds: float = Field(
        120.0, gt=0, le=3600, description="Longest time for one answer of a service."
    )
    max_answer_mb: int = Field(
        64, ge=1, le=4096, description="Largest answer of a service, in MB after decompression."
    )
    allow_private_feeds: bool = Field(
        False,
        description="Whether `rss:` may lead to this machine or a private network: `true` or `false`.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_booleans(cls, value: object, info: ValidationInfo) -> object:
        # Python takes true for 1.
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError("true or false says nothing here")
        return value

    @field_validator("vectorizer")
    @classmethod
    def _check_vectorizer(cls, value: str) -> str:
        return check_vectorizer(value)

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(_DATABASE, value.get_secret_value()):
            raise ValueError("it is not the address of a database on PostgreSQL, the only one beside SQLite")
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
        """Take only what is passed: `load_settings` reads the rest, and knows what came from where."""
        return (init_settings,)

    @field_validator("themes", mode="before")
    @classmethod
    def _check_themes(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not is_address(value):
            return Path(value)
        if not re.fullmatch(_FILE_IN_STORE, value):
            raise ValueError(
                "an address is like s3://bucket/themes.toml; user and keys are taken from the environment"
            )
        return value

    @field_validator("mail_to")
    @classmethod
    def _check_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for number, value in enumerate(values, start=1):
            if not re.fullmatch(_ADDRESS, value):
                raise ValueError(f"address {number} is not a mail address; write it as name@example.org")
        return tuple(dict.fromkeys(values))

    @field_validator("ingest_cron", "analysis_cron", "digest_cron")
    @classmethod
    def _check_cron(cls, value: str) -> str:
        if len(value.split()) != _CRON_FIELDS:
            raise ValueError("a cron line has five fields, such as '0 6 * * 1' for Mondays at six")
        try:
            CronSim(value, datetime(2025, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(f"{error}; write five fields such as '0 6 * * 1'") from error
        return value

    @field_validator("timezone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("no such zone; write one such as Europe/Zurich") from error
        return value

    @property
    def feed_settings(self) -> FeedSettings:
        """What the network needs to be told."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _FEED_SETTINGS}
        for name in ("openalex_key", "semantic_scholar_key"):
            key: SecretStr | None = getattr(self, name)
            values[name] = key.get_secret_value() if key else None
        return FeedSettings(**values)

    @property
    def themes_file(self) -> Path | str:
        """The file of the themes to use, or its address: those given, else the committed ones."""
        return self.themes or DEFAULT_THEMES


def is_address(place: str) -> bool:
    """Whether it is the address of something in a store, and no path.

    Examples
    --------
    >>> is_address("s3://bucket/themes.toml"), is_address("C:/themes.toml")
    (True, False)
    """
    return "://" in place


def _is_secret(kind: Any) -> bool:
    """Whether a value of this type may be a secret."""
    return kind is SecretStr or any(_is_secret(one) for one in get_args(kind))


_SECRETS = frozenset(name for name, info in Settings.model_fields.items() if _is_secret(info.annotation))
_NEVER_SHOWN = _SECRETS | {
    "contact", "mirror", "themes", "mail_from", "mail_to", "label_endpoint", "embedding_endpoint",
}  # fmt: skip
PRIVATE_SETTINGS = _SECRETS | {
    "contact", "mirror", "mail_from", "mail_to", "smtp_host", "smtp_port", "smtp_security", "smtp_user",
    "smtp_password_block", "notify_block", "label_endpoint", "label_key_block", "labeller",
    "embedding_endpoint", "embedding_key_block", "embedding_requests",
}  # fmt: skip
"""Settings that change no result and name people, places or secrets: they stand in no manifest."""


def load_settings(overrides: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Settings:
    """Read the settings from all places.

    Parameters
    ----------
    overrides : mapping, optional
        What the command line says; None means that it does not say.
    folder : Path, optional
        Where to look for the first ``papertrends.toml``; the current folder by default.

    Raises
    ------
    InputError
        When a file is malformed, a key is unknown, or a value is not allowed.
    """
    folder = folder or Path.cwd()
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    environment = _read_environment()
    _check_keys(given, _COMMAND_LINE)
    layers = [
        (str(folder / SETTINGS_FILE), _read_file(folder)),
        ("the environment", environment),
        (_COMMAND_LINE, given),
    ]
    workspace = _settings_of(layers).workspace
    if (folder / workspace).resolve() != folder.resolve():
        own = _read_file(folder / workspace)
        if "workspace" in own:
            raise InputError(
                f"{folder / workspace / SETTINGS_FILE} sets 'workspace', but lies in the workspace itself; "
                f"remove the line, or move it to {SETTINGS_FILE} of the current folder"
            )
        layers.insert(1, (str(folder / workspace / SETTINGS_FILE), own))
    return _settings_of(layers)


def settings_table() -> list[tuple[str, str, str, str]]:
    """Name, environment variable, default and description of every setting.

    Examples
    --------
    >>> settings_table()[3]
    ('random_state', 'PAPERTRENDS_RANDOM_STATE', '0', 'Seed of everything that draws at random.')
    """
    return [
        (name, _variable(name), _written(info.default), info.description or "")
        for name, info in Settings.model_fields.items()
    ]


def _written(value: object) -> str:
    """A default as people write it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variable(name: str) -> str:
    return f"{_PREFIX}{name.upper()}"


def _read_file(folder: Path) -> dict[str, Any]:
    """Values of the settings file in a folder; paths in it start from that folder."""
    path = folder / SETTINGS_FILE
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); mend or remove it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}; write one 'name = value' a line") from error
    _check_keys(values, str(path))
    for name in _PATHS:
        if isinstance(values.get(name), str) and not is_address(values[name]):
            values[name] = folder / Path(values[name]).expanduser()
    return values


def _read_environment() -> dict[str, Any]:
    known = [_variable(name) for name in Settings.model_fields]
    names = sorted(name for name in os.environ if name.upper().startswith(_PREFIX))
    _check_keys([name.upper() for name in names], "the environment", known)
    try:
        return dict(EnvSettingsSource(Settings)())
    except SettingsError as error:
        # The only variables in JSON are lists; what is wrong in one may be an address or a secret.
        named = re.search(r'field "(\w+)"', str(error))
        name = _variable(named[1]) if named else "a variable"
        raise InputError(f'{name} in the environment is no list in JSON; write it as ["a", "b"]') from None


def _check_keys(keys: Iterable[str], origin: str, allowed: Iterable[str] | None = None) -> None:
    known = list(Settings.model_fields) if allowed is None else list(allowed)
    for key in keys:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ";"
            if key.lower().removeprefix(_PREFIX.lower()) == "theme_threshold":
                hint = "; it was a score, use theme_probability, from 0 to 1, in its place."
            raise InputError(f"unknown setting {key!r} in {origin}{hint} Allowed are {', '.join(known)}")


def _settings_of(layers: list[tuple[str, dict[str, Any]]]) -> Settings:
    """Merge the layers, the last one winning; an error names the layer that the bad value came from."""
    values = {key: value for _, layer in layers for key, value in layer.items()}
    origins = {key: origin for origin, layer in layers for key in layer}
    try:
        return Settings(**values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        info = Settings.model_fields[name]
        shown = "what is given" if name in _NEVER_SHOWN else repr(values[name])
        raise InputError(
            f"setting {name!r} of {origins[name]} cannot be {shown}: {fault['msg'].lower()}. "
            f"{info.description}"
        ) from error
