"""Shapes of JSON: each checks a value that came in, and describes itself in the API's document (JSON Schema).

`read` takes a value and where it was found ("body.room.title"), and returns what the program wants, or raises
`WrongShape` with a sentence that names the place. Every text, list and object has a limit.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from signaling.native.shape import kind_of

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# The same for the document, in the dialect of JSON Schema.
_LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
_CENTURY = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))


class WrongShape(Exception):  # noqa: N818 - reads as what it is
    """The text is a sentence that names the place."""


class Shape(Protocol):
    def read(self, value: Any, where: str) -> Any: ...

    def schema(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Text:
    """One line without control characters."""

    limit: int
    empty: bool = False
    pattern: str | None = None  # of the whole text
    about: str = ""

    def read(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise WrongShape(f"{where} must be a text, not {kind_of(value)}.")
        if len(value) > self.limit:
            raise WrongShape(f"{where} has {len(value)} characters; at most {self.limit} are allowed.")
        if not value and not self.empty:
            raise WrongShape(f"{where} must not be empty.")
        found = _CONTROLS.search(value)
        if found is not None:
            raise WrongShape(f"{where} holds a character that is not allowed (U+{ord(found[0]):04X}).")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise WrongShape(f"{where} must be {self.about}.")
        return value

    def schema(self) -> dict[str, Any]:
        pattern = f"^(?:{self.pattern})$" if self.pattern else _LINE_PATTERN
        return _described(
            {"type": "string", "minLength": 0 if self.empty else 1, "maxLength": self.limit, "pattern": pattern},
            self.about,
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of this century as RFC 3339 writes it, in any time zone: beyond its own ends a calendar cannot count."""

    def read(self, value: Any, where: str) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise WrongShape(f"{where} must be a time like 2026-11-21T14:05:33Z.") from None
        if moment.tzinfo is None:
            raise WrongShape(f"{where} has no time zone; write it like 2026-11-21T14:05:33Z.")
        if not _CENTURY[0] <= moment <= _CENTURY[1]:
            raise WrongShape(f"{where} must be from the year 2000 to 2100.")
        return moment

    def schema(self) -> dict[str, Any]:
        schema = {"type": "string", "format": "date-time", "maxLength": 40}
        return _described(schema, "from the year 2000 to 2100")


@dataclass(frozen=True, slots=True)
class Number:
    low: float
    high: float
    whole: bool = False

    def read(self, value: Any, where: str) -> float | int:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise WrongShape(f"{where} must be a number, not {kind_of(value)}.")
        if self.whole and (not math.isfinite(value) or value != int(value)):
            raise WrongShape(f"{where} must be a whole number.")
        if not self.low <= value <= self.high:
            raise WrongShape(f"{where} must be from {self.low} to {self.high}.")
        return int(value) if self.whole else value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    def read(self, value: Any, where: str) -> bool:
        if not isinstance(value, bool):
            raise WrongShape(f"{where} must be true or false, not {kind_of(value)}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def read(self, value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise WrongShape(f"{where} must be one of: {', '.join(self.words)}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Shape
    limit: int

    def read(self, value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongShape(f"{where} must be a list, not {kind_of(value)}.")
        if len(value) > self.limit:
            raise WrongShape(f"{where} has {len(value)} entries; at most {self.limit} are allowed.")
        return tuple(self.item.read(entry, f"{where}[{index}]") for index, entry in enumerate(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.limit}


@dataclass(frozen=True, slots=True)
class Object:
    """Keys that are in neither table are an error, which names the first."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def read(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise WrongShape(f"{where} must be an object, not {kind_of(value)}.")
        known = {**self.required, **self.optional}
        found = {}
        for name, entry in value.items():
            if name not in known:
                allowed = f"known are: {', '.join(known)}" if known else "none is expected"
                raise WrongShape(f"{where} has an unknown key {name[:40]!a}; {allowed}.")
            found[name] = known[name].read(entry, f"{where}.{name}")
        for name in self.required:
            if name not in found:
                raise WrongShape(f"{where}.{name} is missing.")
        return found

    def schema(self) -> dict[str, Any]:
        properties = {name: shape.schema() for name, shape in {**self.required, **self.optional}.items()}
        described = {"type": "object", "properties": properties, "additionalProperties": False}
        return described | ({"required": list(self.required)} if self.required else {})


def _described(schema: dict[str, Any], about: str) -> dict[str, Any]:
    return schema | {"description": about} if about else schema
