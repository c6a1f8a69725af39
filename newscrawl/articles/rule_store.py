"""Learned rules of a site between runs: kept in the ledger, with the records.

A site's book begins with the rules shipped in the package and the unverified seeds of
``newscrawl.outlets``; what pages have confirmed is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from newscrawl.extraction import Rule, RuleBook, rules_of
from newscrawl.items import Article
from newscrawl.outlets import seeds
from newscrawl.state import Ledger, ledger_of


class RuleStore:
    """The rules of one site's outlets.

    The book is read once, when a run begins. What a page teaches is kept in the transaction that
    commits its record, and used from the next run on.

    Args:
        site: Name of the aggregator.
        ledger: Where what was taught is kept; without one, there are only the package's rules.

    Raises:
        StoreError: the ledger cannot be read.
    """

    def __init__(self, site: str, ledger: Ledger | None) -> None:
        self.site = site
        self.ledger = ledger
        self._noted: dict[str, tuple[str, bytes]] = {}
        self._kept: dict[str, RuleBook] = {}
        book = RuleBook(shipped())
        for domain, selectors in _seeds_by_domain().items():
            for body in selectors.get("body", ()):
                book.add_seed(
                    domain,
                    body,
                    title=next(iter(selectors.get("title", ())), None),
                    date=next(iter(selectors.get("date", ())), None),
                    authors=next(iter(selectors.get("authors", ())), None),
                )
        for taught in ledger.outlets.rules(site) if ledger else ():
            for rule in rules_of(taught):
                book.add(rule)
        self.book = RuleBook(sorted(book, key=lambda rule: rule.number))

    @property
    def taught(self) -> list[Rule]:
        """The rules that pages have confirmed."""
        return [rule for rule in self.book if rule.pages]

    def note(self, article: Article, domain: str, taught: bytes) -> None:
        """Note what an article's page has taught; kept once the article's record is.

        Args:
            article: The article.
            domain: The outlet's.
            taught: The outlet's rules in ``book``, changed by this page alone, as JSON Lines.

        Raises:
            ValueError: a line is no rule.
        """
        rules_of(taught)  # checked here, where an error costs this page alone
        self._noted[article.id] = domain, taught

    def keep(self, articles: list[Article]) -> None:
        """Keep what the pages of articles have taught; the next run uses it.

        A page that is parsed but not committed is parsed again by a later run, so it counts only
        with its record. Part of the caller's transaction.

        Raises:
            StoreError: the ledger cannot be written.
        """
        changed: dict[str, RuleBook] = {}
        for article in articles:
            if noted := self._noted.pop(article.id, None):
                domain, taught = noted
                if domain not in self._kept:
                    self._kept[domain] = self.book.copy(domain)
                changed[domain] = self._kept[domain]
                changed[domain].merge(domain, self.book, taught)
        for domain, book in changed.items():
            self._keep(domain, book.taught(domain))

    def forget(self, domain: str) -> int:
        """Drop what an outlet has taught; tell how many rules there were."""
        self._keep(domain, b"")
        return self.book.forget(domain)

    def _keep(self, domain: str, taught: bytes) -> None:
        if self.ledger:
            self.ledger.outlets.keep_rules(self.site, domain, taught)


@contextmanager
def rule_stores(data: Path) -> Iterator[list[RuleStore]]:
    """The stores of all sites of a data directory of which an outlet has taught something.

    Raises:
        StoreError: the ledger cannot be read.
    """
    with ledger_of(data) as ledger:
        yield (
            [RuleStore(site, ledger) for site in ledger.outlets.sites_with_rules()]
            if ledger
            else []
        )


def shipped() -> list[Rule]:
    """The reviewed rules that the package carries."""
    return rules_of((resources.files("newscrawl.outlets") / "rules.jsonl").read_bytes())


def _seeds_by_domain() -> dict[str, dict[str, list[str]]]:
    """Seeds as selectors by field, for each domain, best first."""
    found: dict[str, dict[str, list[str]]] = {}
    for seed in seeds():
        found.setdefault(seed.domain, {}).setdefault(seed.field, []).append(seed.css)
    return found
