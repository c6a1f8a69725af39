"""Parse spider arguments: ``scrapy crawl maghress -a outlets=lopinion -a since=7d``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import ArticleKey, is_slug, parse_article_id, parse_article_url
from newscrawl.errors import ArgumentError
from newscrawl.items import Edition
from newscrawl.state.articles import ClaimFilter
from newscrawl.state.plan import Plan
from newscrawl.text.days import FORMS, parse_day

Revisit = Literal["yes", "no", "only"]
"""Whether a run fetches due articles again."""

_RANGE = re.compile(r"(?P<outlet>[^:\s]+):(?P<first>\d{1,18})(?:-(?P<last>\d{1,18}))?")
_LINE = re.compile(r".+")


@dataclass(frozen=True, slots=True)
class IdRange:
    """A range of article numbers of one outlet, both ends included."""

    outlet: str
    """Outlet slug."""
    first: int
    """Lowest number."""
    last: int
    """Highest number."""

    def __iter__(self) -> Iterator[str]:
        """Yield the numbers as written in URLs."""
        return map(str, range(self.first, self.last + 1))


class Articles(Iterable[ArticleKey], Sized):
    """Compact list of distinct articles, in the given order (30 MB for a million).

    Args:
        ids: Their identifiers.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        distinct = dict.fromkeys(ids)
        self._count = len(distinct)
        self._text = "\n".join(distinct)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ArticleKey]:
        return (parse_article_id(line[0]) for line in _LINE.finditer(self._text))


@dataclass(frozen=True, slots=True)
class Arguments:
    """Parsed arguments of a run; each field is a spider argument of the same name."""

    editions: tuple[Edition, ...]
    """Language branches, ``fr,ar``; all of the site's if not given."""
    outlets: tuple[str, ...] = ()
    """Outlet slugs, ``lopinion,liberation``: their listings are walked back."""
    sections: tuple[str, ...] = ()
    """Sections of the aggregator, ``politics``: their listings are walked back."""
    authors: tuple[str, ...] = ()
    """Author names as printed: their listings are walked back."""
    since: date | None = None
    """First printed date that is wanted: ``2024-01-01``, or ``7d`` or ``2w`` before today."""
    until: date | None = None
    """Last printed date that is wanted, in the same formats."""
    urls: Articles = Articles()  # noqa: RUF009 - never modified
    """Article URLs, comma-separated or a file with one per line: only these, even if done."""
    again: bool = False
    """With ``urls``: ``yes`` fetches the whole list, even if an earlier run of it was stopped."""
    ids: tuple[IdRange, ...] = ()
    """Ranges of numbers, ``lopinion:36000-36999``, in one edition."""
    follow: bool = True
    """Whether source links are followed: ``yes`` or ``no``."""
    limit: int | None = None
    """Maximum number of articles."""
    revisit: Revisit = "yes"
    """Whether due articles are fetched again: ``yes``, ``no``, or ``only`` those."""
    check: int | None = None
    """Number of old sources to check (``SOURCE_CHECK_DAYS``); nothing else is fetched then."""

    @classmethod
    def parse(cls, site: Site, given: Mapping[str, Any]) -> "Arguments":
        """Read the arguments of a spider.

        Names that begin with an underscore are Scrapyd's and are ignored.

        Raises:
            ArgumentError: an argument is invalid; the first one is reported.
        """
        values = {k: str(v).strip() for k, v in given.items() if not k.startswith("_")}
        names = [field.name for field in fields(cls)]
        for name, value in values.items():
            if name not in names:
                raise ArgumentError(
                    f"{name}={value}: no such argument; allowed: {', '.join(names)}"
                )
            if not value:
                raise ArgumentError(f"{name}=: is empty; leave it out, or give a value")
        today = datetime.now(ZoneInfo(site.zone)).date()
        arguments = cls(
            editions=_editions(site, values.get("editions")),
            outlets=_slugs("outlets", values.get("outlets")),
            sections=_slugs("sections", values.get("sections")),
            authors=_list(values.get("authors")),
            since=_day("since", values.get("since"), today),
            until=_day("until", values.get("until"), today),
            urls=_urls(site, values.get("urls")),
            again=_yes("again", values.get("again", "no")),
            ids=_ids(values.get("ids")),
            follow=_yes("follow", values.get("follow", "yes")),
            limit=_number("limit", values.get("limit"), "articles"),
            check=_number("check", values.get("check"), "sources"),
            revisit=_revisit(values.get("revisit", "yes")),
        )
        arguments._check(values)
        return arguments

    def _check(self, values: Mapping[str, str]) -> None:
        """Check the combination of arguments."""
        if self.since and self.until and self.since > self.until:
            raise ArgumentError(
                f"since={values['since']}: is after until={values['until']}; "
                "it must be the same day or earlier"
            )
        if self.ids and len(self.editions) != 1:
            raise ArgumentError(
                f"ids={values['ids']}: numbers are counted per edition; "
                f"give one of editions={'|'.join(self.editions)} with it"
            )
        named = [name for name in ("urls", "ids", "sections", "authors") if name in values]
        if self.revisit == "only" and named:
            raise ArgumentError(
                f"revisit=only: nothing is looked for then; leave out {', '.join(named)}"
            )
        if "again" in values and not self.urls:
            raise ArgumentError(f"again={values['again']}: is for urls; leave it out, or add urls")
        others = [name for name in values if name not in ("check", "editions", "outlets")]
        if self.check is not None and others:
            raise ArgumentError(
                f"check={values['check']}: sources of exported articles are checked, nothing else; "
                f"leave out {', '.join(others)}"
            )
        ways = ("urls", "ids", "outlets", "sections", "authors")
        for alone in ("urls", "ids"):
            others = [name for name in ways if name != alone and name in values]
            if alone in values and others:
                raise ArgumentError(
                    f"{alone}={values[alone]}: names the articles by itself; "
                    f"leave out {', '.join(others)}"
                )

    def wanted(self) -> ClaimFilter:
        """Return which known articles the run may claim."""
        return ClaimFilter(
            editions=self.editions,
            outlets=self.outlets,
            since=self.since.isoformat() if self.since else None,
            until=self.until.isoformat() if self.until else None,
            # A record without its source must not replace one that has it or is waiting for it.
            exported=self.follow,
        )

    def plan(self, given: Mapping[str, Any]) -> Plan:
        """Return the task of the run; ``given`` are the arguments as passed."""
        numbers = sum(each.last - each.first + 1 for each in self.ids)
        ends = [end for end in (self.limit, len(self.urls), numbers) if end]
        chosen = self.urls or self.ids or self.check or self.revisit == "only"
        return Plan(
            given=given,
            articles=min(ends, default=None),
            by_number=bool(self.ids),
            must_find=self.check is None and self.revisit != "only",
            until=self.until,
            leftovers=None if chosen else self.wanted(),
        )

    def wants(self, day: date) -> bool:
        """Return whether a printed date is between ``since`` and ``until``."""
        return not (self.since and day < self.since) and not (self.until and day > self.until)


