"""Commands in processes that die, lose their disk or get another clock at a named point.

One process imports everything once, starts Prefect's server, and forks a child for each command: real runs of
the command line, for which only the seconds of imports are saved. Nothing in the program knows of it: in the
child the named function is wrapped, and what shall happen happens before or after its n-th call.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
FORKED = dict.fromkeys(_THREADS, "1") | {"NUMBA_THREADING_LAYER": "workqueue"}
"""Libraries with several threads, or with GNU's OpenMP, cannot go on in a child."""

# Nobody looks at the server's own record of tasks and events, and writing it takes time.
_NO_RECORD = {
    f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "0"
    for name in ("TASK_RUN_RECORDER", "EVENT_PERSISTER", "TRIGGERS")
}

_NEEDED = (
    "anyio._backends._asyncio", "fastapi", "flows.analysis.search", "flows.commands.cli", "flows.commands.output_lines",
    "flows.pipeline", "flows.publication.digest_mail", "graphviz", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg", "prefect.concurrency.sync", "prefect.flow_engine", "prefect.task_engine",
    "prefect.telemetry.run_telemetry", "reports.charts.series_figure",
)  # fmt: skip

_SUBJECTS = {
    "explore": "agents explore sparse rewards by curiosity and count visits of rare states in a maze",
    "improve": "language models improve their own answers by critique and train on what they wrote",
    "inspect": "models report on their inner states and introspection tells what they know of themselves",
}


@dataclass(frozen=True)
class Point:
    """Where something happens: before or after the n-th call of a function that is given `holding`.

    `where` is ``module:name``, the name as that module calls it; empty for the start of the command.
    `action` is what happens, see `_ACTIONS`, and what it needs to know.
    """

    where: str = ""
    when: str = "before"
    call: int = 1
    holding: str = ""
    action: tuple[Any, ...] = ("kill",)


@dataclass(frozen=True)
class Ended:
    """Exit status of a command, negative for a signal, and what it said."""

    status: int
    out: str
    err: str


class Night:
    """Runs commands one after the other in children of one warm process."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def run(self, *arguments: object, cwd: Path, points: tuple[Point, ...] = (), **environment: str) -> Ended:
        """Run ``papertrends arguments`` in a folder."""
        told = [self._folder / name for name in ("out", "err")]
        order = {
            "arguments": [str(one) for one in arguments],
            "cwd": str(cwd),
            "points": [asdict(point) for point in points],
            "environment": environment,
            "told": [str(path) for path in told],
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return Ended(status, *(path.read_text(encoding="utf-8", errors="replace") for path in told))


def write_papers(path: Path, n: int) -> None:
    """Papers of three subjects, two a day and a gap, as JSON lines."""
    lines = []
    for i in range(n):
        name, text = list(_SUBJECTS.items())[i % 3]
        words = text.split()
        lines.append(
            json.dumps(
                {
                    "id": f"25{1 + i % 11:02d}.{i:05d}",
                    "title": f"Work {i}: to {name} with {words[i % 7]} and {words[-1 - i % 5]}",
                    "abstract": f"{text}. {' '.join(words[i % 5 :])}. Study {i} of {words[i % 9]}.",
                    "published": f"2025-{1 + i % 11:02d}-{1 + i % 28:02d}",
                }
            )
        )
    path.write_text("\n".join(lines))


@contextmanager
def started_night(folder: Path) -> Iterator[Night]:
    """Start the warm process; it and Prefect's server end with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= FORKED | _NO_RECORD | {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(folder / "prefect")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.night"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield Night(process, folder)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(timeout=30)


def _main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from flows.commands.temporary_server import answering, start_server

    server = start_server()
    os.environ |= {"PREFECT_LOGGING_LEVEL": "CRITICAL", "TQDM_DISABLE": "1"}
    from analytics.topics.clustering import precompile
    from reports.render import compile_templates

    # Prefect reads them for each of its clients.
    ssl.create_default_context = functools.cache(ssl.create_default_context)
    # What a command imports when it needs it: a child would spend two fifths of its seconds on that.
    for name in _NEEDED:
        importlib.import_module(name)
    precompile()
    compile_templates()
    with answering(server):
        gc.collect()
        gc.freeze()  # a collection in a child would copy the pages of everything that it looks at
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            child = os.fork()
            if child == 0:
                _obey(order)
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _obey(order: dict[str, Any]) -> None:
    """Be the command, and end."""
    status = 1
    try:
        for number, path in enumerate(order["told"], start=1):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(order["cwd"])
        os.environ |= order["environment"]
        for point in order["points"]:
            _arm(Point(**point))
        from flows.commands.cli import app

        sys.argv = ["papertrends", *order["arguments"]]
        app()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _arm(point: Point) -> None:
    name, *given = point.action
    if not point.where:
        _ACTIONS[name](*given)
        return
    owner, attribute = _place(point.where)
    original, seen = getattr(owner, attribute), 0

    def watched(*arguments: Any, **named: Any) -> Any:
        nonlocal seen
        is_meant = (
            point.holding in " ".join(map(str, (*arguments, *named.values()))) if point.holding else True
        )
        seen += is_meant
        is_now = is_meant and seen == point.call
        if is_now and point.when == "before":
            _ACTIONS[name](*given)
        result = original(*arguments, **named)
        if is_now and point.when == "after":
            _ACTIONS[name](*given)
        return result

    setattr(owner, attribute, watched)


def _place(where: str) -> tuple[Any, str]:
    module, _, path = where.partition(":")
    owner: Any = importlib.import_module(module)
    *owners, attribute = path.split(".")
    for one in owners:
        owner = getattr(owner, one)
    return owner, attribute


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _set(where: str, value: Any) -> None:
    """Give a constant of a module another value."""
    setattr(*_place(where), value)


def _fill(ballast: str) -> None:
    """Leave nothing of the disk that holds the file `ballast`."""
    with Path(ballast).open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


def _limit(size: int) -> None:
    """Let no file grow beyond a size."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _make_read_only(mount: str) -> None:
    subprocess.run(["mount", "-o", "remount,ro", mount], check=True)


def _become(user: int) -> None:
    """Go on as a user who owns nothing."""
    os.setegid(user)
    os.seteuid(user)


def _turn_clock(moment: str) -> None:
    """Let the clock show a moment from now on, and go on from there."""
    import datetime
    import time

    import flows.clock

    start, shown = time.monotonic(), datetime.datetime.fromisoformat(moment)

    class Turned(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return (shown + datetime.timedelta(seconds=time.monotonic() - start)).astimezone(tz)

    flows.clock.datetime = Turned  # type: ignore[misc]


def _wait_less(seconds: float) -> None:
    """Do not wait a minute for another's lock."""
    from flows.store import Store

    Store.open.__func__.__kwdefaults__["busy_timeout_s"] = seconds  # type: ignore[attr-defined]


_ACTIONS = {
    "kill": _kill,
    "set": _set,
    "fill": _fill,
    "limit": _limit,
    "read only": _make_read_only,
    "become": _become,
    "clock": _turn_clock,
    "wait less": _wait_less,
}

if __name__ == "__main__":
    _main()
