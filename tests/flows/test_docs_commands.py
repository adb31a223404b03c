"""The commands of the documentation run: those of ``bash`` blocks as they are, feeds against a local server."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from analytics.table_columns import TABLES
from docs.format_guides import FEEDS
from tests.flows.documents import DOCUMENTS, PAGES, ROOT, blocks, command_lines, named, read
from tests.flows.night import Night

pytestmark = pytest.mark.slow

# The installed command, for what stays until it is stopped; the others are forked off a warm process.
MODULE, _, FUNCTION = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["scripts"][
    "papertrends"
].partition(":")
COMMAND = [sys.executable, "-c", f"from {MODULE} import {FUNCTION}; {FUNCTION}()"]
WITH_COMMANDS = [path for path in DOCUMENTS if blocks(read(path), "bash")]
START_FROM_NOTHING = ("README.md", "docs/quickstart.md")
TABLE = "Heading;Text;Day\nAgents that plan;We let agents plan.;2025-10-03\n"


def run(night: Night, words: list[str], folder: Path, **variables: str) -> None:
    """Run one command line of a document in a folder; the one that stays is stopped once it serves its deployments."""
    if words[0] == "papertrends" and words[1] != "serve":
        ended = night.run(*words[1:], cwd=folder, **variables)
        assert ended.status == 0, f"{' '.join(words)}: {ended.out}{ended.err}"
        return
    # A Prefect server of its own: in that of the user there are deployments that this test did not make.
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(folder / "prefect")} | variables
    command = [*COMMAND, *words[1:]] if words[0] == "papertrends" else words
    if words[:2] != ["papertrends", "serve"]:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=300, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return
    printed = folder / "printed.txt"
    with printed.open("w") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, start_new_session=True)
    try:
        deadline = time.monotonic() + 240
        while n_deployments(printed.read_text()) < 2:  # no mail without readers, so no digest
            assert process.poll() is None, printed.read_text()
            assert time.monotonic() < deadline, printed.read_text()
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its Prefect server ends with it
        process.wait()


def n_deployments(printed: str) -> int:
    """How many deployments the server knows whose address `serve` printed; 0 before it did."""
    address = re.search(r"http://[\d.]+:\d+", printed)
    if address is None:
        return 0
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(
        f"{address[0]}/api/deployments/count", b"{}", {"Content-Type": "application/json"}
    )
    with suppress(OSError), direct.open(asked, timeout=30) as answer:
        return int(answer.read())
    return 0


@pytest.fixture(scope="module")
def analyzed(night, tmp_path_factory, sample_path):
    """A folder with the files that the documents speak of, and a workspace that has a run."""
    folder = tmp_path_factory.mktemp("analyzed")
    shutil.copy(sample_path, folder / "my-papers.txt")
    (folder / "my-table.csv").write_text(TABLE, encoding="utf-8")
    (example,) = blocks(read(ROOT / "README.md"), "toml")
    (folder / "my-themes.toml").write_text(example, encoding="utf-8")
    run(
        night,
        ["papertrends", "run", "my-papers.txt", "--workspace", "my-workspace", "--vectorizer", "lexical"],
        folder,
    )
    return folder


def runs_itself(words: list[str]) -> bool:
    # `make run` and `make test` are what runs this test; a new shell has no use for an activated environment.
    return words[0] not in ("make", "source")


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=named)
def test_the_commands_run(path, tmp_path, analyzed, night):
    folder = tmp_path / "documents"
    shutil.copytree(analyzed, folder, symlinks=True)
    if named(path) in START_FROM_NOTHING:
        shutil.rmtree(folder / "my-workspace")
    for words in filter(runs_itself, command_lines(read(path), "bash")):
        run(night, words, folder)


def test_python_examples_run(analyzed):
    examples = [(named(page), example) for page in PAGES for example in blocks(read(page), "python")]
    assert examples
    for name, example in examples:
        done = subprocess.run(
            [sys.executable, "-c", example], cwd=analyzed, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"


def test_what_a_run_leaves_is_documented(analyzed):
    latest = analyzed / "my-workspace" / "latest"
    page = read(ROOT / "docs" / "reference" / "tables.md")
    assert {path.stem for path in latest.glob("*.parquet")} == set(TABLES)
    for name, table in TABLES.items():
        assert list(pd.read_parquet(latest / f"{name}.parquet").columns) == list(table.columns)
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, flags=re.M) == list(table.columns)
    others = {path.name for path in latest.iterdir() if path.suffix != ".parquet"}
    files = read(ROOT / "docs" / "reference" / "run-folder.md")
    assert others == {"report.html", "charts", "papers.csv", "manifest.json"}
    assert all(f"`{name}" in files for name in others)
    columns = (
        (latest / "papers.csv").read_text(encoding="utf-8-sig").splitlines()[0].replace('"', "").split(",")
    )
    left_out = {"abstract", "primary_theme"}
    assert columns == [*(one for one in TABLES["papers"].columns if one not in left_out), "themes", "topic"]


ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
    b"<id>http://arxiv.org/api/x</id><opensearch:totalResults>0</opensearch:totalResults></feed>"
)
OAI = (
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-11-01T00:00:00Z</responseDate>'
    b'<request>x</request><error code="noRecordsMatch">None.</error></OAI-PMH>'
)
RSS = (
    b'<rss version="2.0"><channel><title>A feed</title><item><title>A paper</title><description>Its text.'
    b"</description><link>https://arxiv.org/abs/2510.00001</link></item></channel></rss>"
)
ANSWERS = {
    "/daily/": b"[]",
    "/arxiv": ATOM,
    "/oai": OAI,
    "/openalex/": json.dumps({"meta": {"count": 0, "next_cursor": None}, "results": []}).encode(),
    "/scholar/": json.dumps({"total": 0, "token": None, "data": []}).encode(),
    "/biorxiv/": json.dumps({"messages": [{"status": "ok", "total": "0"}], "collection": []}).encode(),
    "/crossref/": json.dumps({"status": "ok", "message": {"items": [], "total-results": 0}}).encode(),
    "/europepmc/": json.dumps({"hitCount": 0, "resultList": {"result": []}}).encode(),
    "/feed.xml": RSS,
}
"""What the services say when they have nothing, by the beginning of the address."""


def test_commands_that_fetch_run(loopback_server, tmp_path, night):
    make_answer = type(loopback_server.answer(None))
    loopback_server.answer = lambda asked: make_answer(
        next(body for start, body in ANSWERS.items() if asked.path.startswith(start))
    )
    url = loopback_server.url
    variables = {
        "DAILY_PAPERS_URL": f"{url}/daily", "ARXIV_URL": f"{url}/arxiv", "ARXIV_OAI_URL": f"{url}/oai",
        "OPENALEX_URL": f"{url}/openalex", "SEMANTIC_SCHOLAR_URL": f"{url}/scholar", "BIORXIV_URL": f"{url}/biorxiv",
        "CROSSREF_URL": f"{url}/crossref", "EUROPEPMC_URL": f"{url}/europepmc", "OPENALEX_KEY": "a-key",
        "ARXIV_PAUSE_SECONDS": "0", "ALLOW_PRIVATE_FEEDS": "yes",
    }  # fmt: skip
    told = {f"PAPERTRENDS_{name}": value for name, value in variables.items()} | {"NO_PROXY": "127.0.0.1"}
    examples = [one.example.replace("https://example.org", url) for one in FEEDS.values()]
    run(night, ["papertrends", "ingest", *examples, "--workspace", "my-workspace"], tmp_path, **told)
    for words in (words for path in DOCUMENTS for words in command_lines(read(path), "text")):
        if words[:2] == ["papertrends", "ingest"] and "[OPTIONS]" not in words:
            run(night, words, tmp_path, **told)
    asked = {start for start in ANSWERS for one in loopback_server.asked if one.path.startswith(start)}
    assert asked == set(ANSWERS)
    run(night, ["papertrends", "status", "--workspace", "my-workspace"], tmp_path)
