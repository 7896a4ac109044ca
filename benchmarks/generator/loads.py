"""Load tests that the benchmarks run, each as a process of its own.

    python loads.py KIND URL SECONDS BUNDLE

prints what it counted as JSON. Kinds: `get`: 50 users who make GET requests, as many as they can;
`open`: 2,000 of them arrive a second; `delays`: one user who asks for three known delays; `steady`
and `monitored`: 500 requests of 5 ms a second, without and with the monitor; `sockets`: 10,000
WebSockets with a message a second each (BENCH_CONNECTIONS changes their number).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

import perfanalysis as pa
from perfanalysis.generator import Limits, Load, LoadTest, Scenario, Stage
from perfanalysis.monitor.settings import MonitorSettings

MESSAGE = "x" * 64
CONNECTIONS = os.environ.get("BENCH_CONNECTIONS", "10000")
SELF, CHILDREN = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN


async def one_get(session):
    await session.get("/", name="get", keep_body=False)


async def five_milliseconds(session):
    await session.get("/5", name="get")


async def three_delays(session):
    for delay in (5, 50, 500):
        await session.get(f"/{delay}", name=str(delay))


async def messages(session):
    """Hold a WebSocket open until a little after the load has ended, a message a second."""
    wanted = session.variables
    came_s = wanted["ramp_s"] * session.user_id / wanted["connections"]
    until = time.monotonic() + wanted["ramp_s"] - came_s + wanted["hold_s"] + 2
    socket = await session.websocket("/", name="socket", timeout_s=60)
    while time.monotonic() < until and socket.is_open:
        await socket.send(MESSAGE)
        await socket.expect(timeout_s=30)
        await session.sleep(1)
    await socket.close()


def test_of(kind, url, seconds):
    if kind == "sockets":
        ramp_s, connections = 20, int(CONNECTIONS)
        return LoadTest(
            target=url,
            variables={"ramp_s": ramp_s, "hold_s": seconds, "connections": connections},
            scenarios=[Scenario(name=kind, function=messages)],
            load=Load(
                stages=[
                    Stage(duration=f"{ramp_s} s", target=connections),
                    Stage(duration=f"{seconds} s", target=connections),
                ],
                graceful_stop="60 s",
            ),
            limits=Limits(vus=connections),
        )
    functions = {"get": one_get, "open": one_get, "delays": three_delays}
    steady = Load(rate="500 /s", duration=f"{seconds} s", max_vus=200)
    loads = {
        "get": Load(vus=50, duration=f"{seconds} s"),
        "open": Load(rate="2000 /s", duration=f"{seconds} s", max_vus=500),
        "delays": Load(vus=1, duration=f"{seconds} s"),
        "steady": steady,
        "monitored": steady,
    }
    scenario = Scenario(name=kind, function=functions.get(kind, five_milliseconds))
    return LoadTest(target=url, scenarios=[scenario], load=loads[kind])


def main():
    kind, url, seconds, bundle = sys.argv[1:]
    monitor = MonitorSettings() if kind == "monitored" else None
    run = pa.generate(test_of(kind, url, float(seconds)), bundle, monitor=monitor).run
    counts = run.info.counts
    memory = [resource.getrusage(who).ru_maxrss for who in (SELF, CHILDREN)]
    told = {
        "requests": counts.requests,
        "failures": counts.failures,
        "caveats": {caveat.code: caveat.message for caveat in run.info.caveats},
        "peak_mib": sum(memory) / 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
