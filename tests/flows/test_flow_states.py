"""What flows say of themselves in Prefect: states, names, artifacts, notices, failures on the page of all runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from lxml import html
from prefect import flow, flow_engine
from prefect.client.schemas.objects import StateDetails
from prefect.exceptions import MissingResult
from prefect.states import Completed, Failed

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed, PaperRecord
from flows import schedules
from flows.config.settings import load_settings
from flows.orchestration import flow_run_names, missed_runs, notifications, states
from flows.orchestration.artifacts import quality_markdown
from flows.orchestration.missed_runs import missed_since
from flows.orchestration.states import GAPS, STALE, finished, run_flow, staleness
from flows.publication import failed_runs
from flows.publication.archive_files import update_archive
from flows.publication.failed_runs import record_failures
from flows.schedules import last_done, make_deployments
from flows.store import Store

DAY = date(2025, 12, 8)


# --- the value of a flow -------------------------------------------------------------------------


@flow
def tells(value):
    return finished(value, "told", name=GAPS)


@flow
def fails():
    raise InputError("not so")


@pytest.mark.slow
class TestValueOf:
    @pytest.fixture
    def forgetful(self, monkeypatch):
        """A server that says of an end that it knew of it already."""
        propose = flow_engine.propose_state_sync

        def proposed(client, state, flow_run_id, **keywords):
            answer = propose(client, state, flow_run_id=flow_run_id, **keywords)
            if not state.is_completed():
                return answer
            return Completed(name=state.name, state_details=StateDetails(flow_run_id=flow_run_id))

        monkeypatch.setattr(flow_engine, "propose_state_sync", proposed)

    def test_it_is_what_a_call_gives(self):
        assert run_flow(tells, {"papers": 3}) == tells({"papers": 3}) == {"papers": 3}
        assert run_flow(tells, None) is None
        assert run_flow(tells, value=4) == 4

    def test_it_is_there_when_the_state_lost_it(self, forgetful):
        with pytest.raises(MissingResult):
            tells(5)
        assert run_flow(tells, 5) == 5

    def test_a_failure_is_raised_as_it_was(self):
        with pytest.raises(InputError, match="not so"):
            run_flow(fails)

    def test_what_was_asked_for_is_let_go(self):
        before = len(states._FINISHED)
        run_flow(tells, "x")
        assert len(states._FINISHED) == before


# --- stale ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([], ""),
        ([None], ""),
        (["2025-12-08"], ""),
        (["2025-12-01", None], ""),
        (["2025-11-30", "2025-11-02"], "8 days"),
    ],
)
def test_stale_is_what_nobody_looked_at_for_a_week(days, said):
    told = staleness([{"day": day} for day in days], DAY)
    assert bool(told) == bool(said)
    assert said in told


# --- missed runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "zone", "last", "due"),
    [
        (
            "0 6 * * 1",
            "UTC",
            datetime(2025, 12, 1, 6, 0, 5, tzinfo=UTC),
            datetime(2025, 12, 8, 6, tzinfo=UTC),
        ),
        ("0 6 * * 1", "UTC", datetime(2025, 10, 1, tzinfo=UTC), datetime(2025, 12, 8, 6, tzinfo=UTC)),
        ("0 6 * * 1", "UTC", datetime(2025, 12, 8, 6, 0, 1, tzinfo=UTC), None),
        (
            "0 6 * * *",
            "Europe/Zurich",
            datetime(2025, 12, 8, 4, tzinfo=UTC),
            datetime(2025, 12, 8, 5, tzinfo=UTC),
        ),
        ("0 14 * * *", "UTC", datetime(2025, 12, 7, 14, 0, 1, tzinfo=UTC), None),
    ],
)
def test_the_last_missed_run_is_the_one_that_counts(monkeypatch, cron, zone, last, due):
    monkeypatch.setattr(missed_runs, "now", lambda: datetime(2025, 12, 8, 12, tzinfo=UTC))
    assert missed_since(cron, zone, last) == due


def test_a_zone_that_changes_its_clock_keeps_the_hour(monkeypatch):
    monkeypatch.setattr(missed_runs, "now", lambda: datetime(2025, 7, 7, 12, tzinfo=UTC))
    due = missed_since("0 6 * * 1", "Europe/Zurich", datetime(2025, 1, 1, tzinfo=UTC))
    assert due == datetime(2025, 7, 7, 4, tzinfo=UTC)
    assert due.astimezone(ZoneInfo("Europe/Zurich")).hour == 6


def test_what_was_done_last_is_read_from_the_workspace(tmp_path):
    assert last_done(tmp_path) == {}
    with Store.open(tmp_path) as store:
        store.ingest_feed(Feed("daily-papers", "memory", DAY, (PaperRecord("A", "B"),)), seen_on=DAY)
        store.claim_mail("r", "a@example.org", "2025-12-08T08:00:01+00:00")
    (tmp_path / "runs" / "20251208T060002-001500-ab12cd34").mkdir(parents=True)
    assert last_done(tmp_path) == {
        "ingest": datetime(2025, 12, 9, tzinfo=UTC),
        "analysis": datetime(2025, 12, 8, 6, 0, 2, tzinfo=UTC),
        "digest": datetime(2025, 12, 8, 8, 0, 1, tzinfo=UTC),
    }


def test_each_missed_deployment_is_started_once_in_order(monkeypatch, tmp_path):
    started = []
    client = SimpleNamespace(
        create_flow_run_from_deployment=lambda deployment_id, state, tags: started.append(
            (deployment_id, state.state_details.scheduled_time, tags)
        )
    )
    monkeypatch.setattr(schedules, "get_client", lambda **_: __import__("contextlib").nullcontext(client))
    moment = datetime(2025, 12, 10, 12, tzinfo=UTC)
    for module in (schedules, missed_runs):
        monkeypatch.setattr(module, "now", lambda: moment)
    long_ago = datetime(2025, 6, 1, tzinfo=UTC)
    monkeypatch.setattr(
        schedules, "last_done", lambda _: {"ingest": long_ago, "analysis": long_ago, "digest": moment}
    )
    schedules._catch_up({"ingest": 1, "analysis": 2, "digest": 3}, load_settings({"workspace": tmp_path}))
    assert started == [(1, moment, ["catch-up"]), (2, moment + timedelta(seconds=20), ["catch-up"])]


# --- deployments ---------------------------------------------------------------------------------


def test_deployments_follow_the_settings(tmp_path, sample_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {
        "workspace": "w",
        "mail_to": ("a@example.org",),
        "digest_cron": "0 9 * * 2",
        "timezone": "Asia/Tokyo",
    }
    made = make_deployments([str(sample_path), "arxiv:cat:cs.MA"], load_settings(given))
    assert list(made) == ["ingest", "analysis", "digest"]
    assert made["ingest"].parameters["sources"] == [str(sample_path), "arxiv:cat:cs.MA"]
    assert made["analysis"].parameters["sources"] == []
    assert {one.parameters["workspace"] for one in made.values()} == {str(tmp_path / "w")}
    schedule = made["digest"].schedules[0].schedule
    assert (schedule.cron, schedule.timezone) == ("0 9 * * 2", "Asia/Tokyo")
    assert made["digest"].entrypoint == "flows.send_digest.send_digest"


def test_deployments_of_two_workspaces_never_share_a_name(tmp_path, sample_path):
    made = [
        make_deployments([str(sample_path)], load_settings({"workspace": tmp_path / folder / "papers"}))
        for folder in ("a", "b")
    ]
    names = [{one.name for one in each.values()} for each in made]
    assert names[0].isdisjoint(names[1])
    assert all("papers" in name for each in names for name in each)


def test_without_readers_there_is_no_digest(sample_path):
    assert list(make_deployments([str(sample_path)], load_settings({}))) == ["ingest", "analysis"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ingest_cron", "0 6 * *", "five fields"),
        ("analysis_cron", "0 25 * * *", "five fields such as"),
        ("digest_cron", "@daily", "five fields"),
        ("timezone", "Mars/Olympus", "unknown time zone"),
        ("timezone", "../etc/passwd", "unknown time zone"),
        ("notify_block", "https://hooks.example.org/secret", "Prefect notification block"),
    ],
)
def test_an_invalid_schedule_is_reported(name, value, said):
    with pytest.raises(InputError, match=f"setting {name!r} of the command line.*{said}"):
        load_settings({name: value})


# --- names ---------------------------------------------------------------------------------------


def named(monkeypatch, parameters, scheduled=None):
    run = SimpleNamespace(parameters=parameters, scheduled_start_time=scheduled)
    monkeypatch.setattr(flow_run_names, "flow_run", run)
    monkeypatch.setattr(flow_run_names, "deployment", SimpleNamespace(id="d" if scheduled else None))
    return flow_run_names.name_of_run("ingest")


def test_a_run_is_named_by_what_and_for_when(monkeypatch):
    due = datetime(2025, 12, 8, 5, tzinfo=UTC)
    given = {"sources": ["daily-papers", "/home/a/b.csv", "x", "y"], "workspace": "w", "as_of": None}
    assert (
        named(monkeypatch, given, due)
        == "ingest daily-papers, b.csv and 2 more into w, due 2025-12-08 05:00 UTC"
    )
    assert named(monkeypatch, {"workspace": "w", "as_of": DAY}) == "ingest into w, as of 2025-12-08"


# --- artifacts -----------------------------------------------------------------------------------


def test_the_quality_of_the_data_is_reported_and_hostile_text_stays_text():
    manifest = {
        "counts": {"papers": 6141, "undated": 3},
        "sources": [{"day": "2025-12-07"}, {"day": None}],
        "warnings": ["the week of 2025-12-01 is incomplete: <img src=x> [a](javascript:b)", *["more"] * 30],
    }
    told = quality_markdown(manifest)
    assert "| papers | 6,141 |" in told
    assert "2 feeds were read, the newest from 2025-12-07." in told
    assert "\\<img src=x\\> \\[a\\]\\(javascript:b\\)" in told
    assert "- and 11 more, see the report" in told
    assert "No gaps." in quality_markdown({"counts": {}, "sources": [], "warnings": []})


# --- notices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        (Failed(message="no disk"), True),
        (Completed(name=GAPS, message="one feed failed"), True),
        (Completed(name=STALE, message="old"), True),
        (Completed(message="fine"), False),
    ],
)
@pytest.mark.parametrize("is_inner", [False, True])
def test_only_what_needs_attention_is_reported_and_once(monkeypatch, tmp_path, state, is_told, is_inner):
    told = []
    block = SimpleNamespace(notify=lambda body, subject: told.append((subject, body)))
    monkeypatch.setattr(
        notifications.Block, "load", lambda name: block if name == "slack-webhook/team" else None
    )
    monkeypatch.setenv("PAPERTRENDS_NOTIFY_BLOCK", "slack-webhook/team")
    run = SimpleNamespace(
        parent_task_run_id="t" if is_inner else None, name="ingest x", parameters={"workspace": str(tmp_path)}
    )
    notifications.notify_if_needed(SimpleNamespace(name="ingest"), run, state)
    expected = [(f"ingest: {state.name}", f"ingest x\n{state.message}")] if is_told and not is_inner else []
    assert told == expected


def test_a_notice_that_cannot_be_sent_costs_nothing(monkeypatch, caplog, tmp_path):
    caplog.set_level("WARNING", "flows")

    def load(name):
        raise ValueError("no block of that name")

    monkeypatch.setattr(notifications.Block, "load", load)
    monkeypatch.setenv("PAPERTRENDS_NOTIFY_BLOCK", "slack-webhook/team")
    run = SimpleNamespace(parent_task_run_id=None, name="ingest x", parameters={"workspace": str(tmp_path)})
    notifications.notify_if_needed(SimpleNamespace(name="ingest"), run, Failed(message="no disk"))
    assert "no notice could be sent of ingest x (no block of that name)" in caplog.text


def test_the_address_of_a_webhook_is_not_logged(monkeypatch, caplog, tmp_path):
    caplog.set_level("WARNING", "flows")

    def notify(body, subject):
        raise OSError("404 for https://hooks.example.org/services/s3cret")

    monkeypatch.setattr(notifications.Block, "load", lambda name: SimpleNamespace(notify=notify))
    monkeypatch.setenv("PAPERTRENDS_NOTIFY_BLOCK", "slack-webhook/team")
    run = SimpleNamespace(parent_task_run_id=None, name="ingest x", parameters={"workspace": str(tmp_path)})
    notifications.notify_if_needed(SimpleNamespace(name="ingest"), run, Failed(message="no disk"))
    assert "no notice could be sent of ingest x (OSError)" in caplog.text
    assert "s3cret" not in caplog.text


# --- failures ------------------------------------------------------------------------------------


def fail(workspace, error, moment=datetime(2025, 12, 8, 6, tzinfo=UTC)):
    failed_runs.now, real = (lambda: moment), failed_runs.now
    try:
        with record_failures(workspace, DAY, ""):
            raise error
    finally:
        failed_runs.now = real


def banner(workspace):
    page = html.fromstring((workspace / "index.html").read_text(encoding="utf-8"))
    return [" ".join(one.text_content().split()) for one in page.xpath("//section[@class='failed']/p")]


def test_a_failure_is_on_the_page_until_a_run_succeeds(tmp_path):
    with pytest.raises(PapertrendsError, match="the disk"):
        fail(tmp_path, PapertrendsError("the disk that holds it is full; <b>free</b> some space"))
    assert banner(tmp_path) == [
        "The run of 8 Dec 2025, 06:00 UTC failed: the disk that holds it is full; <b>free</b> some space"
    ]
    with Store.open(tmp_path) as store:
        assert [row.status for row in store.read_runs()] == ["failed"]
    folder = tmp_path / "runs" / "r1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(
        '{"as_of": "2025-12-08", "started_at": "2025-12-08T07:00:00+00:00"}'
    )
    update_archive(tmp_path)
    assert banner(tmp_path) == []


def test_an_unexpected_error_is_reported_by_its_kind_alone(tmp_path):
    with pytest.raises(RuntimeError):
        fail(tmp_path, RuntimeError("/home/someone/secret"))
    assert banner(tmp_path)[0].endswith("failed: RuntimeError, see the log of the run")


def test_many_failures_are_counted(tmp_path):
    for minute in range(5):
        with pytest.raises(PapertrendsError):
            fail(tmp_path, PapertrendsError(f"fault {minute}"), datetime(2025, 12, 8, 6, minute, tzinfo=UTC))
    told = banner(tmp_path)
    assert ["fault 4" in told[0], "fault 3" in told[1], "fault 2" in told[2]] == [True] * 3
    assert told[3] == "2 more failed before."


def test_a_mistake_at_the_command_line_is_not_a_failure_of_the_schedule(tmp_path, monkeypatch):
    with pytest.raises(InputError):
        fail(tmp_path, InputError("no such day"))
    assert not (tmp_path / "index.html").exists()
    monkeypatch.setattr(failed_runs, "deployment", SimpleNamespace(id="d"))
    with pytest.raises(InputError):
        fail(tmp_path, InputError("no such day"))
    assert "no such day" in banner(tmp_path)[0]


def test_a_disk_that_takes_no_note_hides_no_failure(tmp_path, caplog):
    caplog.set_level("INFO", "flows")
    (tmp_path / "w").touch()
    with pytest.raises(PapertrendsError, match="first"):
        fail(tmp_path / "w", PapertrendsError("first"))
    assert "the failure could not be recorded" in caplog.text
