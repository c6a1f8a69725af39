"""Commands of the project, in addition to Scrapy's. One command a file."""
