"""Makes the media of a room ready before it opens, and keyframes out of turn while it is open.

Encoding runs in worker threads (libavcodec lets go of the GIL); what was encoded is kept in memory and on disk.
"""

import asyncio
import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from signaling.rehearsal import cache
from signaling.rehearsal.clip import Picture, PictureRequest, SoundRequest, encode_pictures, encode_sound


class Detour:
    """Pictures that replace those of the loop from number `first` on, up to the loop's next keyframe.

    They become ready one after another while they are already being sent; written by a worker, read by the loop.
    """

    def __init__(self, request: PictureRequest, first: int) -> None:
        self.first = first
        self.end = first - first % request.group + request.group
        self._request = request
        self.work: Future[None] | None = None
        self._ready: list[Picture] = []
        self._cancelled = threading.Event()

    def picture(self, number: int) -> Picture | None:
        """None: not ready yet. Raises what the encoder raised."""
        if self.work is not None and self.work.done() and not self.work.cancelled():
            self.work.result()
        index = number - self.first
        return self._ready[index] if index < len(self._ready) else None

    def cancel(self) -> None:
        self._cancelled.set()

    def encode(self) -> None:
        if self._cancelled.is_set():
            return
        for picture in encode_pictures(self._request, self.first % self._request.length, self.end - self.first):
            self._ready.append(picture)
            if self._cancelled.is_set():
                return


class Studio:
    """Raises av.error.FFmpegError from `prepare` when an encoder is missing in this build of libavcodec."""

    def __init__(self, folder: Path | None = None, workers: int | None = None) -> None:
        """`folder` keeps clips from one run to the next; None: the user's cache."""
        self._folder = folder if folder is not None else cache.cache_folder()
        self._pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="rehearsal-encoder")
        self._pictures: dict[PictureRequest, Sequence[Picture]] = {}
        self._sounds: dict[SoundRequest, Sequence[bytes]] = {}

    async def prepare(self, requests: Iterable[PictureRequest | SoundRequest]) -> None:
        """Everything a plan will need. What is there already costs nothing."""
        loop = asyncio.get_running_loop()
        wanted = [one for one in dict.fromkeys(requests) if one not in self._pictures and one not in self._sounds]
        await asyncio.gather(*(loop.run_in_executor(self._pool, self._make, request) for request in wanted))

    def pictures(self, request: PictureRequest) -> Sequence[Picture]:
        """The whole loop. Raises KeyError for what was not prepared."""
        return self._pictures[request]

    def sound(self, request: SoundRequest) -> Sequence[bytes]:
        """As above."""
        return self._sounds[request]

    def detour(self, request: PictureRequest, first: int) -> Detour:
        """Encoding begins as soon as a worker is free."""
        detour = Detour(request, first)
        detour.work = self._pool.submit(detour.encode)
        return detour

    def close(self) -> None:
        """Waits for the picture being encoded, not for what is queued."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, request: PictureRequest | SoundRequest) -> None:
        name = cache.clip_name(request)
        packets = cache.load(self._folder, name)
        if packets is None:
            packets = _encode(request)
            cache.store(self._folder, name, packets)
        if isinstance(request, PictureRequest):
            self._pictures[request] = [Picture(data, keyframe) for data, keyframe in packets]
        else:
            self._sounds[request] = [data for data, _ in packets]


def _encode(request: PictureRequest | SoundRequest) -> list[tuple[bytes, bool]]:
    if isinstance(request, SoundRequest):
        return [(data, True) for data in encode_sound(request)]
    starts = range(0, request.length, request.group)
    pictures = (picture for start in starts for picture in encode_pictures(request, start, request.group))
    return [(picture.data, picture.keyframe) for picture in pictures]
