"""More cameras than tiles: whoever speaks is seen within a second of the first word, and nothing else moves."""

from dataclasses import dataclass, field
from functools import cache

import pytest

from mixer.frame import Codec, EncodedFrame
from mixer.layout.foresight import FORESEEN_NS, KEEP_NS, Foresight
from mixer.layout.roster import Roster
from mixer.layout.seating import seat
from mixer.layout.speech import ATTACK_NS, Speech
from mixer.settings import LayoutName
from mixer.source import Size, Source, SourceKind
from tests.mixer.clips import FRAME_NS, GREY, Stage, encode
from tests.mixer_audio.sounds import PACKET_NS, SPEECH, tone
from tests.mixer_audio.sounds import encode as encode_sound

SECOND = 1_000_000_000
MS = 1_000_000
CAMERAS, TILES = 12, 9
HIDDEN = "p10"


@cache
def pictures() -> list[bytes]:
    """The first is the only keyframe: whoever begins to watch needs a new beginning."""
    return encode(Codec.VP8, 160, 90, [GREY] * 300)


@cache
def words() -> list[bytes]:
    return encode_sound(tone(300, 2, 0.1), SPEECH)


@dataclass
class Camera:
    """What an SFU sends of one. `from_ns`: room time of the keyframe under way or sent last."""

    sends: bool = True
    from_ns: int = 0
    number: int = 0
    answer_ns: int | None = None  # instead of the conference's


