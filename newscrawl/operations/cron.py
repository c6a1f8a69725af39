"""Format the crawl schedule as crontab, systemd units or JSON."""

import dataclasses
import json as json_module
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from newscrawl.configuration.environment import PREFIX
from newscrawl.operations.ownership import user_name
from newscrawl.operations.schedule import Slot

_CARRIED = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)
"""Variables that runs need besides the project's own: proxies and certificate authorities."""


def options(arguments: Mapping[str, str]) -> str:
    """Return spider arguments as options of ``scrapy crawl``, quoted for a shell."""
    return shlex.join(p for name, value in arguments.items() for p in ("-a", f"{name}={value}"))


def crontab(slots: Sequence[Slot]) -> Iterator[str]:
    """Yield the lines of a crontab. Only unsuccessful runs print, as cron mails their output."""
    yield "# newscrawl, made by scrapy schedule. Cron mails the output of runs that were not good."
    yield "# Hours are UTC whatever the time zone of cron is: each line looks at the clock itself."
    for name, value in _environment().items():
        quote = "'" if '"' in value else '"'
        yield f"{name}={quote}{value}{quote}"
    directory = shlex.quote(str(Path.cwd()))
    for slot in slots:
        # 75 is the exit code of a run that was skipped, as the one before is still in progress.
        line = f'said=$({_command(slot)} 2>&1) || [ $? = 75 ] || echo "$said"'
        if slot.hours:
            hours = "|".join(f"{hour:02}" for hour in slot.hours)
            line = f"case $(date -u +%H) in {hours}) {line};; esac"
        # Cron treats % as a line break.
        yield f"{slot.minute} * * * * " + f"cd {directory} && {line}".replace("%", "\\%")


def systemd(slots: Sequence[Slot], user: str | None = None) -> dict[str, str]:
    """Return the texts of units by name; they run as ``user``, or as the current one."""
    user = user or user_name(os.geteuid())
    environment = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n" for name, value in _environment().items()
    )
    units: dict[str, str] = {}
    for slot in slots:
        name = f"newscrawl-{slot.kind}-{slot.site}"
        hours = ",".join(f"{hour:02}" for hour in slot.hours) or "*"
        units[f"{name}.timer"] = f"""[Unit]
Description=newscrawl: {slot.kind} of {slot.site}

[Timer]
OnCalendar=*-*-* {hours}:{slot.minute:02}:00 UTC

[Install]
WantedBy=timers.target
"""
        units[f"{name}.service"] = f"""[Unit]
Description=newscrawl: {slot.kind} of {slot.site}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User={user}
WorkingDirectory={Path.cwd()}
{environment}ExecStart=/bin/sh -c {_quoted(_command(slot), command=True)}
# The run before is still in progress.
SuccessExitStatus=75
UMask=0027
"""
    return units


def json(slots: Sequence[Slot]) -> Iterator[str]:
    """Yield the slots as one JSON array."""
    yield json_module.dumps([dataclasses.asdict(slot) for slot in slots], indent=2)


def _command(slot: Slot) -> str:
    """Return the shell command of a slot's run; a completed back-fill does nothing."""
    scrapy = shlex.quote(str(Path(sys.executable).with_name("scrapy")))
    if slot.kind == "backfill":
        following = f"$({scrapy} schedule --next {slot.site})"
        # Not quoted: its words are arguments of letters, digits, commas and hyphens.
        run = f"{scrapy} crawl {slot.site} $what"
        return f'what={following} && {{ [ -z "$what" ] || {run}; }}'
    return f"{scrapy} crawl {slot.site} {options(slot.arguments)}"


def _environment() -> dict[str, str]:
    """Return the environment variables that runs need, with an absolute data directory."""
    carried = {
        name: value
        for name, value in sorted(os.environ.items())
        if value and (name.startswith(PREFIX) or name in _CARRIED) and "\n" not in value
    }
    return carried | {f"{PREFIX}DATA": str(Path(carried.get(f"{PREFIX}DATA", "data")).resolve())}


def _quoted(text: str, *, command: bool = False) -> str:
    """Quote a word for a systemd unit, which expands ``%``, and in commands ``$``."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text.replace("$", "$$") if command else text}"'
