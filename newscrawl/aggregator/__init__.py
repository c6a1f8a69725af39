"""The aggregator sites: their properties, URL scheme and page parsers.

All functions are pure: bytes and a URL in, typed values out, without engine or requests.
"""
