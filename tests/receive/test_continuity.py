"""What is decodable after a loss, by codec: only what needs nothing that is gone."""

from bot.receive.continuity import Continuity, FrameNumberContinuity, LayerContinuity
from bot.receive.depayload.assembly import Assembly


def picture(
    number: int | None = None,
    *,
    key: bool = False,
    base: int | None = None,
    layer: int = 0,
    switch: bool = False,
    needs: tuple[int, ...] | None = None,
    discardable: bool = False,
) -> Assembly:
    frame = Assembly(b"x", keyframe=key)
    frame.picture, frame.base, frame.layer, frame.switch = number, base, layer, switch
    frame.references, frame.discardable = needs, discardable
    return frame


def short(number: int, *, key: bool = False, base: int | None = None) -> Assembly:
    """Of a sender that numbers its pictures with 7 bits."""
    frame = picture(number, key=key, base=base)
    frame.picture_bits = 7
    return frame


def test_nothing_before_the_first_keyframe() -> None:
    """A track begins with a keyframe."""
    rule = LayerContinuity()
    assert not rule.accept(picture(1), lost=0)
    assert rule.accept(picture(2, key=True), lost=0)
    assert rule.accept(picture(3), lost=0)


def test_a_hole_that_held_no_frame_costs_nothing() -> None:
    """Padding was lost: the picture numbers are consecutive, over a wrap too."""
    rule = LayerContinuity()
    rule.accept(picture(32767, key=True), lost=0)
    assert rule.accept(picture(0), lost=1)
    assert not rule.accept(picture(2), lost=1)
    assert rule.broken
    assert not rule.accept(picture(3), lost=0)
    assert rule.accept(picture(4, key=True), lost=0)


def test_a_loss_without_any_numbers_breaks() -> None:
    """A sender that says nothing is not trusted."""
    rule = LayerContinuity()
    rule.accept(picture(key=True), lost=0)
    assert not rule.accept(picture(), lost=1)


def test_a_lost_frame_of_an_upper_layer_costs_that_layer_only() -> None:
    """VP8 with temporal layers: the base goes on, the layer comes back at its sync frame."""
    rule = LayerContinuity()
    rule.accept(picture(10, key=True, base=1), lost=0)
    rule.accept(picture(11, base=1, layer=1, switch=True), lost=0)
    # 12 (layer 1) is lost
    assert rule.accept(picture(13, base=2), lost=1)
    assert not rule.accept(picture(14, base=2, layer=1), lost=0)
    assert not rule.broken
    assert rule.accept(picture(15, base=3), lost=0)
    assert rule.accept(picture(16, base=3, layer=1, switch=True), lost=0)
    assert rule.accept(picture(17, base=3, layer=1), lost=0)


def test_a_lost_frame_of_the_base_layer_breaks() -> None:
    """The next base frame's index shows it."""
    rule = LayerContinuity()
    rule.accept(picture(10, key=True, base=255), lost=0)
    rule.accept(picture(11, base=0), lost=0)
    assert not rule.accept(picture(13, base=2), lost=1)
    assert rule.broken


def test_a_discardable_frame_of_which_a_part_came_costs_nothing_else() -> None:
    """VP8's N bit on the packets that did arrive."""
    rule = LayerContinuity()
    rule.accept(picture(1, key=True), lost=0)
    assert rule.accept(picture(3), lost=1, partial=[picture(2, discardable=True)])
    assert not rule.accept(picture(6), lost=1, partial=[picture(4, discardable=True)])


def test_vp9_switches_up_after_the_frame_that_allows_it() -> None:
    """U set on a base frame frees the layers above from there on."""
    rule = LayerContinuity(switch_up=True)
    rule.accept(picture(1, key=True, base=1), lost=0)
    assert rule.accept(picture(3, base=2), lost=1)
    assert not rule.accept(picture(4, base=2, layer=1), lost=0)
    assert not rule.accept(picture(5, base=2, layer=1, switch=True), lost=0)
    assert rule.accept(picture(6, base=3, switch=True), lost=0)
    assert rule.accept(picture(7, base=3, layer=1), lost=0)


def test_a_lost_keyframe_of_one_packet_shows() -> None:
    """Its number is 0: as many packets as the next number says may have held it."""
    rule = FrameNumberContinuity()
    rule.accept(picture(0, key=True), lost=0)
    assert not rule.accept(picture(1), lost=1)
    rule.accept(picture(0, key=True), lost=0)
    last = (1 << picture(0).picture_bits) - 1
    assert rule.accept(picture(last), lost=0)
    assert rule.accept(picture(0), lost=1), "only padding, where the numbers wrap"


def test_exact_references_to_numbers_that_have_come_round() -> None:
    """A number is known for half a circle only."""
    rule = LayerContinuity()
    rule.accept(short(0, key=True), lost=0)
    for number in range(1, 200):
        frame = short(number % 128)
        frame.references = (1,)
        assert rule.accept(frame, lost=0)
    frame = short(201 % 128)
    frame.references = (1,)
    assert not rule.accept(frame, lost=1), "it refers to the one that is lost"


def test_exact_references_decide_alone() -> None:
    """AV1's dependency descriptor, VP9's flexible mode: decodable is what refers to what was decoded."""
    rule = LayerContinuity()
    rule.accept(picture(1, key=True, needs=()), lost=0)
    rule.accept(picture(2, needs=(1,)), lost=0)
    # 3 is lost
    assert not rule.accept(picture(4, needs=(1,), layer=1), lost=1)
    assert not rule.broken
    assert rule.accept(picture(5, needs=(3,)), lost=0)
    assert not rule.accept(picture(6, needs=(2,)), lost=0)
    assert rule.broken


def test_numbers_that_have_come_round_tell_nothing() -> None:
    """After a link was down for seconds the next number may come by chance: only a keyframe helps."""
    rule: Continuity = FrameNumberContinuity()
    rule.accept(picture(0, key=True), lost=0)
    assert rule.accept(picture(1), lost=0)
    assert not rule.accept(picture(2), lost=300), "a keyframe and one picture after it may be lost too"
    assert not rule.accept(picture(3), lost=0)
    rule = LayerContinuity()
    rule.accept(short(100, key=True, base=7), lost=0)
    assert not rule.accept(short(20, base=8), lost=300), "48 or 176 or 304 pictures further"
    rule.accept(short(21, key=True, base=9), lost=0)
    assert rule.accept(short(22, base=10), lost=2), "only padding was lost"


def test_h264_frame_numbers_tell_whether_a_reference_was_lost() -> None:
    """frame_num goes up after reference pictures only."""
    rule = FrameNumberContinuity()
    rule.accept(picture(0, key=True), lost=0)
    assert rule.accept(picture(1), lost=0)
    assert rule.accept(picture(2, discardable=True), lost=0)
    # another discardable picture, with the same number, is lost
    assert rule.accept(picture(2), lost=1)
    assert rule.accept(picture(3), lost=0)
    assert not rule.accept(picture(5), lost=1)
    assert not rule.accept(picture(6), lost=0)
    assert rule.accept(picture(0, key=True), lost=1)
