"""Downloader middleware that follows ``<meta http-equiv=refresh>``."""

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import HtmlResponse, Request, Response

from newscrawl.errors import NotHtmlError
from newscrawl.middlewares.redirect import Unreferred
from newscrawl.text.html import as_utf8

_REFRESH = b"refresh"
_LOOKED_AT = 32 * 1024
"""Bytes that hold the first 4,096 characters, which is where Scrapy looks, in any encoding."""


class RefreshMiddleware(Unreferred, MetaRefreshMiddleware):
    """Scrapy's middleware, applied to the beginning of a page.

    Scrapy decodes the whole page, by whatever codec of Python its server names: ``punycode`` takes
    minutes for a page of megabytes, and others raise errors.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for its meta refresh target."""
        start = response.body[:_LOOKED_AT]
        folded = start.lower()
        # Of pages in UTF-16, the letters stand between NULs.
        if _REFRESH not in (folded.replace(b"\0", b"") if b"\0" in folded else folded):
            return response
        if not isinstance(response, HtmlResponse):
            return response
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            body = as_utf8(start, content_type)
            page = HtmlResponse(response.url, response.status, body=body, encoding="utf-8")
            result: Request | Response = super().process_response(request, page)
        except (NotHtmlError, ValueError):  # no text, or a target that is no URL
            return response
        if result is page or (isinstance(result, Request) and result.url == request.url):
            return response  # it leads nowhere, or reloads itself
        return result
