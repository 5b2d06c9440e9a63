"""A catalogue that is lost while somebody records, with a real bot in a real room."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.lifecycle import EndReason, State
from bot.service.recordings import CATALOGUE, Recordings
from bot.service.recovery.orphans import ENTERED
from signaling.rehearsal.room import RehearsalRoom
from tests.service_core.running import configured, entry, over, small_plan, until_recorded


def run(*words: str) -> tuple[int, str]:
    """Exit code and standard output of the command."""
    done = CliRunner().invoke(main, ["library", *words])
    return done.exit_code, done.stdout


@pytest.mark.long
async def test_a_recording_outlives_its_catalogue(tmp_path: Path) -> None:
    """The bot goes on, the next service finds it, and the file is published; a rebuilt catalogue says the same, and all
    is right."""
    library = tmp_path / "library"
    async with RehearsalRoom(small_plan()) as room:
        async with Recordings(configured(library)) as service:
            recording = await service.start(entry(room.url), by="ann")
            await until_recorded(service, recording.id, 0.5)
        for path in library.glob(f"{CATALOGUE}*"):
            path.unlink()
        async with Recordings(configured(library)) as service:
            found = service.get(recording.id)
            assert (found.state, found.started_by, found.problem) == (State.RECORDING, "ann", ENTERED)
            assert service.active("team") == found
            await until_recorded(service, recording.id, 1.5)
            await service.stop(recording.id)
            done = await over(service, recording.id)
            assert (done.state, done.end_reason, done.problem) == (State.AVAILABLE, EndReason.STOPPED, ENTERED)
            assert service.room("team") is not None
            await service.publisher.quiet()
    assert run("verify", "--library", str(library), "--deep")[0] == 0
    code, said = run("rebuild", "--library", str(library))
    assert code == 0, said
    assert said.splitlines()[0] == "1 recordings by the manifests in media."
    code, said = run("verify", "--library", str(library), "--json")
    assert (code, json.loads(said)["recordings"]) == (0, 1)
    async with Recordings(configured(library)) as service:
        again = service.get(recording.id)
        assert again.published_at is not None
        assert (again.path, again.size_bytes, again.owner) == (done.path, done.size_bytes, done.owner)
