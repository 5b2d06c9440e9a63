"""Who has a tile, and when: arrivals, mutes, silence, returns, more people than tiles."""

from collections.abc import Sequence

import pytest

from mixer.frame import Codec
from mixer.layout.layer_requests import LayerRequests
from mixer.layout.roster import MOST_REMEMBERED, Roster
from mixer.layout.seating import seat
from mixer.layout.speech import Speech
from mixer.settings import LayoutName
from mixer.source import Size, Source, SourceKind
from tests.mixer.clips import BLUE, FRAME_NS, GREEN, RED, Asked, Colour, Stage, encode, frames, is_shown_as, near

SECOND = 1_000_000_000
MS = 1_000_000
BACKGROUND = (34, 129, 127)


def clip(colour: Colour, seconds: float) -> list[bytes]:
    return encode(Codec.VP8, 160, 90, [colour] * round(seconds * 30))


def send(stage: Stage, track: str, colour: Colour, first_s: float, seconds: float) -> None:
    stage.push(frames(track, clip(colour, seconds), first_ns=round(first_s * SECOND)))


def test_nobody_and_nothing_to_show_is_background() -> None:
    """An empty room, and one whose only camera never sends: plain background, 1600 samples a tick."""
    stage = Stage()
    mixed = stage.run(0.5)
    assert stage.at(160, 90) == BACKGROUND
    assert mixed.sound.shape == (2, 1600)
    stage.camera("silent")
    stage.run(0.5)
    assert stage.tracks() == []


def test_a_camera_that_stops_loses_its_tile_after_the_hold() -> None:
    """The last picture stays for the hold time and not a tick longer; the other one gets the room."""
    stage = Stage(hold_ns=2 * SECOND)
    for track in ("a", "b"):
        stage.camera(track)
    send(stage, "a", RED, 0, 1)
    send(stage, "b", GREEN, 0, 5)
    stage.run(2.9)
    assert stage.tracks() == ["a", "b"]
    stage.run(0.2)
    assert stage.tracks() == ["b"]


def test_a_muted_camera_goes_soon_and_comes_back_fresh() -> None:
    """Told mute: gone after the mute hold; unmuted: back only with a new picture, at its old place."""
    stage = Stage()
    for track in ("a", "b"):
        stage.camera(track)
    send(stage, "a", RED, 0, 1)
    send(stage, "b", GREEN, 0, 6)
    stage.mix.set_muted("a", True, 1 * SECOND)
    stage.run(1.4)
    assert stage.tracks() == ["a", "b"]
    stage.run(0.2)
    assert stage.tracks() == ["b"]
    stage.mix.set_muted("a", False, 2 * SECOND)
    stage.run(1)
    assert stage.tracks() == ["b"]
    send(stage, "a", BLUE, 3, 1)
    stage.run(1)
    assert stage.tracks() == ["a", "b"]
    assert is_shown_as(stage.colour("a"), BLUE)


def test_changes_take_effect_at_their_own_time() -> None:
    """A removal told ahead of the mix waits for its tick: what was captured before is shown."""
    stage = Stage()
    stage.camera("a")
    send(stage, "a", RED, 0, 2)
    stage.mix.remove("a", 1 * SECOND)
    stage.run(0.9)
    assert stage.tracks() == ["a"]
    stage.run(0.2)
    assert stage.tracks() == []
    send(stage, "a", RED, 1.1, 0.1)
    assert stage.mix.unknown_frames == 3


def test_whoever_returns_takes_the_old_place() -> None:
    """Under another track id, after the others moved up."""
    stage = Stage()
    for track in ("a", "b", "c"):
        stage.camera(track)
        send(stage, track, RED, 0, 4)
    stage.run(1)
    stage.mix.remove("a", 1 * SECOND)
    stage.run(0.5)
    assert stage.tracks() == ["b", "c"]
    stage.camera("a2", "a")
    send(stage, "a2", BLUE, 1.5, 2)
    stage.run(0.5)
    assert stage.tracks() == ["a2", "b", "c"]


