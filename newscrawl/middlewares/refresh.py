"""Follows redirects by ``<meta http-equiv=refresh>``."""

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import Request, Response

from newscrawl.middlewares.redirect import NoRefererMixin

_REFRESH = b"refresh"
_LOOKED_AT = 32 * 1024
"""Bytes that contain the first 4,096 characters, which Scrapy searches, in any encoding."""


class RefreshMiddleware(NoRefererMixin, MetaRefreshMiddleware):
    """Scrapy's meta refresh middleware, applied only to pages with the word "refresh"."""

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for its meta refresh target."""
        start = response.body[:_LOOKED_AT].lower()
        # In UTF-16, there are NULs between the letters.
        if _REFRESH not in (start.replace(b"\0", b"") if b"\0" in start else start):
            return response
        try:
            result: Request | Response = super().process_response(request, response)
        except ValueError:  # its target is not a URL
            return response
        if isinstance(result, Request) and result.url == request.url:
            return response  # it reloads itself
        return result
