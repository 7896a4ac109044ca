"""A worker process: makes its part of the load and sends what it measured.

It is told what to do by frames on a socket, and ends when told so or when the socket is closed: a
worker never outlives the process that records.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any

import cloudpickle
import uvloop

from perfanalysis.generator.channel import Channel
from perfanalysis.generator.closed_model import ClosedModel
from perfanalysis.generator.engine import Engine
from perfanalysis.generator.frames import Frame, packed
from perfanalysis.generator.iterations import Iterations
from perfanalysis.generator.load import ClosedLoad
from perfanalysis.generator.open_model import OpenModel
from perfanalysis.generator.part import Part
from perfanalysis.generator.plan import Hook, Plan
from perfanalysis.generator.recorder import Recorder
from perfanalysis.generator.session import Session
from perfanalysis.generator.telemetry import Model, Telemetry

# Once stopped, an iteration that is under way may take so long to end.
STOP_GRACE_S = 1.0
# Collections are rare, and what was there at the start is left out of them: they stop every user.
_GC_THRESHOLDS = (50_000, 50, 1000)


class Worker:
    """One worker process.

    Args:
        channel: leads to the process that records.
        plan: the whole plan.
        number: of this worker, counted from 0.
    """

    def __init__(self, channel: Channel, plan: Plan, number: int) -> None:
        self._channel = channel
        self._plan = plan
        self._number = number
        self._recorder = Recorder(channel.send, max_names=plan.max_names)
        self._engine = Engine(asyncio.get_running_loop(), plan.http, self._recorder)
        functions = [(user.name, user.weight, user.factory()) for user in plan.users]
        asyncio.get_running_loop().set_exception_handler(self._in_background)
        leave = plan.leave() if plan.leave is not None else None
        self._iterations = Iterations(self._engine, functions, leave)
        self._variables: Mapping[str, object] = {}

    async def run(self) -> None:
        """Do what the frames say until everything has ended."""
        plan = self._plan
        is_first = self._number == 0
        if is_first and plan.setup is not None:
            prepared = await self._hook(plan.setup())
            self._channel.send(packed(Frame.PREPARED, cloudpickle.dumps(dict(prepared or {}))))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        self._channel.send(packed(Frame.READY, b""))
        kind, payload = await self._channel.receive()
        if kind is not Frame.START:
            return
        start_ns, variables = pickle.loads(payload)  # noqa: S301  (from the process that records)
        if variables:
            self._variables = pickle.loads(variables)  # noqa: S301  (what setup returned)
        model = self._new_model(start_ns)
        await self._make_load(model, start_ns)
        self._send(Frame.END, self._ending(model))
        if is_first and plan.teardown is not None:
            kind = Frame.STOP
            while self._channel.is_open and kind is not Frame.TEARDOWN:
                kind, _ = await self._channel.receive()
            if kind is Frame.TEARDOWN:
                await self._hook(plan.teardown())

    def _new_model(self, start_ns: int) -> Model:
        plan = self._plan
        part = Part(
            worker=self._number,
            workers=plan.workers,
            start_ns=start_ns,
            graceful_stop_s=plan.graceful_stop_s,
            seed=plan.seed,
        )
        if isinstance(plan.load, ClosedLoad):
            return ClosedModel(plan.load, part, self._iterations, self._new_session)
        return OpenModel(plan.load, part, self._iterations, self._new_session)

    def _new_session(self, user_id: int) -> Session:
        return Session(self._engine, user_id, seed=self._plan.seed, variables=self._variables)

    async def _make_load(self, model: Model, start_ns: int) -> None:
        telemetry = Telemetry(self._iterations, model, start_ns)
        load = asyncio.create_task(model.run())
        beside = [
            asyncio.create_task(telemetry.probe()),
            asyncio.create_task(self._obey(model)),
        ]
        while not load.done():
            left_s = (telemetry.due_ns() - perf_counter_ns()) / 1e9
            await asyncio.wait({load}, timeout=max(left_s, 0.001))
            self._recorder.flush()
            self._send(Frame.SECOND, telemetry.take())
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await load

    async def _obey(self, model: Model) -> None:
        """Stop the load when told so, or when nobody records it any more."""
        while True:
            kind, _ = await self._channel.receive()
            if kind is Frame.STOP:
                model.stop(STOP_GRACE_S if self._channel.is_open else 0.0)

    async def _hook(self, hook: Hook) -> Mapping[str, object] | None:
        """Run what comes before or after all users; its requests are not recorded."""
        engine = Engine(
            asyncio.get_running_loop(),
            self._plan.http,
            Recorder(_drop, max_names=self._plan.max_names),
        )
        session = Session(engine, 0, seed=self._plan.seed, variables=self._variables)
        try:
            return await hook(session)
        finally:
            session.close()

    def _in_background(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Count what went wrong in a task that nobody waits for; the terminal is not the place."""
        del loop
        error = context.get("exception")
        if error is not None and not type(error).__module__.startswith("picows"):
            self._iterations.note(error, "in the background: ")

    def _ending(self, model: Model) -> dict[str, Any]:
        return {
            "rows": self._recorder.rows,
            "iterations": self._iterations.ended,
            "interrupted": model.interrupted,
            "raised": self._iterations.raised,
            "other_names": self._recorder.other_names,
        }

    def _send(self, kind: Frame, content: object) -> None:
        self._channel.send(packed(kind, json.dumps(content).encode()))


async def _serve(descriptor: int) -> None:
    channel = Channel(asyncio.get_running_loop(), socket.socket(fileno=descriptor))
    try:
        kind, payload = await channel.receive()
        if kind is Frame.PLAN:
            number, plan = cloudpickle.loads(payload)
            await Worker(channel, plan, number).run()
    except Exception as exc:  # noqa: BLE001  (of a stranger's function, or a bug: told, not lost)
        content = {"error": f"{type(exc).__name__}: {exc}", "where": _where(exc)}
        channel.send(packed(Frame.FAILED, json.dumps(content).encode()))
    finally:
        channel.close()


def _where(exc: Exception) -> str:
    """Return file and line of the last function, without folders: it may stand in a report."""
    frames = traceback.extract_tb(exc.__traceback__)
    if not frames:
        return ""
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"


def _drop(frame: bytes) -> None:
    del frame


def main(descriptor: int) -> None:
    """Run a worker.

    Args:
        descriptor: of the socket that leads to the process that records.
    """
    # Ctrl-C is for the process that records: it stops the workers in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A file for every connection: the limit that a shell sets is meant for other programs.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # What goes wrong on a WebSocket is a row, not a line on the terminal for each of thousands.
    logging.getLogger("picows").setLevel(logging.CRITICAL)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_serve(descriptor))
    # Everything has been sent. Closing a loop with thousands of connections takes its time, and
    # what the users' functions left behind could keep it from ending at all.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
