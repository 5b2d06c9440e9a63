"""One recording's multipart upload: parts are sent, found again and made into an object."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bot.errors import OutputError
from bot.library.destinations.objects import Headers
from bot.library.destinations.parts import MIB, PART_MIB, count_of, span
from bot.library.destinations.piece import crc32_of_span, read_piece, size_of
from bot.library.destinations.s3.bucket import Bucket
from bot.library.destinations.s3.crc32 import crc32_of_all
from bot.library.destinations.s3.ledger import Ledger
from bot.library.destinations.s3.refusal import GONE, UNABLE, UNSOUND, Refused
from bot.library.destinations.s3.upload import Part, Upload, Whole, whole_of

_AT_ONCE = 4  # parts of one recording
_COMPARED_AT_ONCE = 2  # reading and summing takes a core each
_TRIES = 3  # of a part that arrives damaged


class Transfer:
    """`gate` is the destination's bound on parts in memory. The ledger is what counts: a new Transfer, in any process,
    goes on where it says."""

    def __init__(self, bucket: Bucket, ledger: Ledger, file: Path, gate: asyncio.Semaphore) -> None:
        self._bucket = bucket
        self._ledger = ledger
        self._file = file
        self._gate = gate

    async def begin(self, headers: Headers, part_bytes: int, folder: str) -> Upload:
        """Ends uploads of this recording that nobody remembers, first."""
        await self.sweep(folder)
        upload = await self._bucket.begin(self._ledger.key, headers, part_bytes)
        self._ledger.hold(upload)
        return upload

    async def sweep(self, folder: str) -> None:
        """A process that was killed between asking for an upload and noting it has left one. Some stores cannot list
        uploads, some credentials may not: their own rule must end them then."""
        upload = self._ledger.upload
        try:
            for key, upload_id in await self._bucket.unfinished(folder):
                if upload is None or upload_id != upload.id:
                    await self._bucket.abort(key, upload_id)
        except Refused as refusal:
            if refusal.code not in UNABLE | {"AccessDenied", "NoSuchKey"}:
                raise

    async def reconcile(self) -> bool:
        """Makes the ledger's parts those that the store has. A part that it has and the ledger does not know is taken
        for ours if it is what the file says. False: the store knows of no such upload."""
        upload = self._upload()
        try:
            found = await self._bucket.parts(upload)
        except Refused as refusal:
            if refusal.code not in GONE:
                raise
            return False
        same = {number for number, part in upload.parts.items() if found.get(number) == (part.etag, part.size)}
        kept = upload.only(same)
        for number in sorted(found.keys() - same):
            etag, size = found[number]
            offset = (number - 1) * upload.part_bytes
            if size and offset + size <= await asyncio.to_thread(size_of, self._file):
                async with self._gate:
                    piece = await asyncio.to_thread(read_piece, self._file, offset, size)
                if piece.md5.hex() == etag:
                    kept = kept.with_part(number, Part(etag, piece.crc32, size))
        if kept != upload:
            self._ledger.hold(kept)
        return True

    async def send(self, numbers: Iterable[int], size: int) -> None:
        """Of a file of `size` bytes."""
        try:
            await _each(numbers, lambda number: self._send(number, size), _AT_ONCE)
        except BaseException:
            with contextlib.suppress(OutputError):  # what ended it counts
                self._ledger.catch_up()
            raise
        self._ledger.catch_up()

    async def send_changed(self, size: int) -> None:
        """Whatever the store does not have as it is now in the file."""
        upload = self._upload()
        wrong: list[int] = []

        async def compare(number: int) -> None:
            offset, length = span(number, size, upload.part_bytes)
            known = upload.parts.get(number)
            if known is None or known.size != length or known.crc32 != await self._crc32(offset, length):
                wrong.append(number)

        await _each(range(1, count_of(size, upload.part_bytes) + 1), compare, _COMPARED_AT_ONCE)
        await self.send(sorted(wrong), size)

    async def complete(self, size: int) -> Whole:
        upload = self._upload()
        parts = upload.in_order(count_of(size, upload.part_bytes))
        whole = whole_of(parts)
        await self._bucket.complete(upload, whole, parts)
        return whole

    async def summed(self, size: int) -> Whole:
        """What the object must be, as far as file and ledger say."""
        upload = self._ledger.upload
        part_bytes = upload.part_bytes if upload else PART_MIB * MIB
        sizes: dict[int, tuple[int, int]] = {}

        async def add(number: int) -> None:
            offset, length = span(number, size, part_bytes)
            sizes[number] = (await self._crc32(offset, length), length)

        numbers = range(1, count_of(size, part_bytes) + 1)
        await _each(numbers, add, _COMPARED_AT_ONCE)
        known = upload.parts if upload else {}
        if all(n in known and (known[n].crc32, known[n].size) == sizes[n] for n in numbers):
            return whole_of([known[n] for n in numbers])
        return Whole(size, crc32_of_all(sizes[n] for n in numbers))

    async def abort(self) -> None:
        upload = self._ledger.upload
        if upload is not None:
            await self._bucket.abort(upload.key, upload.id)
            self._ledger.let_go()

    async def _crc32(self, offset: int, length: int) -> int:
        return await asyncio.to_thread(crc32_of_span, self._file, offset, length)

    def _upload(self) -> Upload:
        upload = self._ledger.upload
        assert upload is not None, "begun before"
        return upload

    async def _send(self, number: int, size: int) -> None:
        async with self._gate:
            offset, length = span(number, size, self._upload().part_bytes)
            piece = await asyncio.to_thread(read_piece, self._file, offset, length)
            for left in reversed(range(_TRIES)):
                try:
                    part = await self._bucket.send(self._upload(), number, piece)
                    break
                except Refused as refusal:
                    if refusal.code not in UNSOUND or not left:
                        raise
        self._ledger.add(number, part, time.monotonic())


async def _each(numbers: Iterable[int], work: Callable[[int], Awaitable[None]], at_once: int) -> None:
    """In order, some at a time. Raises the first error as it is; the others are ended."""
    waiting = iter(numbers)

    async def worker() -> None:
        for number in waiting:
            await work(number)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
