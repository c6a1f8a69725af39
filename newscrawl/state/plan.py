"""The task of a run, for progress display and run report: arguments and expected articles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newscrawl.state.articles import ClaimFilter


@dataclass(frozen=True, slots=True)
class Plan:
    """Task of a run, derived from the spider arguments."""

    given: Mapping[str, Any] = field(default_factory=dict)
    """Spider arguments as given."""
    articles: int | None = None
    """Maximum number of articles; ``None`` if unknown."""
    by_number: bool = False
    """Whether it requests article numbers that may not exist."""
    must_find: bool = True
    """Whether a run that finds nothing has failed."""
    until: date | None = None
    """Last printed date of the articles to export."""
    leftovers: ClaimFilter | None = None
    """Filter of unfinished articles of earlier runs to take over; ``None`` takes none."""
