"""Drop records that violate the schema or the rules for dates."""

from scrapy.exceptions import DropItem

from newscrawl.articles.validation import faults, valid_from
from newscrawl.items import Article


class InvalidRecordError(DropItem):
    """A record violates the JSON Schema or an additional rule.

    Raised by ``ValidatePipeline``; the ``Rejects`` extension writes the record and the reasons.
    """

    def __init__(self, reasons: list[str], due: str | None) -> None:
        super().__init__("; ".join(reasons), log_level="INFO")
        self.reasons = reasons
        """Every violation."""
        self.due = due
        """When the record may be valid (ISO 8601, UTC); ``None`` if never."""


class ValidatePipeline:
    """Pipeline that validates each record before it is written, and drops invalid ones."""

    def process_item(self, item: Article) -> Article:
        """Validate a record, which is then written as it is.

        Raises:
            InvalidRecordError: with every violation.
        """
        if reasons := faults(item):
            raise InvalidRecordError(reasons, valid_from(item))
        return item