def _list(value: str | None) -> tuple[str, ...]:
    """Split a comma-separated list, without empty and repeated parts."""
    parts = (part.strip() for part in (value or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _editions(site: Site, value: str | None) -> tuple[Edition, ...]:
    for edition in (chosen := _list(value)):
        if edition not in site.editions:
            raise ArgumentError(
                f"editions={edition}: {site.name} has no such edition; "
                f"allowed: {', '.join(site.editions)}"
            )
    return tuple(edition for edition in site.editions if not chosen or edition in chosen)


def _slugs(name: str, value: str | None) -> tuple[str, ...]:
    for slug in (chosen := _list(value)):
        if not is_slug(slug):
            raise ArgumentError(
                f"{name}={slug}: is not a slug of the aggregator's URLs; "
                "allowed: lower-case letters, digits, - and _, such as lopinion"
            )
    return chosen


def _day(name: str, value: str | None, today: date) -> date | None:
    if value is None:
        return None
    try:
        return parse_day(value, today)
    except ValueError:
        raise ArgumentError(f"{name}={value}: is not a date; allowed: {FORMS}") from None


def _urls(site: Site, value: str | None) -> Articles:
    if value is None:
        return Articles()
    articles = Articles(_ids_of_urls(site, value))
    if not articles:
        raise ArgumentError(f"urls={value}: holds no URL")
    return articles


def _ids_of_urls(site: Site, value: str) -> Iterator[str]:
    for where, url in _lines(value):
        key = parse_article_url(url)
        if key is None or key.aggregator != site.name:
            raise ArgumentError(
                f"{where}: {url} is not an article URL of {site.name}; "
                f"allowed: such as https://www.{site.host}/lopinion/36897"
            )
        yield key.id


def _lines(value: str) -> Iterator[tuple[str, str]]:
    """Yield the URLs of ``urls`` or of the file it names, each with its location."""
    if value.startswith(("http://", "https://")):
        yield from (("urls", url) for url in _list(value))
        return
    try:
        with Path(value).open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if (url := line.strip()) and not url.startswith("#"):
                    yield f"{value}, line {number}", url
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"urls={value}: is neither a URL nor a file that can be read ({error})"
        ) from error


def _ids(value: str | None) -> tuple[IdRange, ...]:
    ranges = []
    for part in _list(value):
        match = _RANGE.fullmatch(part)
        if match is None or not is_slug(match["outlet"]):
            raise ArgumentError(
                f"ids={part}: is not a range; "
                "allowed: outlet:first-last, such as lopinion:36000-36999"
            )
        first, last = int(match["first"]), int(match["last"] or match["first"])
        if first > last:
            raise ArgumentError(
                f"ids={part}: is reversed; did you mean {match['outlet']}:{last}-{first}?"
            )
        ranges.append(IdRange(match["outlet"], first, last))
    return tuple(ranges)


def _yes(name: str, value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise ArgumentError(f"{name}={value}: allowed: yes, no")
    return value.lower() == "yes"


def _revisit(value: str) -> Revisit:
    match value.lower():
        case "yes" | "no" | "only" as known:
            return known
    raise ArgumentError(f"revisit={value}: allowed: yes, no, only")


def _number(name: str, value: str | None, what: str) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ArgumentError(f"{name}={value}: is not a number of {what}; allowed: 1 or more")
    return int(value)
