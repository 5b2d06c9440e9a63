"""A file that is replaced as a whole: whoever reads it sees the old or the new, also after a power cut."""

import contextlib
import os
import tempfile
from pathlib import Path

from mixer.mp4.disk import sync_folder


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Raises OSError; the old file is then as it was."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    sync_folder(path.parent)
