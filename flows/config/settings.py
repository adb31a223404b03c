"""Settings from ``papertrends.toml``, ``PAPERTRENDS_*`` variables and the command line.

Later ones override earlier ones: defaults, the file of the current folder, the file of the workspace, the
environment, the command line. An unknown key is an error, because a misspelled one would otherwise be
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
from analytics.watch import Watch
from flows.config.default_files import DEFAULT_THEMES
from flows.config.feed_settings import FeedSettings
from flows.config.reader_settings import ADDRESS, Reader, check_readers, check_watches
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
    """All settings of a run; frozen. Create them with `load_settings`."""

    # An error of pydantic's would repeat what was given, a secret too.
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    workspace: Path = Field(
        Path("data/workspace"), description="Folder that holds the store and the runs; created if missing."
    )
    themes: Path | str | None = Field(
        None,
        description="Themes file: a path, or an address such as s3://bucket/themes.toml; if unset, the"
        " project's `data/themes.toml`.",
    )
    vectorizer: str = Field(
        "auto",
        description="How abstracts become vectors: `minilm` (sentence encoder; reads 192 word pieces of a "
        "text, `minilm-128` and `minilm-256` as many as they say), `student` (learns from it), `lexical` "
        "(word weights), `auto` (MiniLM up to 100,000 new abstracts in int8, the student beyond), "
        "`sentence-transformers:NAME-OR-FOLDER`, `openai:MODEL` (see `embedding_endpoint`), or the name of "
        "another package's.",
    )
    random_state: int = Field(0, ge=0, lt=2**32, description="Seed of all random numbers.")
    as_of: date | None = Field(
        None, description="Run as if today were this day, as YYYY-MM-DD; if unset, today."
    )
    title: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Title of the report; if unset, the names of the sources.",
    )
    site: str = Field(
        "",
        pattern=_WEB_OR_NONE,
        description="Web address at which the workspace folder is published, for links in its feed; if"
        " unset, links are relative.",
    )
    mirror: str = Field(
        "",
        pattern=_PLACE_OR_NONE,
        description="Where to copy published runs, such as s3://bucket/papers or any other fsspec address;"
        " credentials come from the environment, never from the address.",
    )
    false_discovery_rate: float = Field(
        0.05, gt=0, lt=1, description="Accepted share of false alarms among rising and falling verdicts (q)."
    )
    steady_within: float = Field(
        1.25,
        gt=1,
        le=10,
        description="A share is steady if its odds changed by less than this factor, up or down.",
    )
    min_topic_size: int | None = Field(
        None,
        ge=2,
        le=100_000,
        description="Smallest number of papers in a topic; if unset, it depends on the size of the corpus.",
    )
    theme_probability: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="A paper belongs to a theme from this probability on.",
    )
    papers_in_report: int = Field(
        300,
        ge=0,
        le=1_000_000,
        description="Maximum number of papers in the report's list for readers without JavaScript, newest"
        " first.",
    )
    keep_runs_days: int = Field(
        90,
        ge=0,
        le=100_000,
        description="Number of days for which all run folders are kept; of older ones, the newest of each"
        " month is kept; 0 keeps all.",
    )
    labeller: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Name under which your labels are stored; if unset, the login name.",
    )
    database: SecretStr | None = Field(
        None,
        description="PostgreSQL database of the store, as"
        " postgresql+psycopg://user:password@host:port/name; if unset, `corpus.sqlite` in the workspace;"
        " never shown.",
    )

    mail_from: str | None = Field(
        None, pattern=ADDRESS, description="Sender address of the mails; readers reply to it."
    )
    mail_to: tuple[str, ...] = Field(
        (),
        description="Recipients of the digest, who get one mail each; a list in TOML, JSON in an"
        " environment variable.",
    )
    readers: tuple[Reader, ...] = Field(
        (),
        description="Readers of the digest with their own choice: `[[readers]]` tables with `address`,"
        " `themes`, `watch`, `words` and `how_often` (`each run`, `weekly`, `monthly`).",
    )
    watch: tuple[Watch, ...] = Field(
        (),
        description="What to watch for: `[[watch]]` tables with `name` and any of `authors`,"
        " `organizations`, `words` and `papers` (ids, to which others are similar).",
    )
    mail_when_still: Literal["papers", "short", "none"] = Field(
        "papers",
        description="What to send if nothing moved and no topic is new: the new papers (`papers`), a mail of"
        " two lines (`short`) or no mail (`none`); watched papers are always sent.",
    )
    smtp_host: str | None = Field(None, description="Mail server.")
    smtp_port: int = Field(
        587, ge=1, le=65_535, description="Port of the mail server: 587 with `starttls`, 465 with `ssl`."
    )
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls",
        description="Encryption of the connection to the mail server; `none` only for a local server.",
    )
    smtp_user: str | None = Field(None, description="User name for the mail server; if unset, no login.")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server; never shown.")
    smtp_password_block: str | None = Field(
        None, description="Name of a Prefect Secret block that holds the password instead."
    )

    label_endpoint: str | None = Field(
        None,
        pattern=_ENDPOINT,
        description="OpenAI-compatible chat endpoint for `papertrends label --by MODEL`, such as"
        " `http://localhost:11434`; used only with `--by`.",
    )
    label_key: SecretStr | None = Field(None, description="API key of that endpoint; never shown.")
    label_key_block: str | None = Field(
        None, description="Name of a Prefect Secret block that holds the key instead."
    )

    embedding_endpoint: str | None = Field(
        None,
        pattern=_ENDPOINT,
        description="OpenAI-compatible embeddings endpoint for `--vectorizer openai:MODEL`, such as "
        "`https://api.openai.com/v1` or `http://localhost:11434`.",
    )
    embedding_key: SecretStr | None = Field(None, description="API key of that endpoint; never shown.")
    embedding_key_block: str | None = Field(
        None, description="Name of a Prefect Secret block that holds the key instead."
    )
    embedding_requests: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="Maximum number of requests of a run to that endpoint, of 64 texts each; vectors made "
        "before are kept.",
    )

    runner: Literal["local", "dask"] = Field(
        "local",
        description="Where parallel work runs: `local` (this process) or `dask` (worker processes).",
    )
    dask_address: str | None = Field(
        None,
        pattern=_SCHEDULER,
        description="Scheduler of a Dask cluster, as tcp://host:port; if unset, workers start on this"
        " machine.",
    )

    ingest_cron: str = Field(
        "0 5 * * *",
        description="When `papertrends serve` reads its sources, as a cron expression of five fields.",
    )
    analysis_cron: str = Field(
        "0 6 * * 1", description="When `papertrends serve` analyzes the corpus and writes a report."
    )
    digest_cron: str = Field(
        "0 8 * * 1",
        description="When `papertrends serve` sends the digest of the latest run, if `mail_to` is set.",
    )
    timezone: str = Field("UTC", description="Time zone of the cron expressions, such as `Europe/Zurich`.")
    notify_block: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+/[a-z0-9-]+$",
        description="Prefect notification block, such as `slack-webhook/team`, that is notified of runs"
        " that failed, have gaps or are stale.",
    )

    overlap_days: int = Field(
        7,
        ge=0,
        le=365,
        description="A day of a feed is final once it has been fetched at least this many days afterwards;"
        " until then it is fetched again.",
    )
    first_days: int = Field(
        30,
        ge=1,
        le=40_000,
        description="Number of past days that the first fetch of a feed covers if the feed has no window.",
    )
    contact: str | None = Field(
        None, max_length=200, description="Contact mail address, sent to services with each request."
    )
    daily_papers_url: str = Field(
        "https://huggingface.co", pattern=_WEB, description="Address of Hugging Face Daily Papers."
    )
    arxiv_url: str = Field(
        "https://export.arxiv.org/api/query", pattern=_WEB, description="Address of the arXiv search API."
    )
    arxiv_oai_url: str = Field(
        "https://oaipmh.arxiv.org/oai", pattern=_WEB, description="Address of the arXiv OAI-PMH API."
    )
    openalex_url: str = Field(
        "https://api.openalex.org", pattern=_WEB, description="Address of the OpenAlex API."
    )
    semantic_scholar_url: str = Field(
        "https://api.semanticscholar.org/graph/v1",
        pattern=_WEB,
        description="Address of the Semantic Scholar API.",
    )
    biorxiv_url: str = Field(
        "https://api.biorxiv.org", pattern=_WEB, description="Address of the bioRxiv and medRxiv API."
    )
    crossref_url: str = Field(
        "https://api.crossref.org", pattern=_WEB, description="Address of the Crossref API."
    )
    europepmc_url: str = Field(
        "https://www.ebi.ac.uk/europepmc/webservices/rest",
        pattern=_WEB,
        description="Address of the Europe PMC API.",
    )
    openalex_key: SecretStr | None = Field(None, description="API key of OpenAlex; never shown.")
    semantic_scholar_key: SecretStr | None = Field(
        None, description="API key of Semantic Scholar; never shown."
    )
    arxiv_pause_seconds: float = Field(
        3.0,
        ge=0,
        le=600,
        description="Pause between two requests to arXiv, in seconds; arXiv asks for three.",
    )
    answer_seconds: float = Field(
        120.0, gt=0, le=3600, description="Maximum number of seconds for one response of a service."
    )
    max_answer_mb: int = Field(
        64, ge=1, le=4096, description="Maximum size of one response of a service, in MB after decompression."
    )
    allow_private_feeds: bool = Field(
        False,
        description="Whether `rss:` feeds may be on this machine or in a private network: `true` or `false`.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_booleans(cls, value: object, info: ValidationInfo) -> object:
        # Python takes true for 1.
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError("true and false are not allowed here")
        return value

    @field_validator("vectorizer")
    @classmethod
    def _check_vectorizer(cls, value: str) -> str:
        return check_vectorizer(value)

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(_DATABASE, value.get_secret_value()):
            raise ValueError("it is not the address of a PostgreSQL database")
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
        """Use only passed values: `load_settings` reads the others and tracks their origin."""
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
                "write an address as s3://bucket/themes.toml; user and keys come from the environment"
            )
        return value

    @field_validator("watch", mode="before")
    @classmethod
    def _check_watch(cls, value: object) -> tuple[Watch, ...]:
        return check_watches(value)

    @field_validator("readers", mode="before")
    @classmethod
    def _check_readers(cls, value: object) -> tuple[Reader, ...]:
        return check_readers(value)

    @field_validator("mail_to")
    @classmethod
    def _check_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for number, value in enumerate(values, start=1):
            if not re.fullmatch(ADDRESS, value):
                raise ValueError(f"address {number} is not a mail address; write it as name@example.org")
        return tuple(dict.fromkeys(values))

    @field_validator("ingest_cron", "analysis_cron", "digest_cron")
    @classmethod
    def _check_cron(cls, value: str) -> str:
        if len(value.split()) != _CRON_FIELDS:
            raise ValueError("a cron expression has five fields, such as '0 6 * * 1' for Mondays at six")
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
            raise ValueError("unknown time zone; use one such as Europe/Zurich") from error
        return value

    @property
    def feed_settings(self) -> FeedSettings:
        """Network settings: addresses, keys, limits."""
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
    "contact", "mirror", "themes", "mail_from", "mail_to", "readers", "watch", "label_endpoint",
    "embedding_endpoint",
}  # fmt: skip
PRIVATE_SETTINGS = _SECRETS | {
    "contact", "mirror", "mail_from", "mail_to", "readers", "watch", "smtp_host", "smtp_port",
    "smtp_security", "smtp_user", "smtp_password_block", "notify_block", "label_endpoint", "label_key_block",
    "labeller",
    "embedding_endpoint", "embedding_key_block", "embedding_requests",
}  # fmt: skip
"""Settings that change no result and name people, places or secrets: they are in no manifest."""


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
                f"{folder / workspace / SETTINGS_FILE} sets 'workspace', but is in that workspace; remove"
                f" the line, or move it to {SETTINGS_FILE} of the current folder"
            )
        layers.insert(1, (str(folder / workspace / SETTINGS_FILE), own))
    return _settings_of(layers)


def settings_table() -> list[tuple[str, str, str, str]]:
    """Name, environment variable, default and description of every setting.

    Examples
    --------
    >>> settings_table()[3]
    ('random_state', 'PAPERTRENDS_RANDOM_STATE', '0', 'Seed of all random numbers.')
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
        raise InputError(f"{path} is not valid TOML: {error}; write one 'name = value' per line") from error
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
        raise InputError(f'{name} in the environment is not a JSON list; write it as ["a", "b"]') from None


def _check_keys(keys: Iterable[str], origin: str, allowed: Iterable[str] | None = None) -> None:
    known = list(Settings.model_fields) if allowed is None else list(allowed)
    for key in keys:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ";"
            if key.lower().removeprefix(_PREFIX.lower()) == "theme_threshold":
                hint = "; it was a score; use theme_probability, from 0 to 1, instead."
            raise InputError(f"unknown setting {key!r} in {origin}{hint} Allowed are {', '.join(known)}")


def _settings_of(layers: list[tuple[str, dict[str, Any]]]) -> Settings:
    """Merge the layers, later ones override; errors name the layer of the bad value."""
    values = {key: value for _, layer in layers for key, value in layer.items()}
    origins = {key: origin for origin, layer in layers for key in layer}
    try:
        return Settings(**values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        info = Settings.model_fields[name]
        shown = "what is given" if name in _NEVER_SHOWN else repr(values[name])
        reason = fault["msg"].removeprefix("Value error, ")
        raise InputError(
            f"setting {name!r} of {origins[name]} cannot be {shown}: {reason[:1].lower()}{reason[1:]}. "
            f"{info.description}"
        ) from error
