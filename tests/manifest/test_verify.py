"""`roomreel library verify`: silent about what is right, and it finds what is wrong."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.control.process import own
from bot.library.catalogue.delivery import Kind
from bot.library.catalogue.recording import Recording
from bot.library.manifest import manifest_path
from bot.library.places import work_folder
from bot.lifecycle import State
from bot.service.library_lock import LibraryLock
from bot.service.recordings import CATALOGUE
from tests.manifest.stocked import Stocked, folder_of, opened

NOW_S = 1_795_300_000.0


@dataclass
class Said:
    code: int
    wrong: list[dict[str, Any]]
    under_way: list[dict[str, Any]]
    values: dict[str, Any]

    @property
    def troubles(self) -> list[str]:
        return sorted({one["trouble"] for one in self.wrong})


def verified(library: Path, *options: str) -> Said:
    """As its caller sees it."""
    done = CliRunner().invoke(main, ["library", "verify", "--library", str(library), "--json", *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    values = json.loads(done.stdout)
    assert values["right"] is not bool(values["wrong"])
    assert done.exit_code == (1 if values["wrong"] else 0)
    return Said(done.exit_code, values["wrong"], values["under_way"], values)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


async def test_nothing_is_wrong_with_what_is_right(library: Path) -> None:
    """Published, failed without a file, in the trash: all is read again, and nothing is changed by that."""
    with opened(library) as stocked:
        one = stocked.add(0)
        stocked.fail(1)
        await stocked.disposal().throw(stocked.add(2).id, now_s=NOW_S)
    before = folder_of(library)
    for options in ((), ("--deep",)):
        said = verified(library, *options)
        assert (said.wrong, said.under_way, said.values["recordings"]) == ([], [], 3)
        assert said.values["bytes_read"] > 2 * (one.size_bytes or 0)
    assert {path: data for path, data in folder_of(library).items() if "sqlite" not in path} == {
        path: data for path, data in before.items() if "sqlite" not in path
    }


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


def _edit(path: Path, *keys: str, value: Any) -> None:
    values = inner = json.loads(path.read_text())
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(values))


Damage = Callable[[Stocked, Recording, Path, Path], object]

DAMAGES: dict[str, tuple[Damage, list[str]]] = {
    # The last one is in the box that players pass over: nothing but the checksum can see it.
    "a flipped byte": (lambda _s, _r, file, _f: _flip(file, -1), ["checksum"]),
    "a byte too many": (lambda _s, _r, file, _f: file.write_bytes(file.read_bytes() + b"\0"), ["size"]),
    "half of it": (lambda _s, _r, file, _f: os.truncate(file, file.stat().st_size // 2), ["not playable", "size"]),
    "no file": (lambda _s, _r, file, _f: file.unlink(), ["no file"]),
    "no manifest": (lambda _s, _r, file, _f: manifest_path(file).unlink(), ["no manifest"]),
    "a manifest of nonsense": (lambda _s, _r, file, _f: manifest_path(file).write_text("{}"), ["bad manifest"]),
    "another owner": (
        lambda _s, _r, file, _f: _edit(manifest_path(file), "recording", "owner", value="eve"),
        ["disagreement"],
    ),
    "another checksum": (
        lambda _s, _r, file, _f: _edit(manifest_path(file), "file", "sha256", value="0" * 64),
        ["checksum", "disagreement"],
    ),
    "a companion gone": (lambda _s, _r, _file, folder: (folder / "poster.jpg").unlink(), ["companion"]),
    "a companion damaged": (lambda _s, _r, _file, folder: _flip(folder / "events.json", 3), ["companion"]),
    "a companion cut": (lambda _s, _r, _file, folder: os.truncate(folder / "speakers.vtt", 2), ["companion"]),
    "an extra film": (lambda _s, _r, file, _f: (file.parent / "extra.mp4").write_bytes(b"film"), ["unknown"]),
    "an extra file": (lambda _s, _r, file, _f: (file.parent / "notes.txt").write_bytes(b"hello"), ["unknown"]),
    "an extra folder": (lambda _s, _r, _file, folder: (folder.parent / "20261122").mkdir(), ["unknown"]),
    "extra trash": (lambda stocked, _r, _file, _f: (stocked.library / "trash" / "x").mkdir(parents=True), ["unknown"]),
    "moved by hand": (
        lambda _s, _r, file, _f: (
            file.rename(file.with_name("b.mp4")),
            manifest_path(file).rename(file.with_name("b.json")),
        ),
        ["disagreement", "no file"],
    ),
    "a stale delivery": (
        lambda stocked, *_: stocked.ledger.deliveries.begin("20200101T000000Z-00000000", "archive", Kind.S3),
        ["delivery"],
    ),
    "forgotten by the catalogue": (
        lambda stocked, recording, *_: stocked.ledger.rows.forget(recording),
        ["delivery", "unknown"],
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found(library: Path, name: str) -> None:
    """By its kind, in a sentence; and no other recording is accused."""
    damage, expected = DAMAGES[name]
    with opened(library) as stocked:
        recording, other = stocked.add(0), stocked.add(1)
        damage(stocked, recording, stocked.file(recording.id), work_folder(library, recording.id))
    said = verified(library)
    assert said.troubles == expected
    assert all(one["sentence"].endswith(".") for one in said.wrong)
    assert other.id not in {one["recording"] for one in said.wrong}


def test_what_only_decoding_finds(library: Path) -> None:
    """Without a checksum a flipped byte in the middle of the pictures is seen by --deep."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        stocked.ledger.amend(recording.id, lambda one: replace(one, sha256=None))
        stocked.note(recording.id)
        stocked.database.rows("SELECT 1")
        for delivery in stocked.ledger.deliveries.of(recording.id):
            stocked.ledger.deliveries.accompanied(delivery)
        file = stocked.file(recording.id)
        content = bytearray(file.read_bytes())
        middle = content.index(b"mdat") + 6000
        content[middle : middle + 40] = b"\xff" * 40
        file.write_bytes(content)
    assert verified(library, "--deep").troubles == ["not playable"]


