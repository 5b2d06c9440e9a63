"""The sweep on real files, by the service and by `roomreel library clean`."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.configuration import Configuration
from bot.library.retention.rules import DAY_S, Deed, Rules
from bot.library.retention.sweep import rules_of
from bot.lifecycle import State
from bot.service.library_lock import LibraryLock
from bot.service.sweeper import Sweeper
from tests.manifest.stocked import BEGAN, Stocked, folder_of, opened

PUBLISHED_S = BEGAN.timestamp() + 90


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def cleaned(library: Path, monkeypatch: pytest.MonkeyPatch, *options: str, **settings: int) -> Result:
    """As from a command line with these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(f"ROOMREEL_{name.upper()}", str(value))
    return CliRunner().invoke(main, ["library", "clean", "--library", str(library), *options])


def sweeper_of(stocked: Stocked, *, days: float, **rules: float) -> Sweeper:
    """So many days after everything was published."""
    now_s = PUBLISHED_S + days * DAY_S
    return Sweeper(stocked.library, stocked.ledger, Rules(**rules), now_s=lambda: now_s)  # type: ignore[arg-type]


async def test_a_life_from_shelf_to_nothing(library: Path) -> None:
    """Kept, then in the trash, then gone: each at its time, and only once it is everywhere."""
    with opened(library) as stocked:
        recording, other = stocked.add(0), stocked.add(1)
        stocked.ledger.amend(other.id, lambda one: replace(one, published_at=None, state=State.UPLOADING))
        assert await sweeper_of(stocked, days=9, keep_s=10 * DAY_S).sweep() == []
        (step,) = await sweeper_of(stocked, days=11, keep_s=10 * DAY_S).sweep()
        assert (step.recording.id, step.deed) == (recording.id, Deed.TRASH)
        assert step.size_bytes > (recording.size_bytes or 0)
        assert stocked.ledger.get(recording.id).trashed_at == PUBLISHED_S + 11 * DAY_S
        assert await sweeper_of(stocked, days=40, keep_s=10 * DAY_S).sweep() == []
        (step,) = await sweeper_of(stocked, days=42, keep_s=10 * DAY_S).sweep()
        assert (step.recording.id, step.deed) == (recording.id, Deed.REMOVE)
        assert [row["id"] for row in stocked.everything()["recordings"]] == [other.id]
        assert [path for path in folder_of(library) if recording.id in path] == []
        assert stocked.file(other.id).is_file()


async def test_room_is_made_on_a_disk_that_is_short(library: Path) -> None:
    """More is to be held than there is: all that may go goes, over two sweeps."""
    with opened(library) as stocked:
        ids = {stocked.add(minute).id for minute in range(3)}
        rules = {"keep_free_bytes": 1 << 60}
        first = await sweeper_of(stocked, days=1, **rules).sweep()
        assert {(step.recording.id, step.deed) for step in first} == {(one, Deed.TRASH) for one in ids}
        assert await sweeper_of(stocked, days=1.01, **rules).sweep() == []
        second = await sweeper_of(stocked, days=1.05, **rules).sweep()
        assert {(step.recording.id, step.deed) for step in second} == {(one, Deed.REMOVE) for one in ids}


async def test_the_trash_is_put_right_at_the_start(library: Path) -> None:
    """What a crash left half moved; and the halves of manifests go when they are old."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        half = stocked.file(recording.id).with_name(".Rec - x.json.abc_1234")
        young = half.with_name(".Rec - y.json.abc_1234")
        for path in (half, young):
            path.write_bytes(b'{"form')
        os.utime(half, (PUBLISHED_S, PUBLISHED_S))
        os.utime(young, (PUBLISHED_S + 2 * DAY_S,) * 2)
        disposal = stocked.disposal()
        disposal.trash.prepare(replace(recording, trashed_at=PUBLISHED_S))
        stocked.ledger.amend(recording.id, lambda one: replace(one, trashed_at=PUBLISHED_S))
        sweeper = sweeper_of(stocked, days=2)
        async with sweeper:
            assert disposal.trash.is_complete(recording.id)
            assert not stocked.file(recording.id).exists()
        await sweeper.sweep()
        assert (half.exists(), young.exists()) == (False, True)


def test_a_dry_run_says_exactly_what_goes(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes nothing, also while a service runs; what is done then is the same, in the past tense."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        stocked.fail(1)
        lock = LibraryLock.take(library)
        before = folder_of(library)
        dry = cleaned(library, monkeypatch, "--dry-run", keep_days=1)
        refused = cleaned(library, monkeypatch, keep_days=1)
        assert {path: data for path, data in folder_of(library).items() if "sqlite" not in path} == {
            path: data for path, data in before.items() if "sqlite" not in path
        }
        lock.release()
    assert (refused.exit_code, "Another service has the library" in refused.stderr) == (2, True)
    assert dry.exit_code == 0, dry.output
    lines = dry.stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{recording.id} would go into the trash (")
    assert "kept for 1 day" in lines[1]
    done = cleaned(library, monkeypatch, keep_days=1)
    assert [line.replace("went into", "would go into") for line in done.stdout.splitlines()] == lines
    with opened(library) as stocked:
        assert stocked.ledger.get(recording.id).trashed_at is not None
    assert cleaned(library, monkeypatch, keep_days=1).stdout == "Nothing has to go.\n"
    gone = cleaned(library, monkeypatch, trash_days=0)
    assert gone.stdout.count("was removed") == 2
    with opened(library) as stocked:
        assert stocked.everything()["recordings"] == []


def test_settings_become_rules() -> None:
    """Days and megabytes as they are written; without any, nothing goes but what is thrown away by hand."""
    assert rules_of(Configuration()) == Rules(keep_s=0, keep_least_s=0, keep_free_bytes=0, trash_s=30 * DAY_S)
    made = rules_of(Configuration(keep_days=2, keep_least_days=1, keep_free_mb=3, trash_days=4))
    assert made == Rules(keep_s=2 * DAY_S, keep_least_s=DAY_S, keep_free_bytes=3_000_000, trash_s=4 * DAY_S)
