"""Send notifications of unsuccessful runs, and heartbeats of all runs."""

import logging
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from scrapy.settings import BaseSettings

from newscrawl.operations.monitors import alarms
from newscrawl.operations.schedule import kind_of
from newscrawl.text.cleaning import printable

_TIMEOUT = 10
"""Seconds for a heartbeat."""

_LONGEST_REASON = 200


def notify(report: Mapping[str, Any], settings: BaseSettings) -> Iterator[str]:
    """Notify the services of ``NOTIFY_URLS`` of a run; yield a sentence for each that failed."""
    urls = str(settings["NOTIFY_URLS"]).split()
    if not urls:
        return
    # Only unsuccessful runs need it, and the import takes a fifth of a second.
    from apprise import Apprise, LogCapture

    title = f"newscrawl {report['spider']}: {report['outcome']}"
    text = "\n".join([f"Run {report['job']}", *report.get("errors", []), *alarms(report)])
    for number, url in enumerate(urls, start=1):
        capture = LogCapture(level=logging.WARNING, fmt="%(message)s")  # type: ignore[no-untyped-call]
        with capture as log:
            service = Apprise.instantiate(url)
            if service and service.notify(body=text, title=title):
                continue
            reason = " ".join(log.getvalue().split()) if service else "is not a service URL"
        # The rest of a URL is often a secret.
        safe = service.url(privacy=True) if service else ""  # type: ignore[no-untyped-call]
        shown = "/".join(safe.split("/")[:3]) or f"URL {number}"
        yield f"NOTIFY_URLS: {shown}: {printable(reason)[:_LONGEST_REASON] or 'failed'}"


def heartbeat(
    report: Mapping[str, Any], event: str, settings: BaseSettings, text: str = ""
) -> Iterator[str]:
    """Request the run's heartbeat URL, and yield a sentence if that fails.

    Args:
        report: Report of the run, or its first fields.
        event: ``start``, or the exit code.
        settings: The settings, with ``HEARTBEAT_URL``.
        text: Text that the service stores with the event.
    """
    template = str(settings["HEARTBEAT_URL"])
    if not template:
        return
    url = template.replace("{site}", quote(report["spider"])).replace("{kind}", kind_of(report))
    if not url.startswith(("http://", "https://")):
        yield "HEARTBEAT_URL: is not an http or https URL"
        return
    try:
        parts = urlsplit(url)
        address = parts._replace(path=f"{parts.path.rstrip('/')}/{event}").geturl()
        request = Request(  # noqa: S310 - checked above
            address, text.encode(), {"User-Agent": settings["USER_AGENT"]}
        )
        with urlopen(request, timeout=_TIMEOUT):  # noqa: S310 - checked above
            pass
    except (OSError, ValueError, HTTPException) as error:
        # The path is often a secret, and some errors quote it.
        code = getattr(error, "code", None)
        reason = f"HTTP {code}" if code else type(getattr(error, "reason", error)).__name__
        yield f"HEARTBEAT_URL: {event} was not sent: {reason}"
