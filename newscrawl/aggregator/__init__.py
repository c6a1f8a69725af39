"""The aggregator sites: their properties, URL scheme and page parsers.

Everything here is pure: bytes and a URL in, typed values out, no engine and no request.
"""
