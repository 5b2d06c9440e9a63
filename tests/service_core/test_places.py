"""Where files go for rooms with any name, and whose they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import media_folder, owner_of, safe_name
from signaling.model import RoomKind

LIBRARY = Path("/library")
NASTY = ["..", ".", "", "/", "../../etc/passwd", "a/b", "a\x00b", "C:\\x", "~", "%2E%2E", "ä" * 10_000, "x" * 10_000]


def room(room_id: str, kind: RoomKind = RoomKind.SINGLE, **more: object) -> RoomEntry:
    return RoomEntry(room_id, "roomreel+ws://h/rooms/r", kind=kind, **more)  # type: ignore[arg-type]


@given(st.text() | st.sampled_from(NASTY))
def test_any_id_names_one_folder_inside_the_library(room_id: str) -> None:
    """No id leads out of the library, hides its folder, or makes a name that a file system refuses."""
    name = safe_name(room_id)
    assert name
    assert name.isascii()
    assert len(name) <= 120
    assert not name.startswith(".")
    assert not set(name) & set('/\\\x00:*?"<>| \r\n\t')
    folder = media_folder(LIBRARY, room(room_id))
    assert folder.parts == ("/", "library", "media", name, "Recordings")


@given(st.text(), st.text())
def test_two_rooms_never_share_a_folder(one: str, other: str) -> None:
    """Also when both are long, or one is spelt as the other's folder."""
    for first, second in ((one, other), (one * 200, other * 200), (one, safe_name(one * 200))):
        assert (safe_name(first) == safe_name(second)) is (first == second)


def test_the_nasty_ones_are_all_different() -> None:
    """None of them can be used to get at another room's files."""
    assert len({safe_name(room_id) for room_id in NASTY}) == len(NASTY)


@pytest.mark.parametrize("kind", list(RoomKind))
def test_the_folder_of_each_kind_of_room(kind: RoomKind) -> None:
    """A breakout's files lie with its parent's, in a folder of their own; all others in Recordings."""
    folder = media_folder(LIBRARY, room("b", kind, parent="main"))
    expected = "main/Breakout room recordings" if kind is RoomKind.BREAKOUT else "b/Recordings"
    assert str(folder.relative_to(LIBRARY / "media")) == expected


def test_whose_recording_it_is() -> None:
    """The room's owner's, a breakout's that of its parent room, and without an owner whoever started it."""
    main = room("main", owners=("olga", "otto"))
    breakout = room("b", RoomKind.BREAKOUT, parent="main", owners=("ben",))
    assert owner_of(main, None, "ann") == "olga"
    assert owner_of(breakout, main, "ann") == "olga"
    assert owner_of(breakout, room("main"), "ann") == "ben"
    assert owner_of(room("g", RoomKind.GALLERY), None, "ann") == "ann"
