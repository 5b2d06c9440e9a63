"""The library's own folder, which every recording goes to first: permissions, and the manifest beside the file."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import DeliveryError
from bot.library.destinations.destination import Evidence, Finished, Growing, Memory
from bot.library.destinations.modes import Modes
from bot.library.manifest import Manifest, write_manifest
from bot.library.places import MEDIA


class LibraryFolder:
    """The bot has put the file where it stays: nothing is copied."""

    follows = False

    def __init__(self, library: Path, modes: Modes) -> None:
        self._library = library
        self._media = library / MEDIA
        self._modes = modes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def follow(self, growing: Growing, memory: Memory) -> None:
        """It grows here."""

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        """Raises DeliveryError."""
        await asyncio.to_thread(self._put_in_order, finished)
        checksum = f"sha256:{finished.sha256}" if finished.sha256 else ""
        return Evidence(str(finished.file.relative_to(self._library)), finished.size, checksum)

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """Raises DeliveryError."""
        await asyncio.to_thread(self._put_in_order, finished)

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        """By its size; its checksum is for whoever reads all of it."""
        size = finished.file.stat().st_size if finished.file.is_file() else None
        if size is None:
            return f"{evidence.uri} is gone."
        return "" if size == evidence.size else f"{evidence.uri} has {size} bytes instead of {evidence.size}."

    async def abandon(self, memory: Memory) -> None:
        """There is nothing of it."""

    def _put_in_order(self, finished: Finished) -> None:
        recording = finished.recording
        try:
            in_media = self._media in finished.file.parents
            if in_media:  # what was left where it grew stays the service's alone
                self._modes.apply(finished.file, self._media)
            manifest = Manifest.of(
                recording,
                finished.file,
                finished.folder_path,
                room=finished.room,
                parent=finished.parent,
                deliveries=recording.destinations,
            )
            path = write_manifest(finished.file, manifest)
            if in_media:
                self._modes.apply(path, self._media)
        except OSError as error:
            what = self._shown(Path(os.fsdecode(error.filename or finished.file)))
            raise DeliveryError(
                f"{what} could not be put in order: {error.strerror or type(error).__name__}."
            ) from error

    def _shown(self, path: Path) -> Path | str:
        """Where the library lies on this machine is nobody's business."""
        return path.relative_to(self._library) if path.is_relative_to(self._library) else path.name
