"""Hours of recording at file speed: finishing stays quick and small."""

import os
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from mixer.mp4.finish import finish
from mixer.mp4.fragment import Run
from mixer.mp4.index import Index
from mixer.mp4.label import Chapter, Label
from mixer.mp4.movie import Movie
from mixer.mp4.sample import Sample
from mixer.mp4.writer import FragmentWriter
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.sound_encoder import SoundEncoder
from tests.output.known_media import RATE, SMALL, picture, sound

GROUP = 24
BLOCKS_A_GROUP = RATE * GROUP // 30 / 1024


def write_hours(path: Path, hours: float) -> Index:
    """One group of real pictures and its sound, over and over."""
    pictures, sounds = PictureEncoder(SMALL, 1), SoundEncoder(SMALL, 2)
    group = [s for tick in range(GROUP) for s in pictures.encode(picture(tick), tick, keyframe=tick == 0)]
    group += pictures.flush()
    block = [s for tick in range(4) for s in sounds.encode(sound(tick))][-1]
    writer = FragmentWriter(path, Movie((pictures.track, sounds.track), Label("Hours", 1_795_000_000)))
    blocks = 0
    for number in range(round(hours * 3600 * 30 / GROUP)):
        moved = [Sample(s.dts + number * GROUP * 1000, 1000, s.shift, s.keyframe, s.data) for s in group]
        until = int((number + 1) * BLOCKS_A_GROUP) + 2
        heard = [Sample(count * 1024, 1024, 0, True, block.data) for count in range(blocks, until)]
        blocks = until
        writer.append([Run(1, moved), Run(2, heard)])
    writer.close()
    return writer.index


_FINISH = """
import resource, sys, time
from pathlib import Path
from mixer.mp4.finish import finish
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, begin = peak(), time.process_time()
finish(Path(sys.argv[1]))
print((peak() - before) / 1024, time.process_time() - begin)
"""


@pytest.mark.long
def test_two_hours_finish_quickly(tmp_path: Path) -> None:
    """With the writer's index it is a moment; without, every fragment's head is read, in little memory."""
    path = tmp_path / "a.mp4"
    index = write_hours(path, 2)
    copy = tmp_path / "b.mp4"
    copy.write_bytes(path.read_bytes())
    before_s = time.process_time()
    finished = finish(path, index)
    assert time.process_time() - before_s < 1.5
    assert finished.duration_ns == 2 * 3600 * 1_000_000_000
    run = [sys.executable, "-c", _FINISH, str(copy)]
    result = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    megabytes, seconds = map(float, result.stdout.split())
    assert megabytes < 40
    assert seconds < 10
    assert copy.stat().st_size == path.stat().st_size
    with av.open(str(path)) as container:
        assert container.duration == 2 * 3600 * 1_000_000
        track = container.streams.video[0]
        assert track.time_base is not None
        container.seek(round(3600 / track.time_base), stream=track)
        frame = next(container.decode(track))
        assert frame.time == pytest.approx(3600, abs=0.8)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.long
def test_memory_of_the_index_grows_by_megabytes_an_hour(tmp_path: Path) -> None:
    """What the writer remembers for finishing is 2 MB an hour."""
    write_hours(tmp_path / "warm.mp4", 0.1)
    before = resident_bytes()
    index = write_hours(tmp_path / "a.mp4", 2)
    assert resident_bytes() - before < 16 * 1024 * 1024  # 4 of them by the index, the rest by chance
    assert len(index.tracks[1].sizes) == 2 * 3600 * 30


def test_chapters_and_title_given_at_the_end(tmp_path: Path) -> None:
    """FFmpeg finds the chapters where they were set, and the later title."""
    path = tmp_path / "a.mp4"
    index = write_hours(path, 0.01)
    label = Label("Later title", 1_795_000_000, (Chapter(0, "Start"), Chapter(12_000_000_000, "Bühne: Folien")))
    finish(path, index, label)
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Later title"
        found = [
            (chapter["start"] * (chapter["time_base"] or 0), chapter["metadata"]["title"])
            for chapter in container.chapters()
        ]
    assert found == [(0, "Start"), (12, "Bühne: Folien")]
