"""One track of one live publication: gives what is due to everyone who gets it."""

from signaling.model import TrackKind
from signaling.rehearsal.camera import Camera
from signaling.rehearsal.clip import PACKET_NS, PictureRequest, SoundRequest
from signaling.rehearsal.encoding import SoundEncoding, VideoEncoding
from signaling.rehearsal.outlet import Outlet
from signaling.rehearsal.plan import Clock, PublicationPlan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.studio import Studio


def own_time(room_ns: int, clock: Clock) -> int:
    """Room time as the participant's clock counts it."""
    return room_ns + round(room_ns * clock.ppm / 1_000_000)


def room_time(own_ns: int, clock: Clock) -> int:
    return own_ns - round(own_ns * clock.ppm / (1_000_000 + clock.ppm))


def picture_requests(
    plan: PublicationPlan, stage: bool, encodings: tuple[VideoEncoding, ...], blank: bool = False
) -> list[PictureRequest]:
    """One a layer, largest first; layer 1 is the largest of several."""
    first = 1 if len(encodings) > 1 else 0
    return [PictureRequest(plan.number, stage, one, first + index, blank) for index, one in enumerate(encodings)]


class Performer:
    """`emit` is called when `due_ns` (room time) has come. Pictures are captured in the instant they are sent, sound is
    20 ms old by then: a packet is sent when it is complete."""

    def __init__(self, track: str, kind: TrackKind, clock: Clock, delay_ns: int) -> None:
        """`delay_ns` later than it should everything is sent, so that not all publications send in the same instant."""
        self.track = track
        self.kind = kind
        self.outlets: list[Outlet] = []
        self._clock = clock
        self._delay_ns = delay_ns
        self._cameras: list[Camera] = []
        self._retiring: list[Camera] = []
        self._packets: tuple[SoundEncoding, list[bytes]] | None = None
        self._next_packet: int | None = None

    def show(self, requests: list[PictureRequest], studio: Studio) -> None:
        """From now on these layers; the old ones go on until a keyframe of the new ones has come."""
        self._retiring += self._cameras
        self._cameras = [Camera(request, studio) for request in requests]

    def sound(self, request: SoundRequest, studio: Studio) -> None:
        self._packets = (request.encoding, list(studio.sound(request)))

    def pause(self) -> None:
        self._retiring.clear()
        for camera in self._cameras:
            camera.rest()
        self._next_packet = None
        for outlet in self.outlets:
            outlet.sender.pause()

    def restart(self) -> None:
        for outlet in self.outlets:
            outlet.restart()

    def ask_keyframe(self, outlet: Outlet) -> None:
        for camera in self._cameras:
            if outlet.sends(camera):
                camera.ask_keyframe()

    def emit(self, room_ns: int) -> int:
        """Returns room time of what comes next."""
        own_ns = own_time(room_ns - self._delay_ns, self._clock)
        next_ns = self._emit_pictures(own_ns) if self.kind is TrackKind.VIDEO else self._emit_sound(own_ns)
        return room_time(next_ns, self._clock) + self._delay_ns

    def _emit_pictures(self, own_ns: int) -> int:
        next_ns = own_ns + SECOND_NS
        self._retiring = [camera for camera in self._retiring if any(one.sends(camera) for one in self.outlets)]
        for camera in self._retiring + self._cameras:
            fps = camera.request.encoding.fps
            takers = [one for one in self.outlets if one.target(self._cameras) is camera or one.sends(camera)]
            number = own_ns * fps // SECOND_NS
            next_ns = min(next_ns, -(-(number + 1) * SECOND_NS // fps))
            if not takers:
                camera.rest()
                continue
            for index, picture in camera.until(number):
                for outlet in takers:
                    outlet.video(camera, picture, index * SECOND_NS // fps)
            if any(one.waits(camera) and one.target(self._cameras) is camera for one in takers):
                camera.ask_keyframe()
        return next_ns

    def _emit_sound(self, own_ns: int) -> int:
        number = own_ns // PACKET_NS - 1  # the last one that is complete
        if self._packets is None:
            return own_ns + SECOND_NS
        encoding, packets = self._packets
        for index in range(number if self._next_packet is None else self._next_packet, number + 1):
            for outlet in self.outlets:
                outlet.sound(encoding.codec, packets[index % len(packets)], index * PACKET_NS, encoding.redundancy)
        self._next_packet = number + 1
        return (number + 2) * PACKET_NS
