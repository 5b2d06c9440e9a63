"""One video track: packets -> frames -> only those that can be decoded."""

from collections.abc import Callable, Mapping, Sequence

from bot.receive.clock import TrackClock
from bot.receive.continuity import Continuity, continuity_for
from bot.receive.depayload.assembly import Assembly, Depayloader
from bot.receive.depayload.av1 import Av1
from bot.receive.depayload.h264 import H264
from bot.receive.depayload.vp8 import Vp8
from bot.receive.depayload.vp9 import Vp9
from bot.receive.format import Format
from bot.receive.keyframe import KeyframeRequests
from bot.receive.outlet import Ready
from bot.receive.packet import Packet
from bot.receive.reception import Reception
from bot.receive.settings import SECOND_NS
from bot.receive.surroundings import Feedback, Surroundings
from bot.receive.track import Track
from bot.receive.video_buffer import VideoBuffer
from mixer.frame import Codec

ORIENTATION = "urn:3gpp:video-orientation"
DEPENDENCIES = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

_TRUST_NS = 3 * SECOND_NS
_PARTIALS = 64
_USUAL_SPACING_NS = SECOND_NS // 30
_SLOWER = 2
_SMOOTH = 16
_FASTEST = 60  # frames a second: at most so many can have been let go in a pause

_DEPAYLOADERS: Mapping[Codec, Callable[[Format], Depayloader]] = {
    Codec.VP8: lambda _: Vp8(),
    Codec.VP9: lambda _: Vp9(),
    Codec.H264: lambda form: H264(form.parameter_sets),
    Codec.AV1: lambda _: Av1(),
}


