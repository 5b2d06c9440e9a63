"""A room to try: joined hidden for some seconds, and left again. Nothing is written, nobody is told."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.configuration import Configuration
from bot.receive.receiver import Receiver
from bot.receive.stats import TrackStats
from bot.recording import new_order
from bot.settings import client_settings, receive_settings
from mixer.audio.decoder import SoundDecoder, make_decoder
from mixer.decode.colour import Matrix
from mixer.decode.video_decoder import DecodeFailed, VideoDecoder
from mixer.errors import MixerError
from mixer.frame import Codec, EncodedFrame
from signaling.address import Address
from signaling.client import RoomClient
from signaling.connect import make_client
from signaling.event import (
    ConnectionLost,
    ParticipantChanged,
    ParticipantJoined,
    RoomEnded,
    TrackChanged,
    TrackPublished,
)
from signaling.model import Layer, Participant, Room, Track, TrackKind

STAY_S = 5.0
MOST_TRIED = 5  # pictures or packets of a track that are decoded: more would only show how fast the machine is
SMALL = Layer(640, 360)  # is asked for: this is about whether it comes, not how sharp it is
_POLL_S = 0.01
_MOST_TRACKS = 1000


@dataclass(slots=True)
class Sample:
    """What was tried of one track."""

    codec: Codec | None = None
    frames: int = 0
    decoded: int = 0
    failed: int = 0
    size: str = ""  # of a picture


@dataclass(frozen=True, slots=True)
class Visit:
    """What was found in the room."""

    room: Room
    joined_s: float
    people: Mapping[str, Participant]
    tracks: Mapping[str, Track]
    stats: Mapping[str, TrackStats]
    samples: Mapping[str, Sample]
    ended: str = ""  # why it was over before its time: a sentence


@dataclass(slots=True)
class _Seen:
    people: dict[str, Participant] = field(default_factory=dict)
    tracks: dict[str, Track] = field(default_factory=dict)  # of more than 1000 the first
    ended: str = ""


class _Taster:
    """Decodes the first frames of each track."""

    def __init__(self) -> None:
        self.samples: dict[str, Sample] = {}
        self.damaged: set[str] = set()  # tracks that need a keyframe
        self._pictures: dict[str, VideoDecoder] = {}
        self._sounds: dict[str, SoundDecoder] = {}

    def take(self, frame: EncodedFrame) -> None:
        sample = self.samples.setdefault(frame.track, Sample())
        sample.codec = frame.codec
        sample.frames += 1
        if sample.decoded >= MOST_TRIED or sample.failed >= MOST_TRIED:
            return
        try:
            whole = self._hear(frame) if frame.codec.is_audio else self._see(frame, sample)
        except (DecodeFailed, MixerError):
            whole = False
            self._pictures.pop(frame.track, None)
            self.damaged.add(frame.track)
        if whole is not None:
            sample.decoded += whole
            sample.failed += not whole

    def _see(self, frame: EncodedFrame, sample: Sample) -> bool | None:
        decoder = self._pictures.get(frame.track)
        if decoder is None or decoder.codec is not frame.codec:
            if not frame.keyframe:
                return None
            decoder = self._pictures[frame.track] = VideoDecoder(frame.codec, Matrix.BT601)
        picture = decoder.decode(frame)
        if picture is not None:
            sample.size = f"{picture.frame.width}x{picture.frame.height}"
        return None if picture is None else True

    def _hear(self, frame: EncodedFrame) -> bool | None:
        if frame.redundant:
            return None
        decoder = self._sounds.get(frame.track)
        if decoder is None:
            decoder = self._sounds[frame.track] = make_decoder(frame.codec)
        return decoder.decode(frame.data) is not None

    def close(self) -> None:
        for decoder in self._sounds.values():
            decoder.close()


async def visit(address: Address, token: str | None, configuration: Configuration, stay_s: float = STAY_S) -> Visit:
    """Raises SignalingError when the room cannot be joined."""
    taster = _Taster()
    began_ns = time.monotonic_ns()
    receiver = Receiver(began_ns, taster.take, receive_settings(configuration))
    order = new_order(address, token=token, title=None, configuration=configuration)
    settings = client_settings(configuration, order, 1)
    client = make_client(address, token=token, receiver=receiver, settings=settings)
    seen = _Seen()
    try:
        state = await client.join()
        joined_s = (time.monotonic_ns() - began_ns) / 1e9
        seen.people = {person.identity: person for person in state.participants}
        for track in state.tracks:
            _notice(seen, track, client)
        await _stay(client, receiver, taster, seen, stay_s)
        return Visit(state.room, joined_s, seen.people, seen.tracks, receiver.stats(), taster.samples, seen.ended)
    finally:
        receiver.close()
        await client.leave()
        taster.close()


async def _stay(client: RoomClient, receiver: Receiver, taster: _Taster, seen: _Seen, stay_s: float) -> None:
    async with asyncio.TaskGroup() as group:
        polling = group.create_task(_poll(receiver, taster))
        following = group.create_task(_follow(client, seen))
        await asyncio.wait({following}, timeout=stay_s)
        polling.cancel()
        following.cancel()


async def _poll(receiver: Receiver, taster: _Taster) -> None:
    while True:
        now_ns = time.monotonic_ns()
        receiver.poll(now_ns)
        while taster.damaged:
            receiver.request_keyframe(taster.damaged.pop(), now_ns)
        await asyncio.sleep(_POLL_S)


async def _follow(client: RoomClient, seen: _Seen) -> None:
    async for event in client.events():
        match event:
            case ParticipantJoined(person) | ParticipantChanged(person):
                seen.people[person.identity] = person
            case TrackPublished(track) | TrackChanged(track):
                _notice(seen, track, client)
            case RoomEnded(cause):
                seen.ended = f"The room ended meanwhile ({cause})."
            case ConnectionLost(reason):
                seen.ended = f"The connection was lost: {reason}"


def _notice(seen: _Seen, track: Track, client: RoomClient) -> None:
    if track.id not in seen.tracks and len(seen.tracks) >= _MOST_TRACKS:
        return
    if track.id not in seen.tracks and track.kind is TrackKind.VIDEO:
        client.request_layer(track.id, SMALL)
    seen.tracks[track.id] = track
