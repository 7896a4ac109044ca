"""Reading and parsing side by side: threads, because decompressors and parsers release the GIL."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")

_THREADS: Final = min(4, os.cpu_count() or 1)


def ordered_map(
    function: Callable[[Item], Found], items: Iterable[Item], *, threads: int = _THREADS
) -> Iterator[Found]:
    """Yield `function(item)` for each item, in order, some of them worked out ahead.

    At most `threads` + 1 items are held at any time, so memory does not grow with their number.
    What the function raises is raised here, in its place in the order.

    Args:
        function: called in other threads; must not touch what the caller uses meanwhile.
        items: pulled in the calling thread.
        threads: how many items are worked on at once.

    >>> list(ordered_map(str.upper, "abc"))
    ['A', 'B', 'C']
    """
    ahead: deque[Future[Found]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="parse") as pool:
        try:
            for item in items:
                ahead.append(pool.submit(function, item))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def read_ahead(items: Iterable[Item], *, depth: int = 2) -> Iterator[Item]:
    """Yield items that a thread of its own pulls, at most `depth` of them ahead.

    What the iterable raises is raised here, behind the items that came before it.

    >>> list(read_ahead(range(3)))
    [0, 1, 2]
    """
    found: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(depth)
    stop = threading.Event()

    def pull() -> None:
        end: BaseException | None = None
        try:
            for item in items:
                found.put((item,))
                if stop.is_set():
                    return
        except BaseException as exc:  # noqa: BLE001  (raised again in the reader's thread)
            end = exc
        found.put(end)

    thread = threading.Thread(target=pull, name="read-ahead", daemon=True)
    thread.start()
    try:
        while isinstance(entry := found.get(), tuple):
            yield entry[0]
        if entry is not None:
            raise entry
    finally:
        stop.set()
        # The thread may wait for room in the queue: make some until it has seen the sign.
        while thread.is_alive():
            with suppress(queue.Empty):
                found.get(timeout=0.01)
            thread.join(0.01)
