"""Columns that an export adds to each record: trust, agency, duplicate cluster."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from newscrawl.export.trust import Level, Reason
from newscrawl.items import Share

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
"""A date in ISO 8601."""

Match = Literal["exact", "near"]
"""How a text matches the representative of its cluster: same words, or nearly the same."""


@dataclass(slots=True)
class Columns:
    """Columns that an export adds after the record's own fields."""

    day: Day = ""
    """Day of publication in the outlet's own time zone: the day that ``published`` begins with."""
    latest: bool = True
    """Whether this is the article's latest version; others are exported by ``--versions all``."""
    trust: Level = "check"
    """Verdict on title and text: ``high`` (copy and source agree), ``check`` (one version only, or
    a doubt) or ``low`` (cut, damaged or contradicted)."""
    trust_reasons: list[Reason] = field(default_factory=list)
    """Every reason for a verdict other than ``high``."""
    agency: str | None = None
    """News agency that the text is from, such as ``AFP``, by byline, dateline or last line."""
    cluster: str = ""
    """Identifier of the article that represents all those of the selection with this text: the one
    published first, of several that may have been first the longest; its own if it is alone."""
    cluster_size: int = 1
    """Number of articles of the selection with this text."""
    cluster_rank: int = 1
    """Place in the cluster, 1 for its representative."""
    cluster_match: Match | None = None
    """Whether the text is ``exact`` that of the representative, word by word, or ``near`` it;
    ``null`` for the representative."""
    cluster_similarity: Share | None = None
    """Likeness to the representative's text: share of four-word sequences in common (Jaccard), or
    of the shorter text's sequences if one is a cut form of the other."""


COLUMNS = tuple(column.name for column in fields(Columns))
"""Names of the columns, in order."""

_LAST_COLUMN = f'"{COLUMNS[-1]}":'.encode()


def without_columns(line: bytes) -> bytes:
    """Return a line as it was in its feed, without the columns of an earlier export."""
    if _LAST_COLUMN not in line:
        return line
    record = msgspec.json.decode(line)
    return msgspec.json.encode({name: record[name] for name in record if name not in COLUMNS})
