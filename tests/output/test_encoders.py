"""Encoders in hardware are tried before they are trusted; without one x264 does the work, and that is said once.

No machine that runs these tests needs such hardware: libavcodec's wrappers without a device are real failures, and x264
in the part of a device shows what is accepted and what is not.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mixer.output.encoder_choice as choosing
from mixer.mp4.finish import finish
from mixer.output.encoder_choice import choose
from mixer.output.hardware import HARDWARE, Hardware, trial
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from tests.output.known_media import SMALL, picture, sound, ticks_in

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


def test_the_frame_given_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that wants other planes does not change those of the canvas."""
    monkeypatch.setattr(choosing, "HARDWARE", {"libx264": NV12})
    output = Output(tmp_path / "a.mp4", replace(SMALL, encoder="auto"))
    frame = picture(5)
    before = frame.to_ndarray().copy()
    output.picture(frame, 0)
    output.close()
    assert np.array_equal(frame.to_ndarray(), before)
