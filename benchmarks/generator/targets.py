"""Servers for the benchmarks, each in a process of its own.

    python targets.py quick      a small answer, as quickly as can be: uvloop and httptools
    python targets.py delayed    answers after the milliseconds in the path, and tells on /report
                                 how long each answer really took: threads that sleep
    python targets.py sockets    echoes WebSocket messages: picows

Each prints its port and serves until it is killed. nginx is used for the quick one where it is
installed, because it leaves more of the machine to the generators.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

BODY = b'{"id": 1, "name": "a thing that stands in a shop", "price": 12.5, "tags": ["one", "two"]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%b" % (len(BODY), BODY)
)
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{body}'; }} }}
}}
"""


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(command, processor):
    """Return a command that runs on one processor, where there are several."""
    if processor is None or (os.cpu_count() or 1) == 1 or shutil.which("taskset") is None:
        return command
    return ["taskset", "-c", str(processor), *command]


def before_others(command):
    """Return a command that runs before other work of the machine, or None if it may not."""
    urgent = ["chrt", "-r", "1"]
    if shutil.which("chrt") is None or subprocess.run([*urgent, "true"], check=False).returncode:
        return None
    return [*urgent, *command]


@contextmanager
def quick_target(processor=None):
    """Serve small answers; gives the URL and the name of what serves them."""
    if shutil.which("nginx") is None:
        with target("quick", processor) as port:
            yield f"http://127.0.0.1:{port}", "uvloop and httptools"
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, body=BODY.decode()))
        command = ["nginx", "-p", folder, "-c", str(config)]
        process = subprocess.Popen(pinned(command, processor), stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", "nginx, one worker"
        finally:
            process.terminate()
            process.wait()


@contextmanager
def target(kind, processor=None):
    """Serve in another process; gives the port."""
    command = [sys.executable, __file__, kind]
    process = subprocess.Popen(pinned(command, processor), stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def _wait_for(port):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.02)
    raise RuntimeError("the server does not answer")


async def serve_quick():
    import httptools
    import uvloop  # noqa: F401  (its loop runs this)

    class Serving(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport
            self.parser = httptools.HttpRequestParser(self)

        def data_received(self, data):
            self.parser.feed_data(data)

        def on_message_complete(self):
            self.transport.write(ANSWER)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Serving, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Delaying(socketserver.BaseRequestHandler):
    took_ms: ClassVar = []

    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(65536):
            path = data.split(b" ", 2)[1]
            body = b"ok"
            if path == b"/report":
                body = json.dumps(self.took_ms).encode()
            else:
                self.wait(int(path[1:]))
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )

    def wait(self, milliseconds):
        begun = time.perf_counter_ns()
        until = begun + milliseconds * 1_000_000
        # A nap overshoots: the wait is made of ever shorter ones.
        while (left := until - time.perf_counter_ns()) > 20_000:
            time.sleep(left / 2e9)
        self.took_ms.append((milliseconds, (time.perf_counter_ns() - begun) / 1e6))


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512


def serve_delayed():
    with Threads(("127.0.0.1", 0), Delaying) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


async def serve_sockets():
    import picows

    class Echo(picows.WSListener):
        def on_ws_frame(self, transport, frame):
            if frame.msg_type == picows.WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code())
                transport.disconnect()
            else:
                transport.send(frame.msg_type, frame.get_payload_as_bytes())

    server = await picows.ws_create_server(
        lambda _: Echo(), "127.0.0.1", 0, backlog=4096, read_buffer_init_size=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    raise_file_limit()
    if sys.argv[1] == "delayed":
        serve_delayed()
    else:
        import uvloop

        uvloop.run({"quick": serve_quick, "sockets": serve_sockets}[sys.argv[1]]())
