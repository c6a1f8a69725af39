"""Gives answers back in the order in which they were asked for, whatever order they come in.

What one page teaches helps to read the next, and the first of two equal texts is the original: the
order in which pages are read shows in the records. So it must not depend on the network's pace.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_CROWD = 2 * 1024 * 1024
"""Bytes in a line above which those who bring more have to wait while it is dealt with."""


class Turns(Generic[Answer]):
    """A line in which answers wait for those that were asked for before them.

    Args:
        room: Bytes that may wait. When more do, the one they wait for loses its turn, and is given
            back as soon as it comes.

    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._came: dict[int, tuple[Answer, int]] = {}
        self._late: deque[Answer] = deque()
        self._size = 0
        self._joined = 0
        self._head = 0
        self._giving = False
        self._eased: deque[asyncio.Future[None]] = deque()

    def join(self) -> int:
        """A place at the end of the line; it must be given up by ``take`` some time."""
        self._joined += 1
        return self._joined - 1

    def take(self, place: int, answer: Answer, size: int) -> Iterator[Answer]:
        """Bring an answer to its place, and give those whose turn it is, one after the other.

        The next is given only when the one before has been dealt with: as long as one call is at
        that, others give nothing, and what they bring is given by that one.

        Args:
            place: That of ``join``.
            answer: What to give back.
            size: Its bytes.
        """
        if place < self._head:
            self._late.append(answer)
        else:
            self._came[place] = answer, size
            self._size += size
        if self._giving:
            return
        self._giving = True
        try:
            while self._ready():
                yield self._pop()
        finally:
            self._giving = False
            while self._eased:
                self._ease()

    def ahead(self) -> Answer | None:
        """The answer that comes next, for one who has not yet dealt with the one before it.

        It is for whom ``take`` gives answers to; ``None`` if there is none yet.
        """
        return self._pop() if self._ready() else None

    def again(self, answer: Answer, size: int) -> None:
        """Have an answer that is being dealt with come again, after all that is in the line now."""
        self._came[self.join()] = answer, size
        self._size += size

    async def eased(self) -> None:
        """Wait, as long as answers are being given and many are left, until one more has been.

        What comes in faster than it is dealt with would fill the memory. Those who wait go one by
        one, so that the next come before all are dealt with. Nobody waits here for an answer that
        is yet to come.
        """
        if self._giving and self._size > _CROWD:
            self._eased.append(asyncio.get_running_loop().create_future())
            await self._eased[-1]

    def _ease(self) -> None:
        """Let the one go who has waited longest."""
        waiting = self._eased.popleft()
        if not waiting.done():  # it may have been cancelled
            waiting.set_result(None)

    def _ready(self) -> bool:
        """Whether there is an answer whose turn it is; who is waited for in vain is passed over."""
        while not self._late and self._head < self._joined and self._head not in self._came:
            if self._size <= self._room:
                return False
            logger.info("%d bytes wait for one answer: it is passed over", self._size)
            self._head += 1
        return bool(self._late) or self._head < self._joined

    def _pop(self) -> Answer:
        if self._late:
            return self._late.popleft()
        answer, size = self._came.pop(self._head)
        self._size -= size
        self._head += 1
        if self._eased:
            self._ease()
        return answer
