"""What a visit to a room shows."""

import asyncio
from collections.abc import Iterator

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.doctor.visit import Sample, Visit, visit
from bot.receive.stats import TrackStats
from signaling.errors import SignalingError
from signaling.model import Track, TrackKind

_MUCH_LOST = 0.05  # of the packets
_LATE_S = 1.0

_UNREACHED = "Check the URL and the token, that the SFU runs, and that no firewall is between."
_NO_MEDIA = (
    "The SFU lets the bot in, and its media does not arrive: allow UDP between them, or set ice_servers to TURN."
)


def check(subject: Subject) -> Iterator[Finding]:
    if subject.room is None:
        return
    try:
        found = asyncio.run(visit(subject.room, subject.token, subject.configuration))
    except SignalingError as error:
        yield fail("room", f"It cannot be joined: {error}", _UNREACHED)
        return
    yield from judge(found)


def judge(found: Visit) -> Iterator[Finding]:
    text = (
        f"Joined {found.room.title or found.room.id} in {found.joined_s:.2f} s, hidden:"
        f" {len(found.people)} people, {len(found.tracks)} tracks."
    )
    if found.joined_s > _LATE_S:
        yield warn("room", text, "Recordings begin that late: look at the way to the SFU, and at its load.")
    else:
        yield ok("room", text)
    if found.ended:
        yield warn("room", found.ended, "Try again; if it happens again, look into the SFU's log.")
    if not found.tracks:
        yield warn("room", "Nobody publishes anything.", "Turn on a camera or microphone in the room and try again.")
    expected = [track for track in found.tracks.values() if not track.muted]
    nothing = not any(found.stats[track.id].packets for track in expected if track.id in found.stats)
    for track in found.tracks.values():
        finding = judge_track(
            _name(track, found), track, found.stats.get(track.id, TrackStats()), found.samples.get(track.id, Sample())
        )
        yield finding
    if expected and nothing:
        yield fail("room", "Not one packet of media came.", _NO_MEDIA)


def judge_track(name: str, track: Track, stats: TrackStats, sample: Sample) -> Finding:
    if not stats.packets:
        if track.muted:
            return ok("track", f"{name}: muted, nothing is sent.")
        return warn("track", f"{name}: nothing came.", "Look whether others in the room see or hear it.")
    lost = stats.unrecoverable / (stats.packets + stats.unrecoverable)
    what = "pictures" if track.kind is TrackKind.VIDEO else "packets"
    codec = f", {sample.codec.upper()} {sample.size}".rstrip() if sample.codec else ""
    text = f"{name}: {stats.packets} packets, {lost:.1%} lost, {sample.decoded} {what} decoded{codec}."
    if not sample.decoded:
        if track.muted:
            return ok("track", text)
        return warn("track", text, "It cannot be shown: ask for another codec at the SFU, or look at the sender.")
    if lost > _MUCH_LOST:
        return warn("track", text, "Look at the network between the SFU and this machine.")
    return ok("track", text)


def _name(track: Track, found: Visit) -> str:
    person = found.people.get(track.participant)
    shown = person.display_name if person is not None and person.display_name else track.participant
    return f"{track.source.replace('_', ' ')} of {shown}"
