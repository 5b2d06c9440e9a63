"""What is said while a recording runs: one line a second, for a person or for a program."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.duration import clock_text


@dataclass(frozen=True, slots=True)
class Progress:
    """The recording at one moment. `time_s` is how much of it is in the file."""

    time_s: float
    tracks: int
    fps: float  # pictures written in the last second
    bitrate_kbps: float
    packets: int
    lost: int  # never arrived, not even when asked for again
    recovered: int
    load: float  # share of real time that the mixer is busy: above 1 it falls behind
    lag_ms: float
    effort: int  # 0: full quality; the higher, the more of it is given up because the machine is too busy
    gives_way: str  # in words; empty at full quality
    repeated: int = 0  # pictures in place of new ones, because the machine was too busy
    freezes: int = 0  # pictures that stood, or sound that was gone, because of losses


def as_line(progress: Progress) -> str:
    share = 100 * progress.lost / max(1, progress.packets + progress.lost)
    reduced = f"  reduced: {progress.gives_way}" if progress.gives_way else ""
    return (
        f"REC {clock_text(progress.time_s)}  {progress.tracks} tracks  {progress.fps:4.1f} fps  "
        f"{progress.bitrate_kbps:5.0f} kbit/s  lost {share:.2f} %  "
        f"recovered {progress.recovered}  load {progress.load:4.0%}{reduced}"
    )


def as_json(event: str, values: Mapping[str, Any]) -> str:
    """One line; keys carry their units."""
    return json.dumps({"event": event, **{k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()}})