def test_a_camera_goes_on_stage_and_back() -> None:
    """The same track, removed and added again as stage: it keeps its decoder, and no picture is missed."""
    stage = Stage()
    for track in ("a", "b"):
        stage.camera(track)
        send(stage, track, RED, 0, 3)
    stage.run(1)
    area = stage.mix.picture.scene[1].rect.area
    stage.mix.remove("b", 1 * SECOND)
    stage.mix.add(Source("b", "b", SourceKind.VIDEO, stage=True), 1 * SECOND)
    stage.run(0)
    assert sorted(stage.tracks()) == ["a", "b"]
    assert next(tile for tile in stage.mix.picture.scene if tile.track == "b").rect.area > area
    assert stage.mix.picture.stats()["b"].dropped == 0


def test_a_slide_at_rest_stays_and_is_asked_for_a_sign_of_life() -> None:
    """A stage sends nothing while nothing moves: it stays far longer than a camera, and is asked for a keyframe."""
    stage = Stage()
    stage.camera("slides", stage=True)
    send(stage, "slides", GREEN, 0, 0.2)
    stage.run(12)
    assert stage.tracks() == ["slides"]
    assert 1 <= stage.asked.keyframes.count("slides") <= 3
    stage.run(19)
    assert stage.tracks() == []


def test_a_smaller_layer_does_not_move_the_layout() -> None:
    """The stage falls to a quarter and comes back: its tile stays as it was."""
    stage = Stage(width=1920, height=1080)
    stage.camera("slides", stage=True)
    sizes = [(1280, 720), (320, 180), (1280, 720)]
    for index, size in enumerate(sizes):
        packets = encode(Codec.VP8, *size, [RED] * 5)
        stage.push(frames("slides", packets, first_ns=index * 5 * FRAME_NS))
    rects = set()
    for _ in range(15):
        stage.run(0)
        rects |= {tile.rect for tile in stage.mix.picture.scene}
    assert len(rects) == 1


def test_layers_fit_the_tiles() -> None:
    """Each camera is asked for at its tile's size, once; what `stage_only` hides is not asked for at all."""
    stage = Stage(width=1280, height=720)
    for track in ("a", "b"):
        stage.camera(track)
        send(stage, track, RED, 0, 8)
    stage.run(1)
    assert [track for track, _ in stage.asked.layers] == ["a", "b"]
    first = stage.asked.layers[0][1]
    assert first is not None
    assert abs(first.height - stage.mix.picture.scene[0].rect.height) <= 2  # its sides are cropped
    stage.mix.set_layout(LayoutName.STAGE_ONLY, SECOND)
    stage.run(2)
    assert stage.asked.layers[2:] == [("a", None), ("b", None)]
    assert stage.tracks() == []


def test_layer_requests_wait_until_a_size_has_settled() -> None:
    """Small changes and short ones ask for nothing."""
    asked = Asked()
    layers = LayerRequests(asked)
    layers.want("a", Size(640, 360), 0)
    layers.want("a", Size(700, 394), 2 * SECOND)  # too little
    layers.want("a", Size(320, 180), 3 * SECOND)
    layers.want("a", Size(640, 360), 3 * SECOND + 500 * MS)  # back before it settled
    assert len(asked.layers) == 1
    for ms in range(0, 1100, 100):
        layers.want("a", Size(320, 180), 5 * SECOND + ms * MS)
    assert asked.layers[1:] == [("a", Size(320, 180))]


def talk(speech: Speech, start_ns: int, seconds: float, levels: dict[str, float]) -> int:
    """The time after it."""
    ticks = round(seconds * 30)
    for tick in range(ticks):
        speech.update(start_ns + tick * FRAME_NS, levels)
    return start_ns + ticks * FRAME_NS


def test_a_cough_is_not_speech() -> None:
    """Less than the attack time changes nothing; half a second does."""
    speech = Speech(-45, 3 * SECOND)
    now = talk(speech, 0, 0.2, {"a": -20})
    assert not speech.is_speaking("a")
    now = talk(speech, now, 2, {})
    talk(speech, now, 0.5, {"a": -20, "b": -60})
    assert speech.is_speaking("a")
    assert not speech.is_speaking("b")


