"""Record the candidates of each field and why one was chosen, for ``scrapy read``.

Extraction calls ``note``, ``each`` and ``chose``, which do nothing unless a trace is open.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a page offers for a field, and where it was found."""

    source: str
    """Where it was found, such as ``og:title``."""
    value: str
    """The value as found."""


@dataclass(slots=True)
class Trace:
    """Candidates and reasons recorded while a page was extracted."""

    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    """Candidates by field, in order of preference."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Reason for the chosen value, by field."""


_open: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def tracing() -> Iterator[Trace]:
    """Open a trace of the pages that are extracted in the context."""
    token = _open.set(trace := Trace())
    try:
        yield trace
    finally:
        _open.reset(token)


def is_tracing() -> bool:
    """Return whether a trace is open."""
    return _open.get() is not None


def note(name: str, source: str, value: object) -> None:
    """Record a candidate of a field, unless it is empty."""
    trace = _open.get()
    if trace is not None and value:
        found = trace.candidates.setdefault(name, [])
        candidate = Candidate(source, str(value))
        if candidate not in found:
            found.append(candidate)


def each(name: str, source: str, values: Iterable[Value]) -> Iterable[Value]:
    """Return candidates of a field, and record each."""
    if _open.get() is None:
        return values
    values = list(values)
    for value in values:
        note(name, source, ", ".join(map(str, value)) if isinstance(value, list) else value)
    return values


def all_of(values: Iterable[Value]) -> Iterable[Value]:
    """Return candidates of several sources, all of them evaluated if a trace is open."""
    return values if _open.get() is None else list(values)


def chose(name: str, reason: str) -> None:
    """Record why the value of a field was chosen."""
    trace = _open.get()
    if trace is not None:
        trace.reasons[name] = reason
