"""How far a file that is being written can be handed out: up to its last whole fragment."""

import os
from collections import OrderedDict

from mixer.mp4.box import file_boxes

MOST_REMEMBERED = 256  # parts; of one that was forgotten the fragments are counted again


class Growth:
    """Remembers where each part's last whole fragment ended, so that asking again looks at what is new only. Parts go
    by their recording and number: a file system gives a removed file's inode to the next."""

    def __init__(self, most_remembered: int = MOST_REMEMBERED) -> None:
        self._ends: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._most = most_remembered

    def safe_end(self, descriptor: int, recording: str, part: int) -> int:
        """Bytes that will never change again. A fragment is written under another name (`free`) and renamed when it is
        whole, so only what a `moof` with its `mdat` closes counts. Reads from the disk; for one thread at a time."""
        size = os.fstat(descriptor).st_size
        known = (recording, part)
        end = self._ends.pop(known, 0)
        end = whole_fragments_end(descriptor, size, end if end <= size else 0)
        self._ends[known] = end
        if len(self._ends) > self._most:
            self._ends.popitem(last=False)
        return end

    def forget(self, recording: str) -> None:
        """It is over: what is left of it does not grow."""
        for known in [known for known in self._ends if known[0] == recording]:
            del self._ends[known]


def whole_fragments_end(descriptor: int, size: int, start: int) -> int:
    """From `start`, the end of a fragment or 0. Without any whole fragment the head (`moov`) counts, and all of a file
    that is finished, whose media may come right behind its head."""
    end, opened = start, False
    for box in file_boxes(descriptor, size, start):
        if box.end > size:
            break
        if box.kind == b"moov" or (box.kind == b"mdat" and opened):
            end = box.end
        opened = box.kind in {b"moov", b"moof"}
    return end
