"""One track on its way to one bot: which of its layers goes out, keyframes first, reports, and answers to RTCP."""

from collections.abc import Callable
from dataclasses import dataclass, field

from signaling.model import Layer, TrackKind
from signaling.rehearsal.camera import Camera
from signaling.rehearsal.clip import PACKET_NS, Picture
from signaling.rehearsal.encoding import SoundCodec
from signaling.rehearsal.packetise import FrameInfo
from signaling.rehearsal.plan import Clock
from signaling.rehearsal.report import Feedback, KeyframeWanted, Nack
from signaling.rehearsal.sections import RED, SOUND_PAYLOADS, VIDEO_PAYLOADS
from signaling.rehearsal.sender import TrackSender


@dataclass(slots=True)
class OutletCounters:
    nacks: int = 0  # packets asked for again
    keyframes_wanted: int = 0  # PLI and FIR
    switches: int = 0  # of the layer


@dataclass(slots=True)
class Outlet:
    """Sends nothing before `open` is set. `send_rtp` and `send_rtcp` are the connection's."""

    track: str
    kind: TrackKind
    sender: TrackSender
    clock: Clock
    epoch_ns: int  # wall clock at which the participant's clock is 0
    send_rtp: Callable[[bytes], None]
    send_rtcp: Callable[[bytes], None]
    negotiated: bool = False
    open: bool = False  # connected, too: packets go out
    wanted: Layer | None = None
    hidden: bool = False  # nobody sees it: nothing is sent
    counters: OutletCounters = field(default_factory=OutletCounters)
    _current: Camera | None = None
    _keyframe_due: bool = True
    _report_ns: int | None = None
    _last_ns: int = -1_000_000

    def ask(self, layer: Layer | None) -> None:
        """The bot's wish: pixels it shows, or None."""
        self.hidden = layer is None
        self.wanted = layer
        self._keyframe_due = self._keyframe_due or self.hidden

    def restart(self) -> None:
        """What comes next does not go on from what was sent last."""
        self._keyframe_due = True
        self.sender.pause()

    def target(self, cameras: list[Camera]) -> Camera | None:
        """The layer that fits: the smallest that is at least as large as the wish, else the largest."""
        if not self.open or self.hidden:
            return None
        if self.wanted is None:
            return cameras[0]
        fits = [camera for camera in cameras if camera.request.encoding.height >= self.wanted.height]
        return fits[-1] if fits else cameras[0]

    def waits(self, camera: Camera) -> bool:
        """A keyframe of `camera` is needed before anything of it can be sent."""
        return self._keyframe_due or self._current is not camera

    def video(self, camera: Camera, picture: Picture, capture_ns: int) -> None:
        """Until the keyframe of a new layer has come the old layer goes on."""
        if picture.keyframe and self.waits(camera):
            self.counters.switches += self._current is not None and self._current is not camera
            self._current, self._keyframe_due = camera, False
        if self._current is not camera or self._keyframe_due:
            return
        # The keyframe of another layer may be of the same instant as the last picture: it gets a time of its own.
        capture_ns = max(capture_ns, self._last_ns + 1_000_000)
        self._last_ns = capture_ns
        encoding = camera.request.encoding
        info = FrameInfo(0, picture.keyframe, encoding.width, encoding.height)
        payload_type = VIDEO_PAYLOADS[encoding.codec]
        for packet in self.sender.video(encoding.codec, payload_type, picture.data, info, capture_ns):
            self.send_rtp(packet)
        self._report(capture_ns)

    def sends(self, camera: Camera) -> bool:
        """The old layer is sent on while a new one is waited for."""
        return self.open and not self.hidden and self._current is camera

    def sound(self, codec: SoundCodec, payload: bytes, capture_ns: int, redundancy: int) -> None:
        if not self.open:
            return
        red = (RED, redundancy) if redundancy and codec is SoundCodec.OPUS else None
        for packet in self.sender.sound(codec, SOUND_PAYLOADS[codec], payload, capture_ns, red):
            self.send_rtp(packet)
        self._report(capture_ns + PACKET_NS)

    def hear(self, feedback: Feedback) -> bool:
        """True when a keyframe is asked for."""
        if isinstance(feedback, Nack):
            self.counters.nacks += len(feedback.sequences)
            for sequence in feedback.sequences:
                packet = self.sender.again(sequence)
                if packet is not None:
                    self.send_rtp(packet)
        elif isinstance(feedback, KeyframeWanted):
            self.counters.keyframes_wanted += 1
            return True
        return False

    def bye(self) -> None:
        if self.open and self.sender.counters.packets:
            self.send_rtcp(self.sender.goodbye())
        self.open = False

    def _report(self, capture_ns: int) -> None:
        """The first one `first_report_ns` after the first packet, then regularly."""
        if self.clock.first_report_ns is None:
            return
        if self._report_ns is None:
            self._report_ns = capture_ns + self.clock.first_report_ns
        if capture_ns >= self._report_ns:
            self._report_ns = capture_ns + self.clock.report_interval_ns
            self.send_rtcp(self.sender.report(capture_ns, self.epoch_ns))
