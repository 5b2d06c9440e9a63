"""One track's encoded sound, from the receiver's thread to the mix's."""

from collections import deque
from threading import Lock
from typing import NamedTuple

from mixer.frame import EncodedFrame

LONGEST_NS = 20_000_000_000
"""The queue holds at most this much: what the mix may run behind (up to 5 s are configured) and then be late."""

MOST_FRAMES = 2500  # 25 s of 10 ms; of 2.5 ms, the shortest packets Opus allows, 6 s
FARTHEST_NS = 30_000_000_000
"""A frame further ahead than this, of the mix and of the frames before it, carries a broken time."""


class DueFrame(NamedTuple):
    frame: EncodedFrame
    following: EncodedFrame | None  # the one after it, where it is known already
    breaks: bool  # frames between it and the one before it were replaced by it


class FrameQueue:
    """In order of time. When it is full the oldest frame goes; a frame that steps back in time replaces those that were
    queued for after it, because the receiver has learnt better since. Thread-safe."""

    def __init__(self) -> None:
        self.overflowed = 0  # frames dropped because the mix did not take them in time
        self.replaced = 0  # frames dropped because a later one was put before them
        self.misplaced = 0  # frames refused because their time is absurd
        self._frames: deque[EncodedFrame] = deque()
        self._breaks: set[int] = set()  # times of queued frames that replaced others
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def next_ns(self) -> int | None:
        """pts of the oldest frame."""
        with self._lock:
            return self._frames[0].pts_ns if self._frames else None

    def push(self, frame: EncodedFrame, mixed_ns: int | None) -> bool:
        """False: refused. `mixed_ns`: how far the mix has come; None before it began."""
        with self._lock:
            latest_ns = self._frames[-1].pts_ns if self._frames else mixed_ns
            if latest_ns is not None and frame.pts_ns - max(latest_ns, mixed_ns or 0) > FARTHEST_NS:
                self.misplaced += 1
                return False
            while self._frames and self._frames[-1].pts_ns >= frame.pts_ns:
                self._breaks.discard(self._frames.pop().pts_ns)
                self._breaks.add(frame.pts_ns)
                self.replaced += 1
            self._frames.append(frame)
            while frame.pts_ns - self._frames[0].pts_ns > LONGEST_NS or len(self._frames) > MOST_FRAMES:
                self._breaks.discard(self._frames.popleft().pts_ns)
                self.overflowed += 1
        return True

    def take(self, before_ns: int) -> list[DueFrame]:
        """Every frame that begins before `before_ns`."""
        taken: list[DueFrame] = []
        with self._lock:
            frames = self._frames
            while frames and frames[0].pts_ns < before_ns:
                frame = frames.popleft()
                following = frames[0] if frames else None
                breaks = bool(self._breaks) and frame.pts_ns in self._breaks
                if breaks:
                    self._breaks.discard(frame.pts_ns)
                taken.append(DueFrame(frame, following, breaks))
        return taken
