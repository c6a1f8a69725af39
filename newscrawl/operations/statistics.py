"""Count the records that a run exports, for the run report."""

from collections import Counter
from typing import Any

from newscrawl.items import Article, Use, marked

FIELDS = marked(Use.COUNTED)
"""Fields whose filled values are counted."""


class RecordStatistics:
    """Counts of filled fields, statuses and outlets; memory grows only with outlets."""

    def __init__(self) -> None:
        self._sources: Counter[str] = Counter()
        self._origins: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        self._outlets: Counter[str] = Counter()
        self._agreement = 0.0
        self._compared = 0

    def add(self, item: Article) -> None:
        """Count a record."""
        self._sources[item.source.status] += 1
        self._origins[item.origin] += 1
        self._flags.update(item.flags)
        self._languages[item.language or "none"] += 1
        self._filled.update(name for name in FIELDS if getattr(item, name))
        self._outlets[f"{item.edition}/{item.outlet.slug}"] += 1
        if item.source.status == "ok" and item.agreement.text is not None:
            self._agreement += item.agreement.text
            self._compared += 1

    def counts(self) -> dict[str, Any]:
        """Return the counts for the run report; ``agreement`` is the mean of the texts."""
        mean = round(self._agreement / self._compared, 4) if self._compared else None
        return {
            "sources": dict(self._sources.most_common()),
            "origins": dict(self._origins.most_common()),
            "flags": dict(self._flags.most_common()),
            "languages": dict(self._languages.most_common()),
            "filled": {name: self._filled[name] for name in FIELDS},
            "outlets": dict(self._outlets.most_common()),
            "compared": self._compared,
            "agreement": mean,
        }
