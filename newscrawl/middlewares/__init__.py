"""Downloader middlewares. One class a file."""
