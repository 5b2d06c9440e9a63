"""The picture with which a part ends that nobody writes to any more."""

import io
from pathlib import Path

import av

from mixer.errors import UnreadableFile
from mixer.mp4.tail import last_group


def last_picture(part: Path) -> av.VideoFrame | None:
    """Decoded from its last whole fragment, however long it is; None when there is none to be had."""
    try:
        group = last_group(part)
        if not group:
            return None
        with av.open(io.BytesIO(group), mode="r") as container:
            last = None
            for frame in container.decode(video=0):
                last = frame
            return last
    except (OSError, UnreadableFile, av.FFmpegError, IndexError):
        return None
