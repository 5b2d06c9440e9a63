"""The whole way: real browsers in a real Janus, the bot as its users start it, and what is in the MP4."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.end_to_end.bot_process import BotProcess
from tests.janus.browser import Studio
from tests.janus.cast import ANNA, BEN, CLEO, LATE, STAGE, enter
from tests.janus.gateway import PIN, Gateway
from tests.janus.reading import Patch, read_pictures, read_tones

pytestmark = [pytest.mark.long, pytest.mark.needs("janus", "chromium", "ip")]

CAST = (ANNA, BEN, CLEO, STAGE, LATE)
NAMES = {role.name for role in CAST}
FIRST = {"Anna", "Ben", "Cleo"}
# Four browsers, their SFU and the bot share two cores: what 1080p would take more is left to the browsers' voices.
SMALLER = {"ROOMREEL_WIDTH": "1280", "ROOMREEL_HEIGHT": "720"}
PATIENCE_S = 90.0  # for 20 s of recording on a busy machine

# Of those moments in which somebody must be seen or heard: a keyframe may be late, Chromium may pause on two cores.
MOST = 0.8
LARGE = 0.4  # of the picture; beside a strip of cameras the stage has about 0.6


async def record_with_a_guest(studio: Studio, gateway: Gateway, output: Path) -> BotProcess:
    """Four publishers from the start; a fifth joins 5 s into the file and crashes 5 s later; 20 s in all."""
    await studio.open("one")
    await studio.open("two")
    for role in (ANNA, BEN, CLEO, STAGE):
        await enter(studio, "one", role, gateway, 1001)
    url = f"janus+{gateway.url}/1001"
    bot = await BotProcess.start(url, output, "--max-duration", "20s", **SMALLER)
    await begun(bot, output)
    await asyncio.sleep(5)
    await enter(studio, "two", LATE, gateway, 1001)
    await asyncio.sleep(5)
    studio.crash("two")
    code = await bot.wait(PATIENCE_S)
    assert code == 0, bot.errors
    return bot


async def begun(bot: BotProcess, output: Path) -> None:
    """Until the bot writes: it cannot be seen from the room."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(path.stat().st_size > 0 for path in output.rglob("*.mp4")):
        if bot.process.returncode is not None or time.monotonic() > deadline:
            if bot.process.returncode is None:
                bot.process.terminate()
            await bot.wait()
            raise AssertionError(f"the bot writes nothing: {bot.errors}")
        await asyncio.sleep(0.05)


def share(moments: dict[float, bool]) -> float:
    return sum(moments.values()) / max(1, len(moments))


def assert_places(patches: dict[str, Patch]) -> None:
    """The cameras are small, of one size, far smaller than the stage, and nobody covers another."""
    stage = patches["Dora"]
    cameras = [patch for name, patch in patches.items() if name != "Dora"]
    for camera in cameras:
        assert stage.area > 2 * camera.area, (camera, stage)
        assert 0.005 < camera.area < 0.2, camera
        assert camera.area > 0.7 * max(other.area for other in cameras)
        assert not camera.overlaps(stage), (camera, stage)
        assert not any(camera.overlaps(other) for other in cameras if other is not camera)


@pytest.mark.alone
async def test_everybody_is_in_the_recording(studio: Studio, gateway: Gateway, tmp_path: Path) -> None:
    """Stage large, cameras in the strip, each voice in the sound; the guest while there; nobody heard of the bot."""
    output = tmp_path / "recordings"
    bot = await record_with_a_guest(studio, gateway, output)
    assert bot.path.parent == output or output in bot.path.parents
    pictures = read_pictures(bot.path, CAST)
    tones = read_tones(bot.path, CAST)
    end = max(pictures)
    assert 15 < end < 25

    settled = {time: set(who) >= {*FIRST, "Dora"} for time, who in pictures.items() if time > 3.0}
    assert share(settled) >= MOST, pictures
    heard = {time: who >= FIRST for time, who in tones.items() if 3.0 < time < end - 1.0}
    assert share(heard) >= MOST, tones
    for moment, patches in pictures.items():
        if settled.get(moment):
            assert_places(patches)
    # A stage that Chromium began small is shown small at first: it is not enlarged to a blur.
    large = {time: who["Dora"].area > LARGE for time, who in pictures.items() if settled.get(time)}
    assert share(large) >= MOST / 2, pictures

    guest_seen = [time for time, who in pictures.items() if "Emil" in who]
    guest_heard = [time for time, who in tones.items() if "Emil" in who]
    assert guest_seen
    assert guest_heard
    assert min(guest_seen) > 3.0
    assert max(guest_seen) - min(guest_seen) > 2.0
    assert max(guest_heard) < end - 2.0
    assert max(guest_seen) < end - 0.5

    for role in CAST:
        told = json.dumps([report for report in studio.reports if report["name"] == role.name])
        assert set(_names(told)) <= NAMES
        assert "roomreel" not in told


async def test_a_room_behind_a_pin(studio: Studio, gateway: Gateway, tmp_path: Path) -> None:
    """The pin of the address opens the room, and is in nothing that the bot writes."""
    await studio.open("one")
    await enter(studio, "one", ANNA, gateway, 1002, pin=PIN)
    url = f"janus+{gateway.url}/1002?pin={PIN}"
    bot = await BotProcess.start(url, tmp_path, "--max-duration", "5s", "--log-level", "debug")
    assert await bot.wait(PATIENCE_S) == 0, bot.errors
    tones = read_tones(bot.path, CAST)
    assert any(who == {"Anna"} for who in tones.values())
    assert PIN not in bot.errors
    assert PIN not in "\n".join(bot.lines)


@pytest.mark.parametrize(("room", "words"), [("1002?pin=wrong-7", "pin"), ("4711", "no room 4711")])
async def test_refusals_end_with_three(
    studio: Studio, gateway: Gateway, tmp_path: Path, *, room: str, words: str
) -> None:
    """Could not join: exit code 3, one sentence, no traceback, and no pin in it."""
    bot = await BotProcess.start(f"janus+{gateway.url}/{room}", tmp_path)
    assert await bot.wait(PATIENCE_S) == 3
    assert words in bot.errors
    assert "Traceback" not in bot.errors
    assert "wrong-7" not in bot.errors


def _names(told: str) -> list[str]:
    """Every display name in a text of JSON."""
    return [part.split('"')[0] for part in told.split('"display": "')[1:]]
