"""The manifest: a JSON file beside each finished one, from which the catalogue's entry can be made anew.

Described, key by key, in README.md beside this module."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from bot.errors import BadManifest
from bot.library.catalogue.delivery import Delivery, DeliveryState, Evidence, Kind
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.digest import sha256_of
from bot.library.fitting import misfit
from bot.library.replacement import replace_file
from signaling.model import RoomKind

FORMAT = "roomreel manifest"
VERSION = 1
SUFFIX = ".json"
START_FILE = "manifest.json"  # in a recording's folder: what was known when it was asked for

_MOST_BYTES = 4 << 20
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_SECRETS = tuple(item.name for item in fields(RoomEntry) if item.repr)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """`name` is no path. `sha256` is hexadecimal; None: not worked out yet."""

    name: str
    size_bytes: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """One destination's copy; `evidence` and `confirmed_at` (unix seconds) once it has confirmed."""

    name: str
    kind: Kind
    state: DeliveryState
    evidence: Evidence | None = None
    confirmed_at: float | None = None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(delivery.name, delivery.kind, delivery.state, delivery.evidence, delivery.confirmed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`file` is None in one that was written when the recording was asked for. `room` and `parent` come back without
    URL, token and webhook: a manifest holds no secret."""

    recording: Recording
    file: FileFacts | None = None
    companions: tuple[FileFacts, ...] = ()
    room: RoomEntry | None = None
    parent: RoomEntry | None = None
    deliveries: tuple[DeliveryFacts, ...] = ()

    @classmethod
    def of(
        cls,
        recording: Recording,
        file: Path | None,
        folder: Path,
        *,
        room: RoomEntry | None = None,
        parent: RoomEntry | None = None,
        deliveries: Iterable[Delivery] = (),
    ) -> Self:
        """As it is on disk now. Reads the companions in `folder` whole, not the file. Raises OSError."""
        names = [name for name in recording.companions if (folder / name).is_file()]
        return cls(
            recording=recording,
            file=None if file is None else FileFacts(file.name, file.stat().st_size, recording.sha256),
            companions=tuple(facts(folder / name) for name in names),
            room=room,
            parent=parent,
            deliveries=tuple(map(DeliveryFacts.of, deliveries)),
        )

    def as_text(self) -> str:
        values = {
            "format": FORMAT,
            "version": VERSION,
            "recording": json.loads(self.recording.as_text()),
            "file": None if self.file is None else asdict(self.file),
            "companions": [asdict(one) for one in self.companions],
            "room": _public(self.room),
            "parent": _public(self.parent),
            "deliveries": [
                asdict(one) | {"evidence": None if one.evidence is None else asdict(one.evidence)}
                for one in self.deliveries
            ],
        }
        return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def facts(path: Path) -> FileFacts:
    """Reads all of it. Raises OSError."""
    sha256, size = sha256_of(path)
    return FileFacts(path.name, size, sha256)


def manifest_path(file: Path) -> Path:
    """Of a finished file: its name with another ending, in the same folder."""
    return file.with_suffix(SUFFIX)


def write_manifest(file: Path, manifest: Manifest) -> Path:
    """Beside `file`, with its permissions; replaced as a whole. Raises OSError."""
    path = manifest_path(file)
    replace_file(path, manifest.as_text().encode(), mode=file.stat().st_mode & 0o666)
    return path


def write_start(folder: Path, manifest: Manifest) -> None:
    """Into a recording's folder, mode 600, when it is asked for: whose it is outlives the catalogue, even when there is
    never a file. Raises OSError."""
    replace_file(folder / START_FILE, manifest.as_text().encode())


def read_manifest(path: Path) -> Manifest:
    """Raises BadManifest for what is none, or not one that this version can read: a sentence that names the path and
    the key, and repeats no value."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        values = json.loads(content) if len(content) <= _MOST_BYTES else None
    except OSError as error:
        raise BadManifest(f"The manifest {path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError):
        raise BadManifest(f"{path} is no manifest: it is not JSON.") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BadManifest(f"{path} is no manifest: its `format` is not {FORMAT!r}.")
    if values.get("version") != VERSION:
        raise BadManifest(f"The manifest {path} is not of version {VERSION}; a later roomreel wrote it. Use that one.")
    if wrong := _wrong(values):
        raise BadManifest(f"The manifest {path} cannot be used: {wrong}.")
    return Manifest(
        recording=Recording.from_text(json.dumps(values["recording"])),
        file=None if values["file"] is None else FileFacts(**values["file"]),
        companions=tuple(FileFacts(**one) for one in values["companions"]),
        room=_room(values["room"]),
        parent=_room(values["parent"]),
        deliveries=tuple(_delivery(one) for one in values["deliveries"]),
    )


_KEYS = {"format", "version", "recording", "file", "companions", "room", "parent", "deliveries"}


def _wrong(values: Mapping[str, Any]) -> str:
    """Empty when nothing is."""
    if odd := sorted(set(values) ^ _KEYS):
        return f"{odd[0]!r} is {'missing' if odd[0] in _KEYS else 'not known'}"
    lists = ("companions", "deliveries")
    if odd := [key for key in lists if not isinstance(values[key], list)]:
        return f"{odd[0]!r} is no list"
    secrets = frozenset({"url"})
    checks = [
        ("recording", misfit(Recording, values["recording"])),
        ("file", "" if values["file"] is None else _wrong_file(values["file"])),
        *(("companions", _wrong_file(one)) for one in values["companions"]),
        *(
            (key, "" if values[key] is None else misfit(RoomEntry, values[key], optional=secrets))
            for key in ("room", "parent")
        ),
        *(("deliveries", _wrong_delivery(one)) for one in values["deliveries"]),
    ]
    if found := next((f"in {key!r} {wrong}" for key, wrong in checks if wrong), ""):
        return found
    if not all(map(_is_name, values["recording"].get("companions", ()))):
        return "in 'recording' one of 'companions' is no file's name"
    return "" if _ID.fullmatch(values["recording"]["id"]) else "in 'recording' 'id' is none"


def _wrong_file(values: Any) -> str:
    if wrong := misfit(FileFacts, values):
        return wrong
    if not _is_name(values["name"]):
        return "'name' is no file's name"
    fits = values.get("sha256") is None or _SHA256.fullmatch(values["sha256"])
    return "" if fits else "'sha256' is none"


def _is_name(name: str) -> bool:
    return name == Path(name).name and name not in {"", ".."} and "\0" not in name


def _wrong_delivery(values: Any) -> str:
    if not isinstance(values, dict) or values.get("evidence") is None:
        return misfit(DeliveryFacts, values)
    return misfit(DeliveryFacts, values | {"evidence": None}) or misfit(Evidence, values["evidence"])


def _public(room: RoomEntry | None) -> dict[str, Any] | None:
    return None if room is None else {name: getattr(room, name) for name in _NO_SECRETS}


def _room(values: Mapping[str, Any] | None) -> RoomEntry | None:
    if values is None:
        return None
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return RoomEntry(**({"url": ""} | dict(values) | lists | {"kind": RoomKind(values["kind"])}))


def _delivery(values: Mapping[str, Any]) -> DeliveryFacts:
    kinds = {"kind": Kind(values["kind"]), "state": DeliveryState(values["state"])}
    evidence = values.get("evidence")
    return DeliveryFacts(**{**values, **kinds, "evidence": None if evidence is None else Evidence(**evidence)})
