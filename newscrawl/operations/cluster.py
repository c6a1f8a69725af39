"""Distribute work over the workers of a Dask cluster and return the results in order."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from newscrawl.errors import ClusterError, NewscrawlError

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

_CONNECT_SECONDS = 10
"""Longest that the scheduler may take to respond, and the first worker to be there."""

_WARN_SECONDS = 30
"""Time without a result after which a cluster without workers is warned of."""

_AHEAD = 3
"""Tasks submitted for each thread of a worker, so that none is idle and memory stays flat."""


class Cluster:
    """Client of a Dask scheduler: runs a function on its workers for each item.

    The scheduler reassigns the tasks of a killed worker. The cluster is trusted:
    its results are unpickled.

    Args:
        address: Address of the scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises:
        ClusterError: ``distributed`` is not installed, the scheduler cannot be reached, or it has
            no worker.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ClusterError(
                f"--cluster needs distributed ({error}); run: pip install '.[cluster]' in the clone"
            ) from error
        for name in ("distributed", "distributed.client"):
            # They log each loss of a connection many times; one error is enough.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._dask: Any = distributed
        self._address = address
        try:
            self._client = self._dask.Client(
                address, timeout=_CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(
                f"the Dask scheduler {address} cannot be reached: {_line(error)}; "
                "start it with: dask scheduler"
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            self.close()
            raise ClusterError(
                f"the Dask scheduler {address} has no worker; start one with: dask worker {address}"
            ) from error

    def share(self, value: Value) -> Value:
        """Return a handle of a value that is sent to each worker once, for ``map``."""
        return self._client.submit(_same, value, pure=False)  # type: ignore[no-any-return]

    def map(
        self, function: Callable[..., Value], items: Iterable[object], *shared: object
    ) -> Generator[Value]:
        """Call a function with each item and the shared values; yield the results in order.

        Items are taken, and results held, a few for each worker.

        Raises:
            ClusterError: the scheduler is lost, a task has killed several workers, or a worker
                cannot run it.
            NewscrawlError: raised by the function.
        """
        waiting: deque[Any] = deque()
        with self._one_line():
            for item in items:
                waiting.append(self._client.submit(function, item, *shared, pure=False))
                while len(waiting) > _AHEAD * self._threads():
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())

    def _threads(self) -> int:
        """Return the number of the workers' threads; at least one."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def _result(self, future: Any) -> Any:
        """Wait for a result; warn while there is no worker."""
        while True:
            try:
                return future.result(timeout=_WARN_SECONDS)
            except TimeoutError:
                if not self._client.nthreads():
                    logger.warning("%s has no worker; waiting for one", self._address)

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn errors of Dask into one-line errors."""
        try:
            yield
        except (NewscrawlError, GeneratorExit, KeyboardInterrupt):
            raise
        except self._dask.KilledWorker as error:
            raise ClusterError(
                f"{self._address}: several workers died of the same task, the last one "
                f"{error.last_worker.address}; see their logs and memory limits"
            ) from error
        except (self._dask.client.FutureCancelledError, OSError) as error:
            raise ClusterError(
                f"the Dask scheduler {self._address} was lost: {_line(error)}"
            ) from error
        except Exception as error:
            raise ClusterError(
                f"{self._address}: {type(error).__name__}: {_line(error)}"
            ) from error

    def close(self) -> None:
        """Disconnect; unfinished work is discarded."""
        self._client.close(timeout=1)


def _same(value: Value) -> Value:
    """Return a value."""
    return value


def _line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
