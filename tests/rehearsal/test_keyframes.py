"""Keyframes out of turn: soon, real, and without a gap in the frame numbers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from signaling.rehearsal import cache
from signaling.rehearsal.camera import Camera
from signaling.rehearsal.clip import Picture, PictureRequest
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.marks import find_marks
from signaling.rehearsal.studio import Studio

DECODERS = {VideoCodec.VP8: "vp8", VideoCodec.VP9: "vp9", VideoCodec.H264: "h264", VideoCodec.AV1: "libdav1d"}


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with Studio(tmp_path) as studio:
        yield studio


async def _play(camera: Camera, first: int, last: int, ask_at: set[int]) -> list[tuple[int, Picture]]:
    """As fast as a tenth of real time or slower: encoders on a busy machine need a moment."""
    played: list[tuple[int, Picture]] = []
    for number in range(first, last):
        if number in ask_at:
            camera.ask_keyframe()
        played += camera.until(number)
        await asyncio.sleep(0.02)
    return played


@pytest.mark.parametrize("asked", [{303}, {303, 312, 315}], ids=["once", "again and again"])
@pytest.mark.parametrize("codec", list(VideoCodec))
async def test_a_keyframe_is_made_when_asked_for(codec: VideoCodec, asked: set[int], studio: Studio) -> None:
    """After a request the pictures turn to a new keyframe, decode from it on, and no number is missing or twice."""
    request = PictureRequest(6, False, VideoEncoding(codec, 320, 180, 15, 150))
    await studio.prepare([request])
    camera = Camera(request, studio)
    played = await _play(camera, 300, 345, ask_at=asked)
    assert [number for number, _ in played] == list(range(300, 345))
    start = next(index for index, (number, picture) in enumerate(played) if picture.keyframe and number > 303)
    assert played[start][0] < 330
    decoder = cast("av.VideoCodecContext", av.CodecContext.create(DECODERS[codec], "r"))
    packets = [*(av.Packet(picture.data) for _, picture in played[start:]), None]
    marks = [find_marks(np.asarray(one.to_ndarray()[:180]))[0] for packet in packets for one in decoder.decode(packet)]
    assert [mark.number for (mark,) in marks] == [number % 120 for number, _ in played[start:]]


async def test_the_natural_keyframe_is_soon_enough(studio: Studio) -> None:
    """Just before the loop's own keyframe nothing is encoded."""
    request = PictureRequest(6, False, VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150))
    await studio.prepare([request])
    camera = Camera(request, studio)
    await _play(camera, 329, 335, ask_at={330})
    assert camera.keyframes_made == 0


async def test_clips_are_kept_on_disk(tmp_path: Path) -> None:
    """A second studio reads what the first one encoded; a damaged file is encoded again."""
    request = PictureRequest(6, False, VideoEncoding(VideoCodec.VP8, 160, 90, 5, 50))
    async with Studio(tmp_path) as first:
        await first.prepare([request])
        pictures = list(first.pictures(request))
    (file,) = tmp_path.iterdir()
    written = file.read_bytes()
    file.write_bytes(written[:-3] + b"xyz")
    async with Studio(tmp_path) as second:
        await second.prepare([request])
        assert list(second.pictures(request)) == pictures
    assert file.read_bytes() == written


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    """What was used longest ago is deleted first."""
    for name in ("a", "b", "c"):
        cache.store(tmp_path, name, [(bytes(1_000), True)], limit=2_500)
    assert cache.load(tmp_path, "c") == [(bytes(1_000), True)]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """The clip is only not kept."""
    (tmp_path / "file").write_text("not a folder")
    cache.store(tmp_path / "file", "a", [(b"x", True)])
    assert cache.load(tmp_path / "file", "a") is None
