"""picows against websockets as clients: many connections, a message a second each, echoed.

Prints CPU time and memory of the client process; the server is a process of its own. This is how
the library of `perfanalysis.generator.websocket` was chosen.

    python benchmarks/generator/websocket_libraries.py [--connections 10000] [--seconds 15]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import resource
import subprocess
import sys
import time

import picows
import uvloop
import websockets.asyncio.client

MESSAGE = "x" * 64


class Echo(picows.WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_bytes())


async def serve():
    server = await picows.ws_create_server(lambda _: Echo(), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Client(picows.WSListener):
    def __init__(self):
        self.messages = asyncio.Queue()

    def on_ws_frame(self, _, frame):
        self.messages.put_nowait(frame.get_payload_as_utf8_text())


async def with_picows(url, seconds, begun):
    transport, client = await picows.ws_connect(Client, url, read_buffer_init_size=1024)
    await begun.wait()
    counts = [0, 0]
    await asyncio.sleep(random.random())
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        transport.send(picows.WSMsgType.TEXT, MESSAGE.encode())
        counts[0] += 1
        await client.messages.get()
        counts[1] += 1
        await asyncio.sleep(1)
    transport.disconnect()
    return counts


async def with_websockets(url, seconds, begun):
    async with websockets.asyncio.client.connect(url, compression=None) as socket:
        await begun.wait()
        counts = [0, 0]
        await asyncio.sleep(random.random())
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await socket.send(MESSAGE)
            counts[0] += 1
            await socket.recv()
            counts[1] += 1
            await asyncio.sleep(1)
        return counts


async def measure(client, url, connections, seconds):
    begun = asyncio.Event()
    opened = time.process_time()
    tasks = []
    for number in range(connections):
        tasks.append(asyncio.create_task(client(url, seconds, begun)))
        if number % 100 == 99:
            await asyncio.sleep(0.02)
    await asyncio.sleep(3)
    held = time.process_time()
    begun.set()
    counts = await asyncio.gather(*tasks)
    cpu_s = time.process_time() - held
    sent, received = (sum(one) for one in zip(*counts, strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{client.__name__:16} opened for {held - opened:5.2f} CPU-s; {sent} sent, {received} "
        f"received for {cpu_s:5.2f} CPU-s ({1e6 * cpu_s / sent:4.0f} us each); {memory:5.0f} MB",
        flush=True,
    )


def in_process(name, url, connections, seconds):
    uvloop.run(measure(globals()[name], url, connections, seconds))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve:
        uvloop.run(serve())
        return
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE)
    try:
        url = f"ws://127.0.0.1:{int(server.stdout.readline())}/"
        for name in ("with_picows", "with_websockets"):
            arguments = (name, url, options.connections, options.seconds)
            process = multiprocessing.get_context("spawn").Process(
                target=in_process, args=arguments
            )
            process.start()
            process.join()
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
