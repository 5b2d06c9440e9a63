"""Checks that turn parsed JSON into values, one for each kind of value the protocol knows.

A check takes a value and the path to it ("joined.room.title"), and returns the value as the program wants it or raises
`ProtocolError` with a sentence that names the path. Every text, list and object has a limit.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any

from signaling.errors import ProtocolError

Check = Callable[[Any, str], Any]

EXTENSION = "x-"  # keys and message types that begin so are ignored by whoever does not know them

_NOT_IN_LINE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def text(limit: int, *, empty: bool = True, lines: bool = False) -> Check:
    """Unicode text of at most `limit` code points, without control characters; `lines` allows CR, LF and tab."""
    forbidden = _NOT_IN_TEXT if lines else _NOT_IN_LINE

    def check(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise ProtocolError(f"{path} must be a text, not {kind_of(value)}.")
        if len(value) > limit:
            raise ProtocolError(f"{path} has {len(value)} characters; at most {limit} are allowed.")
        if not value and not empty:
            raise ProtocolError(f"{path} must not be empty.")
        found = forbidden.search(value)
        if found is not None:
            raise ProtocolError(f"{path} holds a character that is not allowed (U+{ord(found[0]):04X}).")
        return value

    return check


def number(low: int, high: int) -> Check:
    """A whole number from `low` to `high`, both included."""

    def check(value: Any, path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ProtocolError(f"{path} must be a whole number, not {kind_of(value)}.")
        if not low <= value <= high:
            raise ProtocolError(f"{path} must be from {low} to {high}.")
        return value

    return check


def flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise ProtocolError(f"{path} must be true or false, not {kind_of(value)}.")
    return value


def one_of(words: type[StrEnum]) -> Check:
    def check(value: Any, path: str) -> StrEnum:
        try:
            return words(value)
        except ValueError:
            raise ProtocolError(f"{path} must be one of: {', '.join(words)}.") from None

    return check


def list_of(item: Check, limit: int) -> Check:
    def check(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ProtocolError(f"{path} must be a list, not {kind_of(value)}.")
        if len(value) > limit:
            raise ProtocolError(f"{path} has {len(value)} entries; at most {limit} are allowed.")
        return tuple(item(entry, f"{path}[{index}]") for index, entry in enumerate(value))

    return check


def table_of(key: Check, item: Check, limit: int) -> Check:
    """An object used as a table: any keys that pass `key`, every value of one kind."""

    def check(value: Any, path: str) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} must be an object, not {kind_of(value)}.")
        if len(value) > limit:
            raise ProtocolError(f"{path} has {len(value)} entries; at most {limit} are allowed.")
        return {key(name, f"a key of {path}"): item(entry, f"{path}.{name[:40]}") for name, entry in value.items()}

    return check


def optional(item: Check) -> Check:
    return lambda value, path: None if value is None else item(value, path)


def record(cls: type[Any], **checks: Check) -> Check:
    """An object that becomes an instance of the dataclass `cls`. A field with a default may be left out; a key that is
    neither a field nor an extension is an error."""
    assert is_dataclass(cls)
    required = [field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING]
    if {field.name for field in fields(cls)} != set(checks):
        raise TypeError(f"the table for {cls.__name__} does not list its fields")

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} must be an object, not {kind_of(value)}.")
        known = {}
        for name, entry in value.items():
            if name in checks:
                known[name] = checks[name](entry, f"{path}.{name}")
            elif not name.startswith(EXTENSION):
                raise ProtocolError(f"{path} has a key that this version does not know: {name[:40]!r}.")
        for name in required:
            if name not in known:
                raise ProtocolError(f"{path}.{name} is missing.")
        return cls(**known)

    return check


def plain(value: Any) -> Any:
    """The way back: dataclasses to objects, without keys that are None."""
    if is_dataclass(value):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: plain(entry) for name, entry in pairs if entry is not None}
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    return value


def kind_of(value: Any) -> str:
    """What parsed JSON is, for a sentence."""
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
