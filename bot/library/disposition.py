"""The header that names a download."""

import re
from urllib.parse import quote

from bot.library.names import SUFFIX, safe_title

_MOST_BYTES = 200
_UNQUOTED = "!#$&+-.^_`|~"  # what RFC 8187 allows as it is, besides letters and digits


def content_disposition(name: str) -> str:
    """`attachment` with the file's name (RFC 6266): once in ASCII for old programs, once in UTF-8 (RFC 8187)."""
    safe = safe_title(name.removesuffix(SUFFIX), _MOST_BYTES) + SUFFIX
    plain = re.sub(r'[^ !#-\[\]-~]|[%"\\]', "_", safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe=_UNQUOTED)}"
