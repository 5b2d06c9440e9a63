"""The manifest: all that the catalogue knows, no secret, and nothing believed that somebody scribbled into it."""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import bot.library.manifest
from bot.errors import BadManifest
from bot.library.catalogue.delivery import Evidence
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.manifest import DeliveryFacts, FileFacts, manifest_path, read_manifest, write_manifest
from bot.library.places import work_folder
from tests.manifest.stocked import SECRETS, opened


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Of one recording that is everywhere."""
    with opened(tmp_path / "library") as stocked:
        return manifest_path(stocked.file(stocked.add().id))


def test_all_that_is_known_comes_back(tmp_path: Path) -> None:
    """Recording, file, companions, rooms and deliveries, each as it was; of the room all but its secrets."""
    with opened(tmp_path / "library") as stocked:
        recording = stocked.add()
        found = read_manifest(manifest_path(stocked.file(recording.id)))
        room = stocked.ledger.rooms.get("team")
    assert room is not None
    assert found.recording == recording
    assert found.file == FileFacts(str(recording.file), recording.size_bytes or 0, recording.sha256)
    assert [one.name for one in found.companions] == list(recording.companions)
    assert found.room == replace(room, url="", token=None, webhook_url=None)
    assert [(one.name, one.evidence) for one in found.deliveries] == [
        (one.name, one.evidence) for one in recording.destinations
    ]


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    """Pin, token and webhook are in the order alone, which nobody else may read; not in either manifest."""
    with opened(tmp_path / "library") as stocked:
        recording = stocked.add()
        folder = work_folder(stocked.library, recording.id)
        texts = [manifest_path(stocked.file(recording.id)).read_text(), (folder / "manifest.json").read_text()]
        order = (folder / "order.json").read_text()
        assert (folder / "order.json").stat().st_mode & 0o777 == 0o600
    assert SECRETS[0] in order
    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def test_every_key_is_explained() -> None:
    """The page beside the module names each key that can be in a manifest."""
    page = Path(bot.library.manifest.__file__).with_name("README.md").read_text()
    named = set(re.findall(r"`(\w+)`", page))
    kept = {item.name for kind in (FileFacts, DeliveryFacts, Evidence) for item in fields(kind)}
    kept |= {item.name for item in fields(Recording) if item.compare}
    kept |= {item.name for item in fields(RoomEntry) if item.repr}
    assert kept - named == set()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_whoever_may_read_the_file_may_read_its_manifest(manifest: Path, mode: int) -> None:
    """No more and no fewer, whoever wrote the one before."""
    file = manifest.with_suffix(".mp4")
    file.chmod(mode)
    assert write_manifest(file, read_manifest(manifest)) == manifest
    assert manifest.stat().st_mode & 0o777 == mode
    assert [path.name for path in manifest.parent.iterdir() if path.name.startswith(".")] == []


def _without(*keys: str) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        for key in keys[:-1]:
            values = values[key]
        del values[keys[-1]]

    return change


def _with(value: Any, *keys: Any) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        for key in keys[:-1]:
            values = values[key]
        values[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (_with("other", "format"), "format"),
        (_with(2, "version"), "version"),
        (_with(1, "invented"), "invented"),
        (_without("companions"), "companions"),
        (_with({}, "deliveries"), "deliveries"),
        (_without("recording", "owner"), "owner"),
        (_with("secretly", "recording", "told"), "told"),
        (_with(7, "recording", "owner"), "owner"),
        (_with("soon", "recording", "asked_at"), "asked_at"),
        (_with("gone", "recording", "state"), "state"),
        (_with(True, "recording", "parts"), "parts"),
        (_with([["0", "x"]], "recording", "chapters"), "chapters"),
        (_with("../../etc", "recording", "id"), "id"),
        (_with(["../order.json"], "recording", "companions"), "companions"),
        (_with("../secret", "file", "name"), "name"),
        (_with("zz", "file", "sha256"), "sha256"),
        (_with(None, "companions", 0, "size_bytes"), "size_bytes"),
        (_with("sure", "deliveries", 0, "state"), "state"),
        (_with({"uri": 1}, "deliveries", 0, "evidence"), "'"),
        (_with([], "room"), "room"),
    ],
)
def test_what_is_none_is_refused_by_name(manifest: Path, change: Callable[[dict[str, Any]], None], names: str) -> None:
    """A sentence that says which file and which key, and repeats nothing that is in it."""
    values = json.loads(manifest.read_text())
    change(values)
    manifest.write_text(json.dumps(values))
    with pytest.raises(BadManifest) as error:
        read_manifest(manifest)
    said = str(error.value)
    assert str(manifest) in said
    assert names in said
    assert said.endswith(".")
    assert "etc" not in said.replace(str(manifest), "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * (5 << 20)])
def test_what_is_no_json_object_is_refused(manifest: Path, content: bytes) -> None:
    """However odd, however large."""
    manifest.write_bytes(content)
    with pytest.raises(BadManifest, match="is no manifest"):
        read_manifest(manifest)


def test_a_manifest_of_an_earlier_version_of_this_one_is_read(manifest: Path) -> None:
    """Keys with a usual value may be missing: they have been added since."""
    values = json.loads(manifest.read_text())
    before = read_manifest(manifest).recording
    for key in ("link_series", "held", "trashed_at", "given_up"):
        del values["recording"][key]
    manifest.write_text(json.dumps(values))
    assert read_manifest(manifest).recording == before
