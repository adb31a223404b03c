"""The digest of the latest run, sent on a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from analytics.exceptions import PapertrendsError
from flows.clock import now
from flows.config.settings import load_settings
from flows.orchestration.flow_run_names import name_of_run
from flows.orchestration.missed_runs import later_run
from flows.orchestration.notifications import NOTICES
from flows.orchestration.states import SKIPPED, STALE, finished
from flows.orchestration.workspace_lock import lock_workspace
from flows.publication.digest_mail import make_mails, send_mails
from flows.runs import resolve_run
from reports.values.formatting import plural

__all__ = ["send_digest"]

make = task(name="write mails", cache_policy=NO_CACHE, persist_result=False)(make_mails)
send = task(name="send mails", cache_policy=NO_CACHE, persist_result=False)(send_mails)


def _run_name() -> str:
    return name_of_run("digest")


# Prefect shows parameter descriptions in its form if they are in this style.
@flow(name="digest", flow_run_name=_run_name, **NOTICES)
def send_digest(workspace: str = "data/workspace") -> dict[str, Any]:
    """Send the digest of the latest run to the recipients of the settings, once to each.

    Args:
        workspace: Folder that holds the store and the runs.

    Raises
    ------
        PapertrendsError: When the mail server did not accept a mail.

    Returns
    -------
        Number of mails ``sent``, number of recipients who got theirs ``before``, and the ``run_id``.
    """
    if later := later_run():
        return finished({}, f"skipped; the run of {later} covers it", name=SKIPPED)
    settings = load_settings({"workspace": workspace})
    # Wait for a running analysis: the digest must be about its run.
    with lock_workspace(Path(workspace)):
        folder = resolve_run(settings.workspace)
        mails = make(folder, settings, now(), only_due=True)
        counts = {"run_id": folder.name, "sent": 0, "before": 0}
        if not mails:
            return finished(
                counts,
                f"no mail of {folder.name}: nothing is new (setting mail_when_still), or no reader is due",
            )
        mailed = send(settings.workspace, folder.name, mails, settings)
    counts |= {"sent": len(mailed.sent), "before": len(mailed.before) + len(mailed.unknown)}
    if mailed.failed:
        # What a server says may name the recipient, and states are read by others.
        code = mailed.failed[0][1].split()[0]
        raise PapertrendsError(
            f"{len(mailed.failed)} of {plural(len(mails), 'mail')} of {folder.name} were not accepted by"
            f" the mail server (answer {code}); papertrends digest {folder.name} --send shows why and"
            " tries again"
        )
    if not mailed.sent:
        return finished(counts, f"no run since {folder.name}, whose mails were sent before", name=STALE)
    return finished(counts, f"{plural(len(mailed.sent), 'mail')} of {folder.name} sent")
