"""Follows redirects by ``<meta http-equiv=refresh>`` or by a ``Refresh`` header."""

import re
from html import escape

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import HtmlResponse, Request, Response
from w3lib.html import remove_tags, remove_tags_with_content

from newscrawl.middlewares.redirect import NoRefererMixin

_REFRESH = b"refresh"
_LOOKED_AT = 32 * 1024
"""Bytes that contain the first 4,096 characters, which Scrapy searches, in any encoding."""


_SMALL = 4096
"""Maximum bytes of a page that may consist only of a refresh."""
_NOSCRIPT = re.compile(rb"</?noscript[^>]*>", re.IGNORECASE)


class RefreshMiddleware(NoRefererMixin, MetaRefreshMiddleware):
    """Follows redirects by ``<meta>`` refresh or ``Refresh`` header; skips other pages quickly.

    The refresh in ``<noscript>`` of a page without text is followed, too.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for its meta refresh target."""
        start = response.body[:_LOOKED_AT].lower()
        # In UTF-16, there are NULs between the letters.
        header = response.headers.get("Refresh")
        if not header and _REFRESH not in (start.replace(b"\0", b"") if b"\0" in start else start):
            return response
        page = _header_as_meta(response, header) if header else _without_noscript(response)
        try:
            result: Request | Response = super().process_response(request, page)
        except ValueError:  # its target is not a URL
            return response
        if isinstance(result, Response) or result.url == request.url:
            return response  # no redirect, or a reload
        return result


def _header_as_meta(response: Response, header: bytes) -> Response:
    """Return a page with the meta refresh of a ``Refresh`` header."""
    meta = f'<meta http-equiv="refresh" content="{escape(header.decode("latin-1"))}">'
    return HtmlResponse(response.url, body=meta, encoding="utf-8")


def _without_noscript(response: Response) -> Response:
    """Return a page without text as a browser without scripts shows it; others unchanged."""
    if not isinstance(response, HtmlResponse) or len(response.body) > _SMALL:
        return response
    text = remove_tags_with_content(response.text, ("script", "style", "title"))
    if remove_tags(text).strip():
        return response
    return response.replace(body=_NOSCRIPT.sub(b"", response.body))
