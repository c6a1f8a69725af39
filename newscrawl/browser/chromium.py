"""Find the system's Chromium and return the options to launch it with."""

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from newscrawl.errors import BrowserMissingError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names of Chromium's executable on various systems, looked up on the PATH."""

_FLAGS = (
    # No network: names are not resolved, everything else goes to a proxy that does not exist, and
    # WebRTC, which uses neither, may send nothing without a proxy.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # Fewer background services and less memory.
    "--blink-settings=imagesEnabled=false",
    "--disable-gpu",
    "--js-flags=--max-old-space-size=512",
)
_HELPERS = (
    Path("/usr/lib/chromium/chrome-sandbox"),
    Path("/opt/google/chrome/chrome-sandbox"),
)
"""Set-user-ID helpers that give Chromium a sandbox where users may not create namespaces."""

_NOWHERE = {"server": "http://127.0.0.1:1", "bypass": "<-loopback>"}


def find_chromium(path: str = "") -> Path:
    """Return the system's Chromium, or the one at a path.

    Raises:
        BrowserMissingError: Chromium or its driver is missing; the message says what to do.
    """
    if find_spec("scrapy_playwright") is None:
        raise BrowserMissingError(
            "the page needs a browser, and scrapy-playwright is not installed; "
            "run: pip install '.[browser]' in the clone, or set BROWSER=off"
        )
    for name in (path,) if path else NAMES:
        if found := shutil.which(name):
            return Path(found)
    where = path or f"{', '.join(NAMES)} on the PATH"
    raise BrowserMissingError(
        f"the page needs a browser, and there is none ({where}); install Chromium "
        "(Debian: apt-get install chromium), name one in BROWSER_PATH, or set BROWSER=off"
    )


def launch_options(chromium: Path) -> dict[str, Any]:
    """Return Playwright's options for starting the browser."""
    return {
        "executable_path": str(chromium),
        "args": [*_FLAGS],
        "proxy": _NOWHERE,
        "chromium_sandbox": has_sandbox(),
        "handle_sigint": False,  # the crawl ends it, once the remaining pages are parsed
        "handle_sigterm": False,
        "handle_sighup": False,
    }


@cache
def has_sandbox() -> bool:
    """Return whether Chromium can run with its sandbox.

    On Linux that takes user namespaces or its own set-user-ID helper; root never has it.
    """
    if not hasattr(os, "geteuid"):
        return True
    if os.geteuid() == 0:
        return False
    if sys.platform != "linux" or any(helper.exists() for helper in _HELPERS):
        return True
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    made = subprocess.run([unshare, "--user", "true"], check=False, capture_output=True)  # noqa: S603 - no input
    return made.returncode == 0
