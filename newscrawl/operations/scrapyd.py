"""Scrapyd client that posts each due run of the schedule once."""

import base64
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from newscrawl.errors import ScrapydError
from newscrawl.operations.schedule import (
    Slot,
    backfilled_since,
    job_of,
    next_backfill,
    this_hour,
)
from newscrawl.state.place import Place

logger = logging.getLogger(__name__)

_PROJECT = "newscrawl"
_TIMEOUT = 60
"""Timeout in seconds; Scrapyd lists an egg's spiders before it accepts the first job."""


def post(
    urls: Sequence[str],
    slots: Sequence[Slot],
    place: Place,
    months: int,
    now: datetime,
    settings: Mapping[str, str],
) -> Iterator[str]:
    """Post the runs that are due in the current hour and neither queued, running nor done.

    A site has one job at a time: other due runs are posted by a later call in the same hour. Each
    job goes to the Scrapyd with the fewest jobs. Servers that cannot be reached are skipped.

    Yields a line for each posted job. User and password are taken from the environment
    (``SCRAPYD_USERNAME``, ``SCRAPYD_PASSWORD``).

    Args:
        urls: Addresses of Scrapyd.
        slots: The schedule.
        place: Data directory and ledger.
        months: Number of past months to back-fill.
        now: Present time.
        settings: Settings of the posted runs.

    Raises:
        ScrapydError: no Scrapyd can be reached, or all refuse a job.
    """
    options = [("setting", f"{name}={value}") for name, value in settings.items()]
    jobs, loads = _listed(urls)
    busy = {job["spider"] for state in ("pending", "running") for job in jobs[state]}
    known = {job["id"] for job in jobs["finished"]}
    for slot in slots:
        if not slot.due(now) or slot.site in busy:
            continue
        job, arguments = job_of(slot, now), slot.arguments
        if slot.kind == "backfill":
            if backfilled_since(place.data, slot.site, this_hour(now)):
                continue
            arguments = next_backfill(place, slot.site, months, now.date()) or {}
            job = arguments.get("_job", "")
        elif job in known:
            continue
        if not job:
            continue  # all slots are full
        given = [(name, value) for name, value in arguments.items() if name != "_job"]
        run = {"project": _PROJECT, "spider": slot.site, "jobid": job}
        url = _schedule(loads, run, [*given, *options])
        busy.add(slot.site)
        yield f"posted {job}" + (f" to {url}" if len(urls) > 1 else "")


def _schedule(
    loads: dict[str, int], run: Mapping[str, str], more: Sequence[tuple[str, str]]
) -> str:
    """Give a job to the Scrapyd with the fewest, and return its URL.

    One that fails gets no more jobs. If it has taken the job all the same, the site is crawled by
    one of the two runs, and the other is skipped.

    Raises:
        ScrapydError: all have failed.
    """
    while True:
        url = min(loads, key=loads.__getitem__)
        try:
            _request(url, "schedule", run, more)
        except ScrapydError as error:
            del loads[url]
            if not loads:
                raise
            logger.warning("%s", error)
        else:
            loads[url] += 1
            return url


def _listed(urls: Sequence[str]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, int]]:
    """Return all jobs by state, and the number of unfinished ones for each reachable Scrapyd.

    Raises:
        ScrapydError: none can be reached.
    """
    jobs: dict[str, list[dict[str, Any]]] = {"pending": [], "running": [], "finished": []}
    loads: dict[str, int] = {}
    for url in urls:
        try:
            listed = _request(url, "listjobs", {"project": _PROJECT})
        except ScrapydError as error:
            if len(urls) == 1:
                raise
            logger.warning("%s", error)
            continue
        for state, known in jobs.items():
            known += listed[state]
        loads[url] = len(listed["pending"]) + len(listed["running"])
    if not loads:
        raise ScrapydError(f"no Scrapyd can be reached: {', '.join(urls)}")
    return jobs, loads


def _request(
    url: str,
    service: str,
    values: Mapping[str, str],
    more: Sequence[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """Call a service of Scrapyd; with ``more`` values it is a POST."""
    query = urlencode([*values.items(), *(more or [])])
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
        with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310 - as above
            body: dict[str, Any] = json.load(response)
    except (OSError, ValueError) as error:
        raise ScrapydError(f"{address}: no valid response: {error}{_advice(error)}") from error
    if body.get("status") != "ok":
        raise ScrapydError(f"{address}: {body.get('message', body)}")
    return body


def _advice(error: Exception) -> str:
    """Return the remedy for an error, if known."""
    if getattr(error, "code", None) in (401, 403):
        return "; check SCRAPYD_USERNAME and SCRAPYD_PASSWORD"
    if isinstance(getattr(error, "reason", error), ConnectionRefusedError):
        return "; start Scrapyd, or correct the address"
    return ""
