"""The flows as a team runs them: a real Prefect server, deployments, schedules, states, artifacts, notices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from flows.commands import temporary_server
from flows.config.settings import Settings
from flows.orchestration.serving import deployment_name

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect server")]

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 240


class Server:
    """A Prefect server with all its services, and what a user's programs need to reach it."""

    def __init__(self, home: Path) -> None:
        self.port = temporary_server._free_port()
        self.url = f"http://127.0.0.1:{self.port}/api"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.environment = {
            **kept,
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
            "PREFECT_RUNNER_POLL_FREQUENCY": "2",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_UI_ENABLED": "0",
            "DO_NOT_TRACK": "1",
            "PAPERTRENDS_VECTORIZER": "lexical",
            "PYTHONPATH": str(REPOSITORY),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        self.process = subprocess.Popen(
            temporary_server._command(self.port), env=self.environment, stdin=subprocess.PIPE
        )

    def ask(self, path: str, body: object = None, method: str | None = None) -> object:
        """Answer of the API: a POST with a body, a GET without."""
        data = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", data, kind, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for attempt in range(10):
            try:
                with direct.open(request, timeout=30) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                # Its database is one file, and busy while runs report: Prefect's own client asks again too.
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or attempt == 9:
                    raise
                time.sleep(1)
        return None

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError):
                self.ask("health")
                return
            assert self.process.poll() is None
            time.sleep(0.2)
        pytest.fail("the server does not answer")

    def runs_of(self, deployment: str) -> list[dict]:
        """Flow runs of a deployment, by when they were due."""
        found = self.ask(
            "flow_runs/filter",
            {"deployments": {"name": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_ASC"},
        )
        assert isinstance(found, list)
        return found

    def wait_for(self, deployment: str, states: set[str], n: int = 1) -> list[dict]:
        """The first `n` runs of a deployment in one of the states, by name."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            runs = self.runs_of(deployment)
            done = [run for run in runs if run["state"]["name"] in states]
            if len(done) >= n:
                return done
            time.sleep(1)
        pytest.fail(f"{deployment}: {[(run['state']['name'], run['state']['message']) for run in runs]}")

    def deployment(self, flow: str, name: str) -> dict:
        found = self.ask(f"deployments/name/{flow}/{name}")
        assert isinstance(found, dict)
        return found

    def artifacts(self) -> dict[str, dict]:
        """The newest artifact of each key."""
        found = self.ask("artifacts/latest/filter", {})
        assert isinstance(found, list)
        return {one["key"]: one for one in found}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("prefect"))
    try:
        made.wait()
        yield made
    finally:
        made.process.terminate()
        made.process.wait()


@pytest.fixture
def running(server):
    """Starts programs that stay, and ends them with the test."""
    started = []

    def start(command, **keywords):
        process = subprocess.Popen(command, env=server.environment, start_new_session=True, **keywords)
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    # Else what one test scheduled for every minute comes due in the next.
    for deployment in server.ask("deployments/filter", {}):
        server.ask(f"deployments/{deployment['id']}", method="DELETE")


def papertrends(*arguments):
    return [sys.executable, "-m", "flows.commands.cli", *arguments]


def settings_in(folder, **values):
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (folder / "papertrends.toml").write_text("\n".join(lines) + "\n")


def test_served_deployments_run_on_schedule_and_say_what_came_of_them(server, running, tmp_path, sample_path):
    settings_in(
        tmp_path, workspace="w", ingest_cron="* * * * *", analysis_cron="* * * * *", timezone="Europe/Zurich"
    )
    printed = (tmp_path / "printed.txt").open("w")
    running(papertrends("serve", str(sample_path)), cwd=tmp_path, stdout=printed)
    ingested = server.wait_for(deployment_name("ingest", tmp_path / "w"), {"Completed"})[0]
    assert ingested["auto_scheduled"]
    assert ingested["state"]["message"] == "47 records of 1 feed: 47 new papers"
    assert ingested["name"].startswith("ingest daily_papers.txt into ")
    assert f"due {ingested['expected_start_time'][:10]}" in ingested["name"]
    analysis = deployment_name("analysis", tmp_path / "w")
    # The first analysis may have come before the first ingest, and said so.
    analyzed = server.wait_for(analysis, {"Completed", "Completed, but stale"})[0]
    assert " | stale: the latest fetch of any feed was on " in analyzed["state"]["message"]
    for run in server.runs_of(analysis):
        if run["state"]["type"] == "FAILED":
            assert "has no paper as of" in run["state"]["message"]
    report = (tmp_path / "w" / "latest" / "report.html").resolve()
    assert report.is_file()
    artifacts = server.artifacts()
    assert {"what-moved", "report", "data-quality"} <= artifacts.keys()
    assert str(report.parent.parent) in artifacts["report"]["data"]
    assert "file:" not in artifacts["report"]["data"]
    lines = (tmp_path / "printed.txt").read_text().splitlines()
    assert any("  ingest: Completed: 47 records of 1 feed: 47 new papers" in line for line in lines), lines
    for run, logged in ((ingested, "daily_papers.txt: 47 records, 47 new papers"), (analyzed, "encode: ")):
        wanted = {"logs": {"flow_run_id": {"any_": [run["id"]]}, "level": {"ge_": 20}}}
        deadline = time.monotonic() + PATIENCE_S
        while not any(logged in one["message"] for one in server.ask("logs/filter", wanted)):
            assert time.monotonic() < deadline, logged
            time.sleep(1)
    assert "| papers | 47 |" in artifacts["data-quality"]["data"]
    assert isinstance(json.loads(artifacts["what-moved"]["data"]), list)
    deployment = server.deployment("papertrends", analysis)
    assert deployment["schedules"][0]["schedule"] == {
        "cron": "* * * * *",
        "timezone": "Europe/Zurich",
        "day_or": True,
    }
    described = deployment["parameter_openapi_schema"]["properties"]
    assert all(one.get("description") for one in described.values()), described
    assert "lexical" in json.dumps(described["vectorizer"])


def test_two_workspaces_on_one_server_leave_each_other_alone(server, running, tmp_path, sample_path):
    names, processes = [], []
    for one in ("a", "b"):
        (tmp_path / one).mkdir()
        settings_in(tmp_path / one, workspace="w", ingest_cron="0 5 1 1 *", analysis_cron="0 6 1 1 *")
        names.append({deployment_name(kind, tmp_path / one / "w") for kind in ("ingest", "analysis")})
        processes.append(
            running(papertrends("serve", str(sample_path)), cwd=tmp_path / one, stdout=subprocess.DEVNULL)
        )

    def served(among=names[0] | names[1]):
        """Names of the deployments whose schedules are on."""
        return {one["name"] for one in server.ask("deployments/filter", {}) if not one["paused"]} & among

    assert names[0].isdisjoint(names[1])
    deadline = time.monotonic() + PATIENCE_S
    while served() != names[0] | names[1]:
        assert time.monotonic() < deadline, served()
        time.sleep(1)
    processes[0].terminate()
    assert processes[0].wait(timeout=PATIENCE_S) == 0
    assert names[1] <= served()


def test_prefect_yaml_deploys_the_same_to_a_work_pool(server, running, tmp_path, sample_path):
    environment = {**server.environment, "TRENDS_FOLDER": str(REPOSITORY)}
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    pool = [*prefect, "work-pool", "create", "papertrends", "--type", "process"]
    subprocess.run(pool, env=environment, check=True, capture_output=True, timeout=PATIENCE_S)
    subprocess.run(
        [*prefect, "deploy", "--all"],
        env=environment,
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    deployment = server.deployment("ingest", "ingest")
    assert deployment["work_pool_name"] == "papertrends"
    given = {"parameters": {"sources": [str(sample_path)], "workspace": str(tmp_path / "w")}}
    run = server.ask(
        f"deployments/{deployment['id']}/create_flow_run", {**given, "state": {"type": "SCHEDULED"}}
    )
    server.environment["TRENDS_FOLDER"] = str(REPOSITORY)
    worker = [*prefect, "worker", "start", "--pool", "papertrends", "--type", "process"]
    running(worker)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        seen = server.ask(f"flow_runs/{run['id']}")
        if seen["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"):
            break
        time.sleep(1)
    assert seen["state"]["message"] == "47 records of 1 feed: 47 new papers"


def test_prefect_yaml_says_what_the_settings_say():
    said = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())
    crons = {one["name"]: one["schedules"][0] for one in said["deployments"]}
    defaults = Settings()
    for name in ("ingest", "analysis", "digest"):
        assert crons[name] == {"cron": getattr(defaults, f"{name}_cron"), "timezone": defaults.timezone}
    constraints = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert f"prefect=={said['prefect-version']}" in constraints
    for one in said["deployments"]:
        file, function = one["entrypoint"].split(":")
        assert f"def {function}(" in (REPOSITORY / file).read_text()


REGISTER = """
import sys
from prefect.runner import Runner
from flows.schedules import make_deployments
from flows.config.settings import load_settings
print(Runner(name="test").add_deployment(make_deployments([sys.argv[1]], load_settings())["ingest"]))
"""


def test_missed_runs_are_caught_up_once(server, running, tmp_path, sample_path):
    """Three runs that a worker finds overdue: two say who does their work, the last one does it."""
    settings_in(tmp_path, workspace="w")
    registered = subprocess.run(
        [sys.executable, "-c", REGISTER, str(sample_path)],
        cwd=tmp_path, env=server.environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    deployment = UUID(registered.stdout.split()[-1])
    now = datetime.now(UTC)
    due = [now - timedelta(days=days) for days in (3, 2, 1)]
    runs = [
        server.ask(
            f"deployments/{deployment}/create_flow_run",
            {
                "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": when.isoformat()}},
                "tags": ["catch-up"],
            },
        )
        for when in due
    ]
    for run in runs:
        subprocess.run(
            [sys.executable, "-m", "prefect", "flow-run", "execute", run["id"]],
            cwd=tmp_path, env=server.environment, capture_output=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
    states = [server.ask(f"flow_runs/{run['id']}")["state"] for run in runs]
    assert [state["name"] for state in states] == ["Skipped"] * 2 + ["Completed"], states
    assert states[0]["message"] == f"skipped; the run of {due[-1]:%Y-%m-%d %H:%M} UTC covers it"
    assert states[-1]["message"] == "47 records of 1 feed: 47 new papers"


def test_serve_starts_what_was_missed_while_it_was_away(server, running, tmp_path, sample_path):
    """The sources were last read in 2025, and every day since was missed: they are read once, at once."""
    settings_in(tmp_path, workspace="w")
    earlier = papertrends("ingest", str(sample_path), "--as-of", "2025-12-10")
    subprocess.run(earlier, cwd=tmp_path, env=server.environment, check=True, timeout=PATIENCE_S)
    ingest, analysis = (deployment_name(one, tmp_path / "w") for one in ("ingest", "analysis"))
    before = {run["id"] for run in server.runs_of(ingest)}
    running(papertrends("serve", str(sample_path)), cwd=tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    caught_up = []
    while time.monotonic() < deadline and not (caught_up and caught_up[0]["state"]["type"] == "COMPLETED"):
        new = [run for run in server.runs_of(ingest) if run["id"] not in before]
        caught_up = [run for run in new if "catch-up" in run["tags"]]
        time.sleep(1)
    assert [run["state"]["message"] for run in caught_up] == ["47 records of 1 feed: 0 new papers"]
    assert not [run for run in server.runs_of(analysis) if "catch-up" in run["tags"]]


WEBHOOK = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock
block = CustomWebhookNotificationBlock(
    name="team", url=sys.argv[1], method="GET", params={"subject": "{{subject}}", "body": "{{body}}"}
)
block.save("team")
"""


def test_a_failed_feed_leaves_gaps_that_state_report_and_notice_tell(
    server, tmp_path, sample_path, loopback_server
):
    environment = {
        **server.environment,
        "PAPERTRENDS_ARXIV_URL": "http://127.0.0.1:9/query",
        "PAPERTRENDS_NOTIFY_BLOCK": "custom-webhook/team",
    }
    command = [sys.executable, "-c", WEBHOOK, f"{loopback_server.url}/hook"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE_S)
    ran = subprocess.run(
        papertrends("run", str(sample_path), "arxiv:cat:cs.MA 2025-12-01..2025-12-03", "--as-of", "2025-12-10"),
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = server.ask(
        "flow_runs/filter", {"flows": {"name": {"any_": ["papertrends"]}}, "sort": "START_TIME_DESC"}
    )
    run = next(one for one in found if "arxiv:cat:cs.MA" in one["name"])
    assert (
        run["name"]
        == "papertrends daily_papers.txt, arxiv:cat:cs.MA 2025-12-01..2025-12-03 into data/workspace, as of 2025-12-10"
    )
    assert run["state"]["type"] == "COMPLETED"
    assert run["state"]["name"] == "Completed with gaps"
    assert "arxiv:cat:cs.MA" in run["state"]["message"]
    report = (tmp_path / "data" / "workspace" / "latest" / "report.html").read_text(encoding="utf-8")
    assert "incomplete" in report
    assert "arxiv:cat:cs.MA" in report
    (notice,) = (asked for asked in loopback_server.asked if asked.path == "/hook")
    assert notice.params["subject"] == "papertrends: Completed with gaps"
    assert run["state"]["message"] in notice.params["body"]


def test_a_failed_run_says_why_in_its_state(server, tmp_path, sample_path):
    environment = {**server.environment, "PAPERTRENDS_WORKSPACE": str(tmp_path / "w")}
    for arguments in (["ingest", str(sample_path)], ["analyze", "--as-of", "1990-01-01"]):
        ran = subprocess.run(
            papertrends(*arguments),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    found = server.ask(
        "flow_runs/filter", {"flows": {"name": {"any_": ["papertrends"]}}, "sort": "START_TIME_DESC"}
    )
    run = next(one for one in found if "as of 1990-01-01" in one["name"])
    assert run["state"]["type"] == "FAILED"
    assert "has no paper as of 1990-01-01" in run["state"]["message"]
