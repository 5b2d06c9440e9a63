"""Pictures handed from the mix's process to the floor's, in shared memory: half a second of them at a time."""

import mmap
from pathlib import Path

import av
import numpy as np

from mixer.decode.picture import planes_of


class SharedPictures:
    """`slots` yuv420p pictures in a file of /dev/shm. Whoever makes it removes it."""

    def __init__(self, path: Path, width: int, height: int, slots: int) -> None:
        self._bytes = width * height * 3 // 2
        self._shape = (width, height)
        with path.open("a+b") as file:
            file.truncate(self._bytes * slots)
            self._memory = mmap.mmap(file.fileno(), self._bytes * slots)

    def put(self, slot: int, frame: av.VideoFrame) -> None:
        for plane, into in zip(planes_of(frame), self._planes(slot), strict=True):
            np.copyto(into, plane)

    def get(self, slot: int, frame: av.VideoFrame) -> None:
        for plane, into in zip(self._planes(slot), planes_of(frame), strict=True):
            np.copyto(into, plane)

    def _planes(self, slot: int) -> list[np.ndarray]:
        width, height = self._shape
        whole = np.frombuffer(self._memory, np.uint8, self._bytes, slot * self._bytes)
        luma, u, v = np.split(whole, [width * height, width * height * 5 // 4])
        return [plane.reshape(height // scale, width // scale) for plane, scale in ((luma, 1), (u, 2), (v, 2))]
