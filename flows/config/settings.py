"""Settings from ``papertrends.toml``, ``PAPERTRENDS_*`` variables and the command line.

Later ones override earlier ones: defaults, the file of the current folder, the file of the workspace, the
environment, the command line. An unknown key is an error, because a misspelled one would otherwise be
ignored for months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from analytics.watch import Watch
from flows.config.default_files import DEFAULT_THEMES
from flows.config.feed_settings import FeedSettings
from flows.config.reader_settings import Reader, check_readers, check_watches
from flows.config.setting_layers import SETTINGS_FILE, LayeredSettings
from flows.config.setting_types import (
    Cron,
    DatabaseAddress,
    Endpoint,
    Grouping,
    MailAddress,
    MailAddresses,
    ModelName,
    Place,
    Probability,
    Scheduler,
    Site,
    ThemesPlace,
    TimeZone,
    WebAddress,
    check_groupings,
    is_secret,
)
from flows.config.vectorizer_names import check_vectorizer

__all__ = [
    "DEFAULT_THEMES",
    "PRIVATE_SETTINGS",
    "SETTINGS_FILE",
    "Settings",
    "load_settings",
]


class Settings(LayeredSettings):
    """All settings of a run; frozen. Create them with `load_settings`."""

    workspace: Path = Field(
        Path("data/workspace"), description="Folder that holds the store and the runs; created if missing."
    )
    themes: ThemesPlace = Field(
        None,
        description="Themes file: a path, or an address such as s3://bucket/themes.toml; if unset, the"
        " project's `data/themes.toml`.",
    )
    vectorizer: Annotated[str, AfterValidator(check_vectorizer)] = Field(
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
    site: Site = Field(
        "",
        description="Web address at which the workspace folder is published, for links in its feed; if"
        " unset, links are relative.",
    )
    mirror: Place = Field(
        "",
        description="Where to copy published runs, such as s3://bucket/papers or any other fsspec address;"
        " credentials come from the environment, never from the address.",
    )
    false_discovery_rate: Probability = Field(
        0.05, description="Accepted share of false alarms among rising and falling verdicts (q)."
    )
    steady_within: float = Field(
        1.25,
        gt=1,
        le=10,
        description="A share is steady if its odds changed by less than this factor, up or down.",
    )
    by: Annotated[tuple[Grouping, ...] | None, BeforeValidator(check_groupings)] = Field(
        None,
        description="What papers are grouped by, to see who publishes on a theme: a list of `organization`,"
        " `category`, `venue` and `source`, or `none`; if unset, organizations if a tenth of the papers name"
        " one.",
    )
    min_topic_size: int | None = Field(
        None,
        ge=2,
        le=100_000,
        description="Smallest number of papers in a topic; if unset, it depends on the size of the corpus.",
    )
    theme_probability: Probability = Field(
        0.5, description="A paper belongs to a theme from this probability on."
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
    database: DatabaseAddress | None = Field(
        None,
        description="PostgreSQL database of the store, as"
        " postgresql+psycopg://user:password@host:port/name; if unset, `corpus.sqlite` in the workspace;"
        " never shown.",
    )

    mail_from: MailAddress | None = Field(
        None, description="Sender address of the mails; readers reply to it."
    )
    mail_to: MailAddresses = Field(
        (),
        description="Recipients of the digest, who get one mail each; a list in TOML, JSON in an"
        " environment variable.",
    )
    readers: Annotated[tuple[Reader, ...], BeforeValidator(check_readers)] = Field(
        (),
        description="Readers of the digest with their own choice: `[[readers]]` tables with `address`,"
        " `themes`, `watch`, `words` and `how_often` (`each run`, `weekly`, `monthly`).",
    )
    watch: Annotated[tuple[Watch, ...], BeforeValidator(check_watches)] = Field(
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

    label_endpoint: Endpoint | None = Field(
        None,
        description="OpenAI-compatible chat endpoint for `papertrends label --by MODEL`, and for names of"
        " topics if `label_model` is set, such as `http://localhost:11434`.",
    )
    label_key: SecretStr | None = Field(None, description="API key of that endpoint; never shown.")
    label_key_block: str | None = Field(
        None, description="Name of a Prefect Secret block that holds the key instead."
    )
    label_model: ModelName | None = Field(
        None,
        description="Model at `label_endpoint` that names topics from their terms and titles, such as"
        " `llama3.1:8b`; if unset, topics have the labels that the data gives.",
    )
    label_requests: int = Field(
        500,
        ge=1,
        le=1_000_000,
        description="Maximum number of requests of a run for names of topics; earlier names are kept.",
    )

    embedding_endpoint: Endpoint | None = Field(
        None,
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
        "local", description="Where parallel work runs: `local` (this process) or `dask` (worker processes)."
    )
    dask_address: Scheduler | None = Field(
        None,
        description="Scheduler of a Dask cluster, as tcp://host:port; if unset, workers start on this"
        " machine.",
    )

    ingest_cron: Cron = Field(
        "0 5 * * *",
        description="When `papertrends serve` reads its sources, as a cron expression of five fields.",
    )
    analysis_cron: Cron = Field(
        "0 6 * * 1", description="When `papertrends serve` analyzes the corpus and writes a report."
    )
    digest_cron: Cron = Field(
        "0 8 * * 1",
        description="When `papertrends serve` sends the digest of the latest run, if `mail_to` or"
        " `readers` is set.",
    )
    timezone: TimeZone = Field(
        "UTC", description="Time zone of the cron expressions, such as `Europe/Zurich`."
    )
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
    daily_papers_url: WebAddress = Field(
        "https://huggingface.co", description="Address of Hugging Face Daily Papers."
    )
    arxiv_url: WebAddress = Field(
        "https://export.arxiv.org/api/query", description="Address of the arXiv search API."
    )
    arxiv_oai_url: WebAddress = Field(
        "https://oaipmh.arxiv.org/oai", description="Address of the arXiv OAI-PMH API."
    )
    openalex_url: WebAddress = Field("https://api.openalex.org", description="Address of the OpenAlex API.")
    semantic_scholar_url: WebAddress = Field(
        "https://api.semanticscholar.org/graph/v1", description="Address of the Semantic Scholar API."
    )
    biorxiv_url: WebAddress = Field(
        "https://api.biorxiv.org", description="Address of the bioRxiv and medRxiv API."
    )
    crossref_url: WebAddress = Field("https://api.crossref.org", description="Address of the Crossref API.")
    europepmc_url: WebAddress = Field(
        "https://www.ebi.ac.uk/europepmc/webservices/rest", description="Address of the Europe PMC API."
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

    @property
    def feed_settings(self) -> FeedSettings:
        """Network settings: addresses, keys, limits."""
        names = {field.name for field in fields(FeedSettings)} & set(type(self).model_fields)
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        for name, value in values.items():
            if isinstance(value, SecretStr):
                values[name] = value.get_secret_value()
        return FeedSettings(**values)

    @property
    def themes_file(self) -> Path | str:
        """The file of the themes to use, or its address: those given, else the committed ones."""
        return self.themes or DEFAULT_THEMES


_SECRETS = frozenset(name for name, info in Settings.model_fields.items() if is_secret(info.annotation))
_NEVER_SHOWN = _SECRETS | {
    "contact", "mirror", "themes", "mail_from", "mail_to", "readers", "watch", "label_endpoint",
    "embedding_endpoint",
}  # fmt: skip
PRIVATE_SETTINGS = _SECRETS | {
    "contact", "mirror", "mail_from", "mail_to", "readers", "watch", "smtp_host", "smtp_port",
    "smtp_security", "smtp_user", "smtp_password_block", "notify_block", "label_endpoint", "label_key_block",
    "label_requests", "labeller",
    "embedding_endpoint", "embedding_key_block", "embedding_requests",
}  # fmt: skip
"""Settings that change no result and name people, places or secrets: they are in no manifest."""


def load_settings(overrides: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Settings:
    """Read the settings from all places.

    Parameters
    ----------
    overrides : mapping, optional
        Values of the command line; None stands for an option that is not given.
    folder : Path, optional
        Where to look for the first ``papertrends.toml``; the current folder by default.

    Raises
    ------
    InputError
        When a file is malformed, a key is unknown, or a value is not allowed.
    """
    return Settings.load(overrides or {}, folder or Path.cwd(), hidden=_NEVER_SHOWN)
