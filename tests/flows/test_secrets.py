"""Whatever is secret is looked for in everything that a run leaves: files, Prefect's database, both outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.runs import read_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "PAPERTRENDS_OPENALEX_KEY": "openalex-k3y-th4t-n0b0dy-sees",
    "PAPERTRENDS_SEMANTIC_SCHOLAR_KEY": "scholar-k3y-th4t-n0b0dy-sees",
    "PAPERTRENDS_SMTP_PASSWORD": "passw0rd-th4t-n0b0dy-sees",
    "PAPERTRENDS_SMTP_USER": "user-th4t-n0b0dy-sees",
    "PAPERTRENDS_LABEL_KEY": "label-k3y-th4t-n0b0dy-sees",
    "PAPERTRENDS_EMBEDDING_KEY": "embedding-k3y-th4t-n0b0dy-sees",
    "PAPERTRENDS_CONTACT": "contact@nobody-sees.example",
    "PAPERTRENDS_MAIL_FROM": "sender@nobody-sees.example",
    "PAPERTRENDS_MAIL_TO": "reader@nobody-sees.example",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("secrets")


def test_nothing_that_a_run_leaves_holds_a_secret(folder, loopback_server):
    """Two services repeat the key in their errors, one gives a paper; all is logged that can be."""
    make_answer = type(loopback_server.answer(None))
    paper = {
        "paperId": "a" * 40,
        "title": "Maps for Agents",
        "abstract": "They change.",
        "publicationDate": "2025-10-04",
    }
    asked = []

    def answer(request):
        asked.append(request)
        if request.path.startswith("/v1/chat"):
            return make_answer(json.dumps({"error": f"{request.headers} is no key"}).encode(), status=401)
        if request.path == "/works":
            return make_answer(json.dumps({"error": f"{request.params} is no key"}).encode(), status=401)
        return make_answer(json.dumps({"total": 1, "token": None, "data": [paper]}).encode())

    loopback_server.answer = answer
    settings = {**SECRETS, "PAPERTRENDS_MAIL_TO": json.dumps([SECRETS["PAPERTRENDS_MAIL_TO"]])}
    environment = (
        os.environ
        | settings
        | {
            "PYTHONPATH": str(ROOT),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,httpx,httpcore",
            "PAPERTRENDS_OPENALEX_URL": loopback_server.url,
            "PAPERTRENDS_SEMANTIC_SCHOLAR_URL": loopback_server.url,
            "PAPERTRENDS_LABEL_ENDPOINT": loopback_server.url,
            "PAPERTRENDS_LABEL_MODEL": "m:8b",
        }
    )
    command = [
        sys.executable, "-m", "flows.commands.cli", "run", str(ROOT / "data/sample/daily_papers.txt"),
        "openalex:agents 2025-10", "semantic-scholar:agents 2025-10", "--workspace", "w", "--vectorizer", "lexical",
        "--as-of", "2025-12-10", "--verbose",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    sent = repr([(request.params, request.headers) for request in asked])
    assert SECRETS["PAPERTRENDS_OPENALEX_KEY"] in sent
    assert SECRETS["PAPERTRENDS_SEMANTIC_SCHOLAR_KEY"] in sent
    assert f"Bearer {SECRETS['PAPERTRENDS_LABEL_KEY']}" in sent
    tables, manifest = read_run(folder / "w" / "latest")
    assert "Maps for Agents" in set(tables.papers["title"])
    said = {"stdout": done.stdout, "stderr": done.stderr, "manifest": repr(manifest)}
    said |= {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("latin-1")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert any("prefect.db" in name for name in said)
    found = [
        (name, text[max(0, text.index(secret) - 100) :][:300])
        for secret in SECRETS.values()
        for name, text in said.items()
        if secret in text
    ]
    assert found == []
