"""Load overrides: hand-written selectors and delay for one outlet, as TOML files.

Each file is ``overrides/<domain>.toml``. Its selectors are used before learned rules and
are checked against the copy like them.
"""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

import msgspec
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from newscrawl.errors import OverrideError
from newscrawl.text.urls import registered_domain

Selector = Annotated[str, msgspec.Meta(min_length=1)]
"""A CSS selector."""

OVERRIDES = resources.files("newscrawl.outlets") / "overrides"
"""Directory of the overrides that the package ships."""


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hand-written selectors and delay of one outlet; unset fields are extracted as usual."""

    body: Selector | None = None
    """The body: every matching element, such as its paragraphs or their container."""
    title: Selector | None = None
    """The headline."""
    date: Selector | None = None
    """The printed date of publication."""
    authors: Selector | None = None
    """The byline."""
    drop: tuple[Selector, ...] = ()
    """Parts of the body to leave out."""
    pause: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Minimum seconds between two requests to a host of the outlet."""

    def selectors(self) -> list[tuple[str, str]]:
        """Return every selector with its key in the file."""
        single = [(key, getattr(self, key)) for key in ("body", "title", "date", "authors")]
        return [(key, css) for key, css in single if css] + [("drop", css) for css in self.drop]


def load_overrides(directory: Traversable) -> dict[str, Override]:
    """Read all overrides of a directory, by the outlet's registered domain.

    Raises:
        OverrideError: a file has an unknown key, a wrong value or a selector that cannot be parsed,
            or its name is not a registered domain.
    """
    files = [file for file in directory.iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): _load(file) for file in files}


@cache
def shipped_overrides() -> dict[str, Override]:
    """Return the overrides that the package ships.

    Raises:
        OverrideError: one of them is wrong.
    """
    return load_overrides(OVERRIDES)


def check_override(override: Override, html: str | bytes) -> None:
    """Check that each selector matches something on the outlet's test page.

    Raises:
        OverrideError: selectors that match nothing, by key.
    """
    tree = LexborHTMLParser(html)
    missed = [f"{key} = {css!r}" for key, css in override.selectors() if not tree.css_first(css)]
    if missed:
        raise OverrideError(f"no match on the test page: {', '.join(missed)}")


def _load(file: Traversable) -> Override:
    domain = file.name.removesuffix(".toml")
    if registered_domain(domain) != domain:
        raise OverrideError(f"{file.name}: {domain} is not a registered domain")
    try:
        override = msgspec.toml.decode(file.read_bytes(), type=Override)
    except msgspec.MsgspecError as error:
        raise OverrideError(f"{file.name}: {error}") from error
    empty = LexborHTMLParser("<p>")
    for key, css in override.selectors():
        if override.body is None:
            raise OverrideError(f"{file.name}: {key} needs a body")
        try:
            empty.css_first(css)
        except SelectolaxError as error:
            raise OverrideError(f"{file.name}: {key} is not a CSS selector: {css!r}") from error
    return override
