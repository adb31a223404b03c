"""What is PostgreSQL's own: servers that are not there, who is let in, snapshots, order, and passwords kept."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, make_url, select
from sqlalchemy.exc import OperationalError

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed, PaperRecord
from flows.store import Store
from flows.store.database import plain_errors
from flows.store.postgresql import postgresql_name, postgresql_url
from flows.store.schema import papers, schema_version

DAY = date(2025, 3, 4)
ROOT = Path(__file__).resolve().parents[2]
PAGE = str(ROOT / "data" / "sample" / "daily_papers.txt")
NAME = "postgresql h/n"


def make_feed(*titles: str, location: str = "a.json") -> Feed:
    return Feed("daily-papers", location, DAY, tuple(PaperRecord(title, "") for title in titles))


def refused(tmp_path: Path, url: str) -> PapertrendsError:
    with pytest.raises(PapertrendsError) as caught:
        Store.open(tmp_path, database=postgresql_url(url))
    told = str(caught.value)
    assert "\n" not in told
    assert make_url(url).password not in told
    assert told.startswith(f"{postgresql_name(make_url(url))} ")
    return caught.value


# --- without a server ---


class Reported(Exception):
    """What the driver raises, with its SQLSTATE."""

    def __init__(self, sqlstate: str | None, said: str = "what it said\nDETAIL: more") -> None:
        super().__init__(said)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "message", "kind"),
    [
        ("53100", "no disk space left", PapertrendsError),
        ("25006", "cannot be written", PapertrendsError),
        ("42501", "cannot be written", PapertrendsError),
        ("55P03", "stayed locked", PapertrendsError),
        ("53300", "has no free connection", PapertrendsError),
        ("57P01", "cannot be reached", PapertrendsError),
        ("08006", "cannot be reached", PapertrendsError),
        ("XX001", "is damaged", InputError),
        ("28P01", "rejects this user", InputError),
        ("3D000", "does not exist", InputError),
        ("22003", "refused a statement .it said: what it said DETAIL: more", PapertrendsError),
    ],
)
def test_what_the_server_reports_becomes_one_clear_line(state, message, kind):
    with pytest.raises(PapertrendsError, match=message) as caught, plain_errors(NAME):
        raise OperationalError("SELECT 1", {}, Reported(state))
    assert type(caught.value) is kind
    assert NAME in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('FATAL: password authentication failed for user "role "x""', "rejects this user"),
        ("fe_sendauth: no password supplied", "rejects this user"),
        ('FATAL: no pg_hba.conf entry for host "1.2.3.4", database "n"', "rejects this user"),
        ('FATAL: role "x" does not exist', "rejects this user"),
        ('FATAL: permission denied for database "n"', "rejects this user"),
        ('FATAL: database "n" does not exist', "does not exist; create it"),
        ("FATAL: sorry, too many clients already", "has no free connection"),
        ('FATAL: too many connections for role "x"', "has no free connection"),
        ("FATAL: remaining connection slots are reserved for roles", "has no free connection"),
        ("connection refused", "cannot be reached"),
        ("", "cannot be reached"),
    ],
)
def test_a_refused_connection_is_reported_by_its_text(said, message):
    with pytest.raises(PapertrendsError, match=message), plain_errors(NAME):
        raise OperationalError("", {}, Reported(None, said))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql+psycopg://me:secret@h:5433/n", "postgresql h:5433/n"),
        ("postgresql://me@h/n?sslmode=require", "postgresql h/n"),
        ("postgresql:///n?host=/run/postgresql&password=secret", "postgresql /run/postgresql/n"),
        ("postgresql:///n", "postgresql localhost/n"),
    ],
)
def test_messages_name_host_and_database_only(url, name):
    assert postgresql_url(url).drivername == "postgresql+psycopg"
    assert postgresql_name(postgresql_url(url)) == name


@pytest.mark.parametrize(
    "url", ["postgresql://me:sec/ret@h:x/n", "postgresql://me:secret@h:port/n", "secret"]
)
def test_an_address_that_cannot_be_read_is_not_repeated(url):
    with pytest.raises(InputError, match="with %40 for an @") as caught:
        postgresql_url(url)
    assert "sec" not in str(caught.value).replace("user:password", "")
    assert caught.value.__context__ is None


def test_without_the_driver_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("PAPERTRENDS_DATABASE", "postgresql://me:secret@h/n")
    with pytest.raises(InputError, match=r"python install\.py postgres") as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_workspace_says_where_its_store_is(tmp_path, monkeypatch):
    """Its own settings file counts, as for every setting, and a server that cannot be asked is not no store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "papertrends.toml").write_text('database = "postgresql://me:secret@127.0.0.1:9/n"\n')
    assert not Store.exists(tmp_path / "other")
    pytest.importorskip("psycopg")
    with pytest.raises(PapertrendsError, match=r"postgresql 127\.0\.0\.1:9/n cannot be reached"):
        Store.exists(tmp_path / "w")


