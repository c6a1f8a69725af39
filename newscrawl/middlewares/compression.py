"""Decompresses answers, and lets go at once of those that would not end."""

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response, TextResponse


class DecompressedTooLargeError(IgnoreRequest):
    """The body of an answer is larger than ``DOWNLOAD_MAXSIZE`` once it is decompressed.

    Raised by ``CompressionMiddleware``; it reaches the request's errback.
    """


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, with two faults mended.

    Its error holds on to all that was decompressed until the collector comes, and it has the
    encoding guessed of what is still compressed, which may take as long as the page's reading.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """The response as it was before it was compressed.

        Raises:
            DecompressedTooLargeError: it is a bomb.
        """
        try:
            packed = response
            if isinstance(response, TextResponse) and "Content-Encoding" in response.headers:
                given = {name: getattr(response, name) for name in Response.attributes}
                packed = Response(**given)  # it has no encoding
            result: Request | Response = super().process_response(request, packed)
        except IgnoreRequest:
            pass
        else:
            return result
        # Not in the handler above: there the error would have the other one in its context.
        raise DecompressedTooLargeError(f"{request.url} is too large once decompressed")
