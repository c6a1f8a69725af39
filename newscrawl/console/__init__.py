"""Console script ``newscrawl``, and the commands that work in other Scrapy projects."""

import os

from scrapy.cmdline import execute
from scrapy.commands import ScrapyCommand
from scrapy.settings import default_settings

from newscrawl import settings
from newscrawl.commands import export, read, rebuild, report, rules, schema, validate

_OWN_SETTINGS = {
    name: value
    for name, value in vars(settings).items()
    if name.isupper() and not hasattr(default_settings, name)
}
"""Defaults of the project's own settings, for other projects, which may override them."""


def _anywhere(command: type[ScrapyCommand]) -> type[ScrapyCommand]:
    """Return a command that has the project's settings as defaults in any project."""
    return type("Command", (command,), {"default_settings": _OWN_SETTINGS})


Export = _anywhere(export.Command)
Read = _anywhere(read.Command)
Rebuild = _anywhere(rebuild.Command)
Report = _anywhere(report.Command)
Rules = _anywhere(rules.Command)
Schema = _anywhere(schema.Command)
Validate = _anywhere(validate.Command)
"""Commands that read feeds and the data directory, for the entry points ``scrapy.commands``."""


def main() -> None:
    """Run a command with the settings of the package, from any directory.

    The environment variable ``SCRAPY_SETTINGS_MODULE`` names other settings.
    """
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "newscrawl.settings")
    execute()