@dataclass
class Conference:
    """Room time is `ahead_ns` before the mix. A request takes `answer_ns` until the keyframe it brings is captured.
    Without `obeys` the SFU sends everything all the time, as one without the `layer` message would."""

    ahead_ns: int = SECOND
    answer_ns: int = 150 * MS
    obeys: bool = True
    playout_ns: int = SECOND
    talks: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # room time, seconds
    seen: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)  # pts, tracks with a tile

    def __post_init__(self) -> None:
        self.stage = Stage(max_cameras=TILES, layout=LayoutName.GRID, playout_delay_ns=self.playout_ns)
        self.cameras = {f"p{number}": Camera() for number in range(CAMERAS)}
        for name in self.cameras:
            self.stage.camera(name)
            self.stage.mix.add(Source(f"{name} sound", name, SourceKind.AUDIO, stage=False))
        self._sound_ns = 0
        self._asked = [0, 0]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 30)):
            tick_ns = self.stage.mix.tick_ns(self.stage.next)
            self._send(tick_ns + self.ahead_ns)
            self.stage.run(0)
            self.seen.append((tick_ns, tuple(self.stage.tracks())))
            self._obey(tick_ns + self.ahead_ns)

    def _send(self, room_ns: int) -> None:
        for name, camera in self.cameras.items():
            while camera.sends and (pts_ns := camera.from_ns + camera.number * FRAME_NS) <= room_ns:
                index = camera.number % len(pictures())
                frame = EncodedFrame(name, Codec.VP8, pts_ns, index == 0, pictures()[index])
                self.stage.mix.push(frame)
                camera.number += 1
        while self._sound_ns + PACKET_NS <= room_ns:
            for name, times in self.talks.items():
                if any(begin <= self._sound_ns / 1e9 < end for begin, end in times):
                    data = words()[self._sound_ns // PACKET_NS % len(words())]
                    self.stage.mix.push(EncodedFrame(f"{name} sound", Codec.OPUS, self._sound_ns, True, data))
            self._sound_ns += PACKET_NS

    def _obey(self, room_ns: int) -> None:
        asked = self.stage.asked
        layers, keyframes = asked.layers[self._asked[0] :], asked.keyframes[self._asked[1] :]
        self._asked = [len(asked.layers), len(asked.keyframes)]
        for name, size in layers if self.obeys else ():
            camera = self.cameras[name]
            if size is not None and not camera.sends:
                self._begin_again(camera, room_ns)
            camera.sends = size is not None
        for name in keyframes:
            if self.cameras[name].sends and self.cameras[name].from_ns < room_ns:
                self._begin_again(self.cameras[name], room_ns)

    def _begin_again(self, camera: Camera, room_ns: int) -> None:
        """With a keyframe. Until then an SFU sends nothing that could be shown."""
        answer_ns = self.answer_ns if camera.answer_ns is None else camera.answer_ns
        camera.from_ns, camera.number = room_ns + answer_ns, 0

    def first_seen_s(self, name: str) -> float:
        return next(pts_ns / 1e9 for pts_ns, tracks in self.seen if name in tracks)

    def changes(self) -> list[tuple[str, ...]]:
        """Every set of tiles there was, in order."""
        found = [self.seen[0][1]]
        for _, tracks in self.seen:
            if tracks != found[-1]:
                found.append(tracks)
        return found


@pytest.mark.parametrize(("ahead_s", "answer_s"), [(1, 0.15), (0.4, 0.15), (1, 0.4), (3, 0.3), (0.2, 0.1)])
@pytest.mark.parametrize("obeys", [True, False], ids=["stops what is not seen", "sends everything"])
def test_whoever_speaks_is_seen_within_a_second(ahead_s: float, answer_s: float, obeys: bool) -> None:
    """Of the first word, in the file's time, however far the mix runs behind; and no tile is ever without a picture."""
    ahead_ns = round(ahead_s * SECOND)
    room = Conference(ahead_ns, round(answer_s * SECOND), obeys, ahead_ns, {HIDDEN: [(3, 7)]})
    room.run(4.5)
    assert HIDDEN not in room.changes()[0]
    assert 0.25 <= room.first_seen_s(HIDDEN) - 3 <= 1
    before, after = room.changes()[-2:]
    assert set(after) - set(before) == {HIDDEN}
    assert [name for name in before if name in after] == [name for name in after if name in before]
    assert all(len(tracks) == TILES for pts_ns, tracks in room.seen if pts_ns > 0)


def test_a_cough_moves_nobody_and_asks_for_no_more_than_a_keyframe() -> None:
    """Three tenths of a second of sound: the camera was made ready in vain, and is let go again."""
    room = Conference(talks={HIDDEN: [(4, 4.3)]})
    room.run(9)
    assert len(room.changes()) == 1
    asked = [size for name, size in room.stage.asked.layers if name == HIDDEN]
    assert isinstance(asked[-2], Size)
    assert asked[-1] is None
    assert not room.cameras[HIDDEN].sends


def test_a_conversation_changes_tiles_once_for_each_speaker() -> None:
    """Two who were hidden talk in turns for ten seconds: both get a tile within a second, and keep it."""
    room = Conference(talks={"p10": [(3, 4.5), (6, 7.5), (9, 10.5)], "p11": [(4.6, 5.9), (7.6, 8.9)]})
    room.run(12)
    assert len(room.changes()) == 3
    assert {"p10", "p11"} <= set(room.changes()[-1])
    assert room.first_seen_s("p10") <= 4
    assert room.first_seen_s("p11") <= 5.6


@pytest.mark.parametrize("later", ["p10", "p11"])
@pytest.mark.parametrize("sooner_s", [0.15, 1.5])
def test_two_who_are_slow_to_be_seen_take_the_place_of_one_each(later: str, sooner_s: float) -> None:
    """They begin to speak together. Until the picture of each is there the one whose tile it gets stays in that tile:
    nobody is seen in another's, and nobody goes for nothing."""
    room = Conference(talks={"p10": [(3, 6)], "p11": [(3, 6)]})
    for name in ("p10", "p11"):
        room.cameras[name].answer_ns = round((2.5 if name == later else sooner_s) * SECOND)
    room.run(7)
    first, between, last = room.changes()
    assert set(last) - set(first) == {"p10", "p11"}
    assert between == tuple(old if new == later else new for old, new in zip(first, last, strict=True))


def test_who_speaks_again_before_it_is_gone_leaves_no_hole() -> None:
    """It gave way to somebody slow to be seen, and now gets another's tile: the other stays meanwhile."""
    room = Conference(talks={HIDDEN: [(3, 6)], "p8": [(3.4, 5)]})
    room.cameras[HIDDEN].answer_ns = 3 * SECOND
    room.run(8)
    first, between, last = room.changes()
    assert set(between) == set(first)
    assert set(last) == set(first) - {"p7"} | {HIDDEN}


def test_a_hidden_camera_is_not_decoded() -> None:
    """While its owner is silent, however much of it the SFU sends."""
    room = Conference(obeys=False)
    room.run(3)
    stats = room.stage.mix.picture.stats()
    assert stats[HIDDEN].decoded == 0
    assert stats["p0"].decoded > 80


def test_speakers_who_cannot_get_a_tile_are_left_alone() -> None:
    """With the stage alone nobody gets one: their cameras are neither asked for nor decoded, nor listened for."""
    room = Conference(talks={HIDDEN: [(2, 5)], "p3": [(2, 5)]})
    room.stage.mix.set_layout(LayoutName.STAGE_ONLY)
    room.run(6)
    assert {size for _, size in room.stage.asked.layers} == {None}
    assert {stats.decoded for stats in room.stage.mix.picture.stats().values()} == {0}
    assert room.stage.mix.picture.hidden == frozenset()


def test_the_second_camera_of_a_speaker_with_a_tile_is_left_alone() -> None:
    """Its owner is seen already, and it would not get a tile."""
    room = Conference(talks={"p8": [(2, 6)]})
    room.cameras["second"] = Camera()
    room.stage.camera("second", "p8")
    room.run(7)
    assert [size for name, size in room.stage.asked.layers if name == "second"] == [None]
    assert room.stage.mix.picture.stats()["second"].decoded == 0
    assert "p8" not in room.stage.mix.picture.hidden


def test_whoever_has_two_tiles_gives_way_once() -> None:
    """Two who begin to speak in the same moment do not change places with the same one twice over."""
    speech, roster = Speech(-45, 3 * SECOND), Roster()
    cameras = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("x1", "x"), ("y1", "y")]
    assert seat(cameras, 3, roster, speech) == ["a1", "a2", "b1"]
    hear(speech, "#" * 30, dict.fromkeys("bxy", -20.0))
    assert seat(cameras, 3, roster, speech) == ["x1", "b1", "y1"]
    changes = roster.changes
    assert seat(cameras, 3, roster, speech) == ["x1", "b1", "y1"]
    assert roster.changes == changes


