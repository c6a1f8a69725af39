"""Notifications of unsuccessful runs by webhook and mail."""

import smtplib
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from http.client import HTTPException, InvalidURL
from typing import Any
from urllib.request import Request, urlopen

import msgspec
from scrapy.settings import BaseSettings

from newscrawl.operations.monitors import alarms
from newscrawl.text.cleaning import printable
from newscrawl.text.urls import host

_PATIENCE = 20
"""Seconds that either way may take."""

_LONGEST_REASON = 200


def notify(report: Mapping[str, Any], settings: BaseSettings) -> Iterator[str]:
    """Send word as the settings ``MONITOR_WEBHOOK`` and ``MONITOR_MAIL`` say.

    Gives a sentence for each way that failed: the run itself is over, so nothing is raised.
    """
    said = [*report.get("errors", []), *alarms(report)]
    title = f"newscrawl {report['spider']}: {report['outcome']}"
    text = "\n".join([f"{title} (run {report['job']})", *said])
    for name, send in (("MONITOR_WEBHOOK", _post), ("MONITOR_MAIL", _mail)):
        address = settings.get(name)
        if not address:
            continue
        try:
            send(address, title, text, report, settings)
        except (OSError, ValueError, HTTPException, smtplib.SMTPException) as error:
            # Only scheme and host are shown: the rest of a webhook's URL is often a secret.
            shown = address if send is _mail else _origin(address)
            reason = str(error).replace(address, shown) or type(error).__name__
            yield f"{name}={shown}: the notification failed: {printable(reason)[:_LONGEST_REASON]}"


def _origin(url: str) -> str:
    """Scheme and host of a URL, without credentials."""
    return f"{url.partition(':')[0]}://{host(url)}" if host(url) else "a URL"


def _post(
    url: str, title: str, text: str, report: Mapping[str, Any], settings: BaseSettings
) -> None:
    """One JSON object; chat systems show its ``text``, others take the whole ``run``."""
    body = msgspec.json.encode({"title": title, "text": text, "run": report})
    headers = {"Content-Type": "application/json", "User-Agent": settings["USER_AGENT"]}
    if not url.startswith(("http://", "https://")):
        raise ValueError("is no http or https URL")
    # The operator's own address: the crawl's manners and guards are not for it.
    try:
        with urlopen(Request(url, body, headers), timeout=_PATIENCE):  # noqa: S310 - checked above
            pass
    except InvalidURL:  # its message quotes a part of the URL
        raise ValueError("is no sound URL") from None


def _mail(
    address: str,
    title: str,
    text: str,
    report: Mapping[str, Any],  # noqa: ARG001 - as above
    settings: BaseSettings,
) -> None:
    """By Scrapy's own settings of the mail server."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings["MAIL_FROM"], address, title
    message.set_content(text)
    kind = smtplib.SMTP_SSL if settings.getbool("MAIL_SSL") else smtplib.SMTP
    with kind(settings["MAIL_HOST"], settings.getint("MAIL_PORT"), timeout=_PATIENCE) as server:
        if settings.getbool("MAIL_TLS"):
            server.starttls()
        if settings["MAIL_USER"]:
            server.login(settings["MAIL_USER"], settings["MAIL_PASS"])
        server.send_message(message)
