"""A bucket as a place that recordings reach, before they are over if they are long."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import DeliveryError
from bot.library.destinations.address import Target
from bot.library.destinations.destination import Evidence, Finished, Growing, Memory
from bot.library.destinations.objects import (
    Headers,
    checked_endpoint,
    companion_headers,
    expected_name,
    folder_key,
    video_headers,
)
from bot.library.destinations.parts import CEILING_KBPS, PART_MIB, checked_part_bytes
from bot.library.destinations.piece import crc32_of_span, read_piece, size_of
from bot.library.destinations.s3.bucket import Bucket
from bot.library.destinations.s3.connection import STALL_S, Connection
from bot.library.destinations.s3.ledger import Ledger
from bot.library.destinations.s3.refusal import GONE, UNSOUND, Refused
from bot.library.destinations.s3.stored import Stored, judge
from bot.library.destinations.s3.transfer import Transfer
from bot.library.destinations.s3.upload import Whole

LOOK_EVERY_S = 1.0  # whether the file has grown
_PARTS_IN_MEMORY = 4  # of all recordings of one destination
_ROUNDS = 4  # until what the store has made is right
_FIRST_LASTING = 2  # finishing a file writes into its first part, so that is not sent before


class S3Destination:
    """The object's key is `<prefix>/<recording id>/<file name>`. Key and download name are chosen when the upload
    begins (once two parts are full) and then stay: should the file be called otherwise in the end, as when the name was
    taken, the object still has the name that was expected.

    Holds at most four parts in memory, whatever is under way."""

    follows = True

    def __init__(self, target: Target, *, ceiling_kbps: int = CEILING_KBPS, stall_s: float = STALL_S) -> None:
        """Raises ConfigurationError: parts too small for 24 hours at `ceiling_kbps`, or an endpoint in the clear."""
        self._target = target
        options = target.options
        self._part_bytes = checked_part_bytes(int(options.get("part_mib", PART_MIB)), ceiling_kbps, target.name)
        self._connection = Connection(
            target.place,
            endpoint=checked_endpoint(target),
            region=options.get("region", ""),
            profile=options.get("profile", ""),
            addressing=options.get("addressing", ""),
            stall_s=stall_s,
        )
        self._bucket = Bucket(self._connection)
        self._gate = asyncio.Semaphore(_PARTS_IN_MEMORY)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()

    async def follow(self, growing: Growing, memory: Memory) -> None:
        ledger = Ledger(memory)
        transfer = Transfer(self._bucket, ledger, growing.part, self._gate)
        if ledger.upload is not None and not await transfer.reconcile():
            ledger.let_go()
        while True:
            size = await asyncio.to_thread(size_of, growing.part)
            part_bytes = ledger.upload.part_bytes if ledger.upload else self._part_bytes
            whole = size // part_bytes
            if whole >= _FIRST_LASTING and ledger.upload is None:
                name = expected_name(growing.recording)
                self._choose(ledger, growing.recording.id, name)
                await transfer.begin(video_headers(name, growing.recording.id), part_bytes, _folder(ledger.key))
            if ledger.upload is not None:
                known = ledger.upload.parts
                await transfer.send([n for n in range(_FIRST_LASTING, whole + 1) if n not in known], size)
            await asyncio.sleep(LOOK_EVERY_S)

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        size = await asyncio.to_thread(size_of, finished.file)
        if size != finished.size or not size:
            raise DeliveryError(f"{finished.file.name} has {size} bytes instead of {finished.size}: it is not sent.")
        ledger = Ledger(memory)
        self._choose(ledger, finished.recording.id, finished.name)
        transfer = Transfer(self._bucket, ledger, finished.file, self._gate)
        problem = ""
        for number in range(_ROUNDS):
            whole = await self._made(finished, ledger, transfer)
            stored = await self._bucket.stored(ledger.key)
            verdict = judge(whole, stored)
            problem = verdict.problem
            if stored is not None and not problem:
                ledger.finish(whole)
                await transfer.sweep(_folder(ledger.key))
                return self._evidence(ledger.key, whole, stored, verdict.checksum)
            if number:  # parts that the store took for others are found and sent again in the first round
                await transfer.abort()
        raise DeliveryError(f"{self._connection.store} did not make of it what was sent. {problem}")

    async def _made(self, finished: Finished, ledger: Ledger, transfer: Transfer) -> Whole:
        """Does what is left to be done, and says what the object must be. A process that was killed may have done all
        and not noted it: the caller compares."""
        headers = video_headers(finished.name, finished.recording.id)
        if ledger.whole is not None:
            ledger.forget_object()
            return await transfer.summed(finished.size)
        if ledger.upload is None and finished.size <= self._part_bytes:
            return await self._put(finished.file, finished.size, ledger.key, headers)
        if ledger.upload is None:
            await transfer.begin(headers, self._part_bytes, _folder(ledger.key))
        elif not await transfer.reconcile():
            return await transfer.summed(finished.size)
        await transfer.send_changed(finished.size)
        try:
            return await transfer.complete(finished.size)
        except Refused as refusal:
            if refusal.code not in GONE | UNSOUND:
                raise
            return await transfer.summed(finished.size)

    async def _put(self, file: Path, size: int, key: str, headers: Headers) -> Whole:
        async with self._gate:
            piece = await asyncio.to_thread(read_piece, file, 0, size)
            await self._bucket.put(key, headers, piece)
        return Whole(size, piece.crc32, piece.md5.hex())

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """Beside the file; those that have not changed since are not sent again."""
        ledger = Ledger(memory)
        self._choose(ledger, finished.recording.id, finished.name)
        for path in finished.companions:
            size = await asyncio.to_thread(size_of, path)
            checksum = f"{size}:{await asyncio.to_thread(crc32_of_span, path, 0, size):08x}"
            if size and ledger.companions.get(path.name) != checksum:
                headers = companion_headers(path.name, finished.recording.id)
                await self._put(path, size, _folder(ledger.key) + path.name, headers)
                ledger.note_companion(path.name, checksum)

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        details = evidence.details
        must = Whole(
            evidence.size, int(details.get("crc32", "0"), 16), details.get("etag", ""), details.get("composite", "")
        )
        if evidence.size != finished.size:
            return f"The object has {evidence.size} bytes, the file {finished.size}."
        return judge(must, await self._bucket.stored(details.get("key", ""))).problem

    async def abandon(self, memory: Memory) -> None:
        ledger = Ledger(memory)
        if ledger.key:
            transfer = Transfer(self._bucket, ledger, Path(), self._gate)
            await transfer.abort()
            await transfer.sweep(_folder(ledger.key))

    def _choose(self, ledger: Ledger, recording_id: str, name: str) -> None:
        if not ledger.key:
            ledger.choose(folder_key(self._target, recording_id) + name)

    def _evidence(self, key: str, whole: Whole, stored: Stored, checksum: str) -> Evidence:
        details = {"key": key, "crc32": f"{whole.crc32:08x}", "etag": stored.etag, "composite": stored.composite}
        details |= {"version": stored.version}
        shown = {name: value for name, value in details.items() if value}
        return Evidence(f"s3://{self._bucket.name}/{key}", stored.size, checksum, shown)


def _folder(key: str) -> str:
    """Ends with a slash. No other recording's objects are in it."""
    return key[: key.rindex("/") + 1]
