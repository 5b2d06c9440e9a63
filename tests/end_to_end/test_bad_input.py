"""Whatever is wrong: a sentence, the right exit code, no traceback, no file left that holds nothing."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.end_to_end.bot_process import BotProcess, record

CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)
TOKEN = "the-token-of-this-room"


@pytest.fixture
async def room() -> AsyncIterator[RehearsalRoom]:
    async with RehearsalRoom(steady_plan([CAMERA]), RehearsalSettings(token=TOKEN)) as opened:
        yield opened


async def refused(url: str, output: Path, *options: str) -> tuple[int, str]:
    """Exit code and what was said; nothing may be left in the output folder."""
    bot = await BotProcess.start(url, output, *options)
    code = await bot.wait()
    assert "Traceback" not in bot.errors, bot.errors
    assert bot.lines == []
    assert not output.is_dir() or list(output.iterdir()) == []
    return code, bot.errors


async def test_nobody_answers(tmp_path: Path) -> None:
    """A port that nobody listens on: could not join."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    code, said = await refused(f"roomreel+ws://127.0.0.1:{port}/rooms/a", tmp_path)
    assert code == 3
    assert "127.0.0.1" in said


async def test_wrong_token_is_not_repeated(room: RehearsalRoom, tmp_path: Path) -> None:
    """A wrong token is refused, and shows up in no message."""
    code, said = await refused(room.url, tmp_path, "--token", "hunter2")
    assert code == 3
    assert "token" in said
    assert "hunter2" not in said


async def test_room_that_does_not_exist(room: RehearsalRoom, tmp_path: Path) -> None:
    """A room the server does not know."""
    code, said = await refused(room.url.replace("rehearsal", "elsewhere"), tmp_path, "--token", TOKEN)
    assert code == 3
    assert "no room" in said.lower() or "no such room" in said.lower()


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("http://example.org/room", (), "kind that is not known"),
        ("roomreel+ws://host/elsewhere", (), "/rooms/ROOM"),
        ("roomreel+ws://host/rooms/a", ("--layout", "pile"), "pile"),
        ("roomreel+ws://host/rooms/a", ("--max-duration", "soon"), "no duration"),
        ("roomreel+ws://host/rooms/a", ("--max-duration", "25h"), "max_duration_s"),
        ("roomreel+ws://host/rooms/a", ("--config", "/nowhere.toml"), "no configuration file"),
    ],
)
async def test_usage(url: str, options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """A wrong URL or option: exit code 2 before anything is started."""
    code, text = await refused(url, tmp_path, *options)
    assert code == 2
    assert said in text


async def test_folder_that_cannot_be_written(room: RehearsalRoom, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").write_text("in the way")
    bot = await BotProcess.start(room.url, tmp_path / "file", "--token", TOKEN)
    assert await bot.wait() == 2
    assert "cannot be written" in bot.errors
    assert "Traceback" not in bot.errors


async def misbehave(answers: list[str | bytes], output: Path) -> tuple[int, str]:
    """What the bot makes of a server that sends these."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=("roomreel.v1",))
        await ws.prepare(request)
        await ws.receive()
        for answer in answers:
            await (ws.send_bytes(answer) if isinstance(answer, bytes) else ws.send_str(answer))
        await asyncio.sleep(2)
        return ws

    app = web.Application()
    app.router.add_get("/rooms/a", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        return await refused(f"roomreel+ws://127.0.0.1:{port}/rooms/a", output)
    finally:
        await runner.cleanup()


@pytest.mark.long
@pytest.mark.parametrize(
    "answer",
    [
        "not json",
        "[]",
        '{"type":"joined"}',
        '{"type":"surprise"}',
        b"\x00\xff",
        '{"a":' * 3000,
        "[" * 100_000,
        "9" * 5000,
    ],
)
async def test_server_that_breaks_the_protocol(answer: str | bytes, tmp_path: Path) -> None:
    """The first answer makes no sense: could not join, and what was wrong with it."""
    code, said = await misbehave([answer], tmp_path)
    assert code == 3, said
    assert len(said) < 2000


@pytest.mark.long
async def test_title_of_any_kind(room: RehearsalRoom, tmp_path: Path) -> None:
    """Slashes, emoji, control characters and 400 characters: a file in the folder asked for, with a name of use."""
    title = "../../etc/passwd: a\x00b\n 🎓👩‍🏫 <Größe> " + "長い" * 200
    bot = await BotProcess.start(
        room.url, tmp_path, "--token", TOKEN, "--title", title.replace("\x00", ""), "--max-duration", "2s"
    )
    assert await bot.wait() == 0, bot.errors
    assert bot.path.parent == tmp_path
    assert bot.path.exists()
    assert bot.path.name.startswith("Rec - ")
    assert len(os.fsencode(bot.path.name)) <= 255
    assert "🎓" in bot.path.name


@pytest.mark.long
async def test_two_recordings_of_one_title(room: RehearsalRoom, tmp_path: Path) -> None:
    """Two bots at the same moment with the same title leave two files."""
    options = ("--token", TOKEN, "--title", "Same", "--max-duration", "2s")
    first, second = await asyncio.gather(record(room.url, tmp_path, *options), record(room.url, tmp_path, *options))
    assert first.path != second.path
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".mp4", ".mp4"]
