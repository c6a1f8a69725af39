"""Statistics of runs for the report page: reject reasons, learned rules, hosts."""

import re
from collections import Counter
from typing import Any

import msgspec

from newscrawl.articles.rule_store import rule_stores
from newscrawl.errors import ExportError, StoreError
from newscrawl.extraction import Rule
from newscrawl.state import files_of
from newscrawl.state.place import Place

_VARIES = re.compile(r'"[^"]*"|(?<!\S)(?<!HTTP )\S*\d\S*')
"""Variable parts of a reason: quoted text and words with digits, but not HTTP status codes."""


class _Reject(msgspec.Struct):
    """Reasons of a rejected record, decoded from the rejects file."""

    reasons: list[str]


_decode_reject = msgspec.json.Decoder(_Reject).decode


def losses_of(place: Place, reports: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Return reasons with their numbers of rejected records and failed articles, most first.

    Variable parts are removed from the reasons. An article that failed in several runs counts once.
    """
    rejected = _rejected(place)
    failures = {id_: why for run in reports for id_, why in run.get("failures", {}).items()}
    failed = Counter(_VARIES.sub("…", why) for why in failures.values())
    reasons = (rejected + failed).most_common()
    return [(reason, rejected[reason], failed[reason]) for reason, _ in reasons]


def _rejected(place: Place) -> Counter[str]:
    """Return the number of rejected records by reason.

    Raises:
        ExportError: a file cannot be read.
        StoreError: the ledger cannot be read.
    """
    reasons: Counter[str] = Counter()
    files = files_of(place, place.data / "rejects")
    for name in files.names(".jsonl"):
        try:
            with files.open(name) as file:
                for line in file:
                    try:
                        given = _decode_reject(line).reasons
                    except ValueError:
                        given = ["a damaged line of the rejects"]
                    reasons.update({_VARIES.sub("…", reason) for reason in given})
        except OSError as error:
            raise ExportError(f"{files.location(name)} cannot be read: {error}") from error
    return reasons


def rules_of(place: Place) -> tuple[list[tuple[str, Rule]], list[str]]:
    """Return the learned rules with their sites, and errors of unreadable ledgers."""
    try:
        with rule_stores(place) as stores:
            return [(store.site, rule) for store in stores for rule in store.taught], []
    except StoreError as error:
        return [], [str(error)]


def hosts_of(reports: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return statistics of hosts over runs: ``answers``, ``failures``, ``seconds``, ``slowest``.

    All are sums, except ``slowest``, which is the maximum.
    """
    hosts: dict[str, dict[str, float]] = {}
    for report in reports:
        for name, figures in report.get("hosts", {}).items():
            host = hosts.setdefault(name, dict.fromkeys(figures, 0))
            for figure, value in figures.items():
                before = host.get(figure, 0)
                host[figure] = max(before, value) if figure == "slowest" else before + value
    return hosts
