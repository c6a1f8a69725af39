"""Scrapyd client that posts each due run once."""

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from newscrawl.errors import NewscrawlError
from newscrawl.operations.schedule import (
    Slot,
    backfilled_since,
    job_of,
    next_backfill,
    this_hour,
)

_PROJECT = "newscrawl"
_PATIENCE = 60
"""Seconds for an answer; Scrapyd lists an egg's spiders before it takes the first job."""


class ScrapydError(NewscrawlError):
    """A Scrapyd cannot be reached or refuses a request.

    Raised by ``newscrawl.operations.scrapyd``; the message has the address and Scrapyd's answer.
    """


def post(url: str, slots: Sequence[Slot], data: Path, months: int, now: datetime) -> Iterator[str]:
    """Post what is due in the present hour and neither queued, nor running, nor done.

    A site has one job at a time: what is due meanwhile is posted by a later call of the hour.

    Gives the names of the jobs as they are posted. User and password are those of the environment
    (``SCRAPYD_USERNAME``, ``SCRAPYD_PASSWORD``).

    Raises:
        ScrapydError: Scrapyd cannot be asked, or refuses.
    """
    listed = _ask(url, "listjobs", {"project": _PROJECT})
    busy = {job["spider"] for state in ("pending", "running") for job in listed[state]}
    known = {job["id"] for job in listed["finished"]}
    for slot in slots:
        if not slot.due(now) or slot.site in busy:
            continue
        job, arguments = job_of(slot, now), slot.arguments
        if slot.kind == "backfill":
            if backfilled_since(data, slot.site, this_hour(now)):
                continue
            arguments = next_backfill(data, slot.site, months, now.date()) or {}
            job = arguments.get("_job", "")
        elif job in known:
            continue
        if not job:
            continue  # all is filled
        given = {name: value for name, value in arguments.items() if name != "_job"}
        _ask(url, "schedule", {"project": _PROJECT, "spider": slot.site, "jobid": job}, given)
        busy.add(slot.site)
        yield job


def _ask(
    url: str, service: str, values: Mapping[str, str], more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Call a service of Scrapyd; with ``more`` values it is a POST."""
    query = urlencode({**values, **(more or {})})
    address = urljoin(url, f"{service}.json")
    request = Request(  # noqa: S310 - the operator's own address
        address if more is not None else f"{address}?{query}",
        data=query.encode() if more is not None else None,
    )
    user = os.environ.get("SCRAPYD_USERNAME")
    if user:
        login = f"{user}:{os.environ.get('SCRAPYD_PASSWORD', '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    try:
        with urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310 - as above
            answer: dict[str, Any] = json.load(response)
    except (OSError, ValueError) as error:
        raise ScrapydError(f"{address}: cannot be asked: {error}") from error
    if answer.get("status") != "ok":
        raise ScrapydError(f"{address}: {answer.get('message', answer)}")
    return answer
