"""What lies in a library, whatever its catalogue says."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.errors import BadManifest
from bot.library.manifest import FORMAT, SUFFIX, FileFacts, Manifest, facts, manifest_path, read_manifest
from bot.library.names import SUFFIX as FILM_SUFFIX
from bot.library.places import MEDIA, RECORDINGS
from bot.library.retention.trash import TRASH

_HEAD_BYTES = 64  # `format` comes first


@dataclass(frozen=True, slots=True)
class Shelved:
    """A manifest in the media, where it is now, and the file that it speaks of; None: that is nowhere."""

    manifest: Manifest
    path: Path
    file: Path | None

    @property
    def expected_file(self) -> Path:
        return self.file or self.path.with_suffix(FILM_SUFFIX)


@dataclass(slots=True)
class Survey:
    """`problems`: of files that could be manifests, a sentence each. `others`: files in the media that no manifest
    speaks of."""

    shelved: dict[str, Shelved] = field(default_factory=dict)  # by the recording's id
    problems: dict[Path, str] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)


def survey(library: Path, *, known: Iterable[Path] = ()) -> Survey:
    """Reads all manifests but the `known` ones, whose files it passes over too; and no file, unless one was renamed
    without its manifest: then those of its size. Hidden files are nobody's. Raises OSError."""
    found = Survey()
    films: dict[Path, None] = {}
    known = set(known)
    manifests: list[tuple[Path, Manifest]] = []
    for path in _files(library / MEDIA):
        if path in known or (path.suffix == FILM_SUFFIX and manifest_path(path) in known):
            continue
        if path.suffix == FILM_SUFFIX:
            films[path] = None
        elif not (path.suffix == SUFFIX and is_ours(path)):
            found.others.append(path)
        else:
            try:
                manifests.append((path, read_manifest(path)))
            except BadManifest as error:
                found.problems[path] = str(error)
    _match(found, manifests, films)
    found.others += films
    return found


def folders(library: Path) -> list[str]:
    """Ids of recordings that have, or had, a folder to grow in."""
    return _names(library / RECORDINGS)


def trashed(library: Path) -> list[str]:
    return _names(library / TRASH)


def is_ours(path: Path) -> bool:
    """Meant to be a manifest, well or not."""
    try:
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return True  # reading it says why not


def _match(found: Survey, manifests: list[tuple[Path, Manifest]], films: dict[Path, None]) -> None:
    """First by name, then by what the manifest says of the name, then by what is inside."""
    ways: tuple[Callable[[Path, Manifest], Path | None], ...] = (
        lambda path, _: path.with_suffix(FILM_SUFFIX),
        lambda path, manifest: path.parent / manifest.file.name if manifest.file is not None else None,
        lambda path, manifest: _same(path.parent, manifest.file, films),
    )
    left = manifests
    for way in ways:
        unmatched = []
        for path, manifest in left:
            file = way(path, manifest)
            if file in films and manifest.recording.id not in found.shelved:
                del films[file]
                found.shelved[manifest.recording.id] = Shelved(manifest, path, file)
            else:
                unmatched.append((path, manifest))
        left = unmatched
    for path, manifest in left:
        if manifest.recording.id in found.shelved:
            other = found.shelved[manifest.recording.id].path
            found.problems[path] = f"{path} is about the same recording as {other}; remove one of the two."
        else:
            found.shelved[manifest.recording.id] = Shelved(manifest, path, None)


def _same(folder: Path, wanted: FileFacts | None, films: Collection[Path]) -> Path | None:
    """Without a checksum the size alone must do, and only in the manifest's own folder."""
    if wanted is None:
        return None
    sized = [path for path in films if _size(path) == wanted.size_bytes]
    if wanted.sha256 is not None:
        return next((path for path in sized if facts(path).sha256 == wanted.sha256), None)
    beside = [path for path in sized if path.parent == folder]
    return beside[0] if len(beside) == 1 else None


def _files(folder: Path) -> Iterator[Path]:
    for where, names, files in os.walk(folder):
        names.sort()
        yield from (Path(where, name) for name in sorted(files) if not name.startswith("."))


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def moved(shelved: Shelved, library: Path) -> Manifest:
    """What the manifest says, with the file's name and place as they are now."""
    file, recording = shelved.expected_file, shelved.manifest.recording
    here = replace(recording, file=file.name, path=str(file.relative_to(library)), trashed_at=None)
    known = shelved.manifest.file
    return replace(shelved.manifest, recording=here, file=None if known is None else replace(known, name=file.name))
