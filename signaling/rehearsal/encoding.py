"""How generated media are encoded: what a plan says of it, and the encoders' settings, one table."""

from dataclasses import dataclass
from enum import StrEnum


class VideoCodec(StrEnum):
    VP8 = "vp8"
    VP9 = "vp9"
    H264 = "h264"
    AV1 = "av1"


class SoundCodec(StrEnum):
    OPUS = "opus"
    PCMU = "pcmu"
    PCMA = "pcma"
    G722 = "g722"


@dataclass(frozen=True, slots=True)
class VideoEncoding:
    """`fps` is a multiple of 5; width and height are even. `grain` is the amplitude of noise over the picture, in steps
    of luma: without it a generated picture is so smooth that it needs far less than `kbps`."""

    codec: VideoCodec = VideoCodec.VP8
    width: int = 640
    height: int = 360
    fps: int = 30
    kbps: int = 500
    grain: int = 0

    def __post_init__(self) -> None:
        if self.fps % 5 or not 5 <= self.fps <= 60:
            raise ValueError(f"a generated picture rate must be a multiple of 5 up to 60, not {self.fps}")
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 90:
            raise ValueError(
                f"a generated picture must be even and at least 90 pixels each way, not {self.width}x{self.height}"
            )


@dataclass(frozen=True, slots=True)
class SoundEncoding:
    """20 ms a packet. `redundancy` packets are repeated in each (RED, RFC 2198); `fec`: Opus' own, in-band."""

    codec: SoundCodec = SoundCodec.OPUS
    channels: int = 1
    kbps: int = 32
    fec: bool = False
    redundancy: int = 0
    level: float = 1.0


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """`library` as libavcodec names it. `options` give the fastest live encoding without look-ahead."""

    library: str
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class SoundEncoder:
    library: str
    sample_rate: int  # of the sound that goes in
    clock_rate: int  # of its RTP timestamps: G722 counts at 8 kHz (RFC 3551, 4.5.2)


_VPX = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0", "error-resilient": "0"}

VIDEO_ENCODERS = {
    VideoCodec.VP8: VideoEncoder("libvpx", _VPX | {"cpu-used": "12"}),
    VideoCodec.VP9: VideoEncoder("libvpx-vp9", _VPX),
    VideoCodec.H264: VideoEncoder(
        "libx264",
        {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": "scenecut=0:repeat-headers=1",
        },
    ),
    VideoCodec.AV1: VideoEncoder("libsvtav1", {"preset": "11", "svtav1-params": "rtc=1:rc=2:pred-struct=1:lp=1"}),
}

SOUND_ENCODERS = {
    SoundCodec.OPUS: SoundEncoder("libopus", 48_000, 48_000),
    SoundCodec.PCMU: SoundEncoder("pcm_mulaw", 8_000, 8_000),
    SoundCodec.PCMA: SoundEncoder("pcm_alaw", 8_000, 8_000),
    SoundCodec.G722: SoundEncoder("g722", 16_000, 8_000),
}
