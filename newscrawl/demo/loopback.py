"""What the demo's servers have in common: sockets on the loopback, in a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
"""Serves one connection to its end."""


class LoopbackServer:
    """Base of servers that run while the context is open."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        """Begin to listen, by ``_listen``; each server says how."""
        raise NotImplementedError

    async def _close(self) -> None:
        """End, whatever is still going on."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, serve: Serve, port: int = 0) -> int:
        """Serve a port of 127.0.0.1; 0 takes a free one. Returns the port."""

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", port)
        self._servers.append(server)
        taken: int = server.sockets[0].getsockname()[1]
        return taken

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the thread do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
