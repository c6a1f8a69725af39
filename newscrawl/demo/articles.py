"""Generate the demo's articles on demand, deterministically from a seed."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from newscrawl.aggregator.urls import ArticleKey
from newscrawl.demo.article_faults import EFFECTS, ArticleFault, fault_at
from newscrawl.demo.outlets import OUTLETS, DemoOutlet, outlets_of
from newscrawl.demo.prose import Story, StoryWriter, bank, seeded_random, write_story
from newscrawl.demo.revisions import Change, Revision, revise
from newscrawl.demo.systems import SYSTEMS, System
from newscrawl.items import Status

START = datetime(2024, 1, 8, 9, 20)  # noqa: DTZ001 -- wall-clock time in each outlet's zone
"""Earliest publication."""
SPAN = timedelta(days=520)
"""Time between the oldest article and the newest."""

_DISPATCH_EVERY = 9
"""One article in this many is an agency dispatch that all outlets of its edition print."""

_REVISED_EVERY = 5
"""One article in this many is changed by its outlet after it was copied, mostly silently."""

_EDITED = 0.4
"""Share of dispatches that an outlet shortens."""


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """An invented article: its story, its copy, and their differences."""

    outlet: DemoOutlet
    """Outlet that published it."""
    index: int
    """Index among the outlet's articles; 0 is the oldest."""
    number: int
    """Number in the aggregator's and the outlet's URLs."""
    story: Story
    """Content of the outlet's page."""
    copied: Story
    """Content when the aggregator copied it: ``story`` without ``revision``."""
    revision: Revision | None
    """Change by the outlet since then."""
    published: datetime
    """Publication time in the outlet's time zone."""
    modified: datetime | None
    """Time of the outlet's last change."""
    fault: ArticleFault | None
    """Fault of the article, if any."""
    dispatch: int | None
    """Number of the agency dispatch in its edition, if it is one."""
    system: System
    """Content management system that renders its page."""

    @property
    def key(self) -> ArticleKey:
        """Identity in the network."""
        outlet = self.outlet
        return ArticleKey(outlet.aggregator, outlet.edition, outlet.slug, str(self.number))

    @property
    def url(self) -> str:
        """URL of the outlet's page."""
        return f"https://{self.outlet.host}{self.system.path(self)}"

    @property
    def link(self) -> str | None:
        """Link to the outlet's page, as printed by the aggregator."""
        match self.fault:
            case ArticleFault.NO_LINK:
                return None
            case ArticleFault.TO_HTTPS:
                return self.url.replace("https:", "http:", 1)
            case ArticleFault.MOVED_PAGE:
                return f"https://{self.outlet.host}/?p={self.number}"
            case ArticleFault.DEAD_DOMAIN:
                return self.url.replace(self.outlet.host, f"archives.{self.outlet.host}", 1)
            case ArticleFault.PDF | ArticleFault.IMAGE:
                ending = "pdf" if self.fault is ArticleFault.PDF else "jpg"
                return f"https://{self.outlet.host}/files/{self.number}.{ending}"
        return self.url

    @property
    def picture(self) -> str:
        """URL of the main picture on the outlet's site."""
        return f"https://{self.outlet.host}/media/{self.published:%Y/%m}/{self.number}.jpg"

    @property
    def status(self) -> Status:
        """Expected ``source.status`` when a browser is available."""
        if self.fault is ArticleFault.NO_LINK:
            return "no_link"
        if self.outlet.fate == "closed" or self.fault is ArticleFault.DEAD_DOMAIN:
            return "unreachable"
        if self.outlet.fate == "denied":
            return "refused"
        return EFFECTS[self.fault].status if self.fault else "ok"


