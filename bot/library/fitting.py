"""JSON values held against a dataclass: what somebody may have edited is read strictly, or not at all."""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from typing import Any


def misfit(kind: Any, values: Any, *, optional: frozenset[str] = frozenset()) -> str:
    """What keeps `values`, as `json` reads them, from becoming a `kind`: a clause that names the key, never its value;
    empty when nothing does. Keys that have a default, and `optional` ones, may be missing; tuples are lists."""
    if not isinstance(values, dict):
        return "it is no object"
    hints = _hints(kind)
    needed = {item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING}
    if unknown := sorted(set(values) - set(hints)):
        return f"{unknown[0]!r} is not known"
    if missing := sorted(needed - optional - set(values)):
        return f"{missing[0]!r} is missing"
    return next((f"{key!r} is not of its kind" for key, value in values.items() if not _fits(hints[key], value)), "")


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _fits(hint: Any, value: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return _is_plain(hint, value)
    if origin in {types.UnionType, typing.Union}:
        return any(_fits(one, value) for one in inner)
    if origin is tuple and isinstance(value, list):
        kinds = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return len(kinds) == len(value) and all(map(_fits, kinds, value))
    return origin is Mapping and isinstance(value, dict) and all(_fits(inner[1], one) for one in value.values())


def _is_plain(hint: Any, value: Any) -> bool:
    if hint is Any:
        return True
    if issubclass(hint, StrEnum):
        return isinstance(value, str) and value in set(hint)
    wanted = (int, float) if hint is float else hint
    return isinstance(value, wanted) and (hint is bool or not isinstance(value, bool))
