"""Read feeds and yield their records as ``Article`` objects."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from newscrawl.errors import ExportError
from newscrawl.export.feeds import Damage, FeedReader, find_feeds
from newscrawl.items import Article


def read_records(data: Path, paths: Sequence[Path] = ()) -> Iterator[Article]:
    """Yield every record of some feeds, in the order in which they were written.

    An article that changed has several records, distinguished by ``version``. A feed in use by a
    run is read up to its committed length.

    Args:
        data: Data directory of the crawls.
        paths: Feeds, or directories of feeds, to read instead of all feeds of ``data``.

    Raises:
        ExportError: there is no feed, or a line is damaged; the message says which.
    """
    decode = msgspec.json.Decoder(Article).decode
    feeds = find_feeds(data, paths)
    with TemporaryDirectory(prefix="newscrawl-") as scratch:
        reader = FeedReader(feeds, Path(scratch))
        try:
            for number, feed in enumerate(feeds):
                for line in reader.lines(number):
                    if isinstance(line, Damage):
                        raise ExportError(str(line))
                    try:
                        yield decode(line.data)
                    except msgspec.MsgspecError as error:
                        where = f"{feed.path}, line {line.number}"
                        raise ExportError(f"{where}: is not a record: {error}") from error
        finally:
            reader.close()
