"""A room as the conferencing server has told of it."""

import json
from dataclasses import asdict, dataclass, field
from typing import Self

from signaling.model import RoomKind


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """What a bot needs to get into the room, and what its recordings inherit. `url` and `token` are secrets: a URL may
    hold a pin. Any `id` will do; it is never used as a path."""

    id: str
    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    title: str = ""
    kind: RoomKind = RoomKind.SINGLE
    owners: tuple[str, ...] = ()
    parent: str | None = None  # of a breakout: its parent room's id
    hosts: tuple[str, ...] = ()  # identities
    opened_at: float | None = None  # unix seconds
    timeout_s: float | None = None  # from `opened_at`; None: the service's setting
    webhook_url: str | None = field(default=None, repr=False)
    categories: tuple[str, ...] = ()  # at Kaltura: channels and galleries that its recordings are published to
    media_entry: str | None = None  # at Kaltura: the room's own entry
    closed_at: float | None = None  # unix seconds, the last time; what is recorded later opens it again

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        values = json.loads(text)
        lists = {key: tuple(values.get(key, ())) for key in ("owners", "hosts", "categories")}
        return cls(**values | lists | {"kind": RoomKind(values["kind"])})
