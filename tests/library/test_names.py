"""What finished recordings are called, for every title that a room can have."""

import datetime
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.names import file_name, safe_title

WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
REFUSED = set('/\\:*?"<>|') | {chr(code) for code in range(32)} | {"\x7f"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Meeting title", "Rec - 2026-11-21 14-05-33 - Meeting title.mp4"),
        ("", "Rec - 2026-11-21 14-05-33 - room-7.mp4"),
        ("  ...  ", "Rec - 2026-11-21 14-05-33 - room-7.mp4"),
        ("Budget 2026/27: plan B?", "Rec - 2026-11-21 14-05-33 - Budget 2026-27- plan B.mp4"),
        ("a\tb\nc\0d", "Rec - 2026-11-21 14-05-33 - a b c d.mp4"),
        ("../../etc/passwd", "Rec - 2026-11-21 14-05-33 - -..-etc-passwd.mp4"),
        ("CON", "Rec - 2026-11-21 14-05-33 - CON.mp4"),
        ("Team 👩‍👩‍👧‍👦 & 🇩🇪", "Rec - 2026-11-21 14-05-33 - Team 👩‍👩‍👧‍👦 & 🇩🇪.mp4"),
        ("Sch\u006f\u0308n", "Rec - 2026-11-21 14-05-33 - Schön.mp4"),
        ("exe.\u202e4pm.", "Rec - 2026-11-21 14-05-33 - exe.4pm.mp4"),
        ("broken \ud83d half", "Rec - 2026-11-21 14-05-33 - broken half.mp4"),
    ],
)
def test_names(title: str, expected: str) -> None:
    """The name is what a person would have typed, less what a disk refuses."""
    assert file_name(WHEN, title, "room-7") == expected


def test_copies_are_numbered() -> None:
    """The second of the same name gets a (2)."""
    assert file_name(WHEN, "A", "r", 2) == "Rec - 2026-11-21 14-05-33 - A (2).mp4"


@given(st.text(alphabet=st.characters(), max_size=600), st.integers(1, 9999))
def test_any_title_makes_a_name_every_disk_takes(title: str, copy: int) -> None:
    """At most 255 bytes, no refused character, no odd end, and the same again when made safe twice."""
    name = file_name(WHEN, title, "room", copy)
    assert len(name.encode()) <= 255
    assert name.startswith("Rec - 2026-11-21 14-05-33 - ")
    assert name.endswith(".mp4")
    assert not REFUSED & set(name)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in name)
    safe = safe_title(title, 200)
    assert safe == safe.strip(" .")
    assert safe_title(safe, 200) == safe


@given(st.text(alphabet="ab👩‍👧🇩🇪e\u0301👍🏽ü", min_size=60, max_size=200), st.integers(4, 100))
def test_cut_titles_end_with_a_whole_character(title: str, most: int) -> None:
    """No half flag, no lost accent, no joiner at the end; and the cut is a beginning of the title."""
    title = unicodedata.normalize("NFC", title)
    cut = safe_title(title, most)
    assert len(cut.encode()) <= most
    assert title.startswith(cut)
    rest = title[len(cut) :]
    if rest and cut:
        assert not cut.endswith("\u200d")
        assert rest[0] not in "\u200d\u0301🏽"


def test_four_hundred_emoji_fit_on_a_real_disk(tmp_path: Path) -> None:
    """The file system of this machine takes the name."""
    path = tmp_path / file_name(WHEN, "🎉/" * 200, "room", 9999)
    path.write_bytes(b"x")
    assert path.exists()
