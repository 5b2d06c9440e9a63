"""Encoders in hardware are tried before they are trusted; without one x264 does the work, and that is said once.

No machine that runs these tests needs such hardware. x264 stands in for a device, with promises kept and broken: that
shows what a trial accepts and what it finds. Where there is to be no device, the encoders' real wrappers are opened
with pictures that none of them takes, which fails on a machine that has the device, too.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import mixer.output.encoder_choice as choosing
from mixer.errors import OutputError
from mixer.mp4.finish import finish
from mixer.output.encoder_choice import choose
from mixer.output.hardware import HARDWARE, Hardware, trial
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from tests.output.known_media import SMALL, feed, picture, sound, sound_in, ticks_in

GOOD = Hardware("yuv420p", "crf", {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"})
NV12 = replace(GOOD, pix_fmt="nv12")
BAD = {
    "holds back too many": replace(GOOD, options={"preset": "medium", "forced-idr": "1"}),
    "no keyframes where they are asked for": replace(
        GOOD, options={**GOOD.options, "x264-params": "keyint=3:min-keyint=1"}
    ),
    "cannot be opened": replace(GOOD, options={"preset": "sluggish"}),
    "not those that were put in": replace(GOOD, quality="", options={**GOOD.options, "qp": "51"}),
}


@pytest.mark.parametrize("hardware", [GOOD, NV12], ids=["yuv420p", "nv12"])
def test_what_keeps_its_promises_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hardware: Hardware) -> None:
    """A file by such an encoder has every picture at its time, those that did not change too."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": hardware})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    assert (output.encoder, output.notice, output.efforts) == ("libx264", "", 1)
    for tick in range(90):
        output.set_effort(0)
        output.sound(sound(tick))
        output.picture(picture(tick // 2 * 2), tick, changed=tick % 2 == 0)
    output.close()
    finish(tmp_path / "a.mp4")
    assert ticks_in(tmp_path / "a.mp4") == [tick // 2 * 2 for tick in range(90)]


@pytest.mark.parametrize("problem", BAD)
def test_what_does_not_is_not(problem: str) -> None:
    """Each way of failing is found by encoding a few pictures."""
    assert problem in (trial("libx264", BAD[problem], OutputSettings(width=320, height=180)) or "")


@pytest.mark.parametrize("encoder", ["auto", *HARDWARE])
def test_without_hardware_x264_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """One sentence says so, the libraries are quiet, and the file is as good as ever."""
    monkeypatch.setattr(choosing, "trial", lambda name, hardware, settings: trial(name, _without(hardware), settings))
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder=encoder))
    assert output.encoder == "x264"
    assert output.notice.startswith("x264 encodes the pictures: h264_")
    assert output.notice.count("\n") == 0
    for tick in range(30):
        output.picture(picture(tick), tick)
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == list(range(30))
    assert capfd.readouterr().err == ""


def _without(hardware: Hardware) -> Hardware:
    """As on a machine without the device, where it has one: no encoder takes such pictures."""
    return replace(hardware, pix_fmt="gray8")


def test_x264_asked_for_is_not_worth_a_word() -> None:
    """The default tries nothing and says nothing."""
    choice = choose(SMALL, 1)
    assert (choice.name, choice.notice) == ("x264", "")


def test_unknown_encoder_is_refused() -> None:
    """A name that is no choice is named."""
    with pytest.raises(ValueError, match="'magic'"):
        choose(replace(SMALL, encoder="magic"), 1)


class Dying:
    """A device that is gone all at once, or one that swallows a picture."""

    def __init__(self, encoder: Any, *, dies_at: int = -1, swallows: int = -1) -> None:
        self._encoder, self._dies_at, self._swallows = encoder, dies_at, swallows
        self._calls = 0

    def encode(self, frame: av.VideoFrame | None) -> list[Any]:
        self._calls += 1
        if 0 <= self._dies_at < self._calls:
            raise av.error.ExternalError(542398533, "Generic error in an external library")
        packets: list[Any] = self._encoder.encode(frame)
        return [] if self._calls == self._swallows else packets


def _with(output: Output, **how: int) -> None:
    encoder: Any = output._pictures
    encoder._context = Dying(encoder._context, **how)


def test_a_device_that_is_gone_costs_what_it_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is a sentence that says what to do; every picture it has given is in the file, a short group's too."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": GOOD})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    _with(output, dies_at=55)
    feed(output, range(55))
    with pytest.raises(OutputError, match=r"libx264 failed \(Generic.*set `encoder` to x264 and record again"):
        output.picture(picture(55), 55)
    with pytest.raises(OutputError, match="libx264 failed"):
        output.close()
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == list(range(55))
    assert len(sound_in(tmp_path / "a.mp4")[1]) > 54 * 1600


@pytest.mark.parametrize("broken", ["_pictures", "_sound"])
def test_an_encoder_that_fails_at_the_end_costs_no_more_than_its_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """What the other one still holds is written, and the group that has begun."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": GOOD})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    feed(output, range(50))
    getattr(output, broken)._context = Dying(None, dies_at=0)
    with pytest.raises(OutputError, match=r"failed .*record again"):
        output.close()
    assert ticks_in(tmp_path / "a.mp4") == list(range(50))
    assert len(sound_in(tmp_path / "a.mp4")[1]) > 49 * 1600 - 2048


def test_a_picture_that_is_swallowed_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The groups behind it are written as ever, each at its keyframe."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": GOOD})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    _with(output, swallows=30)
    for tick in range(200):
        output.picture(picture(tick), tick)
    assert output.written_ns > 199 / 30 * 1e9 - 1e9
    output.close()
    with av.open(str(tmp_path / "a.mp4")) as container:
        stamps = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
        base = container.streams.video[0].time_base or 0
    assert [round(stamp * base * 30) for stamp in stamps] == [tick for tick in range(200) if tick != 29]


def test_the_frame_given_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that wants other planes does not change those of the canvas."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": NV12})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    frame = picture(5)
    before = frame.to_ndarray().copy()
    output.picture(frame, 0)
    output.close()
    assert np.array_equal(frame.to_ndarray(), before)