# --- with one ---


@pytest.fixture
def store(tmp_path, postgresql_server) -> Iterator[Store]:
    url = postgresql_url(postgresql_server.url_of(tmp_path))
    with Store.open(tmp_path / "w", database=url, busy_timeout_s=0.2) as opened:
        yield opened


@pytest.mark.postgres
class TestRefusals:
    def test_a_server_that_is_not_there(self, tmp_path, postgresql_server):
        gone = postgresql_server.url().replace(str(postgresql_server.port), "9")
        assert "cannot be reached" in str(refused(tmp_path, gone))

    def test_a_host_that_nobody_knows(self, tmp_path, postgresql_server):
        gone = postgresql_server.url().replace("127.0.0.1", "nowhere.invalid")
        assert "cannot be reached" in str(refused(tmp_path, gone))

    @pytest.mark.parametrize("wrong", [{"password": "a-guess"}, {"user": "nobody"}])
    def test_a_wrong_password_or_user(self, tmp_path, postgresql_server, wrong):
        error = refused(tmp_path, postgresql_server.url(**wrong))
        assert isinstance(error, InputError)
        assert "rejects this user" in str(error)

    def test_a_database_that_is_not_there(self, tmp_path, postgresql_server):
        error = refused(tmp_path, postgresql_server.url(name="nothing"))
        assert isinstance(error, InputError)
        assert "createdb" in str(error)

    def test_a_schema_that_is_not_there(self, tmp_path, postgresql_server):
        assert "no schema to create tables in" in str(refused(tmp_path, postgresql_server.url("nothing")))

    def test_a_user_who_may_not_make_tables(self, tmp_path, postgresql_server):
        postgresql_server.url_of(tmp_path)
        postgresql_server.execute("CREATE ROLE guest LOGIN PASSWORD 'a-guest-word'")
        url = postgresql_server.url(user="guest", password="a-guest-word")
        assert "cannot be written" in str(refused(tmp_path, url))

    def test_no_connection_left(self, tmp_path, postgresql_server):
        postgresql_server.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 0 PASSWORD 'a-narrow-word'")
        url = postgresql_server.url(user="narrow", password="a-narrow-word")
        assert "has no free connection" in str(refused(tmp_path, url))

    def test_a_database_without_every_letter(self, tmp_path, postgresql_server):
        postgresql_server.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        )
        error = refused(tmp_path, postgresql_server.url(name="latin"))
        assert "keeps text as LATIN1" in str(error)

    def test_a_database_of_something_else_is_left_alone(self, tmp_path, postgresql_server):
        url = postgresql_server.url_of(tmp_path)
        postgresql_server.execute(f"CREATE TABLE {url.rpartition('%3D')[2]}.bookmarks (address TEXT)")
        assert "is not a papertrends database: it has the table 'bookmarks'" in str(refused(tmp_path, url))


