"""Who a publisher is.

Janus gives every join a new id unless the page asks for one, so an id says nothing about the person: who reconnects
has the same display name and another id. The identity is therefore the display name. Names may repeat: while a name
is taken, the next of that name gets the lowest free number behind it ("Anna", "Anna ~2"), and keeps it until it goes.
So a person who comes back is known again; where a ghost of the old connection is still there (Janus notices a crash
late), or two of one name swap places, the picture may move to another tile, which is all that hangs on it.
A publisher without a name is known by its id.
"""

from signaling.janus.roster import FeedId

LONGEST_NAME = 200  # characters; a display name is anything up to a megabyte to Janus


def clean_name(display: str) -> str:
    """One line of printable text, at most LONGEST_NAME characters."""
    printable = "".join(sign if sign.isprintable() else " " for sign in display[: 4 * LONGEST_NAME])
    return " ".join(printable.split())[:LONGEST_NAME].strip()


class Identities:
    """Names in use in one room."""

    def __init__(self) -> None:
        self._by_feed: dict[FeedId, str] = {}

    def assign(self, feed: FeedId, display: str) -> str:
        """The identity of `feed`; stable until `release`, also when its display name changes."""
        known = self._by_feed.get(feed)
        if known is not None:
            return known
        name = clean_name(display) or f"id:{feed}"
        taken = set(self._by_feed.values())
        identity, number = name, 1
        while identity in taken:
            number += 1
            identity = f"{name} ~{number}"
        self._by_feed[feed] = identity
        return identity

    def release(self, feed: FeedId) -> None:
        self._by_feed.pop(feed, None)