def test_being_written_is_not_wrong(library: Path) -> None:
    """A bot that lives is at it; one that died is not; and with a service it is the service's."""
    with opened(library) as stocked:
        recording = stocked.begin(0)
        status = stocked.say(recording, State.RECORDING)
        assert verified(library).troubles == ["unfinished"]
        pid, ticks = own()
        replace(status, pid=pid, pid_started=ticks).write(work_folder(library, recording.id))
        said = verified(library)
        assert (said.wrong, [one["recording"] for one in said.under_way]) == ([], [recording.id])
        status.write(work_folder(library, recording.id))
        lock = LibraryLock.take(library)
        try:
            assert verified(library).wrong == []
        finally:
            lock.release()


def test_on_its_way_is_not_wrong_while_somebody_carries_it(library: Path) -> None:
    """The same for what is to be published, and for a manifest that is yet to be written."""
    with opened(library) as stocked:
        recording = stocked.begin(0)
        status = stocked.make(recording)
        stocked.ledger.changed(recording, _made(stocked, recording, status.path or ""))
        assert verified(library).troubles == ["delivery", "no manifest"]
        lock = LibraryLock.take(library)
        try:
            said = verified(library)
            assert said.wrong == []
            assert len(said.under_way) == 2
        finally:
            lock.release()


def _made(stocked: Stocked, recording: Recording, path: str) -> Recording:
    file = Path(path)
    return replace(
        recording,
        state=State.UPLOADING,
        file=file.name,
        path=str(file.relative_to(stocked.library)),
        size_bytes=file.stat().st_size,
        duration_s=1.5,
    )


def test_parts_that_were_given_up_are_told_of(library: Path) -> None:
    """They are nobody's fault now, and not right either."""
    with opened(library) as stocked:
        recording = stocked.begin(0)
        after = replace(recording, state=State.FAILED, given_up=True, problem="The disk is broken.")
        stocked.ledger.changed(recording, after)
    said = verified(library)
    assert said.troubles == ["given up"]
    assert "The disk is broken." in said.wrong[0]["sentence"]


async def test_damage_in_the_trash_is_found(library: Path) -> None:
    """What may be brought back is to be as it was; and half a move is told of while nobody is there to complete it."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        await stocked.disposal().throw(recording.id, now_s=NOW_S)
    folder = library / "trash" / recording.id
    _flip(folder / "work" / "events.json", 3)
    _flip(next((folder / "file").glob("*.mp4")), -2)
    assert verified(library).troubles == ["checksum", "companion"]
    (folder / ".complete").unlink()
    assert verified(library).troubles == ["trash"]


async def test_a_file_that_vanished_from_the_trash_is_missed(library: Path) -> None:
    """Also where no manifest spoke of it, because an earlier version finished it."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        manifest_path(stocked.file(recording.id)).unlink()
        await stocked.disposal().throw(recording.id, now_s=NOW_S)
        assert verified(library).wrong == []
        (library / "trash" / recording.id / "file" / str(recording.file)).unlink()
    assert verified(library).troubles == ["no file"]


def test_for_people_it_is_a_table(library: Path) -> None:
    """A line a finding, then the sum; the exit code says the same."""
    with opened(library) as stocked:
        stocked.file(stocked.add(0).id).unlink()
        stocked.add(1)
    done = CliRunner().invoke(main, ["library", "verify", "--library", str(library)])
    assert done.exit_code == 1, done.output
    assert done.stdout.splitlines()[0].startswith("no file")
    assert done.stdout.splitlines()[-1].startswith("2 recordings")
    assert done.stdout.splitlines()[-1].endswith("Wrong: 1.")


@pytest.mark.parametrize("content", [None, b"not a database" * 100])
def test_without_a_catalogue_there_is_nothing_to_hold_it_against(library: Path, content: bytes | None) -> None:
    """Exit code 2, and what to do."""
    (library / "media").mkdir(parents=True)
    if content is not None:
        (library / CATALOGUE).write_bytes(content)
    done = CliRunner().invoke(main, ["library", "verify", "--library", str(library)])
    assert done.exit_code == 2
    assert "rebuild" in done.stderr