def close_connections(server, store: Store) -> int:
    """Let the server close every connection of a store's schema, as a restart would."""
    schema = store._engine.url.query["options"].partition("=")[2]
    with store._engine.begin() as connection:
        own = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    assert own == schema
    ended = server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'papertrends' "
        f"AND pid IN ({', '.join(str(pid) for pid in pids_of(store))})"
    )
    return len(ended)


def pids_of(store: Store) -> list[int]:
    with store._engine.begin() as one, store._engine.begin() as other:
        return [c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for c in (one, other)]


@pytest.mark.postgres
class TestConnections:
    def test_one_that_the_server_closed_meanwhile_is_replaced(self, store, postgresql_server):
        store.ingest_feed(make_feed("A first paper"), seen_on=DAY)
        assert close_connections(postgresql_server, store) == 2
        assert len(store.read_papers(DAY)) == 1
        assert close_connections(postgresql_server, store) == 2
        assert store.ingest_feed(make_feed("A second paper", location="b"), seen_on=DAY).new == 1

    def test_one_that_breaks_in_the_middle_leaves_the_last_whole_state(
        self, store, postgresql_server, monkeypatch
    ):
        store.ingest_feed(make_feed("A first paper"), seen_on=DAY)

        def breaks(connection, _ids):
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            postgresql_server.execute(f"SELECT pg_terminate_backend({pid})")
            connection.exec_driver_sql("SELECT 1")

        with monkeypatch.context() as patch:
            patch.setattr("flows.store.sightings._fold", breaks)
            with pytest.raises(PapertrendsError, match="cannot be reached") as caught:
                store.ingest_feed(make_feed("A second paper", location="b"), seen_on=DAY)
        assert "\n" not in str(caught.value)
        assert store.read_papers(DAY)["title"].tolist() == ["A first paper"]
        assert store.ingest_feed(make_feed("A second paper", location="b"), seen_on=DAY).new == 1

    def test_a_reader_cannot_write(self, store):
        with pytest.raises(PapertrendsError, match="cannot be written"), store._reading() as connection:
            connection.execute(insert(schema_version).values(version=99))

    def test_stores_in_two_schemas_do_not_wait_for_one_another(self, store, tmp_path, postgresql_server):
        url = postgresql_url(postgresql_server.url_of(tmp_path / "other"))
        with Store.open(tmp_path / "other", database=url, busy_timeout_s=0.2) as other, store._writing():
            assert other.ingest_feed(make_feed("A first paper"), seen_on=DAY).new == 1

    def test_a_second_writer_goes_on_from_what_the_first_wrote(self, store, tmp_path):
        """It waits before its snapshot is taken, so nothing that it reads is old."""
        with Store.open(tmp_path, database=store._engine.url) as second:
            with store._writing() as connection:
                connection.execute(insert(schema_version).values(version=1))
            with second._writing() as connection:
                assert 1 in connection.execute(select(schema_version.c.version)).scalars().all()


@pytest.mark.postgres
def test_after_many_rows_the_server_knows_how_many(store, postgresql_server):
    """It would plan for an empty table else, and a first ingest would take the square of its size."""
    schema = store._engine.url.query["options"].partition("=")[2]
    asked = f"SELECT relname, reltuples FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"
    store.ingest_feed(make_feed("A first paper"), seen_on=DAY)
    assert dict(postgresql_server.execute(asked))["records"] == -1
    store.ingest_feed(make_feed(*(f"Paper {n} of a long series" for n in range(1200))), seen_on=DAY)
    store.write_vectors("v", [f"{n}" for n in range(1200)], np.ones((1200, 3), np.float32))
    known = dict(postgresql_server.execute(asked))
    assert {known[name] for name in ("papers", "records", "sightings")} == {1201}
    assert known["vectors"] == 1200


