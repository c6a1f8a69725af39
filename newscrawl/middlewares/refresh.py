"""Follow redirects by ``<meta http-equiv=refresh>`` or by a ``Refresh`` header."""

import re
from html import escape

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import HtmlResponse, Request, Response
from w3lib.html import remove_tags, remove_tags_with_content

from newscrawl.errors import NotHtmlError
from newscrawl.middlewares.redirect import NoRefererMixin
from newscrawl.text.html import as_utf8

_REFRESH = b"refresh"
_LOOKED_AT = 32 * 1024
"""Bytes that contain the first 4,096 characters, which Scrapy searches, in any encoding."""

_SMALL = 4096
"""Maximum bytes of a page that may consist only of a refresh."""
_NOSCRIPT = re.compile(r"</?noscript[^>]*>", re.IGNORECASE)


class RefreshMiddleware(NoRefererMixin, MetaRefreshMiddleware):
    """Middleware for ``<meta>`` refreshes and ``Refresh`` headers; other pages stay unparsed.

    Scrapy decodes the whole page, by whatever codec of Python its server names: ``punycode`` takes
    minutes for a page of megabytes, and others raise errors. A ``Refresh`` header is followed, too,
    and the refresh in ``<noscript>`` of a page without text.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for its meta refresh target."""
        header = response.headers.get("Refresh")
        page = _header_as_meta(response, header) if header else _beginning(response)
        if page is None:
            return response
        try:
            result: Request | Response = super().process_response(request, page)
        except ValueError:  # its target is not a URL
            return response
        if isinstance(result, Response) or result.url == request.url:
            return response  # it leads nowhere, or reloads itself
        return result


def _header_as_meta(response: Response, header: bytes) -> HtmlResponse:
    """Return a page with the meta refresh of a ``Refresh`` header."""
    meta = f'<meta http-equiv="refresh" content="{escape(header.decode("latin-1"))}">'
    return HtmlResponse(response.url, body=meta, encoding="utf-8")


def _beginning(response: Response) -> HtmlResponse | None:
    """Return the beginning of a page that may contain a meta refresh, else ``None``.

    A page without text is shown as to a browser without scripts.
    """
    start = response.body[:_LOOKED_AT]
    folded = start.lower()
    # In UTF-16, there are NULs between the letters.
    if _REFRESH not in (folded.replace(b"\0", b"") if b"\0" in folded else folded):
        return None
    if not isinstance(response, HtmlResponse):
        return None
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    try:
        text = as_utf8(start, content_type).decode(errors="replace")
    except NotHtmlError:
        return None
    if len(response.body) <= _SMALL:
        shown = remove_tags_with_content(text, ("script", "style", "title"))
        if not remove_tags(shown).strip():
            text = _NOSCRIPT.sub("", text)
    return HtmlResponse(response.url, response.status, body=text, encoding="utf-8")
