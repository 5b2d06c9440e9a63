"""A recording as those see it who may see so much of it."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.library.catalogue.recording import Recording
from bot.service.access.sight import Sight
from bot.service.recording_json import held_values, recording_values, reduced_values


def _watched_values(recording: Recording) -> dict[str, Any]:
    """Names of stores, and what goes wrong there, are for those who look after the recording."""
    return {**recording_values(recording), "destinations": []}


PORTRAITS: Mapping[Sight, Callable[[Recording], dict[str, Any]]] = {
    Sight.STATE: reduced_values,
    Sight.HELD: held_values,
    Sight.WATCHED: _watched_values,
    Sight.WHOLE: recording_values,
}
