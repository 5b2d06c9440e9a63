"""What one recording is: who asked for what, before anything runs; and order.json, which keeps it for the bot that
is to carry it out and for the one after it."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from bot.configuration import Configuration
from bot.errors import BadOrder
from bot.library.replacement import replace_file
from signaling.address import Address
from signaling.model import RoomKind

ORDER_FILE = "order.json"
_PLACE = {"output", "recording_id"}  # where the file lies says these
_LATER = {"announces"}  # not in the orders of an earlier version, whose recordings may still run


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording to make. `title` None: the room's own. The recording grows in `output`/`recording_id`; the finished
    file goes to `target`, or to `output` where that is None.

    `hosts` are identities that count as the room's host beside those whom the room itself calls so. `opened_at`
    None: the room's time-out counts from `asked_at`; `room_timeout_s` and `layout` None: as configured."""

    recording_id: str
    address: Address
    token: str | None = field(repr=False)
    title: str | None
    output: Path
    asked_at: datetime  # with the local time zone: it is in the file's name
    target: Path | None = None
    hosts: tuple[str, ...] = ()
    room_kind: RoomKind | None = None
    parent: str | None = None
    opened_at: datetime | None = None
    room_timeout_s: float | None = None
    layout: str | None = None
    room_id: str | None = None  # as the service calls it; None: as the room does
    announces: bool = True  # its bot tells those in the room that the file is available: it goes nowhere else

    @property
    def folder(self) -> Path:
        return self.output / self.recording_id

    def write(self, folder: Path) -> None:
        """order.json into `folder`, which is made where it is missing; mode 600: it holds the room's token and pin.
        Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        values = {item.name: _plain(getattr(self, item.name)) for item in fields(self) if item.name not in _PLACE}
        replace_file(folder / ORDER_FILE, json.dumps(values, indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BadOrder; its text never repeats a value."""
        path = folder / ORDER_FILE
        try:
            values = json.loads(path.read_bytes())
        except OSError as error:
            raise BadOrder(f"There is no order to read at {path}: {error.strerror or error}.") from None
        except ValueError:
            raise BadOrder(f"{path} is no JSON; write the order again.") from None
        if not isinstance(values, dict):
            raise BadOrder(f"{path} holds no order; write it again.")
        known = {item.name for item in fields(cls)} - _PLACE
        if wrong := sorted((set(values) ^ known) - (_LATER - set(values))):
            raise BadOrder(f"{path} has unknown or missing keys: {', '.join(map(repr, wrong))}.")
        return cls(**_read(values, path), output=folder.parent, recording_id=folder.name)


def new_order(address: Address, *, token: str | None, title: str | None, configuration: Configuration) -> Order:
    asked_at = datetime.now(UTC)
    return Order(
        recording_id=new_recording_id(asked_at),
        address=address,
        token=token,
        title=title,
        output=Path(configuration.output),
        asked_at=asked_at.astimezone(),
    )


def new_recording_id(asked_at: datetime) -> str:
    """Sorts by time (UTC), cannot collide, is safe in a path."""
    return f"{asked_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _plain(value: Any) -> Any:
    if isinstance(value, Address):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def _read(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    read = {}
    for key, value in values.items():
        optional = key not in {"address", "asked_at", "hosts", "announces"}
        try:
            read[key] = None if value is None and optional else _reader(key)(value)
        except (TypeError, ValueError):
            raise BadOrder(f"{path}: the value of {key!r} is not of its kind.") from None
    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(item) for item in value)


def _address(value: Any) -> Address:
    if not isinstance(value, dict) or set(value) != {item.name for item in fields(Address)}:
        raise TypeError
    pin = value.pop("pin")
    return Address(**{key: _text(text) for key, text in value.items()}, pin=None if pin is None else _text(pin))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _reader(key: str) -> Callable[[Any], Any]:
    return _READERS.get(key, _text)


_READERS: dict[str, Callable[[Any], Any]] = {
    "address": _address,
    "asked_at": _moment,
    "opened_at": _moment,
    "target": lambda value: Path(_text(value)),
    "hosts": _texts,
    "room_kind": lambda value: RoomKind(_text(value)),
    "room_timeout_s": _number,
    "announces": _flag,
}
