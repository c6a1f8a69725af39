"""Statistics and options of an export, from which its descriptions are generated."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from newscrawl.export.formats import FORMATS, Format
from newscrawl.export.index import Counts, Index
from newscrawl.export.selection import Selection
from newscrawl.export.target import WrittenFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Statistics and options of an export: files, selection, counts, dates."""

    corpus: str
    """Corpus id: a hash of the exported records, the same in every format."""
    files: Sequence[WrittenFile]
    """The data files, in order."""
    tables: Sequence[WrittenFile]
    """The coverage tables; none if other files have their names."""
    gaps: Mapping[str, int]
    """Numbers of days that outlets are ``silent`` or have ``failed`` articles."""
    format: str
    """Key of ``FORMATS``."""
    bom: bool
    """Whether CSV files begin with a byte order mark."""
    hashed_bylines: bool
    """Whether names of authors were replaced by hashes."""
    selection: Selection
    """Selection of records."""
    counts: Counts
    """Counts of the lines."""
    feeds: int
    """Number of feeds read."""
    command: str
    """Command that repeats the export."""
    created: datetime
    """Time of the export, UTC."""
    newspapers: Mapping[str, int]
    """Records by newspaper: ``maghress/fr/lopinion``."""
    languages: Mapping[str, int]
    """Records by language; an empty name means unknown."""
    origin: Mapping[str, int]
    """Records by origin."""
    status: Mapping[str, int]
    """Records by status of the source."""
    trust: Mapping[str, int]
    """Records by trust."""
    agencies: Mapping[str, int]
    """Records by agency, those without one left out."""
    clusters: tuple[int, int] | None
    """Numbers of clusters of several articles and of articles in them, if they were computed."""
    first: str
    """First day of publication."""
    last: str
    """Last day of publication."""

    @property
    def chosen(self) -> Format:
        """Output format."""
        return FORMATS[self.format]

    @property
    def editions(self) -> dict[str, int]:
        """Records by edition: ``maghress/fr``."""
        counts: Counter[str] = Counter()
        for newspaper, records in self.newspapers.items():
            counts[newspaper.rpartition("/")[0]] += records
        return dict(counts)

    @property
    def sites(self) -> list[str]:
        """The aggregators, in order."""
        return list(dict.fromkeys(name.partition("/")[0] for name in self.newspapers))

    @property
    def title(self) -> str:
        """Title of the export, in one line."""
        return (
            f"{self.counts.exported} news articles of {', '.join(self.sites)}, "
            f"{self.first} to {self.last}"
        )

    @property
    def filters(self) -> dict[str, Any]:
        """Return the given options as JSON."""
        everything = dataclasses.asdict(Selection())
        given = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in dataclasses.asdict(self.selection).items()
            if value != everything[name]
        }
        if "ids" in given:
            given["ids"] = len(given["ids"])
        if "sample" in given:
            given["seed"] = self.selection.seed
        return given


def gather(index: Index, **known: Any) -> Facts:
    """Return the facts of an export: counts from the index, and the given ones."""
    agencies = index.count_by("agency")
    agencies.pop("", None)
    first, last = index.days()
    return Facts(
        created=datetime.now(UTC).replace(microsecond=0),
        newspapers=index.count_by("newspaper"),
        languages=index.count_by("language"),
        origin=index.count_by("origin"),
        status=index.count_by("status"),
        trust=index.count_by("trust"),
        agencies=agencies,
        clusters=index.count_clusters(),
        first=first,
        last=last,
        **known,
    )
