"""Google Cloud Storage and Azure Blob Storage, which are sent the finished file.

One library speaks both; it hides the ids of its multipart uploads, so that nothing can be sent while the recording
grows, and an upload that broke off is sent again from its beginning. What a killed process left behind is ended by
Azure after a week, and by Google where the bucket has the rule AbortIncompleteMultipartUpload.

Credentials come from the machine, never from the address. Google: GOOGLE_SERVICE_ACCOUNT (a path),
GOOGLE_SERVICE_ACCOUNT_KEY, GOOGLE_APPLICATION_CREDENTIALS, else those of the instance. Azure:
AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_CLIENT_ID with AZURE_CLIENT_SECRET and AZURE_TENANT_ID, a
workload's or the machine's identity. Tokens are renewed by the library.
"""

import asyncio
import datetime
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bot.errors import DeliveryError
from bot.library.destinations.address import Target
from bot.library.destinations.destination import Evidence, Finished, Growing, Kind, Memory
from bot.library.destinations.object_notes import Found, Notes
from bot.library.destinations.objects import (
    RECORDING,
    Headers,
    checked_endpoint,
    companion_headers,
    folder_key,
    video_headers,
)
from bot.library.destinations.parts import CEILING_KBPS, MIB, PART_MIB, checked_part_bytes
from bot.library.destinations.piece import crc32_of_span, read_piece, size_of, stamp_of

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore

_STRIDE = MIB  # bytes read at once
_SUMMED_AT_ONCE = 64 * MIB
_PARTS_AT_ONCE = 2
_FILES_AT_ONCE = 2
_TRIES = 2  # of a file that comes out wrong
_REQUEST = datetime.timedelta(minutes=10)  # one part, however slow the line
_SILENCE = datetime.timedelta(seconds=60)  # an answer that does not go on
_RETRY_FOR = datetime.timedelta(minutes=4)  # of one request; credentials are not renewed meanwhile
_METADATA = {Kind.GCS: RECORDING, Kind.AZURE: RECORDING.replace("-", "_")}  # Azure's names are identifiers
_SCHEMES = {Kind.GCS: "gs", Kind.AZURE: "az"}
_NOWHERE = "There is no such bucket or container: create it, or correct the address."
_SENTENCES = {
    "NotFoundError": _NOWHERE,
    "FileNotFoundError": _NOWHERE,
    "PermissionDeniedError": "These credentials may not do that: give them the right to write and read there.",
    "UnauthenticatedError": "The credentials are not accepted: set GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY or"
    " what else the store takes, or give the machine an identity.",
    "GenericError": "It did not answer, or could not do it. If that goes on, check the address and the credentials.",
}


