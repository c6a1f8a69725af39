"""Entry file for scrapyd-deploy, which builds eggs from it; all metadata is in pyproject.toml."""

from setuptools import setup

setup()
