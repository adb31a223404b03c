"""The mirror against a server that speaks S3; needs ``python install.py s3`` and moto[server], else it is skipped."""

from __future__ import annotations

import json

import pytest

from flows.publication.mirror import copy_to_mirror

pytestmark = pytest.mark.slow
s3fs = pytest.importorskip("s3fs")
moto_server = pytest.importorskip("moto.server")

BUCKET = "papers-test"


@pytest.fixture
def client(monkeypatch):
    """A client of a bucket on this machine; fsspec finds the same server and keys in the environment."""
    import botocore.session

    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k3y", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # one of an earlier server
    made = botocore.session.get_session().create_client("s3")
    made.create_bucket(Bucket=BUCKET)
    yield made
    server.stop()


def test_runs_in_a_bucket(client, tmp_path):
    runs = [f"2025010{n}T060000-000000-aaaaaaaa" for n in (1, 2)]
    for run_id in runs:
        folder = tmp_path / "runs" / run_id
        (folder / "charts").mkdir(parents=True)
        for name in ("manifest.json", "report.html", "charts/a.svg"):
            (folder / name).write_text(f"{name} of {run_id}")
        (tmp_path / "index.html").write_text(run_id)
        (tmp_path / "feed.xml").write_text(run_id)
        assert copy_to_mirror(tmp_path, f"s3://{BUCKET}/w") == 1
    assert copy_to_mirror(tmp_path, f"s3://{BUCKET}/w") == 0
    keys = {one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    names = ("manifest.json", "report.html", "charts/a.svg")
    assert keys == {f"w/runs/{run_id}/{name}" for run_id in runs for name in names} | {
        "w/index.html", "w/feed.xml", "w/latest.json",
    }  # fmt: skip
    latest = json.loads(client.get_object(Bucket=BUCKET, Key="w/latest.json")["Body"].read())
    assert latest["run_id"] == runs[1]


def test_a_bucket_that_is_not_there_is_not_made(client, tmp_path):
    (tmp_path / "runs" / "20250101T060000-000000-aaaaaaaa").mkdir(parents=True)
    (tmp_path / "index.html").write_text("x")
    with pytest.raises(OSError, match="bucket"):
        copy_to_mirror(tmp_path, "s3://papers-none/w")
    assert [one["Name"] for one in client.list_buckets()["Buckets"]] == [BUCKET]
