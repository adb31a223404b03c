"""The digest as a mail: written to a file, or sent once to each recipient."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from analytics.exceptions import InputError, PapertrendsError
from flows.clock import now
from flows.config.reader_settings import Reader
from flows.config.secret_blocks import load_secret
from flows.config.settings import Settings
from flows.publication.readers import issues_of, readers_of
from flows.runs import read_run, report_address
from flows.store import Store
from reports.charts.run_charts import plot_png
from reports.digest import Digest, make_digest, render_digest
from reports.view import RunView

__all__ = ["SentMails", "make_mails", "send_mails", "write_mail"]

_ANSWER_S = 60
_NOBODY = "papertrends@localhost"


@dataclass(frozen=True, slots=True)
class SentMails:
    """Result of sending the mails of a run, by recipient.

    `unknown` were claimed by an earlier attempt that did not record the outcome: they may have arrived,
    and are not sent again. `failed` holds what the server said.
    """

    sent: tuple[str, ...]
    before: tuple[str, ...]
    unknown: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


def make_mails(
    folder: Path, settings: Settings, written_at: datetime, *, only_due: bool = False
) -> dict[str, EmailMessage]:
    """Mail of a run to each reader of the settings, to ``papertrends@localhost`` where there are none.

    With `only_due` readers are left out whose last mail is not long enough ago, see
    `flows.publication.readers.is_due`; so are readers for whom nothing is new, where no mail is wished then.
    """
    view = RunView(*read_run(folder))
    readers = readers_of(settings) or (Reader(address=_NOBODY),)
    sender, mails, charts = settings.mail_from or _NOBODY, {}, dict[tuple[str, str], bytes]()
    for issue in issues_of(folder, view, readers, settings, written_at if only_due else None):
        digest = make_digest(issue.view, report_address(folder, settings.site), issue.edition)
        if not digest.has_news and settings.mail_when_still == "none":
            continue
        if digest.chart is not None and digest.chart not in charts:
            charts[digest.chart] = plot_png(view, *digest.chart)
        png = b"" if digest.chart is None else charts[digest.chart]
        mails[issue.address] = _mail(digest, png, sender, issue.address, folder.name, written_at)
    return mails


def write_mail(mail: EmailMessage, path: Path) -> None:
    """Write a mail as a file that mail programs open.

    Raises
    ------
    InputError
        When it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mail.as_bytes(policy=SMTP))
    except OSError as error:
        raise InputError(f"cannot write {path} ({error.strerror}); choose another --output") from error


def send_mails(workspace: Path, run_id: str, mails: dict[str, EmailMessage], settings: Settings) -> SentMails:
    """Send the mails of a run, at most one to each recipient, even after crashes.

    A mail is claimed in the store before it is sent. Where the server refuses it, the claim is given back
    and the next attempt sends it; where nobody knows whether the server took it, it stays claimed.

    Raises
    ------
    InputError
        When a setting that sending needs is missing.
    PapertrendsError
        When the server cannot be reached, or does not let this program in; then no mail was sent.
    """
    _check_sending(settings)
    sent: list[str] = []
    before: list[str] = []
    unknown: list[str] = []
    failed: list[tuple[str, str]] = []
    with _server(settings) as server, Store.open(workspace) as store:
        for recipient, mail in mails.items():
            known = store.claim_mail(run_id, recipient, now().isoformat(timespec="seconds"))
            if known is not None:
                (before if known else unknown).append(recipient)
                continue
            try:
                server.send_message(mail, from_addr=settings.mail_from, to_addrs=[recipient])
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                store.release_mail(run_id, recipient)
                failed.append((recipient, _server_answer(error)))
                with suppress(smtplib.SMTPException, OSError):
                    server.rset()
                continue
            except (smtplib.SMTPException, OSError) as error:
                failed.append(
                    (
                        recipient,
                        f"the connection broke ({error}); the mail may have arrived and is not sent again",
                    )
                )
                break  # the line is gone for the others too; they were not claimed
            store.confirm_mail(run_id, recipient)
            sent.append(recipient)
    return SentMails(tuple(sent), tuple(before), tuple(unknown), tuple(failed))


def _check_sending(settings: Settings) -> None:
    needed = {
        "mail_to": readers_of(settings),
        "mail_from": settings.mail_from,
        "smtp_host": settings.smtp_host,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise InputError(
            f"--send needs the setting {missing[0]!r}, which is not set; set {', '.join(missing)} in "
            "papertrends.toml, or omit --send to write the mail to a file"
        )


@contextmanager
def _server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Mail server, encrypted and logged in as the settings say."""
    host, port, security = str(settings.smtp_host), settings.smtp_port, settings.smtp_security
    where = f"the mail server {host}:{port}"
    password = None if settings.smtp_user is None else _password(settings)
    server: smtplib.SMTP | None = None
    try:
        if security == "ssl":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, port, timeout=_ANSWER_S, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=_ANSWER_S)
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user is not None and password is not None:
            server.login(settings.smtp_user, password)
    except smtplib.SMTPAuthenticationError as error:
        _close(server)
        raise PapertrendsError(
            f"{where} rejects the user name and password ({_server_answer(error)}); check smtp_user and "
            "smtp_password; no mail was sent"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        _close(server)
        raise PapertrendsError(
            f"{where} cannot be used ({error}); check smtp_host, smtp_port and smtp_security ({security}); "
            "no mail was sent"
        ) from error
    try:
        yield server
    finally:
        _close(server)


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def _password(settings: Settings) -> str:
    if settings.smtp_password is not None:
        return settings.smtp_password.get_secret_value()
    if settings.smtp_password_block is None:
        raise InputError("smtp_user is set without smtp_password or smtp_password_block; set one of them")
    return load_secret(settings.smtp_password_block, setting="smtp_password_block", instead="smtp_password")


def _server_answer(error: Exception) -> str:
    """Message of the server in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        words: bytes | str = answer
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())[:200]}"


def _mail(
    digest: Digest, png: bytes, sender: str, recipient: str, run_id: str, written_at: datetime
) -> EmailMessage:
    text, html = render_digest(digest, recipient, sender, has_chart=bool(png))
    mail = EmailMessage()
    mail["Subject"] = digest.subject
    mail["From"] = Address("papertrends", addr_spec=sender)
    mail["To"] = recipient
    mail["Date"] = format_datetime(written_at)
    # The same for the same run and recipient, so that mail programs show one mail where two arrive.
    key = hashlib.sha256(f"{run_id} {recipient}".encode()).hexdigest()[:24]
    mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    if png:
        page = mail.get_payload()[1]  # type: ignore[index]
        page.add_related(png, "image", "png", cid="<chart>", filename="chart.png")  # type: ignore[union-attr]
    return mail
