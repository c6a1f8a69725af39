"""Lets only records into the feed that keep the promises of the schema."""

from scrapy.exceptions import DropItem

from newscrawl.items import Article
from newscrawl.validation import faults


class InvalidRecordError(DropItem):
    """A record breaks the schema or a promise beside it.

    Raised by ``ValidatePipeline``; the ``Rejects`` extension writes the record and the reasons.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons), log_level="INFO")
        self.reasons = reasons


class ValidatePipeline:
    """Checks each record and turns away what has a fault."""

    def process_item(self, item: Article) -> Article:
        """Pass a good record on.

        Raises:
            InvalidRecordError: with every fault of the record.
        """
        if reasons := faults(item):
            raise InvalidRecordError(reasons)
        return item
