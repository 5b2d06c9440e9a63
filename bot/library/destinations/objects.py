"""What an object is called in a store, and what is written beside it."""

import datetime
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePath
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.library.catalogue.recording import Recording
from bot.library.destinations.address import Target
from bot.library.disposition import content_disposition
from bot.library.names import file_name

VIDEO = "video/mp4"
RECORDING = "roomreel-recording"  # metadata: the recording's id

_TYPES = {
    ".mp4": VIDEO,
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
}


@dataclass(frozen=True, slots=True)
class Headers:
    """All of it ASCII."""

    content_type: str
    disposition: str  # empty: as the browser likes
    recording: str


def expected_name(recording: Recording) -> str:
    """What the finished file will be called, as far as can be told while it grows: a name that is taken already gets
    another number, and a room's title may come late."""
    asked = datetime.datetime.fromtimestamp(recording.asked_at, datetime.UTC).astimezone()
    return file_name(asked, recording.title or recording.room_title, recording.room)


def folder_key(target: Target, recording_id: str) -> str:
    """Ends with a slash. No other recording's objects are in it."""
    return f"{target.prefix}{recording_id}/"


def video_headers(name: str, recording_id: str) -> Headers:
    return Headers(VIDEO, content_disposition(name), recording_id)


def companion_headers(name: str, recording_id: str) -> Headers:
    return Headers(_TYPES.get(PurePath(name).suffix, "application/octet-stream"), "", recording_id)


def checked_endpoint(target: Target) -> str:
    """The store's own address, empty for its maker's. Raises ConfigurationError for one where recordings and
    signatures would cross a network in the clear."""
    url = target.options.get("endpoint", "")
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or "") and target.options.get("insecure") != "1":
        raise ConfigurationError(
            f"The endpoint of the destination {target.name!r} is http:// on another machine: anybody between could read"
            " the recordings. Use https://, or add insecure=1 where the network is yours alone."
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
