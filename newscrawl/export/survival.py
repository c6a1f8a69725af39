"""Survival analysis: how long the articles' source pages stay online (link rot).

Observations come from the record itself and from the later source checks (``-a check=N``).
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from newscrawl.errors import ExportError, StoreError
from newscrawl.export.columns import Day
from newscrawl.items import SOURCE_STATES, Article, SourceCheck, SourceState
from newscrawl.state import files_of
from newscrawl.state.place import Place, as_place
from newscrawl.storage import WHOLE, open_file

LOST = frozenset({"gone", "moved", "replaced", "emptied", "away"})
"""States in which a source counts as lost."""

_decode = msgspec.json.Decoder(SourceCheck).decode


@dataclass(slots=True)
class SourceLife:
    """One row per article: when its source page was seen online, and when it was lost."""

    id: str = ""
    """Identifier of the article."""
    newspaper: str = ""
    """Aggregator, edition and outlet: ``maghress/fr/lopinion``."""
    day: Day = ""
    """Day of publication where the outlet is."""
    link: str = ""
    """Source link."""
    first_seen: str | None = None
    """Time of the article's discovery, UTC."""
    observations: int = 0
    """Number of observations: the record's own and the later checks."""
    last_alive: str | None = None
    """Time of the last observation at which the source was not lost, UTC."""
    lost_since: str | None = None
    """Time of the first observation since when the source has been lost, UTC."""
    state: SourceState = "unknown"
    """State at the last observation; ``gone``, ``moved``, ``replaced``, ``emptied`` and ``away``
    count as lost."""
    http: int | None = None
    """HTTP status code at the last observation."""
    url: str | None = None
    """Final URL at the last observation."""
    lost: bool = False
    """Whether the source was lost at the last observation."""
    days: int = 0
    """Days from publication to ``lost_since`` if it was lost, else to the last observation."""


class Observation(NamedTuple):
    """State of a source page at one time."""

    at: str
    state: SourceState
    http: int | None
    url: str | None


class Checks:
    """Results of source checks by article, in a temporary database.

    Args:
        locations: JSON Lines files of checks: paths, or URLs of objects.
        database: File of the database; in memory by default.

    Raises:
        ExportError: a file cannot be read.
        StoreError: the database cannot be written.
    """

    def __init__(self, locations: Sequence[Path | str], database: Path | str = ":memory:") -> None:
        self._is_empty = not locations
        try:
            self._db = sqlite3.connect(database, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(
                "CREATE TABLE checks"
                " (id TEXT, at TEXT, state TEXT, http INTEGER, url TEXT, PRIMARY KEY (id, at))"
                " WITHOUT ROWID"
            )
            self._db.execute("BEGIN")
            for location in locations:
                self._db.executemany(
                    "INSERT INTO checks VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    _rows(location),
                )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"the source checks cannot be sorted: {error}") from error

    def of(self, article: str) -> list[Observation]:
        """Return the checks of an article's source, oldest first."""
        if self._is_empty:
            return []
        rows = self._db.execute(
            "SELECT at, state, http, url FROM checks WHERE id = ? ORDER BY at", (article,)
        )
        return [Observation(*row) for row in rows]

    def close(self) -> None:
        """Close the database; its file is the caller's to remove."""
        self._db.close()


def _rows(path: Path | str) -> Iterator[tuple[str, str, str, int | None, str | None]]:
    """Yield the checks of a file.

    Raises:
        ExportError: it cannot be read.
    """
    number = 0
    try:
        with open_file(path, buffer=WHOLE) as lines:
            for line in lines:
                number += 1
                if not line.endswith(b"\n"):
                    break  # torn: the run was killed or is still writing
                check = _decode(line)
                yield check.id, check.checked, check.state, check.http, check.url
    except msgspec.MsgspecError as error:
        raise ExportError(f"{path}, line {number}: {error}") from error
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error}") from error


def find_checks(place: Place | Path) -> list[Path | str]:
    """Return the files of source checks in a data directory and in object storage.

    Raises:
        StoreError: the ledger cannot be read.
    """
    files = files_of(place, as_place(place).data / "checks")
    return [files.location(name) for name in files.names(".jsonl")]


def source_life(article: Article, newspaper: str, checks: Checks) -> SourceLife | None:
    """Return the observations of a record's source; ``None`` if it was never requested.

    Args:
        article: The latest version of the record.
        newspaper: Aggregator, edition and outlet.
        checks: The later checks.
    """
    source = article.source
    if source.link is None or source.status in ("no_link", "not_followed", "unsafe"):
        return None
    at = source.fetched or article.crawl.exported or article.published or ""
    state = SOURCE_STATES.get(source.status, "unknown")
    own = Observation(source.lost_since or at, state, source.http, source.url)
    seen = [own, *checks.of(article.id)]
    alive = [number for number, observation in enumerate(seen) if observation.state not in LOST]
    last = seen[-1]
    lost_since = None
    if last.state in LOST:
        lost_since = seen[alive[-1] + 1].at if alive else own.at
    day = (article.published or "")[:10]
    return SourceLife(
        id=article.id,
        newspaper=newspaper,
        day=day,
        link=source.link,
        first_seen=article.crawl.discovered,
        observations=len(seen),
        last_alive=seen[alive[-1]].at if alive else None,
        lost_since=lost_since,
        state=last.state,
        http=last.http,
        url=last.url,
        lost=lost_since is not None,
        days=_days(day, lost_since or last.at),
    )


def _days(first: str, last: str) -> int:
    try:
        return max(0, (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days)
    except ValueError:
        return 0


class Survival(NamedTuple):
    """One step of a Kaplan-Meier survival curve."""

    time: int
    """Time since publication, in the unit of the observations."""
    at_risk: int
    """Sources observed for at least this long."""
    lost: int
    """Sources lost at this time."""
    share: float
    """Estimated share of sources that survive longer."""


def kaplan_meier(observed: Iterable[tuple[int, bool]]) -> Iterator[Survival]:
    """Yield the Kaplan-Meier estimate of survival at each time at which sources were lost.

    Args:
        observed: Time and whether the source was lost then; others are censored at that time.

    >>> [step.share for step in kaplan_meier([(1, True), (2, False), (3, True), (3, False)])]
    [0.75, 0.375]
    """
    lost, ended = Counter[int](), Counter[int]()
    for time, is_lost in observed:
        ended[time] += 1
        lost[time] += is_lost
    at_risk, share = ended.total(), 1.0
    for time in sorted(ended):
        if lost[time]:
            share *= 1 - lost[time] / at_risk
            yield Survival(time, at_risk, lost[time], share)
        at_risk -= ended[time]
