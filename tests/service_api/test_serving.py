"""`roomreel serve`: where it listens, what it refuses, how it ends."""

import asyncio
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, main
from bot.service.address import Note, http_url, is_loopback
from tests.service_api.running import RunningService, started

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
