"""How the file is encoded."""

from dataclasses import dataclass

_NEXT = 1  # picture, with which a fragment's end is known
_CRF_OVER_QUANTISER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """The defaults lose at most 1 s of media when the process is killed: a fragment of 0.8 s, and 1 picture with
    which its end is known."""

    width: int = 1920
    height: int = 1080
    fps: int = 30
    sample_rate: int = 48_000
    title: str = ""
    created_s: int = 0  # seconds since 1970, UTC; 0: not said in the file

    encoder: str = "x264"  # or another of encoder_choice.CHOICES
    # The least processor time with VMAF 93 and clean text under the ceiling in S1 to S4 of ./scripts/bench settings:
    # 95.7, 93.7, 94.1, 96.2; at 28 S2 has 93.1. `ultrafast` at 26 takes a sixth less time for the same VMAF and a third
    # more bits, but it meets the ceiling where text scrolls: its letters are 3.6 dB worse then.
    preset: str = "superfast"
    crf: int = 27
    max_bitrate_kbps: int = 4500  # of the picture, over ten seconds and more (see rate.py)
    # Slices of one picture, not pictures in flight: two cost 4 % more processor time than one and no delay, and take
    # a picture at worst half the time, where frame threads hold back 4 to 6 pictures.
    encoder_threads: int = 2
    audio_bitrate_kbps: int = 160

    fragment_ms: int = 800
    # Short, so that the first picture is in the file soon; each one after it is twice as long as the one before.
    first_fragment_ms: int = 170

    @property
    def quantiser(self) -> int:
        """H.264's, of a picture that is no keyframe. With it the benchmark's scenes have, within 0.5, the VMAF that
        x264's own choice gives them at this `crf`, for fewer bits."""
        return max(0, self.crf - _CRF_OVER_QUANTISER)

    @property
    def fragment_ticks(self) -> int:
        """At low rates less than `fragment_ms`: the picture behind a fragment is a larger part of the second."""
        return max(1, min(self.fps * self.fragment_ms // 1000, self.fps - _NEXT - 1))

    @property
    def first_fragment_ticks(self) -> int:
        return min(self.fragment_ticks, max(1, self.fps * self.first_fragment_ms // 1000))
