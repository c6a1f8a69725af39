"""The console command ``newscrawl``, and commands that are available in other Scrapy projects."""

import os

from scrapy.cmdline import execute
from scrapy.settings import default_settings

from newscrawl import settings
from newscrawl.commands import export, read, rebuild, report, rules, schema, validate

_OWN_SETTINGS = {
    name: value
    for name, value in vars(settings).items()
    if name.isupper() and not hasattr(default_settings, name)
}
"""Defaults of the project's own settings, for other projects, which may override them."""


class Export(export.Command):
    """``scrapy export`` in any project."""

    default_settings = _OWN_SETTINGS


class Read(read.Command):
    """``scrapy read`` in any project."""

    default_settings = _OWN_SETTINGS


class Rebuild(rebuild.Command):
    """``scrapy rebuild`` in any project."""

    default_settings = _OWN_SETTINGS


class Report(report.Command):
    """``scrapy report`` in any project."""

    default_settings = _OWN_SETTINGS


class Rules(rules.Command):
    """``scrapy rules`` in any project."""

    default_settings = _OWN_SETTINGS


class Schema(schema.Command):
    """``scrapy schema`` in any project."""

    default_settings = _OWN_SETTINGS


class Validate(validate.Command):
    """``scrapy validate`` in any project."""

    default_settings = _OWN_SETTINGS


def main() -> None:
    """Run a command with the settings of the package, whatever the current directory is.

    The environment variable ``SCRAPY_SETTINGS_MODULE`` names other settings.
    """
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "newscrawl.settings")
    execute()
