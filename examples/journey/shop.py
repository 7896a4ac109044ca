"""A small shop to load: an ASGI application without a framework.

    python shop.py --port 8000
    python shop.py --port 8000 --delay search=30

It prints where it listens. Every answer takes about as long as that of a real shop would, and a
little more or less by chance. `--delay` makes one endpoint slower by some milliseconds: what a load
test is there to find. Nothing here is fit for anything but examples: everybody's password is the
same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, object]

PASSWORD = "password123"  # noqa: S105
TERMS = ("laptop", "phone", "tablet", "watch", "headphones")
CATEGORIES = ("electronics", "clothing", "books", "home", "sports")
PRODUCTS = [
    {
        "id": number,
        "name": f"{TERMS[number % len(TERMS)]} {number}",
        "category": CATEGORIES[number % len(CATEGORIES)],
        "price": 10 + number % 90,
    }
    for number in range(1, 501)
]
# What an answer takes, in milliseconds.
TIMES = {"login": 12, "search": 10, "browse": 7, "detail": 4, "cart": 5, "checkout": 15}
MAX_BODY = 65_536


class Shop:
    """The application.

    Args:
        delays: milliseconds to add to an endpoint's time, by its name in `TIMES`.
        speed: 2 makes every answer take half its time.
    """

    def __init__(self, delays: dict[str, float] | None = None, speed: float = 1.0) -> None:
        self.delays = delays or {}
        self.speed = speed
        self.carts: dict[str, list[dict[str, Any]]] = {}
        self.random = random.Random(1)  # noqa: S311
        self.edits = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or talk on a WebSocket."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._talk(receive, send)
        else:
            status, content = await self._answer(scope, await _body(receive))
            body = json.dumps(content).encode()
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        method, path = scope["method"], scope["path"]
        query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
        try:
            sent = json.loads(body) if body else {}
        except ValueError:
            return 400, {"error": "expected JSON"}
        if path == "/api/auth/login" and method == "POST":
            return await self._login(sent)
        if path == "/api/test/setup" and method == "POST":
            return 200, {"products": len(PRODUCTS)}
        if path == "/api/test/cleanup" and method == "DELETE":
            self.carts.clear()
            return 200, {"cleaned": True}
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        if path == "/api/products" and method == "GET":
            return await self._browse(query)
        if token not in self.carts:
            return 401, {"error": "log in first"}
        return await self._as_customer(method, path, query, sent, token)

    async def _as_customer(
        self, method: str, path: str, query: dict[str, str], sent: Any, token: str
    ) -> Answer:
        cart = self.carts[token]
        if path == "/api/products/search" and method == "GET":
            return await self._search(query)
        if (found := re.fullmatch(r"/api/products/(\d+)", path)) and method == "GET":
            return await self._detail(int(found[1]))
        if path == "/api/cart/items" and method == "POST":
            await self._work("cart")
            cart.append({"productId": sent["productId"], "quantity": sent["quantity"]})
            return 201, {"items": len(cart)}
        if path == "/api/cart" and method == "GET":
            await self._work("cart")
            return 200, {"items": cart}
        if path == "/api/checkout" and method == "POST":
            await self._work("checkout")
            if not cart:
                return 409, {"error": "the cart is empty"}
            cart.clear()
            return 200, {"orderId": secrets.token_hex(8)}
        return 404, {"error": "no such thing"}

    async def _login(self, sent: Any) -> Answer:
        await self._work("login")
        if sent.get("password") != PASSWORD or "@" not in sent.get("email", ""):
            return 401, {"error": "wrong e-mail or password"}
        token = secrets.token_hex(16)
        self.carts[token] = []
        return 200, {"token": token}

    async def _search(self, query: dict[str, str]) -> Answer:
        await self._work("search")
        limit = int(query.get("limit", 20))
        found = [product for product in PRODUCTS if query.get("q", "") in str(product["name"])]
        return 200, {"results": found[:limit]}

    async def _browse(self, query: dict[str, str]) -> Answer:
        await self._work("browse")
        page, limit = int(query.get("page", 1)), int(query.get("limit", 12))
        wanted = query.get("category")
        found = [product for product in PRODUCTS if wanted in (None, product["category"])]
        return 200, {"products": found[(page - 1) * limit : page * limit]}

    async def _detail(self, number: int) -> Answer:
        await self._work("detail")
        if not 1 <= number <= len(PRODUCTS):
            return 404, {"error": "no such product"}
        return 200, PRODUCTS[number - 1]

    async def _work(self, endpoint: str) -> None:
        """Take the time that an endpoint takes: skewed, as such times are."""
        usual = TIMES[endpoint] * self.random.lognormvariate(0, 0.15)
        await asyncio.sleep((usual + self.delays.get(endpoint, 0.0)) / 1000 / self.speed)

    async def _talk(self, receive: Receive, send: Send) -> None:
        """Answer every edit with its number, until the other side closes."""
        while True:
            message = await receive()
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.accept"})
            elif message["type"] == "websocket.disconnect":
                return
            else:
                edit = json.loads(message.get("text") or message.get("bytes") or "{}")
                self.edits += 1
                reply = {"type": "ack", "of": edit.get("type"), "number": self.edits}
                await send({"type": "websocket.send", "text": json.dumps(reply)})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def main() -> None:
    """Serve the shop until interrupted."""
    import uvicorn

    parser = argparse.ArgumentParser(description="A small shop to load.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 for one that is free")
    parser.add_argument("--delay", action="append", default=[], metavar="ENDPOINT=MS")
    arguments = parser.parse_args()
    pairs = (text.partition("=") for text in arguments.delay)
    delays = {name: float(milliseconds) for name, _, milliseconds in pairs}
    unknown = sorted(delays.keys() - TIMES.keys())
    if unknown:
        parser.error(f"--delay: no such endpoint: {', '.join(unknown)}; one of {', '.join(TIMES)}")
    with socket.create_server((arguments.host, arguments.port), backlog=2048) as listener:
        host, port = listener.getsockname()[:2]
        print(f"http://{host}:{port}", flush=True)
        config = uvicorn.Config(Shop(delays), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
