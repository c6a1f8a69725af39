"""Commands of the project, beside Scrapy's own. One command, one file."""
