"""Which track a packet belongs to: by SSRC, else by its MID, else by a payload type only one section has (RFC 9143
section 9.2)."""

from bot.receive.audio_track import AudioTrack
from bot.receive.format import Format
from bot.receive.packet import Packet
from bot.receive.video_track import VideoTrack
from signaling.media import Section

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"


AnyTrack = AudioTrack | VideoTrack


class Lane:
    """One section with the track it carries now."""

    __slots__ = ("formats", "mid", "section", "track")

    def __init__(self, section: Section, track: AnyTrack, formats: dict[int, Format]) -> None:
        self.mid = section.mid
        self.section = section
        self.track = track
        self.formats = formats


class Routing:
    """One connection's. SSRCs that no offer names are learned, at most `bound` of them: the oldest is forgotten."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._lanes: list[Lane] = []
        self._mid_ids: set[int] = set()
        self._learned: dict[int, Lane] = {}
        self.by_ssrc: dict[int, Lane] = {}

    def bind(self, lanes: list[Lane]) -> None:
        """What was learned about a section stays while it carries the same track."""
        before = self._learned
        self._lanes = lanes
        self._mid_ids = {number for lane in lanes for number, uri in lane.section.extensions.items() if uri == MID}
        self.by_ssrc = {}
        for lane in lanes:
            self.by_ssrc |= dict.fromkeys((*lane.section.ssrcs, *lane.section.repairs), lane)
        self._learned = {}
        by_mid = {lane.mid: lane for lane in lanes}
        for ssrc, old in before.items():
            now = by_mid.get(old.mid)
            if now is not None and now.track is old.track and ssrc not in self.by_ssrc:
                self._learned[ssrc] = self.by_ssrc[ssrc] = now

    def learn(self, packet: Packet) -> Lane | None:
        """For an SSRC that is not in `by_ssrc`; it will be when this finds its lane."""
        lane = self._by_mid(packet) or self._by_payload_type(packet)
        if lane is None:
            return None
        self._learned[packet.ssrc] = self.by_ssrc[packet.ssrc] = lane
        if len(self._learned) > self._bound:
            oldest = next(iter(self._learned))
            del self._learned[oldest]
            del self.by_ssrc[oldest]
        return lane

    def _by_mid(self, packet: Packet) -> Lane | None:
        for number in self._mid_ids:
            mid = packet.extensions.get(number)
            if mid is not None:
                text = mid.decode("ascii", "replace")
                return next((lane for lane in self._lanes if lane.mid == text), None)
        return None

    def _by_payload_type(self, packet: Packet) -> Lane | None:
        """Sections that name their SSRCs take no others this way."""
        having = [lane for lane in self._lanes if packet.payload_type in lane.formats and not lane.section.ssrcs]
        return having[0] if len(having) == 1 else None
