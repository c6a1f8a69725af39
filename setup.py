"""For scrapyd-deploy, which builds eggs by way of this file; the project is in pyproject.toml."""

from setuptools import setup

setup()