def test_a_place_that_two_cameras_leave_goes_to_who_speaks() -> None:
    """Not to somebody silent, and not to a place without a tile."""
    speech, roster = Speech(-45, 3 * SECOND), Roster()
    cameras = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c"), ("x1", "x"), ("y1", "y")]
    seat(cameras, 3, roster, speech)
    hear(speech, "#" * 30, dict.fromkeys("bxy", -20.0))
    assert seat(cameras, 3, roster, speech) == ["x1", "b1", "y1"]


def test_foresight_needs_more_than_a_click_and_ends() -> None:
    """150 ms of loud packets; then the camera is kept ready for two seconds after the last word."""
    foresight = Foresight(-45)
    for number in range(7):
        foresight.hear("a", number * 20 * MS, 20 * MS, -30)
        foresight.hear("quiet", number * 20 * MS, 20 * MS, -50)
    assert foresight.expected(0) == frozenset()
    foresight.hear("a", 140 * MS, 20 * MS, -30)
    assert 160 * MS >= FORESEEN_NS
    assert foresight.expected(0) == {"a"}
    assert foresight.expected(160 * MS + KEEP_NS) == {"a"}
    assert foresight.expected(160 * MS + KEEP_NS + 1) == frozenset()


def hear(speech: Speech, pattern: str, levels: dict[str, float]) -> None:
    """A tick each: `#` is loud, `.` is silent."""
    for tick, loud in enumerate(pattern, start=1):
        speech.update(tick * FRAME_NS, levels if loud == "#" else {})


@pytest.mark.parametrize(
    ("pattern", "speaks"),
    [
        ("###########.", True),  # a short word
        ("##########...", False),  # a long cough
        ("###..###..###..", True),  # syllables with stops between them
        ("#...#...#...#...#...#...#...#...#...#...#...", False),  # a keyboard
        ("##..##..##..##..##..##..##..##..##..##..", False),  # a heavy-handed one
        ("######.....######.....######.....", False),  # three coughs
    ],
)
def test_what_is_speech(pattern: str, speaks: bool) -> None:
    """Syllables are bridged, clicks and coughs are not."""
    speech = Speech(-45, 3 * SECOND)
    spoke = []
    for tick, loud in enumerate(pattern, start=1):
        speech.update(tick * FRAME_NS, {"a": -20} if loud == "#" else {})
        spoke.append(speech.is_speaking("a"))
    assert any(spoke) is speaks


def test_who_spoke_is_remembered_to_the_moment() -> None:
    """`last_spoke` goes on for as long as somebody counts as speaking, and no longer."""
    speech = Speech(-45, 3 * SECOND)
    hear(speech, "#" * 60 + "." * 60, {"a": -20})
    assert not speech.is_speaking("a")
    assert speech.last_spoke_ns("a") == pytest.approx(60 * FRAME_NS + SECOND - ATTACK_NS, abs=FRAME_NS)
    assert speech.last_spoke_ns("b") == -1


def test_a_crowd_that_all_speaks_moves_nobody() -> None:
    """More voices at once than tiles: those who have one keep it; a wild swap of tiles would help nobody."""
    speech, roster = Speech(-45, 3 * SECOND), Roster()
    names = [f"p{number}" for number in range(CAMERAS)]
    first = seat([(name, name) for name in names], TILES, roster, speech)
    for tick in range(1, 120):
        speech.update(tick * FRAME_NS, dict.fromkeys(names, -20.0))
        assert seat([(name, name) for name in names], TILES, roster, speech) == first


def test_the_camera_of_a_speaker_is_asked_for_in_the_size_of_its_tile() -> None:
    """At once, so that it does not begin large and change its layer a second later."""
    room = Conference(talks={HIDDEN: [(4, 7)]})
    room.run(9)
    asked = [size for name, size in room.stage.asked.layers if name == HIDDEN and size is not None]
    tile = next(tile.rect for tile in room.stage.mix.picture.scene if tile.track == HIDDEN)
    assert asked == [Size(tile.width, tile.height)]
