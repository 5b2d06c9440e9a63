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
        self.next_ns: int | None = None  # pts of the oldest frame
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, frame: EncodedFrame) -> bool:
        """False when a keyframe is needed before anything that follows is of use."""
        with self._lock:
            if self._gap and not frame.keyframe:
                self.dropped += 1
                return False
            self._gap = False
            self._frames.append(frame)
            self._bytes += len(frame.data)
            if self.next_ns is None:
                self.next_ns = frame.pts_ns
            if len(self._frames) > self._max_frames or self._bytes > self._max_bytes:
                self._overflow()
            return not self._gap

    def take(self, due_ns: int, enough_ns: int) -> list[EncodedFrame]:
        """The leading frames with pts up to `due_ns`, but none behind the first that is later than `enough_ns`."""
        taken = []
        frames = self._frames
        with self._lock:
            while frames and frames[0].pts_ns <= due_ns:
                frame = frames.popleft()
                taken.append(frame)
                self._bytes -= len(frame.data)
                if frame.pts_ns > enough_ns:
                    break
            self.next_ns = frames[0].pts_ns if frames else None
        return taken

    def _overflow(self) -> None:
        self._drop()
        while self._frames and not self._frames[0].keyframe:
            self._drop()
        self._gap = not self._frames
        self.next_ns = self._frames[0].pts_ns if self._frames else None

    def _drop(self) -> None:
        self._bytes -= len(self._frames.popleft().data)
        self.dropped += 1
