"""The task of a run, for progress display and run report: arguments and expected articles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newscrawl.state.articles import Wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """Task of a run, derived from the spider arguments."""

    given: Mapping[str, Any] = field(default_factory=dict)
    """Spider arguments as given."""
    articles: int | None = None
    """Most articles it reads; ``None`` if that is open."""
    by_number: bool = False
    """Whether it tries article numbers, of which some may not exist."""
    must_find: bool = True
    """Whether a run that finds nothing has failed."""
    until: date | None = None
    """Last printed date that is wanted."""
    leftovers: Wanted | None = None
    """Unfinished articles of earlier runs that it takes over; ``None`` if it takes none."""
