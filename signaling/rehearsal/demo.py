"""Plans that are used again and again: the demo's, and rooms of many alike."""

from collections.abc import Sequence

from signaling.model import Role, TrackKind
from signaling.rehearsal.encoding import SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.plan import (
    Action,
    Close,
    Crash,
    Encode,
    Join,
    Leave,
    Mute,
    ParticipantPlan,
    Plan,
    PublicationPlan,
    Publish,
    Unmute,
    Unpublish,
)
from signaling.rehearsal.rhythm import SECOND_NS

_SMALL = VideoEncoding(VideoCodec.H264, 320, 180, 30, 200)
_LARGE = VideoEncoding(VideoCodec.H264, 640, 360, 30, 500)
_STAGE_SOUND = SoundEncoding(channels=2, kbps=64)
STAGE = VideoEncoding(VideoCodec.H264, 1280, 720, 15, 1500)
STAGE_RESIZED = VideoEncoding(VideoCodec.H264, 1024, 768, 15, 1500)


def demo_plan(seconds: int) -> Plan:
    """Four cameras and a stage in `seconds`: they come, go, mute and change size. The room closes at the end."""

    def at(share: float) -> int:
        return int(seconds * SECOND_NS * share)

    people = (
        ParticipantPlan(
            "ada", "Ada", (_camera(1, VideoEncoding(VideoCodec.VP8, 640, 360, 25, 500)), _stage(9)), role=Role.HOST
        ),
        ParticipantPlan("ben", "Ben", (_camera(2, VideoEncoding(VideoCodec.H264, 640, 480, 30, 500)),)),
        ParticipantPlan("cleo", "Cleo", (_camera(3, _LARGE),)),
        ParticipantPlan("dan", "Dan", (_camera(4, VideoEncoding(VideoCodec.VP9, 480, 640, 15, 400)),), mobile=True),
    )
    actions: tuple[Action, ...] = (
        Join(at(0.10), "cleo"),
        Join(at(0.20), "dan"),
        Publish(at(0.30), "ada", "stage"),
        Mute(at(0.40), "ben", "camera", TrackKind.VIDEO),
        Encode(at(0.45), "cleo", "camera", (_SMALL,)),
        Encode(at(0.50), "ada", "stage", (STAGE_RESIZED,)),
        Mute(at(0.55), "ada", "camera", TrackKind.AUDIO),
        Unmute(at(0.60), "ben", "camera", TrackKind.VIDEO),
        Encode(at(0.65), "cleo", "camera", (_LARGE,)),
        Crash(at(0.70), "dan", noticed_after_ns=4 * SECOND_NS),
        Unmute(at(0.75), "ada", "camera", TrackKind.AUDIO),
        Unpublish(at(0.80), "ada", "stage"),
        Leave(at(0.90), "cleo"),
        Close(at(1.0)),
    )
    return Plan(people, actions, title="Demo: results of the quarter")


def steady_plan(
    cameras: Sequence[VideoEncoding],
    *,
    stage: VideoEncoding | None = None,
    microphones: int | None = None,
    sound: SoundEncoding | None = None,
    seconds: float | None = None,
) -> Plan:
    """A room in which nothing happens: these cameras, each with a microphone (`microphones`: only the first so many),
    and a stage without sound; closed after `seconds`."""
    sound = sound or SoundEncoding()
    count = len(cameras) if microphones is None else microphones
    people = [
        ParticipantPlan(
            f"p{number:02}", f"Participant {number}", (_camera(number, one, sound if number <= count else None),)
        )
        for number, one in enumerate(cameras, 1)
    ]
    people += [
        ParticipantPlan(f"p{number:02}", f"Participant {number}", (PublicationPlan("camera", number, sound=sound),))
        for number in range(len(cameras) + 1, count + 1)
    ]
    if stage is not None:
        shown = PublicationPlan("stage", len(people) + 1, (stage,), stage=True)
        people.append(ParticipantPlan("presenter", "Presenter", (shown,), role=Role.MODERATOR))
    actions = (Close(int(seconds * SECOND_NS)),) if seconds is not None else ()
    return Plan(tuple(people), actions)


def _camera(number: int, encoding: VideoEncoding, sound: SoundEncoding | None = SoundEncoding()) -> PublicationPlan:  # noqa: B008 - frozen
    return PublicationPlan("camera", number, (encoding,), sound)


def _stage(number: int) -> PublicationPlan:
    return PublicationPlan("stage", number, (STAGE,), _STAGE_SOUND, stage=True)
