"""Scrapy extensions: observe a run, write its reports and metrics, renew its lease."""