class VideoTrack(Track):
    """Starts, and starts again after every unrepaired loss, with a keyframe."""

    _buffer: VideoBuffer

    def __init__(self, track: str, clock: TrackClock, around: Surroundings) -> None:
        super().__init__(track, clock, around, VideoBuffer(self._is_start))
        self._requests = KeyframeRequests(self.settings.keyframe_interval_ns)
        self._depayloaders: dict[int, Depayloader] = {}
        self._orientation_id: int | None = None
        self._dependencies_id: int | None = None
        self._use: tuple[int, Format, Depayloader, Continuity] | None = None
        self._lost = 0  # at most so many frames are missing before the next one
        self._partial: list[Assembly] = []
        self._doubtful_since_ns: int | None = None  # only a pause, not a loss, broke the track
        self._rotation = 0
        self._packets = _SMOOTH  # usual number in a frame, times that

    def bind(self, feedback: Feedback, formats: dict[int, Format], extensions: Mapping[int, str]) -> None:
        if formats != self.formats:
            self._depayloaders.clear()
            self._use = None
        super().bind(feedback, formats, extensions)
        by_uri = {uri: number for number, uri in extensions.items()}
        self._orientation_id = by_uri.get(ORIENTATION)
        self._dependencies_id = by_uri.get(DEPENDENCIES)

    def request_keyframe(self, now_ns: int) -> None:
        """The decoder needs one."""
        self._requests.want()
        self._ask(now_ns)

    def poll(self, now_ns: int) -> None:
        super().poll(now_ns)
        if self.missing.hopeless(now_ns):
            # It may still come. But if not, the freeze lasts until the answer to this.
            self.request_keyframe(now_ns)

    def watch(self, now_ns: int) -> None:
        super().watch(now_ns)
        if not self.stats.silent:
            self._ask(now_ns)

    def _ask(self, now_ns: int) -> None:
        if self.feedback is None or self.reception is None or not self._requests.due(now_ns):
            return
        self.stats.plis += 1
        forms = self.formats.values()
        self.feedback.picture_loss(self.reception.ssrc, full_intra=any(form.full_intra for form in forms))

    def _begin(self, packet: Packet) -> Reception:
        reception = super()._begin(packet)
        self._break()
        return reception

    def _break(self) -> None:
        """Nothing before this helps to decode what comes."""
        if self._use is not None:
            self._use[3].broken = True
        self._partial.clear()
        self._doubtful_since_ns = None
        self._requests.want()

    def _insert(self, packet: Packet) -> bool:
        buffer = self._buffer
        if len(buffer) >= self.settings.max_packets:
            self.stats.overflows += 1
            self._give_up_before(packet.sequence)
            buffer.begin(packet.sequence)
            self._break()
            self._ask(packet.arrival_ns)
        if buffer.put(packet):
            return True
        self.stats.duplicates += 1
        return False

    def _advance(self, now_ns: int) -> None:
        take = self._buffer.take
        while (packets := take()) is not None:
            if packets:
                self._frame(packets, now_ns)

    def _skip(self, now_ns: int) -> None:
        damage = self._buffer.skip()
        self._give_up_before(self._buffer.first)
        self._lost += damage.packets + len(damage.partial)
        self._doubtful_since_ns = None
        self.outlet.lose()
        del now_ns
        for packet in damage.partial[-_PARTIALS:]:
            form = self.formats.get(packet.payload_type)
            if form is not None and packet.payload:
                part = self._depayloader(packet.payload_type, form).peek(packet.payload)
                if part is not None:
                    self._partial.append(part)
        del self._partial[:-_PARTIALS]

    def _paused(self, now_ns: int) -> None:
        self.request_keyframe(now_ns)

    def _resumed(self, now_ns: int, distance: int) -> None:
        """SFUs drop a muted track's packets without a hole in the numbers and ask nobody for a keyframe."""
        self._note_pause(now_ns, max(distance, 0))
        if self.stats.frames and not self._lost:
            self._lost = 1 + (now_ns - self.stats.last_packet_ns) * _FASTEST // SECOND_NS
            self._doubtful_since_ns = now_ns
        self.request_keyframe(now_ns)

    def _note_pause(self, now_ns: int, distance: int) -> None:
        """Had the link been down, a packet would be lost for every frame. Of a sender that has become twice as slow
        meanwhile, too; fewer than that, and it has paused but for the time of so many."""
        frame_ns, since_ns = max(self.outlet.spacing_ns, _USUAL_SPACING_NS), self.stats.last_packet_ns
        if now_ns - since_ns > _SLOWER * distance * frame_ns:
            lost_ns = distance * frame_ns * _SMOOTH // self._packets
            self.outlet.pause(since_ns, now_ns - lost_ns)

    def _is_start(self, packet: Packet) -> bool:
        form = self.formats.get(packet.payload_type)
        return form is not None and self._depayloader(packet.payload_type, form).starts(packet.payload)

    def _depayloader(self, payload_type: int, form: Format) -> Depayloader:
        known = self._depayloaders.get(payload_type)
        if known is None:
            assert form.codec is not None
            known = self._depayloaders[payload_type] = _DEPAYLOADERS[form.codec](form)
        return known

    def _using(self, payload_type: int) -> tuple[Format, Depayloader, Continuity]:
        """A change of payload type is a change of codec: it begins with a keyframe."""
        use = self._use
        if use is None or use[0] != payload_type:
            form = self.formats[payload_type]
            assert form.codec is not None
            if use is not None:
                self._requests.want()
            self._use = use = (
                payload_type,
                form,
                self._depayloader(payload_type, form),
                continuity_for(form.codec),
            )
        return use[1:]

    def _frame(self, packets: Sequence[Packet], now_ns: int) -> None:
        """All the packets of one frame, none empty."""
        first = packets[0]
        self._packets += len(packets) - self._packets // _SMOOTH
        form, depayloader, continuity = self._using(first.payload_type)
        frame = None
        if (not self._lost and not continuity.broken) or depayloader.starts(first.payload):
            headers = self._headers(packets) if self._dependencies_id is not None else ()
            frame = depayloader.assemble([packet.payload for packet in packets], headers)
            if frame is None or len(frame.data) > self.settings.max_frame_bytes:
                self.stats.malformed += 1
                frame = None
        if frame is None:
            self._undecodable(now_ns)
        elif frame.data:
            self._judge(frame, form, continuity, packets, now_ns)

    def _judge(
        self, frame: Assembly, form: Format, continuity: Continuity, packets: Sequence[Packet], now_ns: int
    ) -> None:
        if self._doubtful_since_ns is not None and now_ns - self._doubtful_since_ns > _TRUST_NS:
            continuity.trust()
            self._lost = 0
        accepted = continuity.accept(frame, lost=self._lost, partial=self._partial)
        if frame.keyframe:
            self._requests.arrived()
        if continuity.broken:
            self._undecodable(now_ns)
            return
        self._lost = 0
        self._partial.clear()
        self._doubtful_since_ns = None
        if not accepted:
            self.stats.frames_dropped += 1
            self.outlet.lose()
            return
        self._send(frame, form, packets, now_ns)

    def _send(self, frame: Assembly, form: Format, packets: Sequence[Packet], now_ns: int) -> None:
        last = packets[-1]
        if self._orientation_id is not None:
            orientation = last.extensions.get(self._orientation_id)
            if orientation:
                self._rotation = (orientation[0] & 3) * 90
        assert form.codec is not None
        ready = Ready(last.timestamp, self.id, form.codec, frame.keyframe, frame.data, self._rotation)
        self.outlet.put(ready, now_ns)

    def _headers(self, packets: Sequence[Packet]) -> list[bytes]:
        number = self._dependencies_id
        return [packet.extensions[number] for packet in packets if number in packet.extensions]

    def _undecodable(self, now_ns: int) -> None:
        self.stats.frames_dropped += 1
        self.outlet.lose()
        self._lost += 1
        self._requests.want()
        self._ask(now_ns)
