"""Dates as newspapers print them."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from newscrawl.text import western_digits


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time and how exactly it is known."""

    when: datetime
    precision: Literal["day", "second"]

    def iso(self) -> str:
        """ISO 8601 with offset, to the second."""
        return self.when.isoformat(timespec="seconds")


def parse_date(
    value: str | int | float, zone: tzinfo, *, now: datetime | None = None
) -> Moment | None:
    """Read a date."""
    if not isinstance(value, str):
        return Moment(datetime.fromtimestamp(value, zone), "second")
    s = western_digits(value).strip()
    try:
        when = datetime.fromisoformat(s)
        return Moment(
            when.replace(tzinfo=zone) if when.tzinfo is None else when.astimezone(zone),
            "second" if len(s) > 10 else "day",
        )
    except ValueError:
        pass
    if m := re.search(r"(\d\d?) ?[-/.] ?(\d\d?) ?[-/.] ?(\d{4})", s):
        try:
            return Moment(datetime(int(m[3]), int(m[2]), int(m[1]), tzinfo=zone), "day")
        except ValueError:
            return None
    return None