class ObjectStore:
    """Neither store says a checksum of what the library uploads in parts, so the object is read again and compared,
    unless the address has `compare=size`: reading costs its transfer once.

    Holds some parts in memory: two files, each with two parts under way and one being filled."""

    follows = False

    def __init__(self, target: Target, *, ceiling_kbps: int = CEILING_KBPS) -> None:
        """Raises ConfigurationError: parts too small for 24 hours at `ceiling_kbps`, or an endpoint in the clear."""
        self._target = target
        self._endpoint = checked_endpoint(target)
        self._part_bytes = checked_part_bytes(int(target.options.get("part_mib", PART_MIB)), ceiling_kbps, target.name)
        self._reads_again = target.options.get("compare") != "size"
        self._store: GCSStore | AzureStore | None = None
        self._gate = asyncio.Semaphore(_FILES_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store = None

    async def follow(self, growing: Growing, memory: Memory) -> None:
        """There is nothing to do before the file is finished."""

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        stamp = await asyncio.to_thread(stamp_of, finished.file)
        size, _ = stamp
        if size != finished.size or not size:
            raise DeliveryError(f"{finished.file.name} has {size} bytes instead of {finished.size}: it is not sent.")
        notes = self._notes(finished, memory)
        async with self._gate:
            await self._found(notes.key)  # while the store cannot be asked nothing need be read
            crc32 = await _summed(finished.file, stamp, notes)
            # An earlier attempt may have got all of it there without anybody hearing of it.
            problem = await self._problem(notes, size, crc32) if notes.sent else "It has not been sent."
            for _ in range(_TRIES):
                if not problem:
                    break
                notes.begin()
                headers = video_headers(finished.name, finished.recording.id)
                await self._send(notes, notes.key, finished.file, size, headers)
                problem = await self._problem(notes, size, crc32)
        if problem:
            raise DeliveryError(f"{self._words} has not what was sent, twice. {problem}")
        checksum = f"crc32:{crc32:08x}" if self._reads_again else ""
        found = notes.found
        assert found is not None, "compared"
        return Evidence(self._uri(notes.key), found.size, checksum, {"key": notes.key, **found.details})

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """Beside the file; those that have not changed since are not sent again."""
        notes = self._notes(finished, memory)
        for path in finished.companions:
            size = await asyncio.to_thread(size_of, path)
            checksum = f"{size}:{await asyncio.to_thread(crc32_of_span, path, 0, size):08x}"
            if size and notes.companions.get(path.name) != checksum:
                key = notes.key[: notes.key.rindex("/") + 1] + path.name
                async with self._gate:
                    await self._send(notes, key, path, size, companion_headers(path.name, finished.recording.id))
                notes.note_companion(path.name, checksum)

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        found = await self._found(evidence.details.get("key", ""))
        if found is None:
            return "The object is not there."
        if not found.size == evidence.size == finished.size:
            return f"The object has {found.size} bytes, the file {finished.size}."
        return "" if found == Found.of(evidence) else "The object is not the one that was sent: it was replaced."

    async def abandon(self, memory: Memory) -> None:
        """Nothing is begun before the file is finished."""

    def _notes(self, finished: Finished, memory: Memory) -> Notes:
        return Notes(memory, folder_key(self._target, finished.recording.id) + finished.name)

    async def _problem(self, notes: Notes, size: int, crc32: int) -> str:
        """Empty when the store has the file; then that is noted."""
        found = await self._found(notes.key)
        if found is None:
            return "The object is not there."
        if found.size != size:
            return f"The object has {found.size} bytes instead of {size}."
        if found == notes.found:
            return ""
        if self._reads_again and await self._crc32(notes, size) != crc32:
            return "The object's bytes are not those of the file."
        notes.confirm(found)
        return ""

    async def _found(self, key: str) -> Found | None:
        import obstore  # noqa: PLC0415 - 16 MB that only some services need

        try:
            head = await obstore.head_async(await self._opened(), key)
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._refused(error) from error
        return Found(head["size"], head["e_tag"] or "", head["version"] or "")

    async def _crc32(self, notes: Notes, size: int) -> int:
        """Of what is there, read in spans."""
        import obstore  # noqa: PLC0415

        store, crc32 = await self._opened(), 0
        for start in range(0, size, self._part_bytes):
            notes.show_life(time.monotonic())
            end = min(size, start + self._part_bytes)
            try:
                span = await obstore.get_range_async(store, notes.key, start=start, end=end)
            except Exception as error:
                raise self._refused(error) from error
            crc32 = await asyncio.to_thread(zlib.crc32, span, crc32)
        return crc32

    async def _send(self, notes: Notes, key: str, file: Path, size: int, headers: Headers) -> None:
        import obstore  # noqa: PLC0415

        attributes = {"Content-Type": headers.content_type, _METADATA[self._target.kind]: headers.recording}
        if headers.disposition:
            attributes["Content-Disposition"] = headers.disposition
        is_small = size <= self._part_bytes
        body: Any = (await asyncio.to_thread(read_piece, file, 0, size)).data if is_small else _spans(file, size, notes)
        try:
            await obstore.put_async(
                await self._opened(),
                key,
                body,
                attributes=attributes,
                use_multipart=not is_small,
                chunk_size=self._part_bytes,
                max_concurrency=_PARTS_AT_ONCE,
            )
        except DeliveryError:
            raise
        except Exception as error:
            raise self._refused(error) from error

    async def _opened(self) -> "GCSStore | AzureStore":
        if self._store is None:
            self._store = await asyncio.to_thread(self._open)
        return self._store

    def _open(self) -> "GCSStore | AzureStore":
        from obstore.store import AzureStore, GCSStore  # noqa: PLC0415

        options: Any = {
            "client_options": {
                "timeout": _REQUEST,
                "read_timeout": _SILENCE,
                "allow_http": self._endpoint.startswith("http://"),
            },
            "retry_config": {"max_retries": 30, "retry_timeout": _RETRY_FOR},
        }
        try:
            if self._target.kind is Kind.GCS:
                return GCSStore(self._target.place, config=self._named("base_url"), **options)
            account: Any = {"account_name": self._target.options["account"], **self._named("endpoint")}
            return AzureStore(self._target.place, config=account, **options)
        except Exception as error:
            raise self._refused(error) from error

    def _named(self, option: str) -> Any:
        return {option: self._endpoint} if self._endpoint else {}

    @property
    def _words(self) -> str:
        return f"The destination {self._target.name!r}"

    def _uri(self, key: str) -> str:
        return f"{_SCHEMES[self._target.kind]}://{self._target.place}/{key}"

    def _refused(self, error: Exception) -> DeliveryError:
        """Never repeats what the store or the library wrote: there may be a signature in it."""
        name = type(error).__name__
        said = _SENTENCES.get(name, f"It did not do what it was asked for ({name}).")
        return DeliveryError(f"{self._words}: {said}")


async def _summed(file: Path, stamp: tuple[int, int], notes: Notes) -> int:
    """The file's CRC-32, read once as long as nobody writes it. A thread is at it for a span only, so that whoever ends
    this does not wait for all of a long file."""
    known = notes.sum_of(stamp)
    if known is not None:
        return known
    size, crc32 = stamp[0], 0
    for offset in range(0, size, _SUMMED_AT_ONCE):
        notes.show_life(time.monotonic())
        crc32 = await asyncio.to_thread(crc32_of_span, file, offset, min(_SUMMED_AT_ONCE, size - offset), crc32)
    notes.note_sum(stamp, crc32)
    return crc32


async def _spans(file: Path, size: int, notes: Notes) -> AsyncIterator[bytes]:
    for offset in range(0, size, _STRIDE):
        notes.show_life(time.monotonic())
        yield (await asyncio.to_thread(read_piece, file, offset, min(_STRIDE, size - offset))).data