class Library:
    """Generator and index of the demo's articles; equal seeds give equal articles.

    Args:
        seed: equal seeds give equal networks.
        scale: factor for the number of articles of every outlet.
    """

    def __init__(self, seed: int, scale: float) -> None:
        self.seed = seed
        self._numbers = {
            outlet: _sparse_numbers(
                seeded_random(seed, outlet.slug), round(outlet.articles * scale)
            )
            for outlet in OUTLETS
        }
        self._positions = {outlet: position for position, outlet in enumerate(OUTLETS)}
        # Pages also show the titles of their neighbours; a crawl walks an outlet in order.
        self.article = lru_cache(maxsize=2048)(self._article)

    def count(self, outlet: DemoOutlet) -> int:
        """Return the number of an outlet's articles."""
        return len(self._numbers[outlet])

    def find(self, outlet: DemoOutlet, number: int) -> DemoArticle | None:
        """Return the outlet's article with a number."""
        numbers = self._numbers[outlet]
        index = bisect_left(numbers, number)
        if index < len(numbers) and numbers[index] == number:
            return self.article(outlet, index)
        return None

    def first_of(self, article: DemoArticle) -> DemoArticle | None:
        """Return the first article with the same text; ``None`` if it is this one."""
        if article.dispatch is None:
            return None
        outlet = next(outlets_of(article.outlet.aggregator, article.outlet.edition))
        if outlet == article.outlet:
            return None
        return self.article(outlet, self._dispatch_index(outlet, article.dispatch))

    def _dispatches(self, outlet: DemoOutlet) -> int:
        """Return the number of dispatches in the outlet's edition."""
        counts = map(self.count, outlets_of(outlet.aggregator, outlet.edition))
        return max(1, min(counts) // _DISPATCH_EVERY)

    def _dispatch_index(self, outlet: DemoOutlet, dispatch: int) -> int:
        return int((dispatch + 0.5) * self.count(outlet) / self._dispatches(outlet))

    def _article(self, outlet: DemoOutlet, index: int) -> DemoArticle:
        """Return the outlet's article at an index; 0 is the oldest."""
        count = self.count(outlet)
        if not 0 <= index < count:
            raise IndexError(f"{outlet.slug} has no article {index}")
        rng = seeded_random(self.seed, outlet.slug, index)
        position = self._positions[outlet]
        dispatch: int | None = index * self._dispatches(outlet) // count
        if dispatch is not None and index == self._dispatch_index(outlet, dispatch):
            fault = None
            story = self._dispatched(outlet, dispatch, edited=rng.random() < _EDITED)
            at = START + SPAN * ((dispatch + 0.5) / self._dispatches(outlet))
        else:
            dispatch = None
            fault = fault_at(outlet.edition, position, index)
            story = write_story(outlet.edition, outlet.site.country, rng)
            at = START + SPAN * ((index + 0.5 + rng.uniform(-0.4, 0.4)) / count)
        published = at.replace(second=0, microsecond=0, tzinfo=outlet.site.timezone)
        published += timedelta(minutes=position)
        copied, revision = story, None
        changed = fault is ArticleFault.MODIFIED
        if changed or (fault is None and dispatch is None and index % _REVISED_EVERY == 1):
            story, revision = self._revised(outlet, index, story)
        modern = outlet.redesign is not None and index >= count // 2
        return DemoArticle(
            outlet=outlet,
            index=index,
            number=self._numbers[outlet][index],
            story=story,
            copied=copied,
            revision=revision,
            published=published,
            modified=published + timedelta(minutes=rng.randint(30, 4000)) if changed else None,
            fault=fault,
            dispatch=dispatch,
            system=SYSTEMS[outlet.redesign if modern and outlet.redesign else outlet.system],
        )

    def _revised(
        self, outlet: DemoOutlet, index: int, story: Story
    ) -> tuple[Story, Revision | None]:
        """Return a story after a change by the outlet; the kinds take turns."""
        rng = seeded_random(self.seed, outlet.slug, index, "revision")
        town = {"Town": story.tags[-1]}
        writer = StoryWriter(bank(outlet.edition), outlet.site.country, rng, bound=town)
        kinds = tuple(Change)
        first = (index // _REVISED_EVERY + self._positions[outlet]) % len(kinds)
        for change in (*kinds[first:], *kinds[:first]):
            if revised := revise(story, change, writer):
                return revised
        return story, None

    def _dispatched(self, outlet: DemoOutlet, dispatch: int, *, edited: bool) -> Story:
        """Return the dispatch as an outlet prints it: complete, or without its end."""
        rng = seeded_random(self.seed, outlet.aggregator, outlet.edition, "dispatch", dispatch)
        story = write_story(outlet.edition, outlet.site.country, rng)
        return replace(story, blocks=story.blocks[:-1]) if edited else story


def _sparse_numbers(rng: Random, count: int) -> list[int]:
    """Return increasing numbers with gaps, as in real outlets' URLs."""
    number = rng.choice((rng.randint(300, 5000), rng.randint(30_000, 900_000)))
    numbers = []
    for _ in range(count):
        number += rng.randint(1, 40)
        numbers.append(number)
    return numbers