def test_the_large_picture_changes_calmly() -> None:
    """Not before the dwell time, not for an interjection, not while the present speaker goes on."""
    speech = Speech(-45, 3 * SECOND)
    room = ["a", "b", "c"]
    now = talk(speech, 0, 1, {"a": -20})
    assert speech.main(now, room) == "a"
    now = talk(speech, now, 1.5, {"b": -20})
    assert speech.main(now, room) == "a"  # dwell
    now = talk(speech, now, 4, {"a": -20})
    now = talk(speech, now, 2, {"a": -20, "b": -20})
    assert speech.main(now, room) == "a"  # both speak
    now = talk(speech, now, 2, {"b": -20})
    assert speech.main(now, room) == "b"
    assert speech.main(now, ["a", "c"]) in {"a", "c"}  # gone: at once


def seated(cameras: Sequence[str], limit: int, roster: Roster, speech: Speech) -> list[str]:
    return seat([(name, name) for name in cameras], limit, roster, speech)


def test_a_speaker_without_a_tile_changes_places_with_the_longest_silent() -> None:
    """Nobody else moves, and who gave way comes back when he speaks."""
    roster, speech = Roster(), Speech(-45, 3 * SECOND)
    room = ["a", "b", "c", "d", "e"]
    assert seated(room, 3, roster, speech) == ["a", "b", "c"]
    now = talk(speech, 0, 1, {"a": -20})
    now = talk(speech, now, 2, {"c": -20})
    now = talk(speech, now, 1, {"e": -20})
    assert seated(room, 3, roster, speech) == ["a", "e", "c"]
    now = talk(speech, now, 3, {})
    assert seated(room, 3, roster, speech) == ["a", "e", "c"]  # silence moves nobody
    talk(speech, now, 1, {"b": -20})
    assert seated(room, 3, roster, speech) == ["b", "e", "c"]


def test_more_cameras_than_tiles() -> None:
    """The first are shown and decoded; the others are not, and cost no layer."""
    stage = Stage(max_cameras=2)
    for track in ("a", "b", "c"):
        stage.camera(track)
        send(stage, track, RED, 0, 1.4 if track == "c" else 3)
    stage.run(1)
    assert stage.tracks() == ["a", "b"]
    assert ("c", None) in stage.asked.layers
    assert stage.mix.picture.stats()["c"].decoded == 0
    stage.mix.remove("a", SECOND)
    stage.run(0.5)
    assert stage.asked.layers[-1] != ("c", None)
    assert "c" in stage.asked.keyframes
    send(stage, "c", BLUE, 1.5, 1)
    stage.run(0.5)
    assert stage.tracks() == ["b", "c"]


def test_the_roster_is_bounded() -> None:
    """Participants who are gone are forgotten beyond the bound; who is there keeps the place."""
    roster = Roster()
    for number in range(MOST_REMEMBERED + 100):
        roster.place(str(number))
    roster.prune({"0", str(MOST_REMEMBERED + 99)})
    assert roster.place("0") == 0
    assert roster.place("1") > MOST_REMEMBERED


@pytest.mark.parametrize("rotation", [90, 270])
def test_a_turned_phone_is_upright(rotation: int) -> None:
    """Its tile is higher than wide, and the layer is asked for in its own orientation."""
    stage = Stage(width=640, height=360)
    stage.camera("phone")
    packets = encode(Codec.VP8, 320, 180, [GREEN] * 3)
    stage.push(frames("phone", packets, rotation=rotation))
    stage.run(0.1)
    rect = stage.mix.picture.scene[0].rect
    assert rect.height > rect.width
    asked = stage.asked.layers[0][1]
    assert asked is not None
    assert asked.width > asked.height
    assert is_shown_as(stage.colour("phone"), GREEN)


def test_the_picture_is_the_same_object_while_nothing_changes() -> None:
    """The encoder can tell, and nothing is copied; a kept picture is not written to by later ones."""
    stage = Stage()
    first = stage.run(0)
    assert stage.run(0).picture is first.picture
    stage.camera("a")
    send(stage, "a", RED, 0.1, 0.1)
    kept = stage.run(0.2)
    before = bytes(kept.picture.planes[0])
    stage.run(0)
    assert bytes(kept.picture.planes[0]) == before
    assert near(stage.at(1, 1), stage.at(160, 90), 3)
