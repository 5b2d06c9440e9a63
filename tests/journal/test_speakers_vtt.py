"""speakers.vtt, for players and editors."""

from bot.journal.line import What
from bot.journal.speakers import speakers_vtt
from tests.journal.notes import began, came, end, events, note


def test_cues() -> None:
    """A cue a span, in order, also past the first hour; a name cannot become markup, nor end its cue."""
    evil = note(0, What.CAME, who="eve", name="<b>Eve & co\n\n--> x")
    told = events(
        4000, began(), came(0, "ann"), evil,
        note(3661.5, What.SPEAKS, who="ann"), note(3663.25, What.SILENT, who="ann"),
        note(2, What.SPEAKS, who="eve"), note(4, What.SILENT, who="eve"), end(4000),
    )  # fmt: skip
    assert speakers_vtt(told.participants) == (
        "WEBVTT\n\n"
        "00:00:02.000 --> 00:00:04.000\n<v &lt;b&gt;Eve &amp; co --&gt; x>&lt;b&gt;Eve &amp; co --&gt; x</v>\n\n"
        "01:01:01.500 --> 01:01:03.250\n<v Ann>Ann</v>\n"
    )


def test_nobody_speaks() -> None:
    """Still a file that players take."""
    assert speakers_vtt(()).startswith("WEBVTT\n")
