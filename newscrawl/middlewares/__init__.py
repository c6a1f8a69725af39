"""Scrapy downloader middlewares: guard, robots.txt, politeness, retries, archive, browser."""
