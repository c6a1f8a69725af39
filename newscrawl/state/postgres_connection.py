"""PostgreSQL connection whose operations time out when the server does not respond.

The operating system detects a cut cable, but not a stalled server or a proxy in front of it.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg

_Result = TypeVar("_Result")

_INTERVAL = 0.1
"""Seconds between two checks of the deadline."""

_ON_SERVER = (
    "SELECT set_config('statement_timeout', %(limit)s, false),"
    " set_config('idle_in_transaction_session_timeout', %(limit)s, false),"
    " set_config('tcp_keepalives_idle', '5', false),"
    " set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false),"
    " set_config('tcp_user_timeout', '10000', false)"
)
"""Has the server end a statement that waits for a lock, and the transaction of a lost client."""


class DeadlineConnection(psycopg.Connection[tuple[Any, ...]]):
    """PostgreSQL connection that is closed when a statement exceeds its time limit."""

    limit: float = 60.0
    """Seconds that a statement may take."""

    def limit_server(self, limit: float) -> None:
        """Set the time limit of statements, here and on the server, in seconds."""
        self.limit = limit + 2  # the server's message has more details
        self.execute(_ON_SERVER, {"limit": f"{limit * 1000:.0f}"})

    def wait(
        self,
        gen: Generator[Any, Any, _Result],
        interval: float = _INTERVAL,
        timeout: float | None = None,  # noqa: ARG002 - of later psycopgs, for their own use
    ) -> _Result:
        """Wait for the end of an operation.

        Raises:
            psycopg.OperationalError: the server has not responded for too long.
        """
        try:
            return super().wait(_limited(gen, self.limit), interval)
        except _SilentServerError:
            self.close()  # what comes later belongs to this statement
            raise


class _SilentServerError(psycopg.OperationalError):
    """The PostgreSQL server did not respond in time."""


def _limited(operation: Generator[Any, Any, _Result], limit: float) -> Generator[Any, Any, _Result]:
    """Pass an operation on until its time limit."""
    end = monotonic() + limit
    try:
        state = next(operation)
        while True:
            ready = yield state
            if not ready and monotonic() > end:
                raise _SilentServerError(f"no response for {limit:g} seconds")
            state = operation.send(ready)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
