"""Object storage (S3 and others): upload, verify and read complete output files."""

from newscrawl.storage.files import Files
from newscrawl.storage.objects import WHOLE, local_copy, open_file

__all__ = ["WHOLE", "Files", "local_copy", "open_file"]
