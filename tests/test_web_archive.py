"""Web archive: which snapshot is chosen from a list, and lists that cannot be parsed."""

import pytest
from scrapy.settings import Settings

from newscrawl.fetching.web_archive import WebArchive
from tests.support import article

ARCHIVE = WebArchive(Settings({"WEB_ARCHIVE": "https://web.example"}))


@pytest.mark.parametrize("listing", [b"<p>Too many requests", b"[" * 300_000, b'[["2024'])
def test_a_response_that_is_no_list_of_snapshots_is_logged(
    listing: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert ARCHIVE.nearest(article(), listing) is None
    assert "https://web.example sent no list of snapshots" in caplog.text


def test_an_empty_list_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert ARCHIVE.nearest(article(), b"[]") is None
    assert not caplog.text
