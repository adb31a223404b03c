"""Settings: which place wins, and what a wrong one is told."""

from __future__ import annotations

import os
import traceback
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from analytics.exceptions import InputError
from flows.config.feed_settings import FeedSettings
from flows.config.settings import DEFAULT_THEMES, PRIVATE_SETTINGS, Settings, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder and an environment without any of our variables."""
    for name in list(os.environ):
        if name.upper().startswith("PAPERTRENDS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / path.name).write_text(text, encoding="utf-8")


def refused(overrides: dict[str, object] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load_settings(overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults():
    settings = load_settings()
    assert settings.model_dump() == {
        "workspace": Path("data/workspace"),
        "themes": None,
        "vectorizer": "auto",
        "random_state": 0,
        "by": None,
        "site": "",
        "mirror": "",
        "mail_from": None,
        "mail_to": (),
        "readers": (),
        "watch": (),
        "mail_when_still": "papers",
        "smtp_host": None,
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_user": None,
        "smtp_password": None,
        "smtp_password_block": None,
        "label_endpoint": None,
        "label_key": None,
        "label_key_block": None,
        "label_model": None,
        "label_requests": 500,
        "embedding_endpoint": None,
        "embedding_key": None,
        "embedding_key_block": None,
        "embedding_requests": 2000,
        "as_of": None,
        "title": None,
        "false_discovery_rate": 0.05,
        "steady_within": 1.25,
        "min_topic_size": None,
        "theme_probability": 0.5,
        "papers_in_report": 300,
        "keep_runs_days": 90,
        "labeller": None,
        "database": None,
        "runner": "local",
        "dask_address": None,
        "ingest_cron": "0 5 * * *",
        "analysis_cron": "0 6 * * 1",
        "digest_cron": "0 8 * * 1",
        "timezone": "UTC",
        "notify_block": None,
        "overlap_days": 7,
        "first_days": 30,
        "contact": None,
        "daily_papers_url": "https://huggingface.co",
        "arxiv_url": "https://export.arxiv.org/api/query",
        "arxiv_oai_url": "https://oaipmh.arxiv.org/oai",
        "openalex_url": "https://api.openalex.org",
        "semantic_scholar_url": "https://api.semanticscholar.org/graph/v1",
        "biorxiv_url": "https://api.biorxiv.org",
        "crossref_url": "https://api.crossref.org",
        "europepmc_url": "https://www.ebi.ac.uk/europepmc/webservices/rest",
        "openalex_key": None,
        "semantic_scholar_key": None,
        "arxiv_pause_seconds": 3.0,
        "answer_seconds": 120.0,
        "max_answer_mb": 64,
        "allow_private_feeds": False,
    }
    assert settings.themes_file == DEFAULT_THEMES


def test_each_place_wins_over_the_one_before(folder, monkeypatch):
    """Worked by hand: five places set the seed, one is taken away after the other."""
    write(folder / "papertrends.toml", 'workspace = "w"\nrandom_state = 1\npapers_in_report = 11\n')
    write(folder / "w" / "papertrends.toml", "random_state = 2\n")
    monkeypatch.setenv("PAPERTRENDS_RANDOM_STATE", "3")
    seeds = [
        load_settings({"random_state": 4}).random_state,
        load_settings({"random_state": None}).random_state,
    ]
    monkeypatch.setenv("PAPERTRENDS_RANDOM_STATE", "")
    seeds.append(load_settings().random_state)
    assert load_settings().papers_in_report == 11  # what the workspace leaves open, the folder may say
    (folder / "w" / "papertrends.toml").unlink()
    seeds.append(load_settings().random_state)
    (folder / "papertrends.toml").unlink()
    seeds.append(load_settings().random_state)
    assert seeds == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("how", ["command line", "environment"])
def test_the_workspace_that_is_asked_for_is_the_one_whose_file_counts(folder, monkeypatch, how):
    write(folder / "papertrends.toml", 'workspace = "not-this"\n')
    write(folder / "not-this" / "papertrends.toml", "random_state = 1\n")
    write(folder / "this" / "papertrends.toml", "random_state = 2\n")
    if how == "environment":
        monkeypatch.setenv("PAPERTRENDS_WORKSPACE", "this")
    settings = load_settings({"workspace": Path("this")} if how == "command line" else {})
    assert (settings.workspace, settings.random_state) == (Path("this"), 2)


READER = {"address": "c@e.org", "themes": (), "watch": None, "words": (), "how_often": "each run"}
WATCH = {"name": "snow", "authors": (), "organizations": (), "words": ("snow",), "papers": ()}


def test_every_type_can_be_given_as_text(monkeypatch):
    given = {
        "WORKSPACE": "w", "THEMES": "t.toml", "VECTORIZER": "lexical", "RANDOM_STATE": "7", "AS_OF": "2025-10-01",
        "TITLE": "My papers", "SITE": "https://e.org/w", "MIRROR": "s3://b/w", "FALSE_DISCOVERY_RATE": "0.1", "STEADY_WITHIN": "1.5", "BY": '["venue", "source"]', "MIN_TOPIC_SIZE": "5", "THEME_PROBABILITY": "0.25",
        "PAPERS_IN_REPORT": "10", "KEEP_RUNS_DAYS": "30", "LABELLER": "ann", "DATABASE": "postgresql://me:word@h/n", "MAIL_FROM": "p@e.org", "MAIL_TO": '["a@e.org", "b@e.org", "a@e.org"]',
        "READERS": '[{"address": "c@e.org"}]', "WATCH": '{"words": "snow"}', "MAIL_WHEN_STILL": "none", "SMTP_HOST": "m.org", "SMTP_PORT": "465", "SMTP_SECURITY": "ssl",
        "SMTP_USER": "me", "SMTP_PASSWORD": "secret", "SMTP_PASSWORD_BLOCK": "mail",
        "LABEL_ENDPOINT": "http://localhost:11434/v1", "LABEL_KEY": "k3", "LABEL_KEY_BLOCK": "judge", "LABEL_MODEL": "llama3.1:8b", "LABEL_REQUESTS": "6",
        "EMBEDDING_ENDPOINT": "http://localhost:1/v1", "EMBEDDING_KEY": "k4", "EMBEDDING_KEY_BLOCK": "vectors", "EMBEDDING_REQUESTS": "5", "RUNNER": "dask", "DASK_ADDRESS": "tcp://a:1",
        "INGEST_CRON": "1 1 * * *", "ANALYSIS_CRON": "2 2 * * 2", "DIGEST_CRON": "3 3 * * 3", "TIMEZONE": "Asia/Tokyo", "NOTIFY_BLOCK": "slack-webhook/team",
        "OVERLAP_DAYS": "3", "FIRST_DAYS": "9", "CONTACT": "a@b.org",
        "DAILY_PAPERS_URL": "http://127.0.0.1:1", "ARXIV_URL": "http://a.org/q", "ARXIV_OAI_URL": "http://a.org/o",
        "OPENALEX_URL": "http://o.org", "SEMANTIC_SCHOLAR_URL": "http://s.org", "BIORXIV_URL": "http://b.org", "CROSSREF_URL": "http://c.org",
        "EUROPEPMC_URL": "http://e.org", "OPENALEX_KEY": "k1",
        "SEMANTIC_SCHOLAR_KEY": "k2", "ARXIV_PAUSE_SECONDS": "0.5", "ANSWER_SECONDS": "9", "MAX_ANSWER_MB": "5",
        "ALLOW_PRIVATE_FEEDS": "true",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"PAPERTRENDS_{name}", value)
    assert list(load_settings().model_dump().values()) == [
        Path("w"), Path("t.toml"), "lexical", 7, date(2025, 10, 1), "My papers", "https://e.org/w", "s3://b/w", 0.1, 1.5, ("venue", "source"), 5, 0.25, 10, 30, "ann",
        SecretStr("postgresql://me:word@h/n"), "p@e.org", ("a@e.org", "b@e.org"), (READER,), (WATCH,), "none", "m.org", 465, "ssl", "me", SecretStr("secret"), "mail",
        "http://localhost:11434/v1", SecretStr("k3"), "judge", "llama3.1:8b", 6, "http://localhost:1/v1", SecretStr("k4"), "vectors", 5, "dask",
        "tcp://a:1", "1 1 * * *", "2 2 * * 2", "3 3 * * 3", "Asia/Tokyo", "slack-webhook/team", 3, 9, "a@b.org", "http://127.0.0.1:1", "http://a.org/q", "http://a.org/o", "http://o.org", "http://s.org",
        "http://b.org", "http://c.org", "http://e.org", SecretStr("k1"), SecretStr("k2"), 0.5, 9.0, 5, True,
    ]  # fmt: skip
    assert load_settings().feed_settings == FeedSettings(
        "http://127.0.0.1:1", "http://a.org/q", "http://a.org/o", "http://o.org", "http://s.org", "http://b.org",
        "http://c.org", "http://e.org", "a@b.org", "k1", "k2", 5, 9.0, 0.5, allow_private_feeds=True,
    )  # fmt: skip
    assert load_settings().themes_file == Path("t.toml")


@pytest.mark.parametrize("name", ["mail_from", "mail_to"])
@pytest.mark.parametrize(
    "address", ["ada", "ada@", "a b@example.org", "ada@example.org, bob@example.org", "<x@y>"]
)
def test_what_is_not_a_mail_address_is_refused(folder, name, address):
    given = f'["{address}"]' if name == "mail_to" else f'"{address}"'
    write(folder / "papertrends.toml", f"{name} = {given}\n")
    assert name in refused()


def test_a_date_of_toml_and_a_byte_order_mark_are_read(folder):
    write(folder / "papertrends.toml", "\ufeffas_of = 2025-10-01\r\n")
    assert load_settings().as_of == date(2025, 10, 1)


def test_paths_in_a_file_start_from_that_file(folder, monkeypatch):
    write(folder / "w" / "papertrends.toml", 'themes = "mine.toml"\n')
    assert load_settings({"workspace": "w"}).themes == folder / "w" / "mine.toml"
    monkeypatch.setenv("HOME", "/home/someone")
    write(folder / "w" / "papertrends.toml", 'themes = "~/mine.toml"\n')
    assert load_settings({"workspace": "w"}).themes == Path("/home/someone/mine.toml")


def test_the_current_folder_may_be_the_workspace(folder):
    write(folder / "papertrends.toml", 'workspace = "."\nrandom_state = 5\n')
    assert load_settings().random_state == 5


def test_unknown_key_of_a_file(folder):
    write(folder / "papertrends.toml", "random_sate = 1\n")
    message = refused()
    assert (
        f"unknown setting 'random_sate' in {folder / 'papertrends.toml'}; did you mean 'random_state'?"
        in message
    )
    assert message.endswith(", ".join(Settings.model_fields))


@pytest.mark.parametrize("name", ["PAPERTRENDS_VECTORISER", "papertrends_vectoriser"])
def test_unknown_variable(monkeypatch, name):
    monkeypatch.setenv(name, "lexical")
    message = refused()
    assert (
        "unknown setting 'PAPERTRENDS_VECTORISER' in the environment; did you mean 'PAPERTRENDS_VECTORIZER'?"
        in message
    )


def test_unknown_override_and_table_of_toml(folder):
    assert "unknown setting 'zzzz' in the command line; Allowed are" in refused({"zzzz": 1})
    gone = refused({"theme_threshold": 3.0})
    assert "it was a score; use theme_probability, from 0 to 1, instead. Allowed are" in gone
    write(folder / "papertrends.toml", "[reports]\ntitle = 'x'\n")
    assert "unknown setting 'reports'" in refused()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("random_state = 1\ntitle = x\n", "line 2"),
        ("random_state = 1\nrandom_state = 2\n", "line 2"),
        ("# caf\xe9", "utf-8"),
    ],
)
def test_malformed_file_is_named_with_its_line(folder, content, message):
    (folder / "papertrends.toml").write_bytes(content.encode("latin-1"))
    assert message in refused()
    assert str(folder / "papertrends.toml") in refused()


def test_a_folder_in_the_place_of_the_file(folder):
    (folder / "papertrends.toml").mkdir()
    assert "cannot be read" in refused()


def test_a_workspace_cannot_send_itself_elsewhere(folder):
    write(folder / "w" / "papertrends.toml", 'workspace = "v"\n')
    assert "is in that workspace" in refused({"workspace": "w"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vectorizer", "word2vec"),
        ("random_state", -1),
        ("random_state", 2**32),
        ("random_state", 1.5),
        ("random_state", True),
        ("as_of", "yesterday"),
        ("as_of", "2025-02-30"),
        ("title", ""),
        ("false_discovery_rate", 0),
        ("false_discovery_rate", 1),
        ("false_discovery_rate", "nan"),
        ("steady_within", 1),
        ("by", ["lab"]),
        ("by", ["none", "venue"]),
        ("steady_within", 10.5),
        ("min_topic_size", 1),
        ("theme_probability", "1"),
        ("papers_in_report", -1),
        ("workspace", 3),
    ],
)
def test_a_value_out_of_bounds_names_setting_place_value_and_purpose(name, value):
    message = refused({name: value})
    assert message.startswith(f"setting {name!r} of the command line cannot be {value!r}: ")
    assert str(Settings.model_fields[name].description) in message


def test_the_place_of_a_bad_value_is_named(folder, monkeypatch):
    write(folder / "papertrends.toml", "papers_in_report = -1\n")
    assert f"of {folder / 'papertrends.toml'} cannot be -1" in refused()
    monkeypatch.setenv("PAPERTRENDS_PAPERS_IN_REPORT", "few")
    assert "of the environment cannot be 'few'" in refused()


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        load_settings().random_state = 3


def test_a_bare_settings_object_reads_no_environment(monkeypatch):
    monkeypatch.setenv("PAPERTRENDS_RANDOM_STATE", "9")
    assert Settings().random_state == 0


def test_the_table_documents_every_setting():
    table = Settings.table()
    assert [row[0] for row in table] == list(Settings.model_fields)
    assert all(row[1] == f"PAPERTRENDS_{row[0].upper()}" and row[3].endswith(".") for row in table)
    assert {row[0]: row[2] for row in table}["workspace"] == "data/workspace"


def test_keys_are_never_shown(monkeypatch):
    monkeypatch.setenv("PAPERTRENDS_OPENALEX_KEY", "very-secret")
    settings = load_settings()
    shown = f"{settings!r} {settings.model_dump(mode='json')} {settings.feed_settings!r}"
    assert "very-secret" not in shown
    monkeypatch.setenv("PAPERTRENDS_OPENALEX_KEY", "")
    assert load_settings().openalex_key is None


SECRETS = [name for name, info in Settings.model_fields.items() if "SecretStr" in str(info.annotation)]


@pytest.mark.parametrize("name", [*SECRETS, "contact", "mail_from", "mail_to", "label_endpoint"])
@pytest.mark.parametrize("text", ["123456789", "[123456789]", "[['123456789']]", f"'{'123456789' * 30}'"])
def test_no_error_repeats_a_secret_or_an_address(folder, name, text):
    """Nor does what the error came from: Prefect and ``--verbose`` write that too."""
    write(folder / "papertrends.toml", f"{name} = {text}\n")
    try:
        settings = load_settings()
    except InputError as error:
        said = "".join(traceback.format_exception(error))
        assert name in said
    else:
        said = f"{settings!r} {settings.model_dump(mode='json')}"
    assert "123456789" not in said


def test_whatever_is_secret_by_its_type_is_private():
    assert (
        {"openalex_key", "semantic_scholar_key", "smtp_password", "label_key", "embedding_key"}
        <= set(SECRETS)
        <= PRIVATE_SETTINGS
    )
    assert set(Settings.model_fields) >= PRIVATE_SETTINGS


def test_a_variable_that_should_be_a_list_is_one_line_without_its_value(monkeypatch):
    monkeypatch.setenv("PAPERTRENDS_MAIL_TO", "ada@example.org")
    with pytest.raises(
        InputError, match=r"^PAPERTRENDS_MAIL_TO in the environment is not a JSON list"
    ) as caught:
        load_settings()
    assert "ada" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "address", ["export.arxiv.org", "ftp://a.org", "file:///etc/passwd", "http://", "http:// a"]
)
def test_an_invalid_address_is_refused(address):
    assert "'arxiv_url'" in refused({"arxiv_url": address})


@pytest.mark.parametrize(
    "address",
    ["localhost:11434", "http://me:very-secret@h.org", "http://h.org/v1?key=very-secret", "http://h/#x"],
)
def test_an_endpoint_without_a_scheme_or_with_a_key_in_it_is_refused_and_not_repeated(address):
    message = refused({"label_endpoint": address})
    assert "'label_endpoint' of the command line cannot be what is given" in message
    assert "very-secret" not in message


DATABASES = ["sqlite:///corpus.sqlite", "mysql://u:very-secret@h/n", "postgresql+asyncpg://u:very-secret@h/n",
             "postgresql://u:very-secret@h", "postgresql://u:very-secret@h/", "u:very-secret@h/n", "postgresql://u:very-secret @h/n",
             "postgresql://u:a@very-secret@h/n", "postgresql://u:1/very-secret@h", "postgresql://u:a?very-secret@h/n"]  # fmt: skip


@pytest.mark.parametrize("address", DATABASES)
def test_a_database_of_another_kind_is_refused_and_its_password_unsaid(folder, address):
    write(folder / "papertrends.toml", f'database = "{address}"\n')
    with pytest.raises(
        InputError, match="'database' of .* not the address of a PostgreSQL database"
    ) as caught:
        load_settings()
    told = "".join(traceback.format_exception(caught.value))
    assert "postgresql+psycopg://user:password@host:port/name" in str(caught.value)
    assert "very-secret" not in told


@pytest.mark.parametrize("name", ["database", "smtp_password", "openalex_key"])
def test_a_secret_of_another_type_is_not_repeated(folder, name):
    write(folder / "papertrends.toml", f"{name} = 271828\n")
    assert "271828" not in refused()
