"""Decompresses answers, and lets go at once of those that would not end."""

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response


class DecompressedTooLargeError(IgnoreRequest):
    """The body of an answer is larger than ``DOWNLOAD_MAXSIZE`` once it is decompressed.

    Raised by ``CompressionMiddleware``; it reaches the request's errback.
    """


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, whose error holds on to all that was decompressed until the collector comes."""

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """The response as it was before it was compressed.

        Raises:
            DecompressedTooLargeError: it is a bomb.
        """
        try:
            result: Request | Response = super().process_response(request, response)
        except IgnoreRequest:
            pass
        else:
            return result
        # Not in the handler above: there the error would have the other one in its context.
        raise DecompressedTooLargeError(f"{request.url} is too large once decompressed")