@pytest.mark.postgres
class TestOrder:
    IDS = ("title:Z", "doi:10.1/b", "doi:10.1/B", "arxiv:1", "title:a", "doi:10.1/é", "doi:10.1-b", "doi 10")

    def test_text_is_sorted_by_code_points_and_not_by_the_rules_of_a_language(self, store):
        row = {column.name: None for column in papers.c} | {
            "title": "", "title_key": "", "abstract": "", "published_basis": "", "published_precision": "",
            "is_withdrawn": False, "first_seen": DAY, "authors": "", "sources": "",
            "categories": "[]",
        }  # fmt: skip
        with store._writing() as connection:
            connection.execute(insert(papers), [row | {"paper_id": one} for one in self.IDS])
            found = connection.execute(select(papers.c.paper_id).order_by(papers.c.paper_id)).scalars().all()
            later = select(papers.c.paper_id).where(papers.c.paper_id > "doi:10.1/b")
            assert set(connection.execute(later).scalars()) == {one for one in self.IDS if one > "doi:10.1/b"}
        assert found == sorted(self.IDS)

    def test_every_text_column_does_so(self, store, postgresql_server):
        schema = store._engine.url.query["options"].partition("=")[2]
        others = postgresql_server.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE data_type IN "
            f"('text', 'character varying') AND collation_name IS DISTINCT FROM 'C' AND table_schema = '{schema}'"
        )
        assert others == []

    def test_the_servers_own_order_is_another(self, postgresql_server):
        """Else the tests above would prove nothing."""
        values = ", ".join(f"('{one}')" for one in self.IDS)
        found = postgresql_server.execute(f"SELECT v FROM (VALUES {values}) AS t (v) ORDER BY v")
        assert [one for (one,) in found] != sorted(self.IDS)


@pytest.mark.postgres
class TestPassword:
    def call(self, cwd: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PAPERTRENDS_DATABASE": url}
        return subprocess.run(
            [sys.executable, "-m", "flows.commands.cli", *arguments, "--workspace", "w"],
            cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    @pytest.mark.parametrize("wrong", [{"password": "a-guess-of-mine"}, {"name": "nothing"}])
    def test_no_message_and_no_traceback_has_it(self, tmp_path, postgresql_server, night, wrong):
        url = postgresql_server.url(**wrong)
        plain = night.run("status", cwd=tmp_path, PAPERTRENDS_DATABASE=url)
        assert (plain.status, plain.err.count("\n")) == (2, 1), plain.err
        assert f"papertrends: postgresql 127.0.0.1:{postgresql_server.port}/" in plain.err
        loud = night.run("status", "--verbose", cwd=tmp_path, PAPERTRENDS_DATABASE=url)
        assert "Traceback" in loud.err
        assert make_url(url).password not in plain.err + loud.err + loud.out

    def test_nothing_that_a_run_leaves_or_says_has_it(self, tmp_path, postgresql_server):
        url = postgresql_server.url_of(tmp_path)
        said = [
            self.call(
                tmp_path, url, "run", PAGE, "--vectorizer", "lexical", "--as-of", "2025-12-10", "--verbose"
            ),
            self.call(tmp_path, url, "status", "--verbose"),
        ]
        assert [one.returncode for one in said] == [0, 0], said[0].stderr
        place = f"postgresql 127.0.0.1:{postgresql_server.port}/papers"
        assert said[1].stdout.startswith(f"47 papers in {place}\n")
        password = str(make_url(url).password)
        assert all(password not in one.stdout + one.stderr for one in said)
        left = [path for path in (tmp_path / "w").rglob("*") if path.is_file()]
        assert len(left) > 20
        assert not any(password.encode() in path.read_bytes() for path in left)
        assert not list(tmp_path.rglob("corpus.sqlite*"))
        with Store.open(tmp_path, database=postgresql_url(url)) as store:
            manifest = str(store.read_runs()[0].manifest)
        assert "postgresql" not in manifest

    def test_no_log_has_it(self, tmp_path, postgresql_server, caplog):
        url = postgresql_url(postgresql_server.url_of(tmp_path))
        with caplog.at_level(logging.DEBUG), Store.open(tmp_path, database=url) as store:
            store.ingest_feed(make_feed("A first paper"), seen_on=DAY)
            assert "a-secret-word" not in f"{store!r} {store._engine!r} {store.name}"
        assert "a-secret-word" not in caplog.text
