"""`roomreel serve`: where it listens, what it refuses, how it ends."""

import asyncio
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, main
from bot.control.process import is_alive
from bot.control.status import Status
from bot.service.address import Note, http_url, is_loopback
from bot.service.serving import Leaving, keys_for, serve
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.service_api.running import PATIENCE_S, RunningService, started
from tests.service_core.running import configured

ANY = "0.0.0.0"  # noqa: S104 - what is to be refused


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), (ANY, False), ("::", False),
     ("192.168.1.1", False), ("meet.example", False), ("", False)],
)  # fmt: skip
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    """A name may lead anywhere, so it is not."""
    assert is_loopback(host) is loopback


def test_an_address_of_this_machine() -> None:
    """As a browser on it would write it."""
    assert http_url(ANY, 80) == "http://127.0.0.1:80"
    assert http_url("::", 80) == "http://[::1]:80"


@pytest.mark.parametrize("host", [ANY, "::", "meet.example"])
def test_a_public_address_without_a_key_is_refused(tmp_path: Path, host: str) -> None:
    """Exit code 2, a sentence that says what to set, and nothing was made."""
    result = CliRunner().invoke(main, ["serve", "--host", host, "--library", str(tmp_path / "library")])
    assert result.exit_code == 2
    assert "ROOMREEL_SERVICE_KEY" in result.stderr
    assert not (tmp_path / "library").exists()


def test_every_command_is_there() -> None:
    """Each in the table can be imported, and `--help` lists it without doing so."""
    for name, (_, about) in COMMANDS.items():
        command = main.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.name == name
        assert (name in CliRunner().invoke(main, ["--help"]).stdout) is bool(about)


@pytest.mark.parametrize(
    "words",
    [
        ["--role", "host"],
        ["--role", "service", "--room", "r1"],
        ["--role", "host", "--room", "r1", "--for", "25h"],
        ["--role", "host", "--room", "r1", "--for", "soon"],
        ["--role", "host", "--room", "a\nb"],
    ],
)
def test_tokens_that_would_not_be_read_are_not_made(tmp_path: Path, words: list[str]) -> None:
    """Exit code 2 and a sentence; without a library too."""
    assert CliRunner().invoke(main, ["token", *words, "--library", str(tmp_path)]).exit_code == 2
    result = CliRunner().invoke(main, ["token", *words], env={"ROOMREEL_SERVICE_KEY": "k" * 32})
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip().endswith(".")


@pytest.mark.long
async def test_one_library_one_service_and_its_note(tmp_path: Path) -> None:
    """A second service on the library is refused; the note says where the first is, and goes with it; SIGTERM ends it
    when nothing is recorded."""
    library = tmp_path / "library"
    async with started(library) as service:
        note = Note.read(library)
        assert note is not None
        assert (note.url, note.pid) == (service.url, service.process.pid)
        assert (library / "service.json").stat().st_mode & 0o777 == 0o600
        with pytest.raises(AssertionError, match=r"another|second|already"):
            await RunningService.start(library)
        port = service.url.rsplit(":", 1)[1]
        with pytest.raises(AssertionError, match="cannot listen"):
            await RunningService.start(tmp_path / "other", "--port", port)
        assert "#token=" in service.console
        assert (await service.ask("GET", "/v1/me", token=service.console.partition("#token=")[2])).json[
            "role"
        ] == "service"
        assert await asyncio.wait_for(service.stop(signal.SIGTERM), 20) == 0
    assert Note.read(library) is None


async def test_ctrl_c_says_nothing_of_bots_where_there_are_none(tmp_path: Path) -> None:
    """It ends at once, and says what was: nothing was being recorded."""
    configuration = configured(tmp_path / "library", service_port=0)
    ended = serve(configuration, keys_for(configuration), lambda _url: signal.raise_signal(signal.SIGINT))
    assert await asyncio.wait_for(ended, PATIENCE_S) is Leaving.IDLE


async def drain(service: RunningService) -> None:
    """SIGTERM, and it has heard it."""
    service.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        while (await service.ask("GET", "/readyz", token="")).status != 503:  # noqa: ASYNC110 - asks over HTTP
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_sigterm_waits_for_the_last_recording_and_a_second_one_does_not(tmp_path: Path) -> None:
    """While it drains nothing new begins and what runs goes on. A second SIGTERM ends it at once, and the bot goes on;
    the next start finds it, drains too, and ends by itself when that recording is over."""
    library = tmp_path / "library"
    plan = steady_plan([VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)])
    async with RehearsalRoom(plan) as room:
        told = {"id": "main", "url": room.url}
        async with started(library) as service:
            recording = (await service.ask("POST", "/v1/recordings", {"room": told})).json["id"]
            await service.state(recording, "recording")
            await drain(service)
            service.process.send_signal(signal.SIGTERM)
            out, _ = await asyncio.wait_for(service.process.communicate(), PATIENCE_S)
            assert (await service.process.wait(), b"go on" in out) == (0, True)
        status = Status.read(library / "recordings" / recording)
        assert status is not None
        assert is_alive(status.pid, status.pid_started)
        async with started(library) as service:
            await service.state(recording, "recording")
            await drain(service)
            refused = await service.ask("POST", "/v1/recordings", {"room": told | {"id": "other"}})
            assert (refused.status, "about to end" in refused.json["detail"]) == (503, True)
            assert (await service.state(recording, "recording"))["interruptions"] == 0
            assert service.process.returncode is None
            assert (await service.ask("POST", f"/v1/recordings/{recording}/stop")).status == 200
            out, _ = await asyncio.wait_for(service.process.communicate(), PATIENCE_S)
            assert (await service.process.wait(), b"All recordings are over." in out) == (0, True)
        assert len(list(library.glob("media/**/*.mp4"))) == 1
