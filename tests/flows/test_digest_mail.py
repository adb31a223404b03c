"""The digest is a mail that says what the report says, and no recipient gets one twice."""

from __future__ import annotations

import email
import shutil
import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.policy import default

import pandas as pd
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from typer.testing import CliRunner

import flows.publication.digest_mail
from analytics.exceptions import InputError, PapertrendsError
from flows.commands.cli import app
from flows.config.reader_settings import Reader
from flows.config.settings import Settings
from flows.publication.digest_mail import make_mails, send_mails, write_mail
from flows.runs import publish_run
from flows.store import RunRow, Store
from tests.reports.conftest import make_run

AT = datetime(2025, 12, 22, 6, tzinfo=UTC)
RUN = "20251222T060000-000000-aaaaaaaa"
ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"


class Inbox:
    """What a mail server takes, and what it refuses."""

    def __init__(self):
        self.mails, self.refused, self.broken = [], set(), set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=default)
        self.mails.append((envelope.rcpt_tos, mail))
        if self.broken & set(envelope.rcpt_tos):
            server.transport.abort()  # the mail has arrived, and its sender does not learn of it
        return "250 taken"


@contextmanager
def mail_server(inbox, **options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A workspace with a run; work on a copy of it."""
    folder, made = tmp_path_factory.mktemp("published"), make_run()
    publish_run(folder, RUN, made.tables, made.manifest, {}, "<p>page</p>")
    return folder


@pytest.fixture
def workspace(published, tmp_path):
    shutil.copytree(published, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path


def settings(port=25, **more):
    given = {"mail_from": "papers@example.org", "mail_to": (ADA, BOB), "smtp_host": "127.0.0.1"}
    return Settings(**{**given, "smtp_port": port, "smtp_security": "none", **more})


def sent(workspace, chosen):
    return send_mails(workspace, RUN, make_mails(workspace / "runs" / RUN, chosen, AT), chosen)


def parts(mail):
    return {part.get_content_type(): part for part in mail.walk()}


class TestMail:
    def test_it_says_what_the_report_says(self, workspace):
        mails = make_mails(workspace / "runs" / RUN, settings(site="https://example.org/w"), AT)
        assert list(mails) == [ADA, BOB]
        mail = mails[ADA]
        found = parts(mail)
        text, html = (found[kind].get_content() for kind in ("text/plain", "text/html"))
        report = f"https://example.org/w/runs/{RUN}/report.html"
        for said in ("moved", report, ADA, "papers@example.org"):
            assert said in text
            assert said in html
        assert mail["To"] == ADA
        assert BOB not in mail.as_string()
        assert mail["Date"] == "Mon, 22 Dec 2025 06:00:00 +0000"
        assert "rising" in mail["Subject"] or "falling" in mail["Subject"]
        picture = found["image/png"]
        assert picture["Content-ID"] == "<chart>"
        assert picture.get_content().startswith(b"\x89PNG")
        assert 'src="cid:chart"' in html
        without = len(mail.as_bytes()) - len(picture.as_bytes())
        assert without < 100_000

    @pytest.mark.slow
    def test_it_is_the_same_again(self, workspace):
        folder = workspace / "runs" / RUN
        one, other = (make_mails(folder, settings(), AT)[ADA] for _ in range(2))
        assert (
            one["Message-ID"] == other["Message-ID"] != make_mails(folder, settings(), AT)[BOB]["Message-ID"]
        )
        assert parts(one)["text/html"].get_content() == parts(other)["text/html"].get_content()

    def test_without_a_site_the_report_is_a_file(self, workspace):
        mail = make_mails(workspace / "runs" / RUN, settings(), AT)[ADA]
        assert (workspace / "runs" / RUN / "report.html").resolve().as_uri() in parts(mail)[
            "text/plain"
        ].get_content()

    def test_a_run_without_news_has_two_lines_or_no_mail(self, tmp_path):
        made = make_run()
        still = made.with_tables(verdicts=made.tables.verdicts.assign(verdict="steady"))
        publish_run(tmp_path, RUN, still.tables, still.manifest, {}, "")
        folder = tmp_path / "runs" / RUN
        mail = make_mails(folder, settings(mail_when_still="short"), AT)[ADA]
        text = parts(mail)["text/plain"].get_content()
        assert "Nothing moved: every series that could be tested is steady." in text
        assert "new paper" not in text
        assert "image/png" not in parts(mail)
        assert mail["Subject"].startswith("Nothing moved")
        assert make_mails(folder, settings(mail_when_still="none"), AT) == {}

    def test_papers_are_named_when_nothing_moved(self, tmp_path):
        made = make_run()
        still = made.with_tables(verdicts=made.tables.verdicts.assign(verdict="steady"))
        publish_run(tmp_path, RUN, still.tables, still.manifest, {}, "")
        text = parts(make_mails(tmp_path / "runs" / RUN, settings(), AT)[ADA])["text/plain"].get_content()
        assert "Nothing moved" in text
        assert "https://example.org/papers/" in text

    def test_a_file_that_mail_programs_open(self, workspace, tmp_path):
        mail = make_mails(workspace / "runs" / RUN, settings(), AT)[ADA]
        write_mail(mail, tmp_path / "deep" / "a.eml")
        read = email.message_from_bytes((tmp_path / "deep" / "a.eml").read_bytes(), policy=default)
        assert read["Subject"] == mail["Subject"]
        assert set(parts(read)) == set(parts(mail))
        (tmp_path / "folder.eml").mkdir()
        with pytest.raises(InputError, match="cannot write"):
            write_mail(mail, tmp_path / "folder.eml")


@pytest.mark.usefixtures("database")
class TestSending:
    def test_each_recipient_gets_one_mail_once(self, workspace, inbox):
        with mail_server(inbox) as port:
            first, second = (sent(workspace, settings(port)) for _ in range(2))
        assert (first.sent, second.sent, second.before) == ((ADA, BOB), (), (ADA, BOB))
        assert [to for to, _ in inbox.mails] == [[ADA], [BOB]]
        assert all(mail["To"] == to for (to,), mail in inbox.mails)

    @pytest.mark.slow
    def test_what_the_server_refuses_is_tried_again(self, workspace, inbox):
        inbox.refused = {ADA}
        with mail_server(inbox) as port:
            first = sent(workspace, settings(port))
            assert (first.sent, first.failed) == ((BOB,), ((ADA, "550 no such mailbox"),))
            inbox.refused = set()
            second = sent(workspace, settings(port))
        assert (second.sent, second.before) == ((ADA,), (BOB,))

    @pytest.mark.slow
    def test_where_the_line_breaks_nobody_gets_a_second_mail(self, workspace, inbox):
        inbox.broken = {ADA}
        with mail_server(inbox) as port:
            first = sent(workspace, settings(port))
            assert first.sent == ()
            assert first.failed[0][0] == ADA
            inbox.broken = set()
            second = sent(workspace, settings(port))
        assert (second.sent, second.unknown) == ((BOB,), (ADA,))
        assert [to for to, _ in inbox.mails] == [[ADA], [BOB]]

    @pytest.mark.slow
    def test_a_crash_in_the_middle_sends_none_twice(self, workspace, inbox, monkeypatch):
        class Killed(BaseException):
            pass

        def dies(self, run_id, recipient):
            raise Killed

        with mail_server(inbox) as port:
            monkeypatch.setattr(Store, "confirm_mail", dies)
            with pytest.raises(Killed):
                sent(workspace, settings(port))
            monkeypatch.undo()
            second = sent(workspace, settings(port))
        assert (second.sent, second.unknown) == ((BOB,), (ADA,))
        assert [to for to, _ in inbox.mails] == [[ADA], [BOB]]

    def test_a_server_that_is_not_there(self, workspace):
        with pytest.raises(PapertrendsError, match=r"127\.0\.0\.1:9 cannot be used.*no mail was sent"):
            sent(workspace, settings(9))
        with Store.open(workspace) as store:
            assert store.claim_mail(RUN, ADA, "now") is None

    @pytest.mark.parametrize("missing", ["mail_from", "smtp_host"])
    def test_a_missing_setting(self, workspace, missing):
        with pytest.raises(InputError, match=f"--send needs the setting '{missing}'"):
            sent(workspace, settings(**{missing: None}))


@pytest.mark.usefixtures("database")
class TestReaders:
    """Each reader gets what was chosen, as often as chosen, and nothing is lost between two mails."""

    LATER = "20251229T060000-000000-bbbbbbbb"

    @pytest.fixture
    def two_runs(self, workspace):
        """A run of 22 December, and a run a week later with one more day of papers."""
        with Store.open(workspace) as store:
            for run_id, as_of in ((RUN, date(2025, 12, 22)), (self.LATER, date(2025, 12, 29))):
                row = RunRow(run_id, as_of, f"{as_of}T06:00:00+00:00", "completed", f"{as_of}T06:01:00+00:00")
                store.write_run(row)
        made = make_run()
        papers = made.tables.papers
        papers["first_seen"] = pd.Timestamp("2025-12-20")
        papers.loc[papers.index[-5:], "first_seen"] = pd.Timestamp("2025-12-24")
        since = {"run_id": "between", "as_of": "2025-12-26", "new_papers": 0}
        manifest = made.manifest | {"as_of": "2025-12-29", "since": since}
        publish_run(workspace, self.LATER, made.tables, manifest, {}, "")
        return workspace

    def made(self, workspace, at=datetime(2025, 12, 29, 8, tzinfo=UTC), **more):
        return make_mails(workspace / "runs" / self.LATER, settings(**more), at, only_due=True)

    def sent_before(self, workspace, address, at):
        with Store.open(workspace) as store:
            store.claim_mail(RUN, address, at)
            store.confirm_mail(RUN, address)

    def test_a_mail_goes_on_from_the_last_one_of_its_reader(self, two_runs):
        self.sent_before(two_runs, ADA, "2025-12-22T08:00:00+00:00")
        mails = self.made(two_runs)
        # Bob got none: his goes on from the run before.
        ada, bob = (parts(mails[one])["text/plain"].get_content() for one in (ADA, BOB))
        assert "5 new papers since 22 Dec 2025" in ada
        assert "still " in ada
        assert "No new paper since 26 Dec 2025." in bob
        assert "still " not in bob

    @pytest.mark.parametrize(
        ("how_often", "sent_at", "is_due"),
        [
            ("each run", "2025-12-28T08:00:00+00:00", True),
            ("weekly", "2025-12-22T08:00:09+00:00", True),
            ("weekly", "2025-12-24T08:00:00+00:00", False),
            ("monthly", "2025-12-22T08:00:00+00:00", False),
            ("monthly", "2025-12-01T08:00:00+00:00", True),
        ],
    )
    def test_how_often(self, two_runs, how_often, sent_at, is_due):
        self.sent_before(two_runs, EVE, sent_at)
        eve = Reader(address=EVE, how_often=how_often)
        assert (EVE in self.made(two_runs, mail_to=(), readers=(eve,))) == is_due

    def test_a_mail_that_may_have_been_lost_is_no_last_one(self, two_runs):
        with Store.open(two_runs) as store:
            store.claim_mail(RUN, EVE, "2025-12-28T08:00:00+00:00")
        eve = Reader(address=EVE, how_often="weekly")
        assert EVE in self.made(two_runs, mail_to=(), readers=(eve,))

    def test_a_choice_replaces_the_whole(self, two_runs, caplog):
        eve = Reader(address=EVE.upper(), themes=("agents", "gone"))
        mails = self.made(two_runs, mail_to=(EVE,), readers=(eve,))
        assert list(mails) == [EVE.upper()]
        text = parts(mails[EVE.upper()])["text/plain"].get_content()
        assert "RL exploration" not in text
        assert "this run has no theme gone" in caplog.text

    def test_readers_alone_are_enough_to_send(self, two_runs, inbox):
        eve = Reader(address=EVE)
        with mail_server(inbox) as port:
            chosen = settings(port, mail_to=(), readers=(eve,))
            done = send_mails(two_runs, self.LATER, self.made(two_runs, mail_to=(), readers=(eve,)), chosen)
        assert done.sent == (EVE,)


class TestEncryption:
    @pytest.fixture
    def authority(self, monkeypatch):
        """A certificate of an authority that this program trusts."""
        authority = trustme.CA()
        usual = ssl.create_default_context

        def trusting(*arguments, **options):
            context = usual(*arguments, **options)
            authority.configure_trust(context)
            return context

        monkeypatch.setattr(flows.publication.digest_mail.ssl, "create_default_context", trusting)
        return authority

    @staticmethod
    def server_context(authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    @staticmethod
    def door(name, password):
        def check(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and (data.login, data.password) == (name, password)
            return AuthResult(success=right, handled=False)

        return {"authenticator": check, "auth_required": True}

    @pytest.mark.slow
    def test_starttls_and_login(self, workspace, inbox, authority):
        options = {"tls_context": self.server_context(authority), "require_starttls": True}
        with mail_server(inbox, **options, **self.door(b"me", b"secret")) as port:
            chosen = settings(port, smtp_security="starttls", smtp_user="me", smtp_password="secret")
            assert sent(workspace, chosen).sent == (ADA, BOB)
            wrong = settings(port, smtp_security="starttls", smtp_user="me", smtp_password="guess")
            with pytest.raises(
                PapertrendsError, match="rejects the user name and password.*no mail was sent"
            ):
                sent(workspace, wrong)

    def test_ssl(self, workspace, inbox, authority):
        with mail_server(inbox, ssl_context=self.server_context(authority)) as port:
            assert sent(workspace, settings(port, smtp_security="ssl")).sent == (ADA, BOB)

    def test_a_certificate_that_nobody_vouches_for(self, workspace, inbox):
        context = self.server_context(trustme.CA())
        refused = pytest.raises(PapertrendsError, match="certificate verify failed")
        with mail_server(inbox, tls_context=context) as port, refused:
            sent(workspace, settings(port, smtp_security="starttls"))
        assert inbox.mails == []

    def test_a_user_without_a_password(self, workspace, inbox):
        with mail_server(inbox) as port, pytest.raises(InputError, match="smtp_password_block"):
            sent(workspace, settings(port, smtp_user="me"))


class TestCommandLine:
    @pytest.fixture
    def call(self, workspace, monkeypatch):
        monkeypatch.chdir(workspace)
        (workspace / "papertrends.toml").write_text(
            'mail_from = "papers@example.org"\nmail_to = ["ada@example.org"]\nsmtp_host = "127.0.0.1"\n'
            'smtp_security = "none"\n'
        )

        def run(*arguments):
            return CliRunner().invoke(app, ["digest", "--workspace", ".", *map(str, arguments)])

        return run

    def test_a_file_is_written(self, call, workspace):
        result = call()
        assert result.exit_code == 0, result.output
        assert (workspace / f"{RUN}.eml").is_file()
        assert call("--output", "here.eml").exit_code == 0
        assert (workspace / "here.eml").is_file()

    def test_sending_is_reported(self, call, inbox, monkeypatch):
        with mail_server(inbox) as port:
            monkeypatch.setenv("PAPERTRENDS_SMTP_PORT", str(port))
            assert "sent    ada@example.org" in call("--send").output
            assert "no mail is sent twice" in call("--send").output
            inbox.refused = {ADA}
        assert len(inbox.mails) == 1

    def test_a_refusal_is_a_failure(self, call, inbox, monkeypatch):
        inbox.refused = {ADA}
        with mail_server(inbox) as port:
            monkeypatch.setenv("PAPERTRENDS_SMTP_PORT", str(port))
            result = call("--send")
        assert result.exit_code == 1
        assert "550 no such mailbox" in result.output
        assert "1 of 1 mails were not accepted by the mail server" in result.stderr

    def test_both_ways_at_once(self, call):
        result = call("--send", "--output", "x.eml")
        assert result.exit_code == 2
        assert "--output and --send cannot be combined" in result.stderr
