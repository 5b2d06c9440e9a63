"""What gives way when the machine is too busy, in which order, and what it is said to be."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done for the picture. Sound, clock and file are no part of it: they never give way."""

    level: int = 0  # place on the ladder; 0: everything the settings ask for
    name: str = "full quality"
    encoder: int = 0  # as the file's encoder counts (see seam.Recorder.set_effort)
    camera_every: int = 1  # ticks from one redrawing of the cameras to the next
    camera_turns: int = 1  # of the cameras one in so many is redrawn at a time, in turn
    layer_scale: float = 1.0  # of a camera's tile: the size asked of the SFU
    stage_every: int = 1  # ticks from one redrawing of the stage to the next
    keyframes_only: bool = False  # nothing else is decoded: a picture every other second
    cuts: bool = False  # a change of layout takes one tick, not many
    mix_cost: float = 1.0  # share of the mix's time that is left, and the encoder's: as seen with four and nine cameras
    encode_cost: float = 1.0  # on a busy machine, where less decoding is a small part of it. See controller.py.


FULL = Effort()
# The processor time of x264's ladder (output/x264.py), whose last levels are the same whatever the settings ask for:
# medium, veryfast, superfast, ultrafast, ultrafast and coarser; as shares of superfast's, measured on camera grids and
# on moving texture. The last differs most: 0.63 to 0.93.
_ENCODER_WORK = (3.1, 1.8, 1.0, 0.85, 0.75)
# In the order in which it gives way. Costs are shares of the level before.
_AFTER_THE_ENCODER: tuple[Effort, ...] = (
    Effort(name="cameras at half the frame rate", camera_every=2, cuts=True, mix_cost=0.9, encode_cost=0.6),
    Effort(
        name="cameras at half the frame rate, in smaller layers",
        camera_every=2,
        layer_scale=0.5,
        cuts=True,
        mix_cost=0.9,
    ),
    Effort(
        name="cameras at a sixth of the frame rate, in turns",
        camera_every=3,
        camera_turns=2,
        layer_scale=0.5,
        cuts=True,
        mix_cost=0.95,
        encode_cost=0.6,
    ),
    Effort(
        name="the stage at a third of the frame rate, cameras at a twelfth",
        camera_every=6,
        camera_turns=2,
        layer_scale=0.5,
        stage_every=3,
        cuts=True,
        mix_cost=0.95,
        encode_cost=0.65,
    ),
    Effort(
        name="a picture every other second",
        layer_scale=0.5,
        keyframes_only=True,
        cuts=True,
        mix_cost=0.75,
        encode_cost=0.65,
    ),
)


def ladder(encoder_efforts: int) -> tuple[Effort, ...]:
    """Every level from full quality to the least, for an encoder with so many levels of its own (at least 1)."""
    steps = [FULL]
    work = [_ENCODER_WORK[max(0, place)] for place in range(len(_ENCODER_WORK) - encoder_efforts, len(_ENCODER_WORK))]
    for encoder in range(1, encoder_efforts):
        name = "faster encoding" if encoder == 1 else f"faster encoding, step {encoder}"
        steps.append(Effort(level=encoder, name=name, encoder=encoder, encode_cost=work[encoder] / work[0]))
    for step in _AFTER_THE_ENCODER:
        before = steps[-1]
        steps.append(
            replace(
                step,
                level=len(steps),
                encoder=encoder_efforts - 1,
                mix_cost=before.mix_cost * step.mix_cost,
                encode_cost=before.encode_cost * step.encode_cost,
            )
        )
    return tuple(steps)
