"""Scrapy extensions: observe a run and write its other outputs. One class a file."""
