"""Single samples are found where, and for when, FFmpeg says."""

import subprocess
from pathlib import Path

import av
import pytest

from bot.library.check import quick_check
from mixer.errors import UnreadableFile
from mixer.mp4.box import boxes
from mixer.mp4.finish import finish
from mixer.mp4.lookup import Lookup
from mixer.mp4.moov import read_moov
from mixer.mp4.opened import OpenedFile
from mixer.mp4.track import PICTURE, SOUND
from mixer.output.output import Output
from tests.output.known_media import SMALL, picture, sound, write

SECOND = 1_000_000_000
TINY_NS = 50_000  # FFmpeg's time bases are coarser than ours


def lookups(path: Path) -> dict[bytes, Lookup]:
    """Of any MP4 with tables."""
    data = path.read_bytes()
    moov = read_moov(next(box for box in boxes(data) if box.kind == b"moov").within(data))
    found = {}
    for track in moov.tracks:
        late_ns = moov.late[track.id] * SECOND // moov.timescale
        found[track.handler] = Lookup(track, moov.tables[track.id], late_ns, len(data))
    return found


def agrees(path: Path) -> None:
    found = lookups(path)
    with av.open(str(path)) as container:
        for handler, track in ((PICTURE, container.streams.video[0]), (SOUND, container.streams.audio[0])):
            lookup = found[handler]
            assert track.time_base is not None
            container.seek(0)
            packets = [packet for packet in container.demux(track) if packet.size]
            primed = lookup.count - len(packets)  # blocks of sound that only prepare the decoder are passed over
            assert 0 <= primed <= 2 * (handler == SOUND)
            for number, packet in enumerate(packets, start=primed):
                assert (packet.pos, packet.size) == lookup.place(number)
                assert packet.pts is not None
                assert abs(round(packet.pts * track.time_base * SECOND) - lookup.shown_ns(number)) < TINY_NS
                assert packet.is_keyframe == (lookup.keyframe_up_to(number) == number)


def test_in_a_plain_recording(tmp_path: Path) -> None:
    """Every sample of four seconds, and whose group it is in."""
    path = tmp_path / "a.mp4"
    finish(path, write(path, 120).index)
    agrees(path)
    lookup = lookups(path)[PICTURE]
    keyframes = [number for number in range(120) if lookup.keyframe_up_to(number) == number]
    assert [lookup.group_end(number) for number in keyframes] == [*keyframes[1:], 120]
    assert [lookup.number_at(tick * SECOND // 30 + 1000) for tick in range(120)] == list(range(120))
    assert (lookup.number_at(-SECOND), lookup.number_at(99 * SECOND)) == (0, 119)
    assert lookup.end_ns == 4 * SECOND


def test_in_one_with_gaps_and_late_sound(tmp_path: Path) -> None:
    """Pictures that last for seconds, and a track that does not begin at 0."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(150):
        if tick > 40:
            output.sound(sound(tick))
        if not 60 <= tick < 110:
            output.picture(picture(tick), tick)
    output.close()
    finish(path)
    agrees(path)
    lookup = lookups(path)[PICTURE]
    assert lookup.number_at(3 * SECOND) == 59
    assert lookup.shown_ns(60) == 110 * SECOND // 30


@pytest.mark.needs("ffprobe")
def test_in_other_peoples_files(tmp_path: Path) -> None:
    """Pictures that are decoded before they are shown, chunks of many samples."""
    path = tmp_path / "a.mp4"
    tone = ["-f", "lavfi", "-i", "sine=frequency=1000:duration=4"]
    look = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=4"]
    coded = ["-c:v", "libx264", "-bf", "3", "-g", "20", "-c:a", "aac", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *look, *tone, *coded], check=True)
    agrees(path)
    assert lookups(path)[PICTURE].end_ns == 4 * SECOND


def test_in_an_unfinished_one(tmp_path: Path) -> None:
    """Of a part that nobody finished, tables are made: the same samples are in the same places."""
    path = tmp_path / "a.mp4"
    output = write(path, 120)
    with OpenedFile(path) as opened:
        growing = [[one.place(number) for number in range(one.count)] for one in opened.tracks]
        assert (opened.finished, opened.duration_ns) == (False, 4 * SECOND)
    finish(path, output.index)
    with OpenedFile(path) as opened:
        assert [[one.place(number) for number in range(one.count)] for one in opened.tracks] == growing
        assert opened.finished
    assert quick_check(path, 4 * SECOND) == ""


def test_tables_that_contradict_each_other(tmp_path: Path) -> None:
    """More samples in one table than in another are no recording."""
    path = tmp_path / "a.mp4"
    finish(path, write(path, 60).index)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"stts") + 11] += 1
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"damaged|contradict"):
        lookups(path)
