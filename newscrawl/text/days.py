"""Parse days in command-line arguments: ISO 8601 dates, or ages such as ``7d``."""

import re
from datetime import date, timedelta

_AGO = re.compile(r"(\d{1,5})([dw])")

FORMS = "a day such as 2024-01-31, or a time before today such as 7d or 2w"
"""What ``parse_day`` accepts, for messages."""


def parse_day(text: str, today: date) -> date:
    """Parse a day: a date in ISO 8601, or a number of days or weeks before today.

    >>> parse_day("2024-01-31", date(2026, 3, 8)).isoformat()
    '2024-01-31'
    >>> parse_day("2w", date(2026, 3, 8)).isoformat()
    '2026-02-22'

    Raises:
        ValueError: the text has another form, or the day is before the year 1.
    """
    if ago := _AGO.fullmatch(text):
        try:
            return today - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))
        except OverflowError as error:
            raise ValueError(text) from error
    return date.fromisoformat(text)
