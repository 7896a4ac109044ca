"""The generator measured: against others, against its schedule, against known delays.

Prints the rows of the table in docs/generate-engine.md. Server and generator are bound to a
processor each where there are two. Timings on shared machines are noisy: the ratios within one run
are what counts.

    python benchmarks/generator [--seconds 15] [--only requests,open,delays,monitor,sockets]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path

import contestants
import pyarrow.compute as pc
import targets

from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.store.bundle import Run

ROUNDS = 3
SERVER, GENERATOR = (1, 0) if (os.cpu_count() or 1) > 1 else (None, None)


def bundle_of(kind, url, seconds, wrap=list):
    """Run a load of loads.py; return what it told, its run and its use of the machine."""
    bundle = f"{tempfile.mkdtemp()}/{kind}.run"
    command = wrap([sys.executable, "loads.py", kind, url, str(seconds), bundle])
    text, usage, code = contestants.run(command, processor=None)
    assert code == 0, text
    return json.loads(text.splitlines()[-1]), Run.open(Path(bundle)), usage


def requests(seconds):
    """GET on keep-alive, 50 users: requests per second of processor time, everything recorded."""
    found = {name: [] for name in contestants.CONTESTANTS}
    with targets.quick_target(SERVER) as (url, server):
        print(
            f"\nGET on keep-alive, 50 users, {ROUNDS} times {seconds} s in turn, against {server}"
        )
        for _ in range(ROUNDS):
            for name, contest in contestants.CONTESTANTS.items():
                measured = contest(url, seconds, GENERATOR)
                if measured is not None:
                    found[name].append(measured)
    print(f"{'medians':36}{'requests/s':>12}{'per CPU-s':>12}{'MiB':>7}")
    per_cpu_s = {}
    for name, rounds in found.items():
        if not rounds:
            print(f"{name:36}{'not found':>12}")
            continue
        per_cpu_s[name] = statistics.median(one.per_cpu_s for one in rounds)
        rate = statistics.median(one.requests / seconds for one in rounds)
        memory = max(one.peak_mib for one in rounds)
        print(f"{name:36}{rate:12,.0f}{per_cpu_s[name]:12,.0f}{memory:7.0f}")
    first, *others = per_cpu_s
    for name in others:
        print(f"  {first} / {name}: {per_cpu_s[first] / per_cpu_s[name]:.2f}")


def open_model(seconds):
    """2,000 arrivals a second on one worker against their schedule."""
    print(f"\n2,000 arrivals a second for {seconds} s, one worker")
    ways = {"as any other program": list}
    if targets.before_others(["true"]) is not None:
        ways["before other work of the machine"] = targets.before_others
    for name, wrap in ways.items():
        with targets.quick_target(SERVER) as (url, _):
            told, run, _ = bundle_of("open", url, seconds, wrap)
        table = run.requests_table
        table = table.filter(pc.equal(table.column("kind"), "iteration"))
        late = pc.subtract(table.column("started_at"), table.column("scheduled_at"))
        late_ms = sorted(microseconds / 1000 for microseconds in late.cast("int64").to_pylist())
        p50, p99 = (late_ms[round((len(late_ms) - 1) * share)] for share in (0.5, 0.99))
        dropped = told["caveats"].get("dropped-iterations", "none dropped")
        print(f"{name}: {len(late_ms)} made, {dropped}; lateness", end=" ")
        print(f"p50 {p50:.3f} ms, p99 {p99:.3f} ms, max {late_ms[-1]:.3f} ms")


def delays(seconds):
    """Recorded latencies against what the server says that it took."""
    with targets.target("delayed", SERVER) as port:
        url = f"http://127.0.0.1:{port}"
        _, run, _ = bundle_of("delays", url, seconds)
        with urllib.request.urlopen(f"{url}/report") as answer:
            took = json.load(answer)
    table = run.requests_table
    table = table.filter(pc.equal(table.column("kind"), "request"))
    measured = table.column("latency_ms").to_pylist()
    assert len(measured) == len(took)
    print("\nRecorded latency less what the server took, one user")
    for delay in (5, 50, 500):
        pairs = zip(measured, took, strict=True)
        errors = [latency - real for latency, (wanted, real) in pairs if wanted == delay]
        print(f"{delay:4} ms: median {statistics.median(errors):.3f} ms of {len(errors)}")


def monitor(seconds):
    """What the monitor beside a load costs: latencies at 500 requests of 5 ms a second."""
    found = {"steady": [], "monitored": []}
    with targets.target("delayed", SERVER) as port:
        for _ in range(ROUNDS):
            for kind, runs in found.items():
                _, run, _ = bundle_of(kind, f"http://127.0.0.1:{port}", seconds)
                total = summarize_run(run).total.latency
                runs.append((total.p50, total.p95))
    print(f"\n500 requests of 5 ms a second, {ROUNDS} times {seconds} s in turn, medians")
    for number, name in enumerate(("p50", "p95")):
        off, on = (statistics.median(run[number] for run in runs) for runs in found.values())
        print(f"{name}: monitor off {off:.3f} ms, on {on:.3f} ms ({on / off - 1:+.1%})")


def sockets(seconds):
    """Many WebSockets held open with a message a second each."""
    connections = os.environ.get("BENCH_CONNECTIONS", "10000")
    with targets.target("sockets", SERVER) as port:
        told, run, usage = bundle_of("sockets", f"http://127.0.0.1:{port}", seconds)
    table = run.requests_table.group_by(["name", "ok"]).aggregate([([], "count_all")])
    counts = {(row["name"], row["ok"]): row["count_all"] for row in table.to_pylist()}
    sent, came = counts[("socket send", True)], counts[("socket message", True)]
    print(f"\n{connections} WebSockets, a message a second each, held for {seconds} s")
    print(f"opened {counts[('socket', True)]}, sent {sent}, answered {came}, lost {sent - came}")
    print(f"failures: { {name: n for (name, ok), n in counts.items() if not ok} or 'none' }")
    print(
        f"memory of both processes {told['peak_mib']:.0f} MiB; "
        f"{usage.ru_utime + usage.ru_stime:.0f} s of processor time"
    )
    print(f"  saturated: {told['caveats'].get('generator-saturated', 'no')}")


PARTS = {
    "requests": requests,
    "open": open_model,
    "delays": delays,
    "monitor": monitor,
    "sockets": sockets,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"{platform.system()} {platform.release()}, Python {platform.python_version()}, ", end="")
    print(f"{os.cpu_count()} processors")
    for name in options.only.split(","):
        PARTS[name](max(options.seconds, 30) if name != "requests" else options.seconds)


if __name__ == "__main__":
    main()
