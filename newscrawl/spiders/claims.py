"""Claim articles from the ledger for a run, by its arguments and ``limit``.

``docs/state.md`` lists the articles that each spider argument may claim.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import ArticleKey
from newscrawl.spiders.arguments import Arguments
from newscrawl.state import Entry
from newscrawl.state.run import Run, now


class Claims:
    """Claims of a run: discovered articles are stored in the ledger, those to fetch claimed.

    Args:
        site: The aggregator.
        arguments: Which articles are wanted.
        run: Run whose ledger is used.
        attempts: Consecutive failures after which an article is given up.
    """

    def __init__(self, site: Site, arguments: Arguments, run: Run, attempts: int) -> None:
        self._site = site
        self._arguments = arguments
        self._run = run
        self._attempts = attempts
        self._count = 0
        self._wanted = arguments.wanted()

    @property
    def remaining(self) -> int | None:
        """Articles that may still be claimed under ``limit``; ``None`` without one."""
        limit = self._arguments.limit
        return None if limit is None else max(0, limit - self._count)

    def find(self, keys: Sequence[ArticleKey], again: str = "") -> dict[str, str]:
        """Store articles in the ledger, and claim those that the run has to fetch.

        Args:
            keys: The articles, at most as many as are ``remaining``.
            again: Articles with an outcome before this timestamp are claimed, too.

        Returns:
            The time of discovery of each claimed article by its id.
        """
        entries = [Entry(key.id, key.aggregator, key.edition, key.outlet) for key in keys]
        claimed = self._run.ledger.articles.find(
            entries,
            self._run.job,
            now(),
            attempts=self._attempts,
            again=again,
            wanted=self._wanted,
        )
        self._count += len(claimed)
        return claimed

    def adopt(self) -> Iterator[tuple[str, str]]:
        """Claim leftovers of earlier runs and due articles, each when it is requested.

        Nothing is claimed once none are ``remaining``: this run would not request it.
        """
        revisit = self._arguments.revisit
        articles = self._run.ledger.articles.adopt(
            self._site.name,
            self._run.job,
            now(),
            wanted=self._wanted,
            unfinished=revisit != "only",
            due=revisit != "no",
        )
        while self.remaining != 0 and (adopted := next(articles, None)):
            self._count += 1
            yield adopted

    def skip_unwanted(self, key: ArticleKey, day: date) -> None:
        """Release an article whose printed date is not wanted."""
        self._run.ledger.articles.skip_unwanted(key.id, day.isoformat())
        self._count -= 1

    def is_settled(self, key: ArticleKey) -> bool:
        """Whether an article has a final outcome, exported or rejected."""
        return self._run.ledger.articles.is_settled(key.id)

    def may_recover(self, edition: str, outlet: str) -> bool:
        """Whether an outlet has failed articles that are requested again when discovered."""
        return self._run.ledger.articles.may_recover(
            self._site.name, edition, outlet, self._attempts
        )
