"""Encoded frames of one video track that wait for their tick."""

import threading
from collections import deque

from mixer.frame import EncodedFrame


class FrameQueue:
    """In decoding order. `push` from any thread, `take` from the mix's; both return at once.

    Bounded by count and by bytes. When full, the oldest frames go, up to the next keyframe, so that what is left can
    still be decoded; without a keyframe in the queue all go, and all that follow until one comes. `dropped` counts.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._frames: deque[EncodedFrame] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._gap = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def next_ns(self) -> int | None:
        """pts of the oldest frame. Asked for every track at every tick: takes no lock."""
        try:
            return self._frames[0].pts_ns
        except IndexError:
            return None

    def push(self, frame: EncodedFrame) -> bool:
        """False when a keyframe is needed before anything that follows is of use."""
        with self._lock:
            if self._gap and not frame.keyframe:
                self.dropped += 1
                return False
            self._gap = False
            self._frames.append(frame)
            self._bytes += len(frame.data)
            if len(self._frames) > self._max_frames or self._bytes > self._max_bytes:
                self._overflow()
            return not self._gap

    def take(self, due_ns: int, enough_ns: int) -> list[EncodedFrame]:
        """The leading frames with pts up to `due_ns`, but none behind the first that is later than `enough_ns`."""
        taken = []
        with self._lock:
            while self._frames and self._frames[0].pts_ns <= due_ns:
                frame = self._pop()
                taken.append(frame)
                if frame.pts_ns > enough_ns:
                    break
        return taken

    def _pop(self) -> EncodedFrame:
        frame = self._frames.popleft()
        self._bytes -= len(frame.data)
        return frame

    def _overflow(self) -> None:
        self._pop()
        self.dropped += 1
        while self._frames and not self._frames[0].keyframe:
            self._pop()
            self.dropped += 1
        self._gap = not self._frames
