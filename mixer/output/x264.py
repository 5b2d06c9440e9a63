"""How x264 is set up, and the ladder of its presets."""

from dataclasses import dataclass

from mixer.errors import OutputError
from mixer.output.level import level_for
from mixer.output.libx264 import Encoder, load_libx264
from mixer.output.rate import CEILING_S, REACH
from mixer.output.settings import OutputSettings


@dataclass(frozen=True, slots=True)
class Effort:
    """One way to set x264 up."""

    preset: str
    coarser: int = 0  # added to the quality that is asked for
    options: tuple[tuple[str, int | str], ...] = ()


# A fifth less processor time than the plain preset at the same VMAF, for a sixth to a quarter more bits:
# variable-length codes in place of arithmetic ones, and no search between pixels. Without the small partitions nothing
# more is saved.
_THRIFTY = (("cabac", 0), ("subme", 0))

# From the dearest to the cheapest. Of what `superfast` takes in scenes of the benchmark: medium 3.0 to 3.3,
# veryfast 1.8, ultrafast 0.84 to 0.9, and coarser 0.63 to 0.93.
_LADDER = (
    Effort("medium"),
    Effort("veryfast"),
    Effort("superfast", options=_THRIFTY),
    Effort("ultrafast"),
    Effort("ultrafast", coarser=8),
)

# What makes every keyframe ours and keeps no picture waiting, whatever the preset would have chosen. B-pictures and
# more references would make the files smaller by a quarter, but leave no place for stills (still.py).
ANALYSIS: dict[str, int | str] = {
    "bframes": 0,
    "ref": 1,
    "weightp": 0,
    # Adaptive quantisation takes bits from letters and faces: without it VMAF is 0.6 higher in grids for fewer bits,
    # and a picture costs a little less.
    "aq-mode": 0,
    "rc-lookahead": 0,
    "sync-lookahead": 0,
    "mbtree": 0,
    "scenecut": 0,
    "keyint": "infinite",
    "open-gop": 0,
    "sliced-threads": 1,
}

# Every picture is given its quantiser (rate.py). x264 clips it to what it would choose itself for pictures of all
# kinds, and so is told of the largest difference between them that it takes, either way: a factor of 10, which is 20
# quantisers.
_MOST_BETWEEN_KINDS = 20
_KINDS = {"ipratio": 10, "pbratio": 10}

_COLOURS = {"colorprim": "bt709", "transfer": "bt709", "colormatrix": "bt709", "fullrange": "off"}


def ladder(preset: str) -> tuple[Effort, ...]:
    """`preset` and everything that is cheaper."""
    presets = [effort.preset for effort in _LADDER]
    if preset in presets:  # the first with that name
        return _LADDER[presets.index(preset) :]
    return (Effort(preset), *ladder("veryfast"))


def open_x264(settings: OutputSettings, effort: Effort, number: int) -> Encoder:
    """`number` is that of its parameter sets. Raises OutputError."""
    options: dict[str, int | str] = {
        **ANALYSIS,
        **_KINDS,
        **_COLOURS,
        **dict(effort.options),
        "qp": settings.quantiser + effort.coarser + REACH - _MOST_BETWEEN_KINDS,
        "fps": f"{settings.fps}/1",
        "level": level_for(
            settings.width,
            settings.height,
            settings.fps,
            settings.max_bitrate_kbps,
            settings.max_bitrate_kbps * CEILING_S,
        ),
        "threads": settings.encoder_threads,
        "sps-id": number,
    }
    library = load_libx264()
    try:
        return Encoder(library, settings.width, settings.height, effort.preset, options)
    except (ValueError, MemoryError) as error:
        raise OutputError(
            f"The H.264 encoder refuses {settings.width}x{settings.height} at {settings.fps} fps with preset"
            f" {effort.preset} ({error}). Choose other settings."
        ) from error
