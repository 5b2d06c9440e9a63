"""One recording held against its files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from bot.errors import BadManifest
from bot.library.catalogue.delivery import Delivery, Kind
from bot.library.catalogue.recording import Recording
from bot.library.check import deep_check, quick_check
from bot.library.manifest import FileFacts, Manifest, facts, manifest_path, read_manifest
from bot.library.places import work_folder
from bot.library.verification.finding import Finding, Speaker, Trouble
from bot.lifecycle import State

_NS = 1_000_000_000
# What changes without the manifest being written again.
_NOT_KEPT = {"held", "link_series"}
_LASTING = tuple(item.name for item in fields(Recording) if item.compare and item.name not in _NOT_KEPT)


@dataclass(slots=True)
class Reader:
    """Reads whole files, and counts. `deep`: every picture and sound is decoded as well."""

    deep: bool = False
    bytes_read: int = 0

    def facts(self, path: Path) -> FileFacts:
        found = facts(path)
        self.bytes_read += found.size_bytes
        return found

    def playable(self, path: Path, duration_s: float | None) -> str:
        """Empty, or what is wrong."""
        if self.deep or duration_s is None:
            return deep_check(path)
        return quick_check(path, round(duration_s * _NS))


def check_finished(
    library: Path, recording: Recording, deliveries: Sequence[Delivery], reader: Reader, *, is_served: bool
) -> Iterator[Finding]:
    """One that is made and has a file. `is_served`: a service is at work on the library."""
    assert recording.path is not None
    file = library / recording.path
    say = Speaker(library, recording.id)
    yield from _delivered(recording, deliveries, say, is_served=is_served)
    if not file.is_file():
        yield say(Trouble.NO_FILE, "The finished file is gone.", file)
        return
    in_folder = any(one.kind is Kind.FOLDER and one.is_settled for one in deliveries)
    manifest: Manifest | None = None
    try:
        if manifest_path(file).exists():
            manifest = read_manifest(manifest_path(file))
        elif in_folder or not is_served:
            yield say(Trouble.NO_MANIFEST, "There is no manifest beside the file.", manifest_path(file))
    except BadManifest as error:
        yield say(Trouble.BAD_MANIFEST, str(error), manifest_path(file))
    yield from check_against(file, manifest, recording, reader, say)
    if manifest is not None:
        behind = any(one.kind is Kind.FOLDER and one.wanted > one.accompanied for one in deliveries)
        yield from _agreed(recording, manifest, file, say, behind=behind)
        yield from check_companions(work_folder(library, recording.id), manifest, reader, say)


def check_companions(folder: Path, manifest: Manifest, reader: Reader, say: Speaker) -> Iterator[Finding]:
    """In the folder where they are now."""
    for expected in manifest.companions:
        path = folder / expected.name
        try:
            found = reader.facts(path)
        except OSError as error:
            yield say(Trouble.COMPANION, f"{expected.name} cannot be read: {error.strerror or error}.", path)
            continue
        if found.size_bytes != expected.size_bytes:
            yield say(
                Trouble.COMPANION, f"{expected.name} has {found.size_bytes} bytes, not {expected.size_bytes}.", path
            )
        elif expected.sha256 not in {None, found.sha256}:
            yield say(Trouble.COMPANION, f"{expected.name} is not what it was: its SHA-256 is another.", path)


def _content(
    file: Path,
    expected: FileFacts,
    recording: Recording,
    reader: Reader,
    say: Speaker,
) -> Iterator[Finding]:
    """Size and checksum; and, where these do not say enough, whether it plays."""
    try:
        size = file.stat().st_size
        if size != expected.size_bytes:
            yield say(Trouble.SIZE, f"The file has {size} bytes, not {expected.size_bytes}.", file)
        elif expected.sha256 is not None and reader.facts(file).sha256 != expected.sha256:
            yield say(Trouble.CHECKSUM, "The file is not what it was: its SHA-256 is another.", file)
    except OSError as error:
        yield say(Trouble.NO_FILE, f"The file cannot be read: {error.strerror or error}.", file)
        return
    if problem := reader.playable(file, recording.duration_s):
        yield say(Trouble.NOT_PLAYABLE, problem, file)


def check_against(
    file: Path, manifest: Manifest | None, recording: Recording, reader: Reader, say: Speaker
) -> Iterator[Finding]:
    """What the manifest says of the file; where it says nothing, what the catalogue does."""
    known = manifest.file if manifest is not None else None
    if known is None:
        size = recording.size_bytes
        if size is None and file.is_file():
            size = file.stat().st_size
        known = FileFacts(file.name, size or 0, recording.sha256)
    yield from _content(file, known, recording, reader, say)


def _agreed(recording: Recording, manifest: Manifest, file: Path, say: Speaker, *, behind: bool) -> Iterator[Finding]:
    """`behind`: the publisher has noted that the manifest is to be written again."""
    odd = [name for name in _LASTING if getattr(recording, name) != getattr(manifest.recording, name)]
    if manifest.file is not None and manifest.file.name != file.name:
        odd.append("file.name")
    if manifest.file is not None and manifest.file.sha256 != recording.sha256:
        odd.append("file.sha256")
    if odd:
        names = ", ".join(odd)
        trouble = None if behind else Trouble.DISAGREEMENT
        yield say(trouble, f"Manifest and catalogue do not agree on {names}.", manifest_path(file))


def _delivered(
    recording: Recording, deliveries: Sequence[Delivery], say: Speaker, *, is_served: bool
) -> Iterator[Finding]:
    waiting = [one for one in deliveries if not one.is_settled]
    for one in waiting:
        why = f" {one.problem}" if one.problem else ""
        stale = recording.state is State.AVAILABLE or recording.published_at is not None
        if stale or not is_served:
            hint = "" if stale else " No service is running that could see to it."
            yield say(Trouble.DELIVERY, f"{one.name} has no copy of it: {one.state}.{why}{hint}")
        else:
            yield say(None, f"It is on its way to {one.name}: {one.state}.{why}")
    if recording.state is State.UPLOADING and not waiting and not is_served:
        yield say(Trouble.UNFINISHED, "It was not published yet, and no service is running. Start the service.")
