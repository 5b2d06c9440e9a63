"""Who is in the room: the answer to `listparticipants`, and the difference of two of them.

Janus tells a pure subscriber nothing about who comes, leaves or is kicked, so the roster is asked for once a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from signaling.errors import ProtocolError

FeedId = int | str  # integers, or strings where Janus runs with string_ids


@dataclass(frozen=True, slots=True)
class Entry:
    feed: FeedId
    display: str
    publishing: bool


Roster = Mapping[FeedId, Entry]


@dataclass(frozen=True, slots=True)
class RosterChange:
    left: tuple[Entry, ...]
    joined: tuple[Entry, ...]
    renamed: tuple[Entry, ...]
    stopped: tuple[Entry, ...]  # still there, publishes no more


def parse_roster(data: Mapping[str, object]) -> Roster:
    """Raises ProtocolError. Placeholders of the server's own (`dummy`) are left out; the order is by id, so that the
    same room gives the same identities again."""
    listed = data.get("participants")
    if not isinstance(listed, list):
        raise ProtocolError("Janus answered listparticipants without a list of participants.")
    entries = [_entry(item) for item in listed if not (isinstance(item, dict) and item.get("dummy") is True)]
    return {entry.feed: entry for entry in sorted(entries, key=lambda entry: (len(str(entry.feed)), str(entry.feed)))}


def compare(before: Roster, after: Roster) -> RosterChange:
    both = [(before[feed], after[feed]) for feed in after if feed in before]
    return RosterChange(
        left=tuple(entry for feed, entry in before.items() if feed not in after),
        joined=tuple(entry for feed, entry in after.items() if feed not in before),
        renamed=tuple(new for old, new in both if old.display != new.display),
        stopped=tuple(new for old, new in both if old.publishing and not new.publishing),
    )


def _entry(item: object) -> Entry:
    feed = item.get("id") if isinstance(item, dict) else None
    if not isinstance(item, dict) or isinstance(feed, bool) or not isinstance(feed, int | str):
        raise ProtocolError("Janus listed a participant without an id.")
    display = item.get("display")
    return Entry(feed, display if isinstance(display, str) else "", item.get("publisher") is True)
