"""Load generators that make the same GET requests, and what processor time they take for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

from targets import pinned

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOCUST = ROOT / ".bench" / "locust"


@dataclass(frozen=True)
class Measured:
    """Requests of a contestant and the processor time of its processes, start-up included."""

    requests: int
    cpu_s: float
    seconds: float
    peak_mib: float

    @property
    def per_cpu_s(self) -> float:
        return self.requests / self.cpu_s


def run(command, *, processor, **environment):
    """Run a command; return its output, and the use of it and all its children."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            pinned(command, processor),
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=HERE,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    return text, usage, process.returncode


def _measured(requests, usage, seconds):
    return Measured(requests, usage.ru_utime + usage.ru_stime, seconds, usage.ru_maxrss / 1024)


def perfanalysis_function(url, seconds, processor):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "loads.py", "get", url, str(seconds), f"{folder}/get.run"]
        text, usage, _ = run(command, processor=processor)
    told = json.loads(text.splitlines()[-1])
    assert told["failures"] == 0, text
    return _measured(told["requests"], usage, seconds)


def perfanalysis_file(url, seconds, processor):
    with tempfile.TemporaryDirectory() as folder:
        bundle = f"{folder}/get.run"
        command = [
            *(sys.executable, "-m", "perfanalysis", "-q", "generate", "get.yml", "-o", bundle),
            *("--duration", f"{seconds} s"),
        ]
        text, usage, code = run(command, processor=processor, BENCH_URL=url)
        assert code == 0, text
        told = json.loads((Path(bundle) / "run.json").read_text())
    return _measured(told["counts"]["requests"], usage, seconds)


def locust(url, seconds, processor):
    python = _locust_python()
    if python is None:
        return None
    command = [
        *(python, "-m", "locust", "-f", "locustfile.py", "--headless", "-u", "50", "-r", "50"),
        *("-t", f"{seconds}s", "--json", "--skip-log", "--reset-stats"),
    ]
    text, usage, _ = run(command, processor=processor, BENCH_URL=url)
    (entry,) = json.loads(text[text.index("[") :])
    assert entry["num_failures"] == 0, text
    return _measured(entry["num_requests"], usage, seconds)


def _locust_python():
    """Return a Python with Locust, installed apart the first time: it patches the socket module."""
    python = LOCUST / "bin" / "python"
    if not python.exists():
        venv.create(LOCUST, with_pip=True)
    probe = [str(python), "-c", "import locust"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        install = [str(python), "-m", "pip", "install", "--quiet", "locust"]
        if subprocess.run(install, check=False).returncode:
            return None
    return str(python)


def k6(url, seconds, processor):
    if shutil.which("k6") is None:
        return None
    command = ["k6", "run", "--quiet", "--summary-export=/dev/stderr", "get.js"]
    text, usage, _ = run(command, processor=processor, BENCH_URL=url, BENCH_SECONDS=str(seconds))
    requests = int(re.search(r"http_reqs[.\s:]+(\d+)", text)[1])
    return _measured(requests, usage, seconds)


def wrk(url, seconds, processor):
    if shutil.which("wrk") is None:
        return None
    command = ["wrk", "-t1", "-c50", f"-d{seconds}s", url]
    text, usage, _ = run(command, processor=processor)
    return _measured(int(re.search(r"(\d+) requests in", text)[1]), usage, seconds)


CONTESTANTS = {
    "perfanalysis, a Python function": perfanalysis_function,
    "perfanalysis, a scenario file": perfanalysis_file,
    "Locust FastHttpUser": locust,
    "k6": k6,
    "wrk (the limit; records nothing)": wrk,
}
