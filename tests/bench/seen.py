"""How many different pictures of each track a recording shows, by the number that every clip carries."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import av

from mixer.decode.picture import planes_of
from tests.bench.clips import Clip
from tests.bench.scenery import number_at
from tests.bench.scenes import Content


def pictures_seen(recording: Path, tiles: Sequence[Mapping[str, Any]], clips: Sequence[Clip]) -> dict[str, float]:
    """Distinct pictures a second, by track; tracks at rest are left out. A number that cannot be read is no picture."""
    moving = {clip.track for clip in clips if clip.sending.content is not Content.SLIDES}
    places = [tile for tile in tiles if tile["track"] in moving]
    last: dict[str, int] = {}
    seen = dict.fromkeys((str(tile["track"]) for tile in places), 0)
    pictures = 0
    with av.open(str(recording)) as container:
        for frame in container.decode(video=0):
            pictures += 1
            luma = planes_of(frame)[0]
            for tile in places:
                x, y, track = tile["x"], tile["y"], tile["track"]
                number = number_at(luma[y : y + tile["height"], x : x + tile["width"]])
                if number is not None and number != last.get(track):
                    last[track] = number
                    seen[track] += 1
        rate = float(container.streams.video[0].average_rate or 30)
    return {track: count * rate / max(1, pictures) for track, count in seen.items()}
