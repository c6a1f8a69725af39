"""Object storage: upload, verification and reading of sealed files."""

from newscrawl.storage.files import Files
from newscrawl.storage.objects import WHOLE, local_copy, open_file

__all__ = ["WHOLE", "Files", "local_copy", "open_file"]
